# Copyright: Stack TLS contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import subprocess

import pytest
from ansible.errors import AnsibleFilterError
from ansible_collections.stacktls.elastic.plugins.filter.distinguished_name import FilterModule

distinguished_name = FilterModule().filters()["distinguished_name"]


@pytest.mark.parametrize(
    ("text", "printed"),
    [
        ("CN=kibana-client", "CN=kibana-client"),
        ("cn=kibana-client,ou=ops,o=Example\\, Inc.", 'CN=kibana-client, OU=ops, O="Example, Inc."'),
    ],
)
def test_text(text, printed):
    assert distinguished_name(text) == printed
    assert distinguished_name(printed) == printed


def test_a_certificate(tmp_path):
    command = "openssl req -x509 -newkey rsa:2048 -nodes -keyout a.key -subj /O=Example/OU=ops/CN=kibana-client"
    made = subprocess.run(command.split(), cwd=tmp_path, capture_output=True, check=True)
    assert distinguished_name(made.stdout.decode()) == "CN=kibana-client, OU=ops, O=Example"


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ("kibana-client", "distinguished_name: the name 'kibana-client' has no attribute such as CN="),
        ("-----BEGIN CERTIFICATE-----", "distinguished_name: holds no certificate in PEM form"),
        (["CN=a"], "needs text, not list"),
        (None, "needs text, not NoneType"),
    ],
)
def test_what_is_no_name(value, words):
    with pytest.raises(AnsibleFilterError, match=words):
        distinguished_name(value)
