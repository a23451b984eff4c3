# Copyright: Stack TLS contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether what the operator made for a resource is what the resource asks for."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from .._errors import CertificateError
from .._pki._certificates import describe, fingerprint, load_certificates, names_of, require_valid
from .._pki._sans import AlternativeName, read_alternative_name, uncovered
from ._kinds import Names
from ._manifest import http_options, is_disabled, names_of_options, secret_name_of, transport_options
from ._secret import Data, Form, chain_of

if TYPE_CHECKING:
    from cryptography import x509

OPERATOR, AUTHORITY, CERTIFICATE, DISABLED = "operator", "authority", "certificate", "disabled"


@dataclass(frozen=True)
class Observed:
    """What is in the cluster.

    :param public: the operator's public Secret.
    :param source: the Secret that the resource names.
    :param authority: the operator's own authority; its private key is not looked at.
    :param service: that clients use.
    :param transport: the operator's public Secret of the transport layer.
    :param transport_source: the Secret that the resource names for it.
    """

    names: Names
    resource: Mapping[str, Any]
    public: Data | None = None
    source: Data | None = None
    authority: Data | None = None
    service: Mapping[str, Any] | None = None
    transport: Data | None = None
    transport_source: Data | None = None

    @property
    def options(self) -> dict[str, Any]:
        """The TLS options of the resource."""
        return http_options(self.names.kind, self.resource)

    @property
    def origin(self) -> str:
        """Who makes its certificate."""
        if is_disabled(self.options):
            return DISABLED
        if not secret_name_of(self.options):
            return OPERATOR
        return AUTHORITY if "ca.key" in (self.source or {}) else CERTIFICATE

    @property
    def addresses(self) -> list[str]:
        """Where its load balancer is reached, as names of a certificate."""
        ingress = (((self.service or {}).get("status") or {}).get("loadBalancer") or {}).get("ingress") or []
        keys = (("hostname", "DNS"), ("ip", "IP"))
        return [f"{kind}:{each[key]}" for each in ingress for key, kind in keys if each.get(key)]


def amiss(observed: Observed, names: Iterable[AlternativeName], now: datetime) -> str:
    """What is not yet, or not at all, as the resource asks for; empty where all of it is.

    :param names: that the certificate must have beside those that it needs anyway.
    """
    return next(_objections(observed, names, now), "")


def serves(observed: Observed, now: datetime) -> dict[str, Any]:
    """What clients meet; all of it is public."""
    public = observed.public or {}
    chain, authorities = (_certificates(public.get(entry)) for entry in ("tls.crt", "ca.crt"))
    is_tls = observed.origin != DISABLED
    return {
        "tls": is_tls,
        "origin": observed.origin,
        "secret_name": secret_name_of(observed.options),
        "certificate": describe(chain[0], now) if chain and is_tls else {},
        "certificates": _text(public.get("tls.crt")) if is_tls else "",
        "ca_certificates": _text(public.get("ca.crt")) if is_tls else "",
        "authorities": [describe(each, now) for each in authorities] if is_tls else [],
        "transport_ca_certificates": _text((observed.transport or {}).get("ca.crt")),
        "client_authentication": bool((observed.options.get("client") or {}).get("authentication")),
        "service": _service(observed),
    }


def _objections(observed: Observed, names: Iterable[AlternativeName], now: datetime) -> Iterator[str]:
    yield from _state_objections(observed)
    if observed.origin != DISABLED:
        yield from _origin_objections(observed)
        yield from _chain_objections(observed, now)
        yield from _name_objections(observed, names)
    yield from _transport_objections(observed)


def _state_objections(observed: Observed) -> Iterator[str]:
    status, metadata = observed.resource.get("status") or {}, observed.resource["metadata"]
    if status.get("phase") == "Invalid":
        yield "the operator calls the resource invalid"
    seen, present = status.get("observedGeneration"), metadata.get("generation")
    if seen is not None and present is not None and seen < present:
        yield f"the operator has seen generation {seen} of the resource, and not yet {present}"


def _origin_objections(observed: Observed) -> Iterator[str]:
    source = secret_name_of(observed.options)
    if source and observed.source is None:
        yield f"there is no Secret {observed.names.namespace}/{source}, which the resource names"
    if observed.public is None:
        yield f"there is no Secret {observed.names.namespace}/{observed.names.public_secret} yet"
        return
    public, given = observed.public, observed.source or {}
    if observed.origin == CERTIFICATE and _first(public, "tls.crt") != _first(given, "tls.crt"):
        yield f"{observed.names.public_secret} does not have the certificate of {source} yet"
    if observed.origin == AUTHORITY and _first(public, "ca.crt") != _first(given, "ca.crt"):
        yield f"{observed.names.public_secret} does not have the authority of {source} yet"
    # An operator with an authority for all resources makes none for each.
    own = _first(observed.authority or {}, "tls.crt")
    if observed.origin == OPERATOR and own and _first(public, "ca.crt") != own:
        yield f"{observed.names.public_secret} does not have the authority of {observed.names.authority_secret} yet"


def _chain_objections(observed: Observed, now: datetime) -> Iterator[str]:
    public = observed.public or {}
    presented = _certificates(public.get("tls.crt"))
    if not presented:
        yield f"{observed.names.public_secret} has no certificate"
        return
    certificate, *between = presented
    authorities = tuple(_certificates(public.get("ca.crt")))
    try:
        chain = chain_of(certificate, (*between, *authorities), Form(is_public=not authorities))
        for each in (certificate, *chain):
            require_valid(each, now)
    except CertificateError as error:
        yield f"{observed.names.public_secret}: {error.message.rstrip('.')}"
        return
    known = {fingerprint(each) for each in authorities}
    if authorities and not any(fingerprint(each) in known for each in (certificate, *chain)):
        yield f"ca.crt of {observed.names.public_secret} does not verify its tls.crt"


def _name_objections(observed: Observed, names: Iterable[AlternativeName]) -> Iterator[str]:
    wanted = [observed.names.required_name, *names]
    if observed.origin in (OPERATOR, AUTHORITY):
        wanted += [read_alternative_name(each) for each in (*names_of_options(observed.options), *observed.addresses)]
    certificates = _certificates((observed.public or {}).get("tls.crt"))
    missing = uncovered(wanted, names_of(certificates[0])) if certificates else []
    if missing:
        yield (
            f"the certificate in {observed.names.public_secret} lacks the names "
            f"{', '.join(str(name) for name in missing)}"
        )


def _transport_objections(observed: Observed) -> Iterator[str]:
    source = secret_name_of(transport_options(observed.resource)) if observed.names.kind.has_transport else ""
    if not source:
        return
    if observed.transport_source is None:
        yield f"there is no Secret {observed.names.namespace}/{source}, which the resource names for transport"
        return
    entry = "tls.crt" if {"tls.crt", "tls.key"} <= observed.transport_source.keys() else "ca.crt"
    wanted = _first(observed.transport_source, entry)
    if wanted not in {fingerprint(each) for each in _certificates((observed.transport or {}).get("ca.crt"))}:
        yield f"{observed.names.transport_secret} does not have the authority of {source} yet"


def _service(observed: Observed) -> dict[str, Any]:
    spec = (observed.service or {}).get("spec") or {}
    return {
        "name": observed.names.service,
        "type": spec.get("type", ""),
        "addresses": observed.addresses,
        "names": [str(name) for name in observed.names.service_names()],
    }


def _first(data: Data, entry: str) -> str:
    """The fingerprint of the first certificate of an entry, empty where there is none."""
    found = _certificates(data.get(entry))
    return fingerprint(found[0]) if found else ""


def _certificates(pem: bytes | None) -> list[x509.Certificate]:
    try:
        return load_certificates(pem or b"")
    except CertificateError:
        return []


def _text(pem: bytes | None) -> str:
    return (pem or b"").decode("utf-8", "replace")
