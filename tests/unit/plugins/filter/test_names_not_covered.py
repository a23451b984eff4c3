# Copyright: Stack TLS contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import subprocess

import pytest
from ansible.errors import AnsibleFilterError
from ansible_collections.stacktls.elastic.plugins.filter.names_not_covered import FilterModule

names_not_covered = FilterModule().filters()["names_not_covered"]
PRESENT = ["DNS:es1", "DNS:*.example.com", "IP:192.0.2.1", "IP:2001:db8::1", "DNS:node_1"]


@pytest.mark.parametrize(
    "name",
    [
        *("es1", "ES1", "es1.", "DNS:es1", "a.example.com", "A.Example.COM", "*.example.com"),
        *("192.0.2.1", "IP:192.0.2.1", "2001:db8:0:0::1", "node_1"),
    ],
)
def test_covered(name):
    assert names_not_covered([name], PRESENT) == []


@pytest.mark.parametrize(
    "name",
    [
        *("es2", "example.com", "a.b.example.com", ".example.com", "*.b.example.com", "xexample.com"),
        *("192.0.2.2", "IP:192.0.2.2", "2001:db8::2", "DNS:192.0.2.1", "node_2", "", "email:a@example.com"),
    ],
)
def test_not_covered(name):
    assert names_not_covered(["es1", name], PRESENT) == [name]


def test_an_address_is_not_covered_by_a_wildcard():
    assert names_not_covered(["192.0.2.1"], ["DNS:*.0.2.1"]) == ["192.0.2.1"]


def test_a_certificate_in_place_of_its_names(tmp_path):
    command = (
        "openssl req -x509 -newkey rsa:2048 -nodes -keyout a.key -subj /CN=b -addext subjectAltName=DNS:a,IP:192.0.2.1"
    )
    made = subprocess.run(command.split(), cwd=tmp_path, capture_output=True, check=True, text=True).stdout
    assert names_not_covered(["a", "b", "192.0.2.1"], made) == ["b"]


@pytest.mark.parametrize(
    ("wanted", "names", "words"),
    [
        ("es1", [], "needs a list of names, not str"),
        (None, [], "needs a list of names, not NoneType"),
        ([5], [], "needs names that are text"),
        ([], {}, "needs a list of subject alternative names, not dict"),
        ([], [5], "needs subject alternative names that are text"),
        ([], "es1", "names_not_covered: holds no certificate in PEM form"),
    ],
)
def test_what_cannot_be_compared(wanted, names, words):
    with pytest.raises(AnsibleFilterError, match=words):
        names_not_covered(wanted, names)
