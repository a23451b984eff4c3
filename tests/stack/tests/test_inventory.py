# Copyright: Stack TLS contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A topology as Ansible sees it."""

from __future__ import annotations

import json
from pathlib import Path

from stacklib.inventory import inventory, pipelined, podman
from stacklib.topology import parse

PIPELINED = pipelined(Path("/cache/pids"))
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
    groups = inventory(TOPOLOGY, podman("podman"))["all"]["children"]
    assert {name: sorted(group["hosts"]) for name, group in groups.items()} == {
        "elasticsearch": ["es1"],
        "kibana": ["kb1"],
        "pair": ["es1", "kb1"],
        "beats": ["bt1"],
    }


def test_a_cluster_comes_with_its_kibanas_and_nothing_else() -> None:
    found = inventory(TOPOLOGY, podman("podman"), cluster="es1")["all"]
    assert sorted(found["hosts"]) == ["es1", "kb1"]
    assert sorted(found["children"]) == ["elasticsearch", "kibana", "pair"]


def test_hosts_are_containers_with_their_variables() -> None:
    hosts = inventory(TOPOLOGY, podman("podman"))["all"]["hosts"]
    assert hosts["es1"] == {"ansible_host": "stacktls-demo-es1", "stack_address": "127.0.1.1", "a": [1]}


def test_no_password_is_told() -> None:
    assert "password" not in json.dumps(inventory(TOPOLOGY, PIPELINED))


def test_podman_enters_the_containers_as_everybody_would() -> None:
    variables = inventory(TOPOLOGY, podman("/cache/podman"))["all"]["vars"]
    assert variables["ansible_connection"] == "containers.podman.podman"
    assert variables["ansible_podman_executable"] == "/cache/podman"
    assert "ansible_pipelining" not in variables


def test_the_own_connection_finds_the_process_of_each_container() -> None:
    variables = inventory(TOPOLOGY, PIPELINED)["all"]["vars"]
    assert variables["ansible_connection"] == "stack_container"
    assert variables["ansible_pipelining"] is True
    assert variables["stack_pid_file"] == "/cache/pids/{{ ansible_host }}"
