# Copyright: Stack TLS contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import pytest
from ansible.errors import AnsibleFilterError
from ansible_collections.stacktls.elastic.plugins.filter.names_from_facts import FilterModule

names_from_facts = FilterModule().filters()["names_from_facts"]
FACTS = {
    "hostname": "ES1",
    "fqdn": "es1.example.com",
    "all_ipv4_addresses": ["192.0.2.11", "192.0.2.2", "172.17.0.1", "127.0.1.1", "169.254.1.1"],
    "all_ipv6_addresses": ["2001:db8::1", "fe80::1", "::1"],
}


def test_every_name_by_which_others_reach_the_host():
    assert names_from_facts(FACTS) == [
        *("DNS:es1", "DNS:es1.example.com"),
        *("IP:172.17.0.1", "IP:192.0.2.2", "IP:192.0.2.11", "IP:2001:db8::1"),
    ]


@pytest.mark.parametrize(
    ("option", "gone"),
    [
        ("hostname", ["DNS:es1"]),
        ("fqdn", ["DNS:es1.example.com"]),
        ("ipv4", ["IP:172.17.0.1", "IP:192.0.2.2", "IP:192.0.2.11"]),
        ("ipv6", ["IP:2001:db8::1"]),
    ],
)
def test_kinds_are_left_out(option, gone):
    assert names_from_facts(FACTS, **{option: False}) == [name for name in names_from_facts(FACTS) if name not in gone]


def test_facts_of_a_kind_that_is_left_out_are_not_needed():
    assert names_from_facts({"fqdn": "a.b"}, hostname=False, ipv4=False, ipv6=False) == ["DNS:a.b"]


def test_names_addresses_and_networks_are_excluded():
    assert names_from_facts(FACTS, exclude=["ES1", "172.17.0.0/16", "2001:db8::1"]) == [
        *("DNS:es1.example.com", "IP:192.0.2.2", "IP:192.0.2.11")
    ]


@pytest.mark.parametrize("fqdn", ["localhost", "localhost.localdomain"])
def test_the_local_name_is_left_out(fqdn):
    assert "localhost" not in " ".join(names_from_facts({**FACTS, "fqdn": fqdn}))


def test_a_name_twice_is_told_once():
    assert names_from_facts({**FACTS, "fqdn": "es1"}, ipv4=False, ipv6=False) == ["DNS:es1"]


@pytest.mark.parametrize(
    ("facts", "options", "words"),
    [
        ("es1", {}, "names_from_facts needs facts, not str"),
        ({}, {}, "the facts lack hostname, fqdn, all_ipv4_addresses, all_ipv6_addresses"),
        ({**FACTS, "hostname": "es_1"}, {}, "'es_1' cannot be a name .* underscore.* Or name it in exclude"),
        (FACTS, {"exclude": "172.17.0.0/16"}, "needs a list of texts as exclude"),
        (FACTS, {"exclude": [5]}, "needs a list of texts as exclude"),
    ],
)
def test_what_cannot_be_used(facts, options, words):
    with pytest.raises(AnsibleFilterError, match=words):
        names_from_facts(facts, **options)
