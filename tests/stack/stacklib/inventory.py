# Copyright: Stack TLS contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A topology as an Ansible inventory."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from stacklib.topology import Host, Topology


_PLAIN = {"ansible_connection": "containers.podman.podman"}
_PIPELINED = {"ansible_connection": "stack_podman", "ansible_pipelining": True}


def inventory(topology: Topology, podman: str, *, pipelined: bool, cluster: str = "") -> dict[str, Any]:
    """The inventory; `podman` is the program with which Ansible enters the containers. With `cluster` only that one."""
    hosts = topology.members_of(cluster) if cluster else topology.hosts
    groups: dict[str, dict[str, Any]] = {}
    for host in hosts:
        for group in (host.kind, *host.groups):
            groups.setdefault(group, {"hosts": {}})["hosts"][host.name] = {}
    return {
        "all": {
            "vars": {
                **(_PIPELINED if pipelined else _PLAIN),
                "ansible_podman_executable": podman,
                "ansible_python_interpreter": "/usr/bin/python3",
            },
            "hosts": {host.name: _variables(topology, host) for host in hosts},
            "children": groups,
        }
    }


def _variables(topology: Topology, host: Host) -> dict[str, Any]:
    return {"ansible_host": topology.container(host), "stack_address": host.address, **host.vars}
