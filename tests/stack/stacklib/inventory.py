# Copyright: Stack TLS contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A topology as an Ansible inventory."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from stacklib.topology import Host, Topology


def inventory(topology: Topology, connection: Mapping[str, Any], cluster: str = "") -> dict[str, Any]:
    """The inventory, with the variables of a connection (`podman` or `pipelined`). With `cluster` only that one."""
    hosts = topology.members_of(cluster) if cluster else topology.hosts
    groups: dict[str, dict[str, Any]] = {}
    for host in hosts:
        for group in (host.kind, *host.groups):
            groups.setdefault(group, {"hosts": {}})["hosts"][host.name] = {}
    return {
        "all": {
            "vars": {**connection, "ansible_python_interpreter": "/usr/bin/python3"},
            "hosts": {host.name: _variables(topology, host) for host in hosts},
            "children": groups,
        }
    }


def podman(program: str) -> dict[str, Any]:
    """Enter the containers with this podman, as everybody would."""
    return {"ansible_connection": "containers.podman.podman", "ansible_podman_executable": program}


def pipelined(pid_files: Path) -> dict[str, Any]:
    """Enter the containers with the stack's own connection plugin."""
    return {
        "ansible_connection": "stack_container",
        "ansible_pipelining": True,
        "stack_pid_file": f"{pid_files}/{{{{ ansible_host }}}}",
    }


def _variables(topology: Topology, host: Host) -> dict[str, Any]:
    return {"ansible_host": topology.container(host), "stack_address": host.address, **host.vars}
