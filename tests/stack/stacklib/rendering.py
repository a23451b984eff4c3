# Copyright: Stack TLS contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The configuration that somebody wrote by hand before the collection came."""

from __future__ import annotations

import json
from pathlib import Path
from string import Template
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from stacklib.topology import Host, Topology

_TEMPLATES = Path(__file__).resolve().parent / "templates"

_TRANSPORT = """\
xpack.security.transport.ssl.enabled: true
xpack.security.transport.ssl.verification_mode: certificate
xpack.security.transport.ssl.keystore.path: transport.p12
xpack.security.transport.ssl.truststore.path: transport.p12"""


def elasticsearch_yml(topology: Topology, host: Host) -> str:
    """The elasticsearch.yml of a node whose users have passwords and whose HTTP is plain."""
    nodes = [node.name for node in topology.nodes_of(host.cluster)]
    if len(nodes) == 1:
        discovery, transport = "discovery.type: single-node", ""
    else:
        names = json.dumps(nodes)
        discovery = f"discovery.seed_hosts: {names}\ncluster.initial_master_nodes: {names}"
        transport = _TRANSPORT
    return _render(
        "elasticsearch.yml",
        name=host.name,
        cluster=host.cluster,
        license=host.license,
        discovery=discovery,
        transport=transport,
    )


def kibana_yml(host: Host) -> str:
    """The kibana.yml of a Kibana that logs in with a password."""
    password = json.dumps(host.kibana_system_password)
    return _render("kibana.yml", name=host.name, elasticsearch=host.elasticsearch, password=password)


def _render(template: str, **values: str) -> str:
    text = Template((_TEMPLATES / f"{template}.template").read_text()).substitute(values)
    return text.rstrip("\n") + "\n"
