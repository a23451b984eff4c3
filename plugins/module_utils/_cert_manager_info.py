# Copyright: Stack TLS contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Issuers and Certificates of cert-manager: waited for, or its own words on why one is not ready."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ._eck._events import complaints_in
from ._errors import StackTlsError
from ._kubernetes import CONNECTION_ARGUMENTS, Body, Cluster
from ._waiting import Clock

API_VERSION = "cert-manager.io/v1"
KINDS = ("Certificate", "Issuer", "ClusterIssuer")

MODULE_ARGUMENTS: dict[str, Any] = {
    "argument_spec": {
        **CONNECTION_ARGUMENTS,
        "kind": {"type": "str", "choices": list(KINDS), "default": "Certificate"},
        "name": {"type": "str", "required": True},
        "namespace": {"type": "str", "default": "default"},
        "timeout": {"type": "int", "default": 60},
    },
}

_PAUSE = 0.5


def manage_cert_manager_info(params: dict[str, Any], cluster: Cluster, clock: Clock | None = None) -> dict[str, Any]:
    """The result of the module.

    :raises StackTlsError: where the object is not ready when the time is over.
    """
    time, kind, name = clock or Clock(), params["kind"], params["name"]
    namespace = "" if kind == "ClusterIssuer" else params["namespace"]
    about = f"{kind} {namespace}/{name}" if namespace else f"{kind} {name}"
    deadline = time.now() + params["timeout"]
    while True:
        body = cluster.get(API_VERSION, kind, name, namespace)
        if body is None:
            raise StackTlsError(f"there is no {about}.", hint="Create it first, or check name and namespace.")
        objection = not_ready(body)
        if not objection:
            return _result(body)
        if time.now() >= deadline:
            words = "; ".join(dict.fromkeys([objection, *_reasons(cluster, body)]))
            raise StackTlsError(
                f"{about}: after {params['timeout']} s it is not ready. cert-manager says: {words}.",
                hint="See whether cert-manager runs, and what it waits for.",
            )
        time.sleep(_PAUSE)


def not_ready(body: Body) -> str:
    """Why an object of cert-manager is not ready, in its own words; empty where it is."""
    conditions = (body.get("status") or {}).get("conditions") or []
    ready: Body = next((each for each in conditions if each.get("type") == "Ready"), {})
    if not ready:
        return "nothing yet"
    seen, present = ready.get("observedGeneration"), body["metadata"].get("generation")
    if seen is not None and present is not None and seen < present:
        return "nothing yet of its last change"
    return "" if ready.get("status") == "True" else _words(ready)


def _result(body: Body) -> dict[str, Any]:
    status, spec = body.get("status") or {}, body.get("spec") or {}
    return {
        "changed": False,
        "secret_name": spec.get("secretName", ""),
        "not_after": status.get("notAfter", ""),
        "renewal_time": status.get("renewalTime", ""),
        "revision": status.get("revision", 0),
    }


def _reasons(cluster: Cluster, body: Body) -> Iterator[str]:
    """What else cert-manager says: most of it is beside the object, in its requests and events."""
    metadata = body["metadata"]
    namespace = metadata.get("namespace")
    for condition in (body.get("status") or {}).get("conditions") or []:
        if condition.get("type") != "Ready" and condition.get("status") == "True":
            yield _words(condition)
    if body["kind"] == "Certificate":
        requests = cluster.list(API_VERSION, "CertificateRequest", namespace)
        for request in requests:
            owners = request["metadata"].get("ownerReferences") or []
            if any(owner.get("uid") == metadata.get("uid") for owner in owners):
                yield from (_words(each) for each in (request.get("status") or {}).get("conditions") or [])
    selector = f"involvedObject.name={metadata['name']},involvedObject.kind={body['kind']}"
    events = cluster.list("v1", "Event", namespace or "default", field_selector=selector)
    yield from (str(each) for each in complaints_in(events)[:3])


def _words(condition: Body) -> str:
    return f"{condition.get('reason', '')}: {condition.get('message', '')}".strip(": ").rstrip(".")
