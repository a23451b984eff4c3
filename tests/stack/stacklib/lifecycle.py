# Copyright: Stack TLS contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whole topologies: up, back to the base state, down, status."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any, Callable, TypeVar

from stacklib import cache, catalog, images, services, transport
from stacklib.containers import ADDRESS_LABEL, HOST_LABEL, TOPOLOGY_LABEL, Container, refuse_shared_addresses, remove
from stacklib.podman import containers, try_podman
from stacklib.shell import timed
from stacklib.topology import SECURED

if TYPE_CHECKING:
    from collections.abc import Iterable

    from stacklib.topology import Host, Topology

Item = TypeVar("Item")
Value = TypeVar("Value")
_ANSWER_SECONDS = 180


def up(topology: Topology, *, reset: bool, cluster: str = "") -> None:
    """Have all hosts run. A new host with its whole cluster, or every one if `reset`, is put into its base state.

    With `cluster` only that one and its Kibanas.
    """
    members = topology.members_of(cluster) if cluster else topology.hosts
    images.build(dict.fromkeys(host.product for host in members))
    with cache.locked(f"topology-{topology.name}"), timed(f"topology {topology.name} is up"):
        refuse_shared_addresses(topology)
        hosts = [Container(topology, host) for host in members]
        if reset:  # what was left there could be anywhere
            _together(remove, [each.name for each in hosts if not catalog.PROGRAMS[each.host.kind]])
        with timed(f"{len(hosts)} containers run"):
            ready = dict(zip((each.name for each in hosts), _together(Container.ensure, hosts)))
        _together(
            lambda each: _to_base_state(topology, each),
            [
                each
                for each in ([cluster] if cluster else topology.clusters())
                if reset or not all(ready[topology.container(host)] for host in topology.members_of(each))
            ],
        )
        others = [] if cluster else [Container(topology, host) for host in topology.outside_of_clusters()]
        _install([each for each in others if reset or not ready[each.name]])


def down(containers_of: Topology | None) -> None:
    """Remove the containers of a topology, or of all."""
    label = f"{TOPOLOGY_LABEL}={containers_of.name}" if containers_of else TOPOLOGY_LABEL
    names = [each["Names"][0] for each in containers(label)]
    _together(remove, names)
    images.forget_old()


def status() -> list[tuple[str, ...]]:
    """One row a container: topology, host, address, image, state of the container, state of the service."""
    return sorted(_together(_row, containers(TOPOLOGY_LABEL)))


def _row(found: dict[str, Any]) -> tuple[str, ...]:
    labels = found["Labels"]
    kind = next(kind for kind in catalog.KINDS if f"/{kind}:" in found["Image"])
    service = "-"
    if found["State"] == "running" and catalog.PROGRAMS[kind]:
        answer = try_podman("exec", found["Names"][0], "systemctl", "is-active", *catalog.PROGRAMS[kind])
        service = " ".join(answer.stdout.split()) or "gone"
    return (labels[TOPOLOGY_LABEL], labels[HOST_LABEL], labels[ADDRESS_LABEL], found["Image"], found["State"], service)


def _to_base_state(topology: Topology, cluster: str) -> None:
    """Put a cluster and its Kibanas back, then start them in the order in which they need each other."""
    nodes = topology.nodes_of(cluster)
    shared = {}
    if len(nodes) > 1:
        shared["etc/elasticsearch/transport.p12"] = transport.keystore(nodes[0].product, cluster)
    members = [Container(topology, host) for host in topology.members_of(cluster)]
    with timed(f"{cluster}: files are in place"):
        _together(lambda each: each.to_base_state(shared if each.host.is_elasticsearch else {}), members)
    started = [each for each in members if each.host.state == SECURED]
    _start_elasticsearch(topology, cluster, [each for each in started if each.host.is_elasticsearch])
    _start_kibana(nodes[0], [each for each in started if not each.host.is_elasticsearch])
    _together(Container.mark_ready, members)


def _install(hosts: list[Container]) -> None:
    """Put hosts back on which nothing runs."""
    _together(lambda each: each.to_base_state({}), hosts)
    _together(Container.mark_ready, hosts)


def _start_elasticsearch(topology: Topology, cluster: str, nodes: list[Container]) -> None:
    if not nodes:
        return
    with timed(f"{cluster}: Elasticsearch runs"):
        _together(Container.start, nodes)
        host = nodes[0].host
        api = services.elasticsearch(host.address, host.elastic_password)
        wait = f"/_cluster/health?wait_for_nodes={len(nodes)}&wait_for_status=yellow&timeout=15s"
        api.until("GET", wait, seconds=_ANSWER_SECONDS)
        for kibana in topology.kibanas_of(cluster)[:1]:
            password = {"password": kibana.kibana_system_password}
            api.until("POST", "/_security/user/kibana_system/_password", password, seconds=60)


def _start_kibana(node: Host, kibanas: list[Container]) -> None:
    def start(kibana: Container) -> None:
        kibana.start()
        services.kibana(kibana.host.address, node.elastic_password).until("GET", "/api/status", seconds=_ANSWER_SECONDS)

    for names in [", ".join(each.host.name for each in kibanas)] if kibanas else []:
        with timed(f"{names}: Kibana runs"):
            _together(start, kibanas)


def _together(work: Callable[[Item], Value], items: Iterable[Item]) -> list[Value]:
    """Do the work for all items side by side; the first error is raised when all have ended."""
    listed = list(items)
    with ThreadPoolExecutor(max_workers=max(1, len(listed))) as pool:
        return list(pool.map(work, listed))
