# Copyright: Stack TLS contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A control plane for these tests alone, started as a person does and removed in the end."""

from __future__ import annotations

import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from kubernetes import client, config

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

FOLDER = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(FOLDER), str(FOLDER.parent / "stack")]

from controlplane import settings  # noqa: E402
from controlplane.plane import Plane  # noqa: E402

NAME = "selftest"


def control_plane(*arguments: str, status: int = 0) -> subprocess.CompletedProcess[str]:
    """Run the command on the control plane of these tests."""
    command = [str(FOLDER / "control-plane"), "--name", NAME, *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=3600)
    assert done.returncode == status, done.stderr
    return done


def until(found: Callable[[], Any], seconds: float = 60) -> Any:
    """Ask again until something is found; what the API does not have yet counts as nothing."""
    end = time.monotonic() + seconds
    while True:
        try:
            if result := found():
                return result
        except client.ApiException as error:
            if error.status != 404:
                raise
        assert time.monotonic() < end, "not in time"
        time.sleep(0.1)


@dataclass(frozen=True)
class Cluster:
    """Clients of the running control plane, and a namespace for one test."""

    core: client.CoreV1Api
    custom: client.CustomObjectsApi
    namespace: str

    @classmethod
    def of(cls, plane: Plane, namespace: str) -> Cluster:
        """Clients with the kubeconfig of now."""
        api = config.new_client_from_config(str(plane.kubeconfig))
        return cls(client.CoreV1Api(api), client.CustomObjectsApi(api), namespace)

    def create(self, kind: str, name: str, spec: dict[str, Any], namespace: str | None = "") -> None:
        """Make a custom resource; with None instead of a namespace one that has none."""
        group, plural = KINDS[kind]
        body = {"apiVersion": f"{group}/v1", "kind": kind, "metadata": {"name": name}, "spec": spec}
        if namespace is None:
            self.custom.create_cluster_custom_object(group, "v1", plural, body)
        else:
            self.custom.create_namespaced_custom_object(group, "v1", namespace or self.namespace, plural, body)

    def get(self, kind: str, name: str) -> dict[str, Any]:
        """A custom resource."""
        group, plural = KINDS[kind]
        return self.custom.get_namespaced_custom_object(group, "v1", self.namespace, plural, name)

    def delete(self, kind: str, name: str) -> None:
        """Delete a custom resource."""
        group, plural = KINDS[kind]
        self.custom.delete_namespaced_custom_object(group, "v1", self.namespace, plural, name)

    def secret(self, name: str) -> dict[str, str]:
        """The data of a secret, still in base64, once it is there."""
        return until(lambda: self.core.read_namespaced_secret(name, self.namespace).data)

    def secrets(self) -> set[str]:
        """The names of the secrets that are there."""
        return {each.metadata.name for each in self.core.list_namespaced_secret(self.namespace).items}

    def begin_trial(self) -> None:
        """Begin the trial of the operator's Enterprise licence, unless it has begun."""
        metadata = {
            "name": "eck-trial-license",
            "labels": {"license.k8s.elastic.co/type": "enterprise_trial"},
            "annotations": {"elastic.co/eula": "accepted"},
        }
        try:
            self.core.create_namespaced_secret(settings.OPERATOR_NAMESPACE, {"metadata": metadata})
        except client.ApiException as error:
            if error.status != 409:
                raise

    def license(self) -> str:
        """The level of the operator's licence: it writes the licence into the Secret of a trial that has begun."""
        try:
            trial = self.core.read_namespaced_secret("eck-trial-license", settings.OPERATOR_NAMESPACE)
        except client.ApiException as error:
            if error.status != 404:
                raise
            return "basic"
        return "enterprise_trial" if trial.data else "basic"

    def events(self, kind: str, name: str) -> list[str]:
        """What was reported of an object."""
        found = self.core.list_namespaced_event(self.namespace).items
        return [
            each.message for each in found if (each.involved_object.kind, each.involved_object.name) == (kind, name)
        ]


KINDS = {
    "Elasticsearch": ("elasticsearch.k8s.elastic.co", "elasticsearches"),
    "Kibana": ("kibana.k8s.elastic.co", "kibanas"),
    "Issuer": ("cert-manager.io", "issuers"),
    "ClusterIssuer": ("cert-manager.io", "clusterissuers"),
    "Certificate": ("cert-manager.io", "certificates"),
}
ELASTICSEARCH = {"version": "9.1.0", "nodeSets": [{"name": "default", "count": 1}]}


@pytest.fixture(scope="session")
def plane() -> Iterator[Plane]:
    """The control plane, running."""
    control_plane("reset")
    yield Plane(NAME)
    control_plane("down")


@pytest.fixture
def cluster(plane: Plane, request: pytest.FixtureRequest) -> Cluster:
    """The control plane by its API, with a namespace for this test."""
    namespace = request.node.name.removeprefix("test_").replace("_", "-")[:60].strip("-")
    found = Cluster.of(plane, namespace)
    found.core.create_namespace({"metadata": {"name": namespace}})
    return found
