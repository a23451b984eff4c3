# Copyright: Stack TLS contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A Secret in its cluster: who keeps it, and how it is replaced."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .._errors import StackTlsError
from .._kubernetes import Body, Cluster
from ._secret import Data, decode, encode

MANAGED_BY = "app.kubernetes.io/managed-by"
_US = "stacktls.elastic"
LABELS = {
    MANAGED_BY: _US,
    "eck.k8s.elastic.co/watched": "true",
}
"""What every Secret of ours has. Operators with ``--restrict-watched-resources`` see no other Secrets."""

_CERT_MANAGER = "cert-manager.io/certificate-name"
_OPERATOR = "common.k8s.elastic.co/type"
_PENDING = "-pending"


class TargetSecret:
    """One Secret, as it was found.

    :param labels: what it should have beside :data:`LABELS`.
    """

    def __init__(self, cluster: Cluster, name: str, namespace: str, labels: Mapping[str, Any]) -> None:
        self._cluster, self.name, self.namespace = cluster, name, namespace
        self._labels = {**{key: str(value) for key, value in labels.items()}, **LABELS}
        self._body = cluster.get("v1", "Secret", name, namespace)

    def __str__(self) -> str:
        return f"Secret {self.namespace}/{self.name}"

    @property
    def exists(self) -> bool:
        """Whether there is one."""
        return self._body is not None

    @property
    def data(self) -> Data:
        """Its entries."""
        return decode((self._body or {}).get("data"))

    @property
    def labels(self) -> dict[str, str]:
        """Its labels; nothing of them is secret."""
        return dict(_metadata(self._body).get("labels") or {})

    @property
    def is_ours(self) -> bool:
        """Whether this collection made it, or it does not exist."""
        return not self.exists or self.labels.get(MANAGED_BY) == _US

    @property
    def wanted_labels(self) -> dict[str, str]:
        """Its labels after it was written: nobody else's are removed."""
        return {**self.labels, **self._labels}

    def require_replaceable(self, *, replace: bool) -> None:
        """Refuse to overwrite what somebody else keeps.

        :param replace: whether the task says that it may be done.
        :raises StackTlsError: where it is not to be overwritten.
        """
        if self.is_ours:
            return
        controller = _controller(_metadata(self._body))
        if controller:
            raise StackTlsError(
                f"the {self} is kept by {controller}, which would undo every change.",
                hint="Use another name, or let it keep the certificate.",
            )
        if not replace:
            keeper = self.labels.get(MANAGED_BY)
            raise StackTlsError(
                f"the {self} has to change, and was made by {keeper or 'somebody else'}.",
                hint="Use another name, or set replace to let this collection keep it.",
            )

    def differs(self, data: Data) -> bool:
        """Whether entries or labels are to be written."""
        return self.data != data or self.labels != self.wanted_labels

    def write(self, data: Data, secret_type: str) -> None:
        """Make it, or replace the one that was found and nobody changed since.

        :param secret_type: of a new one; the API does not let it change.
        """
        metadata = {"name": self.name, "namespace": self.namespace, "labels": self.wanted_labels}
        body = {"apiVersion": "v1", "kind": "Secret", "type": secret_type, "data": encode(data)}
        if self._body is None:
            self._body = self._cluster.create({**body, "metadata": metadata})
            return
        found = _metadata(self._body)
        kept = {key: found[key] for key in ("annotations", "resourceVersion", "ownerReferences") if found.get(key)}
        self._body = self._cluster.replace({**body, "type": self._body["type"], "metadata": {**metadata, **kept}})

    def remove(self) -> bool:
        """Remove it; true where there was one."""
        return self.exists and self._cluster.delete("v1", "Secret", self.name, self.namespace)


def pending_secret(cluster: Cluster, name: str, namespace: str) -> TargetSecret:
    """The Secret beside another one that holds its new private key until the certificate is there.

    :raises StackTlsError: where somebody else has a Secret of this name.
    """
    pending = TargetSecret(cluster, name + _PENDING, namespace, {})
    if not pending.is_ours:
        raise StackTlsError(
            f"the {pending} was made by somebody else, and its name is needed for the new private key of {name}.",
            hint="Remove it, or use another name.",
        )
    return pending


def _metadata(body: Body | None) -> Body:
    metadata: Body = (body or {}).get("metadata") or {}
    return metadata


def _controller(metadata: Body) -> str:
    """The program that keeps an object, empty where none does."""
    certificate = (metadata.get("annotations") or {}).get(_CERT_MANAGER)
    if certificate:
        return f"cert-manager for its Certificate {certificate}"
    if (metadata.get("labels") or {}).get(_OPERATOR):
        return "the ECK operator"
    for owner in metadata.get("ownerReferences") or []:
        if owner.get("controller"):
            return f"{owner.get('kind')} {owner.get('name')}"
    return ""
