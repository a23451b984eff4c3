# Copyright: Stack TLS contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The configuration of the base state."""

from __future__ import annotations

import json

import yaml
from stacklib.rendering import elasticsearch_yml, kibana_yml
from stacklib.topology import parse

NODES = [
    {
        "name": f"n{number}",
        "kind": "elasticsearch",
        "address": f"127.0.1.{number}",
        "cluster": "trio",
        "license": "basic",
    }
    for number in (1, 2, 3)
]
PASSWORD = 'a "quoted" $word: # ü'
KIBANA = {
    "name": "kb1",
    "kind": "kibana",
    "address": "127.0.1.9",
    "elasticsearch": "es1",
    "kibana_system_password": PASSWORD,
}
SINGLE = {"name": "es1", "kind": "elasticsearch", "address": "127.0.1.8"}
TOPOLOGY = parse(json.dumps({"name": "demo", "hosts": [*NODES, SINGLE, KIBANA]}))


def test_a_single_node_is_secured_by_passwords_only() -> None:
    settings = yaml.safe_load(elasticsearch_yml(TOPOLOGY, TOPOLOGY.host("es1")))
    assert settings["discovery.type"] == "single-node"
    assert settings["network.host"] == settings["node.name"] == settings["cluster.name"] == "es1"
    assert settings["xpack.security.enabled"] is True
    assert settings["xpack.license.self_generated.type"] == "trial"
    assert not [name for name in settings if ".ssl." in name]


def test_the_nodes_of_a_cluster_find_each_other_by_tls() -> None:
    settings = yaml.safe_load(elasticsearch_yml(TOPOLOGY, TOPOLOGY.host("n2")))
    assert settings["discovery.seed_hosts"] == settings["cluster.initial_master_nodes"] == ["n1", "n2", "n3"]
    assert settings["xpack.security.transport.ssl.enabled"] is True
    assert settings["xpack.license.self_generated.type"] == "basic"
    assert "discovery.type" not in settings
    assert not [name for name in settings if ".http.ssl" in name]


def test_kibana_logs_in_with_whatever_password() -> None:
    settings = yaml.safe_load(kibana_yml(TOPOLOGY.host("kb1")))
    assert settings["elasticsearch.password"] == PASSWORD
    assert settings["elasticsearch.hosts"] == ["http://es1:9200"]
    assert settings["server.host"] == "kb1"


def test_both_files_are_those_of_a_person() -> None:
    for text in (elasticsearch_yml(TOPOLOGY, TOPOLOGY.host("es1")), kibana_yml(TOPOLOGY.host("kb1"))):
        assert "# Kept by hand." in text
        assert text.endswith("\n")
        assert not text.endswith("\n\n")
