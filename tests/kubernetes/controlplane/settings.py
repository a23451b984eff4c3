# Copyright: Stack TLS contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The settings that the programs are started with. Everything listens on the loopback interface only."""

from __future__ import annotations

import json
from base64 import b64encode
from dataclasses import dataclass
from typing import TYPE_CHECKING

from controlplane import pki

if TYPE_CHECKING:
    from pathlib import Path

OPERATOR_NAMESPACE = "elastic-system"
CERT_MANAGER_NAMESPACE = "cert-manager"
NAMESPACES = (OPERATOR_NAMESPACE, CERT_MANAGER_NAMESPACE)


@dataclass(frozen=True)
class Ports:
    """Where the programs listen."""

    api: int
    etcd: int
    etcd_peers: int


def etcd(state: Path, ports: Ports) -> list[str]:
    """The arguments of etcd."""
    client, peer = (f"https://{pki.ADDRESS}:{port}" for port in (ports.etcd, ports.etcd_peers))
    files = {"cert-file": "etcd.crt", "key-file": "etcd.key", "trusted-ca-file": "ca.crt"}
    return [
        f"--data-dir={state}/etcd",
        "--name=etcd",
        "--unsafe-no-fsync",  # much faster, and all that is lost with the machine is a test's
        "--log-level=warn",
        f"--listen-client-urls={client}",
        f"--advertise-client-urls={client}",
        f"--listen-peer-urls={peer}",
        f"--initial-advertise-peer-urls={peer}",
        f"--initial-cluster=etcd={peer}",
        *(f"--{side}{option}={state}/pki/{name}" for side in ("", "peer-") for option, name in files.items()),
        "--client-cert-auth",
        "--peer-client-cert-auth",
    ]


def api_server(state: Path, ports: Ports) -> list[str]:
    """The arguments of kube-apiserver."""
    keys = state / "pki"
    return [
        f"--bind-address={pki.ADDRESS}",
        f"--advertise-address={pki.ADDRESS}",
        f"--secure-port={ports.api}",
        "--endpoint-reconciler-type=none",  # it refuses an endpoint on the loopback interface
        "--authorization-mode=RBAC",
        "--anonymous-auth=false",
        "--disable-admission-plugins=ServiceAccount",
        f"--service-cluster-ip-range={pki.SERVICE_NETWORK}",
        "--profiling=false",
        f"--etcd-servers=https://{pki.ADDRESS}:{ports.etcd}",
        f"--etcd-cafile={keys}/ca.crt",
        f"--etcd-certfile={keys}/etcd.crt",
        f"--etcd-keyfile={keys}/etcd.key",
        f"--client-ca-file={keys}/ca.crt",
        f"--tls-cert-file={keys}/kube-apiserver.crt",
        f"--tls-private-key-file={keys}/kube-apiserver.key",
        "--service-account-issuer=https://kubernetes.default.svc",
        f"--service-account-key-file={keys}/service-accounts.pub",
        f"--service-account-signing-key-file={keys}/service-accounts.key",
    ]


def operator() -> str:
    """The configuration file of the operator, named as in the ConfigMap of its manifests."""
    return json.dumps(
        {
            "operator-namespace": OPERATOR_NAMESPACE,  # it manages all the others, too
            "enable-leader-election": False,
            "enable-webhook": False,
            "validate-storage-class": False,  # nobody makes volumes here
            "disable-telemetry": True,
            "disable-config-watch": True,
            "metrics-host": pki.ADDRESS,
            "metrics-port": 0,
            "kube-client-qps": 200,
        },
        indent=2,
    )


def kubeconfig(keys: Path, ports: Ports) -> str:
    """How clients reach the API as its administrator; the keys are in it."""

    def data(name: str) -> str:
        return b64encode((keys / name).read_bytes()).decode()

    name = "stacktls"
    server = {"server": f"https://{pki.ADDRESS}:{ports.api}", "certificate-authority-data": data("ca.crt")}
    user = {"client-certificate-data": data("admin.crt"), "client-key-data": data("admin.key")}
    return json.dumps(
        {
            "apiVersion": "v1",
            "kind": "Config",
            "clusters": [{"name": name, "cluster": server}],
            "users": [{"name": "admin", "user": user}],
            "contexts": [{"name": name, "context": {"cluster": name, "user": "admin"}}],
            "current-context": name,
        },
        indent=2,
    )
