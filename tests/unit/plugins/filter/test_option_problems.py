# Copyright: Stack TLS contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is wrong with options, before any host is asked."""

from __future__ import annotations

import pytest
from ansible.errors import AnsibleFilterError
from ansible_collections.stacktls.elastic.plugins.filter.option_problems import option_problems

KEY = {"name": "shop", "role_descriptors": {"a": {"cluster": ["monitor"]}}, "expiration": "90d", "overlap": "1d"}
CERTIFICATE = {"subject": "CN=shop", "subject_alt_names": ["shop"], "profile": "client", "not_after": "+397d"}


@pytest.mark.parametrize(
    ("module", "options"),
    [
        ("api_key", KEY),
        ("api_key", {"name": "shop", "expiration": None}),
        ("certificate", CERTIFICATE),
        # These are files of the host.
        ("truststore", {"certificate_paths": ["/nowhere/a.crt"], "pkcs12_sources": [{"path": "/nowhere/a.p12"}]}),
    ],
)
def test_what_can_be_has_none(module, options):
    assert option_problems(options, module) == []


@pytest.mark.parametrize(
    ("module", "options", "words"),
    [
        ("api_key", {**KEY, "expiration": "3 months"}, "expiration: '3 months' is not a span of time. Write numbers"),
        ("api_key", {**KEY, "overlap": "soon"}, "overlap: 'soon' is not a span of time"),
        ("api_key", {**KEY, "renew_before": "120d"}, "each run would make a new key"),
        ("api_key", {**KEY, "name": "shop*"}, "'shop*' cannot be the name of an API key"),
        ("api_key", {**KEY, "metadata": {"stacktls_destination": "x"}}, "metadata cannot have 'stacktls_destination'"),
        ("api_key", {**KEY, "metadata": [1]}, "unable to convert to dict"),
        ("api_key", {**KEY, "expires": "90d"}, "expires"),
        ("certificate", {**CERTIFICATE, "not_after": "+soon"}, "'soon' is not a span of time"),
        ("certificate", {**CERTIFICATE, "renew_before": "400d"}, "each run would issue a new certificate"),
        ("certificate", {**CERTIFICATE, "key_type": "dsa"}, "key_type"),
        ("truststore", {"certificates": ["no certificate"]}, "element 1 of certificates"),
    ],
)
def test_what_cannot_be_is_told_in_words(module, options, words):
    problems = option_problems(options, module)
    assert len(problems) == 1
    assert words in problems[0]


@pytest.mark.parametrize(("value", "module"), [("name=shop", "api_key"), ({}, "uri")])
def test_what_is_no_option_of_a_module(value, module):
    with pytest.raises(AnsibleFilterError, match="option_problems"):
        option_problems(value, module)
