# Copyright: Stack TLS contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import pytest
from ansible.errors import AnsibleFilterError
from ansible_collections.stacktls.elastic.plugins.filter.transport_name_problems import FilterModule

problems = FilterModule().filters()["transport_name_problems"]
NAMES = ["es1.example.com", "localhost"]
SEEDS = "discovery.seed_hosts"


@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"network.host": "es1.example.com"},
        {"network.host": "127.0.0.1"},
        {"network.host": "0.0.0.0", "transport.publish_host": "es1.example.com"},
        {"http.host": "other.example.com"},
        {SEEDS: ["es1.example.com", "es2.example.com:9301", "127.0.0.1", "[::1]:9300", "::1"]},
        {SEEDS: "es1.example.com, es2.example.com"},
    ],
)
def test_nodes_that_find_each_other(settings):
    assert problems(settings, NAMES, [*NAMES, "es2.example.com"]) == []


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({"network.host": "192.0.2.11"}, "network.host is 192.0.2.11 and its certificate lacks that name"),
        ({"network.host": "_site_"}, "network.host is _site_ and the node finds out the address when it starts"),
        ({"transport.host": "0.0.0.0"}, "transport.host is 0.0.0.0 and it stands for every address of the host"),
        ({SEEDS: ["192.0.2.11:9300"]}, f"{SEEDS} names 192.0.2.11, and no certificate of a node has that name"),
        ({SEEDS: ["[2001:db8::1]:9300"]}, f"{SEEDS} names 2001:db8::1, and no certificate of a node has that name"),
        ({SEEDS: "nodes.example.com"}, f"{SEEDS} names nodes.example.com, and no certificate of a node has that name"),
    ],
)
def test_nodes_that_would_not(settings, sentence):
    assert problems(settings, NAMES, NAMES) == [sentence]


def test_an_address_among_the_names_will_do_where_the_node_finds_out_its_own():
    assert problems({"network.host": "_site_"}, [*NAMES, "192.0.2.11"], NAMES) == []


@pytest.mark.parametrize("given", [(["es1"], NAMES, NAMES), ({}, "es1", NAMES), ({}, NAMES, [1])])
def test_what_it_does_not_take(given):
    with pytest.raises(AnsibleFilterError):
        problems(*given)
