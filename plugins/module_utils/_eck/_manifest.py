# Copyright: Stack TLS contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The TLS part of an ECK resource: what has to change in it, as a JSON merge patch (RFC 7396).

Everything else of the resource is left as it is.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from .._errors import StackTlsError
from .._pki._sans import AlternativeName
from ._kinds import Kind

Manifest = dict[str, Any]

_LOGSTASH_API = "api"


@dataclass(frozen=True)
class Tls:
    """What is wanted; ``None`` leaves what the resource has.

    :param secret_name: Secret with certificate or authority, empty for the operator's own.
    :param subject_alt_names: further names for certificates that the operator issues.
    :param disabled: whether HTTP is served without TLS.
    :param service_type: of the service that clients use.
    :param client_authentication: whether clients must present certificates.
    :param client_secret_name: Secret with the certificate that it presents to Elasticsearch, empty for the operator's.
    :param fleet_client_secret_name: the same for Fleet Server.
    :param transport_secret_name: Secret with the authority of the transport layer, empty for the operator's own.
    :param transport_subject_alt_names: further names of the transport layer's certificates.
    """

    secret_name: str | None = None
    subject_alt_names: tuple[AlternativeName, ...] | None = None
    disabled: bool | None = None
    service_type: str | None = None
    client_authentication: bool | None = None
    client_secret_name: str | None = None
    fleet_client_secret_name: str | None = None
    transport_secret_name: str | None = None
    transport_subject_alt_names: tuple[AlternativeName, ...] | None = None


def tls_patch(kind: Kind, existing: Mapping[str, Any], wanted: Tls) -> Manifest:
    """The merge patch that brings a resource to what is wanted; empty where that is what it has.

    :raises StackTlsError: where resources of this kind have no such field.
    """
    _require_fields(kind, wanted)
    if not serves_http(kind, existing) and _any_given(_http_fields(wanted)):
        raise StackTlsError(
            f"this {kind.name} is no Fleet Server, and no other serves HTTP.",
            hint="Leave out what is said of its certificate and service; client and fleet_client are what it presents.",
        )
    spec = existing.get("spec") or {}
    parts = (_http_part(kind, spec, wanted), _transport_part(wanted), _reference_part(kind, spec, wanted))
    patch = {name: value for part in parts for name, value in part.items()}
    return {"spec": patch} if _pruned(merge(spec, patch)) != _pruned(spec) else {}


def with_tls(kind: Kind, definition: Mapping[str, Any], wanted: Tls) -> Manifest:
    """A new resource with what is wanted in it."""
    result: Manifest = merge(definition, tls_patch(kind, definition, wanted))
    return result


def merge(document: Any, patch: Any) -> Any:
    """The document after a JSON merge patch (RFC 7396): what is null goes, lists are replaced as a whole."""
    if not isinstance(patch, Mapping):
        return patch
    merged = dict(document) if isinstance(document, Mapping) else {}
    for name, value in patch.items():
        if value is None:
            merged.pop(name, None)
        else:
            merged[name] = merge(merged.get(name), value)
    return merged


def serves_http(kind: Kind, resource: Mapping[str, Any]) -> bool:
    """Whether the resource serves HTTP: of Agents, Fleet Server alone does."""
    is_fleet_server = bool((resource.get("spec") or {}).get("fleetServerEnabled"))
    return kind.has_http and (kind.name != "Agent" or is_fleet_server)


def http_options(kind: Kind, resource: Mapping[str, Any]) -> Manifest:
    """The TLS options of a resource's HTTP service, as its API has them."""
    spec = resource.get("spec") or {}
    holder = _api_service(spec) if kind.names_services else spec.get("http") or {}
    options: Manifest = holder.get("tls") or {}
    return options


def transport_options(resource: Mapping[str, Any]) -> Manifest:
    """The TLS options of the transport layer of Elasticsearch."""
    options: Manifest = ((resource.get("spec") or {}).get("transport") or {}).get("tls") or {}
    return options


def is_disabled(options: Mapping[str, Any]) -> bool:
    """Whether HTTP is served without TLS with these options; a certificate wins (the operator's ``TLSOptions``)."""
    self_signed = options.get("selfSignedCertificate") or {}
    return bool(self_signed.get("disabled")) and not secret_name_of(options)


def secret_name_of(options: Mapping[str, Any]) -> str:
    """The Secret that TLS options name, empty where there is none."""
    return str((options.get("certificate") or {}).get("secretName") or "")


def names_of_options(options: Mapping[str, Any]) -> list[str]:
    """The further names that TLS options ask the operator for."""
    entries = (options.get("selfSignedCertificate") or {}).get("subjectAltNames") or []
    keys = (("dns", "DNS"), ("ip", "IP"))
    return [f"{kind}:{entry[key]}" for entry in entries for key, kind in keys if entry.get(key)]


def _http_part(kind: Kind, spec: Mapping[str, Any], wanted: Tls) -> Manifest:
    part: Manifest = {}
    if wanted.service_type is not None:
        part["service"] = {"spec": {"type": wanted.service_type}}
    options = _tls_options(wanted)
    if options:
        part["tls"] = options
    if not part:
        return {}
    return {"services": _with_api_service(spec, part)} if kind.names_services else {"http": part}


def _tls_options(wanted: Tls) -> Manifest:
    options: Manifest = {}
    if wanted.secret_name is not None:
        options["certificate"] = {"secretName": wanted.secret_name} if wanted.secret_name else None
    self_signed: Manifest = {}
    if wanted.subject_alt_names is not None:
        self_signed["subjectAltNames"] = _entries(wanted.subject_alt_names) or None
    if wanted.disabled is not None:
        self_signed["disabled"] = wanted.disabled or None
    if self_signed:
        is_empty = len(self_signed) == 2 and not any(self_signed.values())
        options["selfSignedCertificate"] = None if is_empty else self_signed
    if wanted.client_authentication is not None:
        options["client"] = {"authentication": True} if wanted.client_authentication else None
    return options


def _transport_part(wanted: Tls) -> Manifest:
    tls: Manifest = {}
    if wanted.transport_secret_name is not None:
        name = wanted.transport_secret_name
        tls["certificate"] = {"secretName": name} if name else None
    if wanted.transport_subject_alt_names is not None:
        tls["subjectAltNames"] = _entries(wanted.transport_subject_alt_names) or None
    return {"transport": {"tls": tls}} if tls else {}


def _reference_part(kind: Kind, spec: Mapping[str, Any], wanted: Tls) -> Manifest:
    part: Manifest = {}
    if wanted.client_secret_name is not None:
        value = {"clientCertificateSecretName": wanted.client_secret_name or None}
        present = _present(spec, kind.reference)
        part[kind.reference] = [merge(each, value) for each in present] if kind.has_references else value
    if wanted.fleet_client_secret_name is not None:
        _present(spec, "fleetServerRef")
        part["fleetServerRef"] = {"clientCertificateSecretName": wanted.fleet_client_secret_name or None}
    return part


def _present(spec: Mapping[str, Any], reference: str) -> Any:
    if not _pruned(spec.get(reference)):
        raise StackTlsError(
            f"the resource has no {reference}, so there is nobody to present a client certificate to.",
            hint=f"Set spec.{reference} in it first.",
        )
    return spec[reference]


def _entries(names: Sequence[AlternativeName]) -> list[dict[str, str]]:
    return [{name.kind.lower(): name.value} for name in names]


def _api_service(spec: Mapping[str, Any]) -> Manifest:
    services: list[Manifest] = spec.get("services") or []
    return next((each for each in services if each.get("name") == _LOGSTASH_API), {})


def _with_api_service(spec: Mapping[str, Any], part: Manifest) -> list[Manifest]:
    """All services of Logstash: a merge patch can replace the list only as a whole."""
    services = list(spec.get("services") or [])
    changed = [merge(each, part) if each.get("name") == _LOGSTASH_API else each for each in services]
    if not _api_service(spec):
        changed.append({"name": _LOGSTASH_API, **merge({}, part)})
    return changed


def _pruned(value: Any) -> Any:
    """The value without what says nothing: the operator writes empty objects where fields are missing."""
    if isinstance(value, Mapping):
        kept = {name: _pruned(each) for name, each in value.items()}
        return {name: each for name, each in kept.items() if each not in (None, {}, [], "", False)}
    if isinstance(value, (list, tuple)):
        return [_pruned(each) for each in value]
    return value


def _require_fields(kind: Kind, wanted: Tls) -> None:
    """Refuse what the API of ECK has no field for: it would drop it without a word."""
    transport = (wanted.transport_secret_name, wanted.transport_subject_alt_names)
    lacking = {
        "HTTP service, and so no field for a certificate": not kind.has_http and _any_given(_http_fields(wanted)),
        "field for client authentication": bool(wanted.client_authentication) and not kind.client_authentication,
        "transport layer": not kind.has_transport and _any_given(transport),
        "reference to Elasticsearch": not kind.reference and wanted.client_secret_name is not None,
        "reference to Fleet Server": kind.name != "Agent" and wanted.fleet_client_secret_name is not None,
    }
    for field, is_lacking in lacking.items():
        if is_lacking:
            raise StackTlsError(f"the API of ECK gives resources of the kind {kind.name} no {field}.")


def _http_fields(wanted: Tls) -> tuple[object, ...]:
    return (wanted.secret_name, wanted.subject_alt_names, wanted.disabled, wanted.service_type)


def _any_given(values: Sequence[object]) -> bool:
    return any(value is not None for value in values)
