# Copyright: Stack TLS contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The running control plane: that it is private, and that each of its programs does its work."""

from __future__ import annotations

import base64
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from conftest import ELASTICSEARCH, Cluster, control_plane, until
from controlplane import programs, settings
from kubernetes import client, config

if TYPE_CHECKING:
    from controlplane.plane import Plane

pytestmark = pytest.mark.stack


def openssl(*arguments: str) -> str:
    return subprocess.run(["openssl", *arguments], capture_output=True, text=True, check=True).stdout


def written(folder: Path, secret: dict[str, str]) -> Path:
    """The files of a secret."""
    for name, value in secret.items():
        (folder / name).write_bytes(base64.b64decode(value))
    return folder


def is_ready(cluster: Cluster, kind: str, name: str) -> bool:
    conditions = cluster.get(kind, name).get("status", {}).get("conditions", [])
    return any(each["type"] == "Ready" and each["status"] == "True" for each in conditions)


def test_starting_again_changes_nothing(plane: Plane) -> None:
    before = sorted(each.pid for each in plane.processes())
    control_plane("up")
    assert sorted(each.pid for each in plane.processes()) == before
    assert len(before) == len(programs.PACKAGES)


def test_it_listens_on_the_loopback_interface_only(plane: Plane) -> None:
    sockets = {}  # inode -> address, of all that listen
    for table in ("tcp", "tcp6"):
        for line in Path(f"/proc/net/{table}").read_text().splitlines()[1:]:
            _number, local, _remote, state, *rest = line.split()
            if state == "0A":
                sockets[rest[5]] = local.partition(":")[0]
    listening = {}
    for process in plane.processes():
        links = [str(each.readlink()) for each in Path(f"/proc/{process.pid}/fd").iterdir()]
        found = {sockets.get(link.removeprefix("socket:[").rstrip("]")) for link in links} - {None}
        listening[process.program.name] = found
    loopback = {"0100007F"}
    assert (listening[programs.ETCD], listening[programs.API_SERVER]) == (loopback, loopback)
    assert all(addresses <= loopback for addresses in listening.values()), listening


def test_its_keys_are_private(plane: Plane) -> None:
    assert plane.state.stat().st_mode & 0o777 == 0o700
    private = [plane.kubeconfig, *(plane.state / "pki").glob("*.key")]
    assert {path.stat().st_mode & 0o777 for path in private} == {0o600}
    assert len(private) == 5


def test_strangers_are_refused(plane: Plane) -> None:
    stranger = client.Configuration()
    config.load_kube_config(str(plane.kubeconfig), client_configuration=stranger)
    stranger.cert_file = stranger.key_file = None
    with client.ApiClient(stranger) as api, pytest.raises(client.ApiException) as refused:
        client.VersionApi(api).get_code()
    assert refused.value.status == 401


def test_the_environment_names_the_kubeconfig(plane: Plane) -> None:
    assert control_plane("env").stdout == f"export KUBECONFIG={plane.kubeconfig}\n"


def test_status_tells_of_each_program(plane: Plane) -> None:
    rows = [line.split("  ") for line in control_plane("status").stdout.splitlines()]
    assert {name: int(pid) for name, pid, *_rest in rows} == {each.program.name: each.pid for each in plane.processes()}


def test_the_operator_makes_certificates(cluster: Cluster, tmp_path: Path) -> None:
    cluster.create("Elasticsearch", "es", ELASTICSEARCH)
    folder = written(tmp_path, cluster.secret("es-es-http-certs-public"))
    openssl("verify", "-CAfile", f"{folder}/ca.crt", f"{folder}/tls.crt")
    names = openssl("x509", "-in", f"{folder}/tls.crt", "-noout", "-ext", "subjectAltName")
    assert f"DNS:es-es-http.{cluster.namespace}.es.local" in names
    assert cluster.core.read_namespaced_service("es-es-http", cluster.namespace).spec.ports[0].name == "https"


def test_cert_manager_issues(cluster: Cluster, tmp_path: Path) -> None:
    """Self-signed, by a ClusterIssuer; of that a CA, and by it an Issuer and its certificate."""
    cluster.create("ClusterIssuer", "self-signed", {"selfSigned": {}}, namespace=None)
    reference = {"name": "self-signed", "kind": "ClusterIssuer"}
    authority = {"isCA": True, "commonName": "authority", "secretName": "authority", "issuerRef": reference}
    cluster.create("Certificate", "authority", authority)
    cluster.create("Issuer", "ours", {"ca": {"secretName": "authority"}})
    leaf = {"secretName": "leaf", "dnsNames": ["leaf.example"], "issuerRef": {"name": "ours"}}
    cluster.create("Certificate", "leaf", leaf)
    until(lambda: is_ready(cluster, "Certificate", "leaf"))
    assert is_ready(cluster, "Certificate", "authority")
    assert is_ready(cluster, "Issuer", "ours")
    folder = written(tmp_path, cluster.secret("leaf"))
    openssl("verify", "-CAfile", f"{folder}/ca.crt", "-verify_hostname", "leaf.example", f"{folder}/tls.crt")


def test_a_cluster_issuer_has_its_secret_in_the_namespace_of_cert_manager(cluster: Cluster) -> None:
    cluster.create("Issuer", "self-signed", {"selfSigned": {}}, settings.CERT_MANAGER_NAMESPACE)
    authority = {"isCA": True, "commonName": "all", "secretName": "all", "issuerRef": {"name": "self-signed"}}
    cluster.create("Certificate", "all", authority, settings.CERT_MANAGER_NAMESPACE)
    cluster.create("ClusterIssuer", "all", {"ca": {"secretName": "all"}}, namespace=None)
    reference = {"name": "all", "kind": "ClusterIssuer"}
    cluster.create("Certificate", "leaf", {"secretName": "leaf", "dnsNames": ["leaf"], "issuerRef": reference})
    until(lambda: is_ready(cluster, "Certificate", "leaf"))


def test_a_service_gets_addresses_as_by_a_cloud(cluster: Cluster) -> None:
    cluster.create("Elasticsearch", "es", {**ELASTICSEARCH, "http": {"service": {"spec": {"type": "LoadBalancer"}}}})
    place = (cluster.namespace, "es-es-http")
    service = until(lambda: cluster.core.read_namespaced_service(*reversed(place)))
    assert service.status.load_balancer.ingress is None
    control_plane("load-balancer", *place, "192.0.2.10", "es.cloud.example", "2001:db8::10")
    given = cluster.core.read_namespaced_service(*reversed(place)).status.load_balancer.ingress
    assert [each.ip or each.hostname for each in given] == ["192.0.2.10", "es.cloud.example", "2001:db8::10"]
    control_plane("load-balancer", *place)
    assert cluster.core.read_namespaced_service(*reversed(place)).status.load_balancer.ingress is None


def test_a_service_that_is_not_there_gets_no_addresses(plane: Plane) -> None:
    message = control_plane("load-balancer", "default", "missing", "192.0.2.10", status=1).stderr
    assert "ERROR: service default/missing: 404 Not Found" in message


def test_client_authentication_begins_with_a_trial(cluster: Cluster) -> None:
    cluster.create("Elasticsearch", "es", {**ELASTICSEARCH, "http": {"tls": {"client": {"authentication": True}}}})
    cluster.create("Kibana", "kb", {"version": "9.1.0", "count": 1, "elasticsearchRef": {"name": "es"}})
    refused = until(lambda: cluster.events("Elasticsearch", "es"))
    assert "client certificate authentication requires an enterprise license" in refused[0]
    assert "es-es-http-certs-public" not in cluster.secrets()

    cluster.begin_trial()

    assert "client-trust-bundle.crt" in cluster.secret("es-es-client-trust-bundle")
    configuration = base64.b64decode(cluster.secret("es-es-default-es-config")["elasticsearch.yml"]).decode()
    assert "client_authentication: required" in configuration
    until(lambda: any(name.startswith("kb-kb-es-") and name.endswith("-client-cert") for name in cluster.secrets()))


def test_what_belongs_to_a_deleted_resource_goes(cluster: Cluster) -> None:
    cluster.create("Elasticsearch", "es", ELASTICSEARCH)
    cluster.secret("es-es-http-certs-public")
    cluster.delete("Elasticsearch", "es")
    until(lambda: not [name for name in cluster.secrets() if name.startswith("es-")])


def test_namespaces_go_with_all_that_is_in_them(cluster: Cluster) -> None:
    until(lambda: cluster.core.read_namespaced_service_account("default", cluster.namespace))
    cluster.create("Elasticsearch", "es", ELASTICSEARCH)
    cluster.create("Issuer", "self-signed", {"selfSigned": {}})
    cluster.secret("es-es-http-certs-public")
    cluster.core.delete_namespace(cluster.namespace)
    until(lambda: cluster.namespace not in {each.metadata.name for each in cluster.core.list_namespace().items})
