# Copyright: Stack TLS contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A topology: which hosts there are, what runs on them and in which state they begin."""

from __future__ import annotations

import json
import re
from collections import Counter
from dataclasses import dataclass, field, fields, replace
from ipaddress import IPv4Network, ip_address
from typing import Any

from stacklib import catalog
from stacklib.shell import StackError

_NAME = re.compile(r"[a-z][a-z0-9-]{0,40}")
_ADDRESSES = IPv4Network("127.0.0.0/8")
LICENSES = ("trial", "basic")
SECURED, BARE, AUTOCONFIGURED = "secured", "bare", "autoconfigured"
#: Kind -> its states, that of a host which names none first.
STATES = {
    catalog.ELASTICSEARCH: (SECURED, BARE, AUTOCONFIGURED),
    catalog.KIBANA: (SECURED, BARE),
    catalog.BEATS: (BARE,),
    catalog.CLIENT: (BARE,),
}


@dataclass(frozen=True)
class Host:
    """One container. What a person leaves out has the defaults here."""

    name: str
    kind: str
    address: str
    version: str = ""
    state: str = ""
    groups: tuple[str, ...] = ()
    vars: dict[str, Any] = field(default_factory=dict)

    # Elasticsearch
    cluster: str = ""
    license: str = "trial"
    elastic_password: str = "elastic-test-password"

    # Kibana
    elasticsearch: str = ""
    kibana_system_password: str = "kibana-system-test-password"

    @property
    def product(self) -> catalog.Product:
        """What is installed on it."""
        return catalog.product(self.kind, self.version)

    @property
    def is_elasticsearch(self) -> bool:
        """Whether it is an Elasticsearch node."""
        return self.kind == catalog.ELASTICSEARCH


_ELASTICSEARCH_FIELDS = {"cluster", "license", "elastic_password"}
_KIBANA_FIELDS = {"elasticsearch", "kibana_system_password"}
_FOREIGN_FIELDS = {
    catalog.ELASTICSEARCH: _KIBANA_FIELDS,
    catalog.KIBANA: _ELASTICSEARCH_FIELDS,
    catalog.BEATS: _ELASTICSEARCH_FIELDS | _KIBANA_FIELDS,
    catalog.CLIENT: _ELASTICSEARCH_FIELDS | _KIBANA_FIELDS,
}


@dataclass(frozen=True)
class Topology:
    """Hosts that know each other by name."""

    name: str
    hosts: tuple[Host, ...]

    def of_kind(self, kind: str) -> list[Host]:
        """The hosts on which that product runs."""
        return [host for host in self.hosts if host.kind == kind]

    def host(self, name: str) -> Host:
        """The host of that name."""
        return next(host for host in self.hosts if host.name == name)

    def clusters(self) -> list[str]:
        """The names of the clusters."""
        return list(dict.fromkeys(host.cluster for host in self.of_kind(catalog.ELASTICSEARCH)))

    def nodes_of(self, cluster: str) -> list[Host]:
        """The Elasticsearch hosts of that cluster."""
        return [host for host in self.of_kind(catalog.ELASTICSEARCH) if host.cluster == cluster]

    def kibanas_of(self, cluster: str) -> list[Host]:
        """The Kibanas that work with that cluster."""
        return [host for host in self.of_kind(catalog.KIBANA) if self.host(host.elasticsearch).cluster == cluster]

    def members_of(self, cluster: str) -> list[Host]:
        """The hosts of that cluster and of the Kibanas that work with it."""
        return self.nodes_of(cluster) + self.kibanas_of(cluster)

    def outside_of_clusters(self) -> list[Host]:
        """The hosts that belong to no cluster."""
        return [host for host in self.hosts if host.kind not in (catalog.ELASTICSEARCH, catalog.KIBANA)]

    def container(self, host: Host) -> str:
        """The name of the host's container."""
        return f"stacktls-{self.name}-{host.name}"


def parse(text: str) -> Topology:
    """Read a topology from JSON; StackError lists everything that is wrong with it."""
    try:
        data = json.loads(text)
    except ValueError as error:
        raise StackError(f"the topology is not JSON: {error}") from error
    if not isinstance(data, dict) or not isinstance(data.get("hosts"), list) or not data["hosts"]:
        raise StackError('a topology is an object with "name" and a list "hosts" that is not empty')
    problems = [f"unknown key {key!r} in the topology" for key in sorted(data.keys() - {"name", "hosts"})]
    if not _NAME.fullmatch(str(data.get("name", ""))):
        problems.append(f"the topology's name must match {_NAME.pattern}: {data.get('name')!r}")
    hosts = [_host(entry, problems) for entry in data["hosts"]]
    topology = Topology(str(data.get("name", "")), tuple(host for host in hosts if host is not None))
    if not problems:
        problems = _problems_between(topology)
    if problems:
        raise StackError("the topology is wrong:\n" + "\n".join(f"- {problem}" for problem in problems))
    return topology


def _host(entry: object, problems: list[str]) -> Host | None:
    if not isinstance(entry, dict):
        problems.append(f"a host is an object, found {entry!r}")
        return None
    label = f"host {entry.get('name')!r}"
    found = _problems_of_shape(entry)
    if not found:
        host = _with_defaults(Host(**{**entry, "groups": tuple(entry.get("groups", ()))}))
        found = _problems_of(host)
        if not found:
            return host
    problems.extend(f"{label}: {problem}" for problem in found)
    return None


def _with_defaults(host: Host) -> Host:
    return replace(
        host,
        version=host.version or catalog.VERSIONS[host.kind][0],
        state=host.state or STATES[host.kind][0],
        cluster=host.cluster or (host.name if host.is_elasticsearch else ""),
    )


def _problems_of_shape(entry: dict[str, Any]) -> list[str]:
    kind = entry.get("kind")
    if kind not in catalog.KINDS:
        return [f"kind is {kind!r}, must be one of {', '.join(catalog.KINDS)}"]
    known = {each.name for each in fields(Host)} - _FOREIGN_FIELDS[kind]
    problems = [f"unknown key {key!r}" for key in sorted(entry.keys() - known)]
    problems += [f"{key!r} is missing" for key in ("name", "address") if key not in entry]
    types = {"groups": list, "vars": dict}
    for key, value in entry.items():
        if not isinstance(value, types.get(key, str)):
            problems.append(f"{key!r} must be a {types.get(key, str).__name__}, found {value!r}")
    return problems


def _problems_of(host: Host) -> list[str]:
    problems = []
    if not _NAME.fullmatch(host.name):
        problems.append(f"the name must match {_NAME.pattern}")
    try:
        catalog.product(host.kind, host.version)
        if ip_address(host.address) not in _ADDRESSES:
            problems.append(f"the address {host.address} is not in {_ADDRESSES}")
    except ValueError as error:
        problems.append(str(error))
    for key, allowed in (("state", STATES[host.kind]), ("license", LICENSES)):
        if getattr(host, key) not in allowed:
            problems.append(f"{key} is {getattr(host, key)!r}, must be one of {', '.join(allowed)}")
    return problems


def _problems_between(topology: Topology) -> list[str]:
    problems = []
    for key in ("name", "address"):
        counts = Counter(getattr(host, key) for host in topology.hosts)
        problems += [f"two hosts have the {key} {value}" for value, count in counts.items() if count > 1]
    nodes = {host.name for host in topology.of_kind(catalog.ELASTICSEARCH)}
    for kibana in topology.of_kind(catalog.KIBANA):
        if kibana.elasticsearch not in nodes:
            problems.append(f"host {kibana.name!r}: 'elasticsearch' is no Elasticsearch host: {kibana.elasticsearch!r}")
    if not problems:
        problems = [problem for cluster in topology.clusters() for problem in _problems_in(topology, cluster)]
    return problems


def _problems_in(topology: Topology, cluster: str) -> list[str]:
    nodes, kibanas = topology.nodes_of(cluster), topology.kibanas_of(cluster)
    problems = [
        f"the nodes of cluster {cluster!r} differ in {key!r}"
        for key in ("version", "state", "license", "elastic_password")
        if len({getattr(node, key) for node in nodes}) > 1
    ]
    if len({kibana.kibana_system_password for kibana in kibanas}) > 1:
        problems.append(f"the Kibanas of cluster {cluster!r} differ in 'kibana_system_password'")
    if any(kibana.state == SECURED for kibana in kibanas) and nodes[0].state != SECURED:
        problems.append(f"a Kibana is 'secured', but its cluster {cluster!r} is {nodes[0].state!r}")
    if len(nodes) > 1 and nodes[0].state == AUTOCONFIGURED:
        problems.append(f"cluster {cluster!r}: {AUTOCONFIGURED!r} is for a single node")
    return problems
