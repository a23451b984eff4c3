# Copyright: Stack TLS contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A topology as Ansible sees it."""

from __future__ import annotations

import json

import pytest
from stacklib.inventory import inventory
from stacklib.topology import parse

TOPOLOGY = parse(
    json.dumps(
        {
            "name": "demo",
            "hosts": [
                {
                    "name": "es1",
                    "kind": "elasticsearch",
                    "address": "127.0.1.1",
                    "groups": ["pair"],
                    "vars": {"a": [1]},
                },
                {"name": "kb1", "kind": "kibana", "address": "127.0.1.2", "elasticsearch": "es1", "groups": ["pair"]},
                {"name": "bt1", "kind": "beats", "address": "127.0.1.3"},
            ],
        }
    )
)


def test_groups_follow_kinds_and_wishes() -> None:
    groups = inventory(TOPOLOGY, "podman", pipelined=False)["all"]["children"]
    assert {name: sorted(group["hosts"]) for name, group in groups.items()} == {
        "elasticsearch": ["es1"],
        "kibana": ["kb1"],
        "pair": ["es1", "kb1"],
        "beats": ["bt1"],
    }


def test_a_cluster_comes_with_its_kibanas_and_nothing_else() -> None:
    found = inventory(TOPOLOGY, "podman", pipelined=False, cluster="es1")["all"]
    assert sorted(found["hosts"]) == ["es1", "kb1"]
    assert sorted(found["children"]) == ["elasticsearch", "kibana", "pair"]


def test_hosts_are_containers_with_their_variables() -> None:
    hosts = inventory(TOPOLOGY, "podman", pipelined=False)["all"]["hosts"]
    assert hosts["es1"] == {"ansible_host": "stacktls-demo-es1", "stack_address": "127.0.1.1", "a": [1]}


def test_no_password_is_told() -> None:
    assert "password" not in json.dumps(inventory(TOPOLOGY, "podman", pipelined=True))


@pytest.mark.parametrize(("pipelined", "plugin"), [(False, "containers.podman.podman"), (True, "stack_podman")])
def test_the_connection_uses_the_given_podman(pipelined: bool, plugin: str) -> None:
    variables = inventory(TOPOLOGY, "/cache/podman", pipelined=pipelined)["all"]["vars"]
    assert variables["ansible_connection"] == plugin
    assert variables["ansible_podman_executable"] == "/cache/podman"
    assert variables.get("ansible_pipelining", False) is pipelined
