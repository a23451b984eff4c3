# Copyright: Stack TLS contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The Kubernetes API, by the client of the collection ``kubernetes.core``: logging in is the same everywhere."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Callable, Protocol

from ._errors import ApiError, StackTlsError

try:
    from ansible_collections.kubernetes.core.plugins.module_utils.k8s.client import get_api_client
    from ansible_collections.kubernetes.core.plugins.module_utils.k8s.exceptions import CoreException
except ImportError:
    HAS_COLLECTION = False
else:
    HAS_COLLECTION = True

try:
    import yaml
    from kubernetes.client.exceptions import ApiException
    from kubernetes.config import ConfigException
    from kubernetes.dynamic.exceptions import ResourceNotFoundError, ResourceNotUniqueError
    from urllib3.exceptions import HTTPError
except ImportError:
    HAS_LIBRARY = False
else:
    HAS_LIBRARY = True

CONNECTION_ARGUMENTS: dict[str, Any] = {
    "kubeconfig": {"type": "raw", "no_log": True},
    "context": {"type": "str"},
    "host": {"type": "str"},
    "api_key": {"type": "str", "no_log": True},
    "username": {"type": "str"},
    "password": {"type": "str", "no_log": True},
    "validate_certs": {"type": "bool", "aliases": ["verify_ssl"]},
    "ca_cert": {"type": "path", "aliases": ["ssl_ca_cert"]},
    "client_cert": {"type": "path", "aliases": ["cert_file"]},
    "client_key": {"type": "path", "aliases": ["key_file"], "no_log": False},
    "proxy": {"type": "str"},
    "no_proxy": {"type": "str"},
    "proxy_headers": {
        "type": "dict",
        "options": {
            "proxy_basic_auth": {"type": "str", "no_log": True},
            "basic_auth": {"type": "str", "no_log": True},
            "user_agent": {"type": "str"},
        },
    },
    "persist_config": {"type": "bool"},
    "impersonate_user": {"type": "str"},
    "impersonate_groups": {"type": "list", "elements": "str"},
}
"""Those of ``kubernetes.core``, by the same names; documented in the fragment ``_kubernetes``."""

Body = dict[str, Any]
"""An object of the API, as JSON has it."""

_HINTS = {
    401: "Give the connection options, or the kubeconfig, of a user that the cluster knows.",
    403: "Let a Role or ClusterRole allow it.",
    404: "Make it first, or check names and namespace.",
    409: "It was changed by somebody else meanwhile: run the task again.",
}


class Cluster(Protocol):
    """What modules need of the API; all of it raises :class:`._errors.ApiError` where it is refused."""

    def knows(self, api_version: str, kind: str) -> bool:
        """Whether the API has objects of the kind."""

    def get(self, api_version: str, kind: str, name: str, namespace: str) -> Body | None:
        """The object; ``None`` where there is none."""

    def list(self, api_version: str, kind: str, namespace: str | None, **selectors: str) -> list[Body]:
        """The objects that the selectors choose."""

    def create(self, body: Body) -> Body:
        """Make the object."""

    def replace(self, body: Body) -> Body:
        """Put the object in place of the one that has its resource version."""

    def delete(self, api_version: str, kind: str, name: str, namespace: str) -> bool:
        """Remove the object; true where there was one."""


class KubernetesCluster:
    """The cluster that the options of the connection lead to.

    :param client: a ``K8SClient`` of ``kubernetes.core``.
    """

    def __init__(self, client: Any) -> None:
        self._client = client

    def knows(self, api_version: str, kind: str) -> bool:
        """See :class:`Cluster`."""
        # Not by the library's own list, which is kept in a file and may be of a cluster that is gone.
        path = f"/apis/{api_version}"
        try:
            found = self._call(f"list the kinds of {api_version}", lambda: self._client.client.request("get", path))
        except ApiError as error:
            if error.status == 404:
                return False
            raise
        return any(each.get("kind") == kind for each in found.get("resources") or [])

    def get(self, api_version: str, kind: str, name: str, namespace: str) -> Body | None:
        """See :class:`Cluster`."""
        about = f"{kind} {namespace}/{name}" if namespace else f"{kind} {name}"
        try:
            return self._call(
                f"read {about}",
                lambda: self._client.get(self._resource(api_version, kind), name=name, namespace=namespace),
            )
        except ApiError as error:
            if error.status == 404:
                return None
            raise

    def list(self, api_version: str, kind: str, namespace: str | None, **selectors: str) -> list[Body]:
        """See :class:`Cluster`."""
        where = f"in the namespace {namespace}" if namespace else "in all namespaces"
        found = self._call(
            f"list objects of the kind {kind} {where}",
            lambda: self._client.get(self._resource(api_version, kind), namespace=namespace, **selectors),
        )
        return list(found.get("items") or [])

    def create(self, body: Body) -> Body:
        """See :class:`Cluster`."""
        return self._write("create", body)

    def replace(self, body: Body) -> Body:
        """See :class:`Cluster`."""
        return self._write("replace", body)

    def delete(self, api_version: str, kind: str, name: str, namespace: str) -> bool:
        """See :class:`Cluster`."""
        try:
            self._call(
                f"remove {kind} {namespace}/{name}",
                lambda: self._client.delete(self._resource(api_version, kind), name=name, namespace=namespace),
            )
        except ApiError as error:
            if error.status == 404:
                return False
            raise
        return True

    def _write(self, verb: str, body: Body) -> Body:
        kind, meta = body["kind"], body["metadata"]
        write = getattr(self._client, verb)
        return self._call(
            f"{verb} {kind} {meta['namespace']}/{meta['name']}",
            lambda: write(self._resource(body["apiVersion"], kind), body, namespace=meta["namespace"]),
            (body.get("data") or {}).values(),
        )

    def _resource(self, api_version: str, kind: str) -> Any:
        try:
            return self._client.resource(kind, api_version)
        except (ResourceNotFoundError, ResourceNotUniqueError):
            raise ApiError(
                f"the cluster knows no objects of the kind {kind} ({api_version}).",
                hint="Install what brings its custom resource definition, such as the ECK operator or cert-manager.",
                status=None,
            ) from None

    def _call(self, what: str, call: Callable[[], Any], secrets: Iterable[str] = ()) -> Body:
        with _told(what, secrets):
            answer: Body = call().to_dict()
        return answer


@contextlib.contextmanager
def _told(what: str, secrets: Iterable[str] = ()) -> Iterator[None]:
    """Turn what goes wrong in the block into words.

    :param what: that the API was asked to do.
    :param secrets: that the words must not have.
    :raises ApiError: where the API refuses it or does not answer.
    """
    try:
        yield
    except ApiException as error:
        said = _without(_message(error), secrets)
        raise ApiError(
            f"the Kubernetes API did not {what}: {said}", hint=_HINTS.get(error.status, ""), status=error.status
        ) from None
    except HTTPError as error:
        raise ApiError(
            f"the Kubernetes API cannot be reached to {what}: {_without(str(error), secrets)}.",
            hint="Check host, kubeconfig and ca_cert.",
        ) from None


def connect(params: Mapping[str, Any]) -> KubernetesCluster:
    """The cluster that a module's parameters name, as the modules of ``kubernetes.core`` find it.

    :raises StackTlsError: where the collection or the library is missing, or no configuration can be read.
    """
    require_kubernetes()
    given = {name: params[name] for name in CONNECTION_ARGUMENTS if params.get(name) is not None}
    try:
        with _told("list its resources"):  # which is asked for at once
            return KubernetesCluster(get_api_client(**given))
    except (CoreException, ConfigException, OSError) as error:
        raise StackTlsError(
            f"no connection to Kubernetes is configured: {str(error).rstrip('.')}.",
            hint="Give a kubeconfig that exists, or host with api_key or client_cert, or set K8S_AUTH_KUBECONFIG.",
        ) from None
    except (yaml.YAMLError, UnicodeDecodeError):  # whose words may repeat a part of the file
        raise StackTlsError("the kubeconfig is no YAML.", hint="Give one that kubectl can use.") from None


def require_kubernetes() -> None:
    """Check that the collection and the Python library are there that speak to Kubernetes.

    :raises StackTlsError: where one is not.
    """
    if not HAS_COLLECTION:
        raise StackTlsError(
            "the collection kubernetes.core is missing on the controller.",
            hint="Run: ansible-galaxy collection install 'kubernetes.core:>=3.0.0'. Nothing else here needs it.",
        )
    if not HAS_LIBRARY:
        raise StackTlsError(
            "the Python library kubernetes is missing on the host that runs this task.",
            hint="Run: pip install 'kubernetes>=24.2', for the interpreter in ansible_python_interpreter.",
        )


def _message(error: Any) -> str:
    """The words of the API in its answer, a ``Status`` object."""
    try:
        status = json.loads(error.body)
    except (TypeError, ValueError):
        status = None
    words = status.get("message") if isinstance(status, dict) else None
    text = str(words or error.reason or f"status {error.status}").rstrip(".")
    return f"{text}."


def _without(text: str, secrets: Iterable[str]) -> str:
    for secret in secrets:
        text = text.replace(secret, "********") if secret else text
    return text
