# Copyright: Stack TLS contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a topology file may say."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from stacklib.shell import StackError
from stacklib.topology import parse

STACK = Path(__file__).resolve().parent.parent
TOPOLOGIES = STACK / "topologies"
ES = {"name": "es1", "kind": "elasticsearch", "address": "127.0.1.1"}
KB = {"name": "kb1", "kind": "kibana", "address": "127.0.1.2", "elasticsearch": "es1"}
BT = {"name": "bt1", "kind": "beats", "address": "127.0.1.4"}
CL = {"name": "cl1", "kind": "client", "address": "127.0.1.5"}


def text(*hosts: object, **more: object) -> str:
    return json.dumps({"name": "demo", "hosts": hosts, **more})


def test_what_is_left_out_has_a_default() -> None:
    topology = parse(text(ES, KB))
    node = topology.host("es1")
    assert (node.version, node.state, node.license, node.cluster) == ("9.4.3", "secured", "trial", "es1")
    assert topology.kibanas_of("es1") == [topology.host("kb1")]
    assert topology.container(node) == "stacktls-demo-es1"


def test_beats_and_clients_have_versions_of_their_own_and_no_cluster() -> None:
    topology = parse(text(ES, KB, BT, CL))
    beats, client = topology.host("bt1"), topology.host("cl1")
    assert (beats.version, beats.state, beats.cluster) == ("7.17.29", "bare", "")
    assert (client.version, client.state, client.cluster) == ("9.4", "bare", "")
    assert topology.outside_of_clusters() == [beats, client]


def test_nodes_of_one_cluster_belong_together() -> None:
    nodes = [{**ES, "name": f"n{number}", "address": f"127.0.1.{number}", "cluster": "c"} for number in (1, 2, 3)]
    single = {**ES, "address": "127.0.1.9"}
    topology = parse(text(*nodes, single))
    assert topology.clusters() == ["c", "es1"]
    assert [node.name for node in topology.nodes_of("c")] == ["n1", "n2", "n3"]


def files_that_start_containers() -> list[Path]:
    """Every file with addresses of containers; tests that only read or write text are not among them."""
    only_text = {"test_inventory.py", "test_rendering.py", "test_topology.py"}
    tests = [path for path in Path(__file__).parent.glob("*.py") if path.name not in only_text]
    others = [STACK / "kibana/test/with-real-elasticsearch", STACK.parents[1] / "benchmarks/node.py"]
    return [*TOPOLOGIES.glob("*.json"), *tests, *others]


@pytest.mark.parametrize("path", sorted(TOPOLOGIES.glob("*.json")), ids=lambda path: path.name)
def test_shipped_topologies_are_right(path: Path) -> None:
    assert parse(path.read_text()).name == path.stem


def test_no_two_topologies_share_an_address() -> None:
    """Each may find the containers of the others running, also those of topologies that only a test has."""
    owners: dict[str, set[str]] = {}
    for path in files_that_start_containers():
        for address in re.findall(r'"(127\.0\.1\.\d+)"', path.read_text()):
            owners.setdefault(address, set()).add(path.name)
    assert {address: names for address, names in owners.items() if len(names) > 1} == {}
    assert len(owners) > 20, "the addresses were not found"


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ("{", "not JSON"),
        ("[]", "a topology is an object"),
        (text(), "not empty"),
        (text(ES, extra=1), "unknown key 'extra'"),
        (json.dumps({"name": "Demo", "hosts": [ES]}), "the topology's name must match"),
        (text("es1"), "a host is an object"),
        (text({**ES, "kind": "logstash"}), "kind is 'logstash', must be one of elasticsearch, kibana"),
        (text({"name": "es1", "kind": "elasticsearch"}), "host 'es1': 'address' is missing"),
        (text({**ES, "adress": "x"}), "host 'es1': unknown key 'adress'"),
        (text({**ES, "elasticsearch": "es1"}), "host 'es1': unknown key 'elasticsearch'"),
        (text({**ES, "version": 9}), "'version' must be a str, found 9"),
        (text({**ES, "groups": "a"}), "'groups' must be a list"),
        (text({**BT, "elasticsearch": "es1"}), "host 'bt1': unknown key 'elasticsearch'"),
        (text({**BT, "version": "9.4.3"}), "beats:9.4.3 cannot be built (known: "),
        (text({**BT, "state": "secured"}), "state is 'secured', must be one of bare"),
        (text({**ES, "name": "es_1"}), "the name must match"),
        (text({**ES, "version": "7.0.0"}), "elasticsearch:7.0.0 cannot be built (known: "),
        (text({**ES, "address": "192.0.2.1"}), "is not in 127.0.0.0/8"),
        (text({**ES, "address": "localhost"}), "does not appear to be an IPv4"),
        (text({**ES, "state": "ready"}), "state is 'ready', must be one of secured, bare, autoconfigured"),
        (text({**ES, "license": "gold"}), "license is 'gold', must be one of trial, basic"),
        (text(ES, {**KB, "state": "autoconfigured"}), "must be one of secured, bare"),
        (text(ES, ES), "two hosts have the name es1"),
        (text(ES, {**ES, "name": "es2"}), "two hosts have the address 127.0.1.1"),
        (text(ES, {**KB, "elasticsearch": "es2"}), "'elasticsearch' is no Elasticsearch host: 'es2'"),
        (text({**ES, "state": "bare"}, KB), "a Kibana is 'secured', but its cluster 'es1' is 'bare'"),
        (
            text(ES, KB, {**KB, "name": "kb2", "address": "127.0.1.3", "kibana_system_password": "other"}),
            "the Kibanas of cluster 'es1' differ in 'kibana_system_password'",
        ),
        (
            text(
                {**ES, "cluster": "c"},
                {**ES, "cluster": "c", "name": "es2", "address": "127.0.1.3", "version": "8.16.6"},
            ),
            "the nodes of cluster 'c' differ in 'version'",
        ),
        (
            text(
                {**ES, "cluster": "c", "state": "autoconfigured"},
                {**ES, "cluster": "c", "state": "autoconfigured", "name": "es2", "address": "127.0.1.3"},
            ),
            "'autoconfigured' is for a single node",
        ),
    ],
)
def test_mistakes_are_named(wrong: str, message: str) -> None:
    with pytest.raises(StackError) as caught:
        parse(wrong)
    assert message in str(caught.value)


def test_all_mistakes_are_listed_at_once() -> None:
    with pytest.raises(StackError) as caught:
        parse(text({**ES, "license": "gold"}, {**KB, "version": "1.0.0"}))
    assert "gold" in str(caught.value)
    assert "kibana:1.0.0" in str(caught.value)
