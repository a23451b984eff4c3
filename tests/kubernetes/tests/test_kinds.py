# Copyright: Stack TLS contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every kind of resource: the API takes the fields that are written for it, and the operator serves the certificate.

What the modules do is called in this process, with the client that they use.
"""

from __future__ import annotations

from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any

import pytest
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from ansible_collections.stacktls.elastic.plugins.module_utils import _eck_certificate_arguments, _eck_certificate_info
from ansible_collections.stacktls.elastic.plugins.module_utils._eck._kinds import KINDS, Names, kind_of
from ansible_collections.stacktls.elastic.plugins.module_utils._eck._manifest import Tls, tls_patch, with_tls
from ansible_collections.stacktls.elastic.plugins.module_utils._eck_certificate import manage_eck_certificate
from ansible_collections.stacktls.elastic.plugins.module_utils._eck_certificate_info import manage_eck_certificate_info
from ansible_collections.stacktls.elastic.plugins.module_utils._kubernetes import KubernetesCluster, connect
from conftest import ELASTICSEARCH, Cluster, until

if TYPE_CHECKING:
    from controlplane.plane import Plane

pytestmark = pytest.mark.stack

ONE = {"version": "9.1.0", "count": 1}
REFERENCE = {"name": "es"}
SERVERS: dict[str, dict[str, Any]] = {
    "Elasticsearch": ELASTICSEARCH,
    "Kibana": ONE,
    "ApmServer": ONE,
    "EnterpriseSearch": {"version": "8.19.0", "count": 1},
    "Agent": {"version": "9.1.0", "mode": "fleet", "fleetServerEnabled": True, "deployment": {"replicas": 1}},
    "Logstash": ONE,
    "ElasticMapsServer": ONE,
    "PackageRegistry": ONE,
}
CLIENTS: dict[str, dict[str, Any]] = {
    "Kibana": {**ONE, "elasticsearchRef": REFERENCE},
    "ApmServer": {**ONE, "elasticsearchRef": REFERENCE},
    "EnterpriseSearch": {"version": "8.19.0", "count": 1, "elasticsearchRef": REFERENCE},
    "Agent": {
        "version": "9.1.0",
        "mode": "fleet",
        "elasticsearchRefs": [REFERENCE],
        "fleetServerRef": {"name": "fleet"},
        "deployment": {},
    },
    "Beat": {"version": "9.1.0", "type": "filebeat", "elasticsearchRef": REFERENCE, "deployment": {}},
    "Logstash": {**ONE, "elasticsearchRefs": [{**REFERENCE, "clusterName": "es"}]},
    "ElasticMapsServer": {**ONE, "elasticsearchRef": REFERENCE},
}


@pytest.fixture
def api(plane: Plane) -> KubernetesCluster:
    """The API by the client of the modules."""
    return connect({"kubeconfig": str(plane.kubeconfig)})


def params_of(arguments: dict[str, Any], given: dict[str, Any]) -> dict[str, Any]:
    result = ArgumentSpecValidator(**arguments).validate(given)
    assert result.error_messages == []
    parameters: dict[str, Any] = result.validated_parameters
    return parameters


def resource_of(names: Names, spec: dict[str, Any]) -> dict[str, Any]:
    metadata = {"name": names.name, "namespace": names.namespace}
    return {"apiVersion": names.kind.api_version, "kind": names.kind.name, "metadata": metadata, "spec": spec}


def make_secret(api: KubernetesCluster, names: Names) -> str:
    """The fingerprint of the certificate in a new Secret for it."""
    given = {
        "name": names.own_secret,
        "namespace": names.namespace,
        "common_name": names.name,
        "subject_alt_names": [str(name) for name in names.service_names()],
        "signer": "self_signed",
    }
    params = params_of(_eck_certificate_arguments.MODULE_ARGUMENTS, given)
    made = manage_eck_certificate(params, api, datetime.now(timezone.utc), check_mode=False)
    return str(made["certificate"]["fingerprint_sha256"])


def test_each_that_serves_http_is_served_with_its_certificate(api: KubernetesCluster, cluster: Cluster) -> None:
    cluster.begin_trial()  # the operator does nothing for Elastic Maps Server without
    until(lambda: cluster.license() == "enterprise_trial")
    assert set(SERVERS) == {kind.name for kind in KINDS.values() if kind.has_http}
    made = {}
    for kind, spec in SERVERS.items():
        names = Names(kind_of(kind), "server", cluster.namespace)
        made[kind] = make_secret(api, names)
        wanted = Tls(secret_name=names.own_secret, service_type="LoadBalancer")
        created = api.create(with_tls(names.kind, resource_of(names, spec), wanted))
        assert tls_patch(names.kind, created, wanted) == {}, f"the API has no such fields for {kind}"
    for kind, fingerprint in made.items():
        given = {"kind": kind, "name": "server", "namespace": cluster.namespace}
        served = manage_eck_certificate_info(params_of(_eck_certificate_info.MODULE_ARGUMENTS, given), api)
        assert served["certificate"]["fingerprint_sha256"] == fingerprint, kind
        assert served["service"]["type"] == "LoadBalancer", kind


def test_each_that_has_a_reference_presents_a_certificate(api: KubernetesCluster, cluster: Cluster) -> None:
    assert set(CLIENTS) == {kind.name for kind in KINDS.values() if kind.reference}
    for kind, spec in CLIENTS.items():
        names = Names(kind_of(kind), "client", cluster.namespace)
        wanted = Tls(client_secret_name="mine", fleet_client_secret_name="mine" if kind == "Agent" else None)
        created = api.create(with_tls(names.kind, resource_of(names, spec), wanted))
        assert tls_patch(names.kind, created, wanted) == {}, f"the API has no such fields for {kind}"
