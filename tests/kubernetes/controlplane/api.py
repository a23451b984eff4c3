# Copyright: Stack TLS contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the control plane asks of its own API."""

from __future__ import annotations

import ipaddress
import secrets
from typing import TYPE_CHECKING, Any

from kubernetes import client, config
from kubernetes.client.exceptions import ApiException
from stacklib.shell import StackError
from urllib3.exceptions import HTTPError

if TYPE_CHECKING:
    from pathlib import Path

_MANAGER = "stacktls-control-plane"
_APPLY = "application/apply-patch+yaml"
_NOT_FOUND = 404
_PROBE = "control-plane-probe"
#: Group, version, plural -> what to make of it: ECK makes certificates for the first, cert-manager for the last.
_PROBED: dict[tuple[str, str, str], dict[str, Any]] = {
    ("elasticsearch.k8s.elastic.co", "v1", "elasticsearches"): {
        "apiVersion": "elasticsearch.k8s.elastic.co/v1",
        "kind": "Elasticsearch",
        "metadata": {"name": "probe"},
        "spec": {"version": "9.1.0", "nodeSets": [{"name": "default", "count": 1}]},
    },
    ("cert-manager.io", "v1", "issuers"): {
        "apiVersion": "cert-manager.io/v1",
        "kind": "Issuer",
        "metadata": {"name": "probe"},
        "spec": {"selfSigned": {}},
    },
    ("cert-manager.io", "v1", "certificates"): {
        "apiVersion": "cert-manager.io/v1",
        "kind": "Certificate",
        "metadata": {"name": "probe"},
        "spec": {"secretName": "probe", "dnsNames": ["probe"], "issuerRef": {"name": "probe"}},
    },
}


class Api:
    """The API that a kubeconfig names."""

    def __init__(self, kubeconfig: Path) -> None:
        settings = client.Configuration()
        config.load_kube_config(str(kubeconfig), client_configuration=settings)
        settings.proxy = None  # it is on this machine
        settings.retries = False  # who waits, asks again
        self._client = client.ApiClient(settings)
        self._core = client.CoreV1Api(self._client)
        self._custom = client.CustomObjectsApi(self._client)
        self._definitions = client.ApiextensionsV1Api(self._client)

    def is_ready(self) -> bool:
        """Whether it answers, and has started all that it starts."""
        try:
            self._client.rest_client.GET(f"{self._client.configuration.host}/readyz", _request_timeout=5)
        except (ApiException, HTTPError):
            return False
        return True

    def apply_definition(self, definition: dict[str, Any]) -> None:
        """Make or change a custom resource definition."""
        self._definitions.patch_custom_resource_definition(
            definition["metadata"]["name"], definition, field_manager=_MANAGER, force=True, _content_type=_APPLY
        )

    def has_all_definitions(self) -> bool:
        """Whether it serves all the custom resources that it was told of."""
        return all(
            any(each.type == "Established" and each.status == "True" for each in definition.status.conditions or ())
            for definition in self._definitions.list_custom_resource_definition().items
        )

    def apply_namespace(self, name: str) -> None:
        """Make a namespace, if it is not there."""
        self._core.patch_namespace(name, _namespace(name), field_manager=_MANAGER, force=True, _content_type=_APPLY)

    def begin_probe(self) -> str:
        """Ask for one thing of each program that works through the API, in a namespace of its own."""
        probe = f"{_PROBE}-{secrets.token_hex(4)}"
        self.apply_namespace(probe)
        for (group, version, plural), body in _PROBED.items():
            self._custom.create_namespaced_custom_object(group, version, probe, plural, body)
        return probe

    def probe_succeeds(self, probe: str) -> bool:
        """Whether all of them did what they were asked for."""
        try:
            self._core.read_namespaced_service_account("default", probe)
            self._core.read_namespaced_secret("probe-es-http-certs-public", probe)
            self._core.read_namespaced_secret("probe", probe)
        except ApiException as error:
            if error.status == _NOT_FOUND:
                return False
            raise
        return True

    def end_probe(self, probe: str) -> None:
        """Remove what was asked for; nobody needs to wait for that."""
        self._core.delete_namespace(probe)

    def set_load_balancer(self, namespace: str, service: str, addresses: list[str]) -> None:
        """Give a Service of the type LoadBalancer the addresses that a cloud would give it."""
        status = {"status": {"loadBalancer": {"ingress": [_ingress(each) for each in addresses]}}}
        try:
            self._core.patch_namespaced_service_status(service, namespace, status)
        except ApiException as error:
            raise StackError(f"service {namespace}/{service}: {error.status} {error.reason}") from error


def _namespace(name: str) -> dict[str, Any]:
    return {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}}


def _ingress(address: str) -> dict[str, str]:
    try:
        return {"ip": str(ipaddress.ip_address(address))}
    except ValueError:
        return {"hostname": address}
