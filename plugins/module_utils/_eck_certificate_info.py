# Copyright: Stack TLS contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the ECK operator made of a resource: waited for, read, verified; or its own words on why it did not."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta, timezone
from typing import Any

from ._eck._events import Complaint, complaints_in, last_change
from ._eck._kinds import Names, kind_of
from ._eck._manifest import http_options, secret_name_of, serves_http, transport_options
from ._eck._observation import Observed, amiss, serves
from ._eck._secret import Data, Form, chain_of, decode, read_data, require_usable
from ._errors import CertificateError, StackTlsError
from ._kubernetes import CONNECTION_ARGUMENTS, Body, Cluster
from ._pki._certificates import names_of
from ._pki._sans import AlternativeName, parse_alternative_names, uncovered
from ._waiting import Clock

MODULE_ARGUMENTS: dict[str, Any] = {
    "argument_spec": {
        **CONNECTION_ARGUMENTS,
        "kind": {"type": "str", "required": True},
        "name": {"type": "str", "required": True},
        "namespace": {"type": "str", "default": "default"},
        "subject_alt_names": {"type": "list", "elements": "str", "default": []},
        "candidate": {"type": "str"},
        "candidate_kind": {"type": "str", "choices": ["certificate", "authority", "client", "any"], "default": "any"},
        "timeout": {"type": "int", "default": 60},
    },
}

_PAUSE = 0.5
_PATIENCE = timedelta(seconds=5)
"""How long the operator has after its first complaint; it tries again by itself."""


def manage_eck_certificate_info(params: dict[str, Any], cluster: Cluster, clock: Clock | None = None) -> dict[str, Any]:
    """The result of the module.

    :raises StackTlsError: where the resource is not served as it asks for when the time is over.
    """
    kind = kind_of(params["kind"])
    names = Names(kind, params["name"], params["namespace"])
    wanted = parse_alternative_names(params["subject_alt_names"])
    if params["candidate"]:
        return _candidate(cluster, names, params, wanted)
    if not kind.has_http:
        raise _without_http(names)
    return {"changed": False, **Watch(cluster, names, wanted, clock or Clock()).until(params["timeout"])}


@dataclass
class Watch:
    """A resource, and what the operator makes of it.

    :param wanted: names that its certificate must have.
    """

    cluster: Cluster
    names: Names
    wanted: tuple[AlternativeName, ...]
    clock: Clock
    now: Callable[[], datetime] = field(default=lambda: datetime.now(timezone.utc))

    def until(self, timeout: float) -> dict[str, Any]:
        """What is served once it is as the resource asks for.

        :raises StackTlsError: where it is not, with the operator's words if it has any.
        """
        deadline, patience_ends = self.clock.now() + timeout, float("inf")
        while True:
            observed, changed = self._observe()
            objection = amiss(observed, self.wanted, self.now())
            if not objection:
                return serves(observed, self.now())
            complaints = self._complaints()
            fresh = [each for each in complaints if each.when >= changed and not each.may_pass]
            if fresh:
                patience_ends = min(patience_ends, self.clock.now() + _PATIENCE.total_seconds())
            if self.clock.now() >= min(deadline, patience_ends):
                raise self._refusal(objection, fresh or complaints, is_late=not fresh, timeout=timeout)
            self.clock.sleep(_PAUSE)

    def _observe(self) -> tuple[Observed, datetime]:
        """What is there, and when somebody last changed what the operator acts on."""
        kind = self.names.kind
        resource = self.cluster.get(kind.api_version, kind.name, self.names.name, self.names.namespace)
        if resource is None:
            raise StackTlsError(f"there is no {self.names}.", hint="Create it first, or check name and namespace.")
        if not serves_http(kind, resource):
            raise _without_http(self.names)
        source = self._secret(secret_name_of(http_options(kind, resource)))
        transport_name = secret_name_of(transport_options(resource)) if kind.has_transport else ""
        transport_source = self._secret(transport_name)
        observed = Observed(
            self.names,
            resource,
            _data(self._secret(self.names.public_secret)),
            _data(source),
            None if source else _data(self._secret(self.names.authority_secret)),
            self.cluster.get("v1", "Service", self.names.service, self.names.namespace),
            _data(self._secret(self.names.transport_secret)) if kind.has_transport else None,
            _data(transport_source),
        )
        return observed, last_change(resource, source, transport_source)

    def _secret(self, name: str) -> Body | None:
        return self.cluster.get("v1", "Secret", name, self.names.namespace) if name else None

    def _complaints(self) -> list[Complaint]:
        selector = f"involvedObject.name={self.names.name},involvedObject.kind={self.names.kind.name}"
        return complaints_in(self.cluster.list("v1", "Event", self.names.namespace, field_selector=selector))

    def _refusal(self, objection: str, complaints: list[Complaint], *, is_late: bool, timeout: float) -> StackTlsError:
        if complaints and not is_late:
            words = "; ".join(str(each) for each in complaints)
            return StackTlsError(f"{self.names}: the ECK operator refuses it ({words}), and {objection}.")
        said = f" Its last warnings: {'; '.join(str(each) for each in complaints[:3])}." if complaints else ""
        return StackTlsError(
            f"{self.names}: after {timeout:.0f} s, {objection}.{said}",
            hint="See whether the ECK operator runs and watches this namespace.",
        )


def _without_http(names: Names) -> StackTlsError:
    return StackTlsError(f"{names} serves no HTTP, so the operator makes no certificate for it.")


def _candidate(
    cluster: Cluster, names: Names, params: dict[str, Any], wanted: tuple[AlternativeName, ...]
) -> dict[str, Any]:
    """The result where a Secret is checked before a resource names it.

    :raises StackTlsError: where the operator, or the clients of the resource, would refuse it.
    """
    name, kind = params["candidate"], params["candidate_kind"]
    place = f"Secret {names.namespace}/{name}"
    body = cluster.get("v1", "Secret", name, names.namespace)
    if body is None:
        raise StackTlsError(f"there is no {place}.", hint=f"It has to be in the namespace of the {names.kind.name}.")
    data, now = decode(body.get("data")), datetime.now(timezone.utc)
    form = _form_of(kind, data)
    present = read_data(data, form, place)
    if present.reasons or present.identity is None:
        raise StackTlsError(f"{'; '.join(reason.text for reason in present.reasons)}.", hint="Nothing was applied.")
    identity = present.identity
    try:
        authorities = () if form.is_authority else chain_of(identity.certificate, present.pool, form)
        require_usable(replace(identity, authorities=authorities), form, now)
    except CertificateError as error:
        error.path = place
        raise
    if form == Form():
        missing = uncovered([names.required_name, *wanted], names_of(identity.certificate))
        if missing:
            raise CertificateError(
                f"the certificate lacks the names {', '.join(str(each) for each in missing)}.",
                hint="Clients would refuse it. Nothing was applied.",
                path=place,
            )
    observed = Observed(names, {"metadata": body["metadata"], "spec": {}}, data)
    return {"changed": False, **serves(observed, now), "origin": "authority" if form.is_authority else "certificate"}


def _form_of(kind: str, data: Data) -> Form:
    if kind == "any":
        return Form("authority" if "ca.key" in data else "certificate", is_public="ca.crt" not in data)
    if kind == "client":
        return Form(is_client=True, is_public=True)
    return Form(kind, is_public=kind == "certificate" and "ca.crt" not in data)


def _data(body: Body | None) -> Data | None:
    return None if body is None else decode(body.get("data"))
