# Copyright: Stack TLS contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the role ``eck_tls`` is asked for, resource by resource, in the terms of modules and of the operator's API."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from typing import Any

from ansible.errors import AnsibleFilterError
from ansible_collections.stacktls.elastic.plugins.module_utils._eck._kinds import Kind, Names, kind_of
from ansible_collections.stacktls.elastic.plugins.module_utils._eck._manifest import Manifest, Tls, merge
from ansible_collections.stacktls.elastic.plugins.module_utils._errors import StackTlsError
from ansible_collections.stacktls.elastic.plugins.module_utils._pki._sans import (
    AlternativeName,
    parse_alternative_names,
)

Item = Mapping[str, Any]

OURS = ("issued", "self_signed", "brought", "authority")
"""Ways in which this collection keeps the Secret."""

WAYS = ("unchanged", "operator", *OURS, "cert_manager", "secret", "disabled")
CLIENT_WAYS = ("unchanged", "operator", "issued", "self_signed", "brought", "secret")
TRANSPORT_WAYS = ("unchanged", "operator", "self_signed", "brought", "secret")

_OF_A_SECRET = (
    "subject",
    "key_type",
    "not_after",
    "renew_before",
    "public_authority",
    "replace",
    "signer",
    "source_certificate_path",
    "source_certificate",
    "source_chain_path",
    "source_private_key_path",
    "source_private_key",
    "source_pkcs12_path",
    "source_passphrase",
    "remote_source",
)
"""What the module ``eck_certificate`` is given as it is."""

_OF_ANY = ("certificate", "secret_name", *_OF_A_SECRET)
_KNOWN = (
    *_OF_ANY,
    "kind",
    "name",
    "namespace",
    "definition",
    "subject_alt_names",
    "service_type",
    "client_authentication",
    "client",
    "fleet_client",
    "transport",
    "issuer",
    "certificate_spec",
    "ca_certificates_path",
    "certificate_path",
)
_ISSUER_GROUP = "cert-manager.io"
_WATCHED = {"eck.k8s.elastic.co/watched": "true"}
_SOURCES = tuple(name for name in _OF_A_SECRET if name.startswith("source_"))


def plans_of(resources: Sequence[Item], namespace: str, domain: str) -> list[dict[str, Any]]:
    """What is to be done for each resource.

    :param namespace: of those that name none.
    :param domain: of the cluster's DNS.
    :raises StackTlsError: where one cannot be as asked for; the text names it.
    """
    if not _has_collection():
        raise StackTlsError(
            "the collection kubernetes.core is missing on the controller.",
            hint="Run: ansible-galaxy collection install 'kubernetes.core:>=3.0.0'. Only this role needs it.",
        )
    plans = [_plan(item, namespace, domain) for item in resources]
    ids = [plan["id"] for plan in plans]
    twice = sorted({each for each in ids if ids.count(each) > 1})
    if twice:
        raise StackTlsError(f"several resources are {', '.join(twice)}.", hint="Say all of a resource in one place.")
    return plans


def _has_collection() -> bool:
    try:
        return importlib.util.find_spec("ansible_collections.kubernetes.core") is not None
    except ModuleNotFoundError:  # no collection of that namespace is there
        return False


def wanted_tls(plan: Item, only: Sequence[str] | None = None) -> Tls:
    """The TLS part of a plan.

    :param only: the fields that count; all where it is ``None``.
    """
    tls = {name: value for name, value in plan["tls"].items() if only is None or name in only}
    for option in ("subject_alt_names", "transport_subject_alt_names"):
        if tls.get(option) is not None:
            tls[option] = tuple(AlternativeName(**name) for name in tls[option])
    return Tls(**tls)


def _plan(item: Item, namespace: str, domain: str) -> dict[str, Any]:
    if not isinstance(item, Mapping) or not item.get("kind") or not item.get("name"):
        raise StackTlsError(f"a resource has no kind or no name: {item!r}.", hint="Give both, as the cluster has them.")
    names = Names(kind_of(str(item["kind"])), str(item["name"]), str(item.get("namespace") or namespace))
    try:
        return _checked_plan(item, names, domain)
    except StackTlsError as error:
        error.message = f"{names}: {error.message}"
        raise


def _checked_plan(item: Item, names: Names, domain: str) -> dict[str, Any]:
    _require_known(item, _KNOWN, "")
    way = str(item.get("certificate") or "unchanged")
    _require_way(way, WAYS, "certificate")
    _check_way(item, way)
    asked = parse_alternative_names(item.get("subject_alt_names") or [])
    secret = str(item.get("secret_name") or names.own_secret)
    client = _part(item, "client", names, CLIENT_WAYS)
    fleet_client = _part(item, "fleet_client", names, CLIENT_WAYS)
    transport = _part(item, "transport", names, TRANSPORT_WAYS, ("subject_alt_names",))
    tls = _tls(item, way, secret, asked, (client, fleet_client, transport))
    own_names = [*names.service_names(domain), *asked] if way in ("issued", "self_signed", "cert_manager") else asked
    required = names.kind.has_http and way == "brought"
    return {
        "id": f"{names.kind.name}/{names.namespace}/{names.name}",
        "kind": names.kind.name,
        "api_version": names.kind.api_version,
        "name": names.name,
        "namespace": names.namespace,
        "has_http": names.kind.has_http,
        "way": way,
        "secret_name": secret,
        "service": names.service,
        "service_type": item.get("service_type") or "",
        "names": [str(name) for name in dict.fromkeys((names.required_name, *own_names) if required else own_names)],
        "asked_names": [str(name) for name in asked],
        "secrets": _secrets(item, way, names, secret, (client, fleet_client, transport)),
        "candidates": _candidates(way, secret, (client, fleet_client, transport)),
        "client_authentication": bool(item.get("client_authentication")),
        "certificate": _certificate(item, names, secret, own_names) if way == "cert_manager" else {},
        "definition": _definition(item, names),
        "ca_certificates_path": item.get("ca_certificates_path") or "",
        "certificate_path": item.get("certificate_path") or "",
        "tls": asdict(tls),
    }


def _check_way(item: Item, way: str) -> None:
    if way == "cert_manager" and not (item.get("issuer") or {}).get("name"):
        raise StackTlsError("certificate is cert_manager, and issuer has no name.", hint="Give its kind and name.")
    if way == "unchanged" and (item.get("subject_alt_names") or item.get("secret_name")):
        raise StackTlsError(
            "subject_alt_names or secret_name are given, and certificate is not.",
            hint="Say who makes the certificate, such as operator; unchanged only reads.",
        )
    if way == "secret" and not item.get("secret_name"):
        raise StackTlsError("certificate is secret, and secret_name is not given.")
    if item.get("client_authentication") and way == "disabled":
        raise StackTlsError("client_authentication needs TLS, and certificate is disabled.")
    if way not in ("brought", "authority") and any(item.get(name) for name in _SOURCES):
        raise StackTlsError(f"a source is given, and certificate is {way}.", hint="Set certificate to brought.")


def _tls(
    item: Item, way: str, secret: str, asked: tuple[AlternativeName, ...], parts: Sequence[dict[str, Any] | None]
) -> Tls:
    client, fleet_client, transport = parts
    keeps = way == "unchanged"
    issues = way in ("operator", "authority")
    return Tls(
        secret_name=None if keeps else "" if way in ("operator", "disabled") else secret,
        subject_alt_names=None if keeps else asked if issues else (),
        disabled=None if keeps else way == "disabled",
        service_type=item.get("service_type"),
        client_authentication=item.get("client_authentication"),
        client_secret_name=_name_of(client),
        fleet_client_secret_name=_name_of(fleet_client),
        transport_secret_name=_name_of(transport),
        transport_subject_alt_names=_transport_names(item),
    )


def _transport_names(item: Item) -> tuple[AlternativeName, ...] | None:
    names = (item.get("transport") or {}).get("subject_alt_names")
    return None if names is None else parse_alternative_names(names)


def _part(item: Item, name: str, names: Names, ways: Sequence[str], more: Sequence[str] = ()) -> dict[str, Any] | None:
    """What is asked for beside the certificate of HTTP: ``client``, ``fleet_client`` or ``transport``."""
    part = item.get(name)
    if part is None:
        return None
    if not isinstance(part, Mapping):
        raise StackTlsError(f"{name} is not a dictionary.")
    _require_known(part, (*_OF_ANY, *more), f"{name}.")
    way = str(part.get("certificate") or "unchanged")
    _require_way(way, ways, f"{name}.certificate")
    words = {"client": "client-cert", "fleet_client": "fleet-client-cert", "transport": "transport-ca"}
    secret = part.get("secret_name") or f"{names.name}-{names.kind.suffix}-{words[name]}"
    return {**part, "part": name, "way": way, "secret_name": str(secret)}


def _name_of(part: dict[str, Any] | None) -> str | None:
    if part is None or part["way"] == "unchanged":
        return None
    return "" if part["way"] == "operator" else str(part["secret_name"])


def _secrets(
    item: Item, way: str, names: Names, secret: str, parts: Sequence[dict[str, Any] | None]
) -> list[dict[str, Any]]:
    """The Secrets that this collection keeps, as options of ``eck_certificate``."""
    found = []
    if way in OURS:
        kind = "authority" if way == "authority" else "certificate"
        subject = f"CN={names.name}-{names.kind.suffix}-http" + ("-ca" if kind == "authority" else "")
        found.append(_secret(item, way, secret, kind, subject, "http"))
    for part in parts:
        if part and part["way"] in OURS:
            is_transport = part["part"] == "transport"
            subject = f"CN={names.name}-{names.kind.suffix}-transport-ca" if is_transport else f"CN={names.name}"
            kind = "authority" if is_transport else "certificate"
            found.append(_secret(part, part["way"], part["secret_name"], kind, subject, part["part"]))
    return [{**each, "namespace": names.namespace} for each in found]


def _secret(given: Item, way: str, name: str, kind: str, subject: str, use: str) -> dict[str, Any]:
    signer = {"issued": given.get("signer") or "", "self_signed": "self_signed", "brought": "brought"}.get(way, "")
    if way == "authority":
        signer = "brought" if any(given.get(source) for source in _SOURCES) else "self_signed"
    options = {option: given[option] for option in _OF_A_SECRET if given.get(option) is not None and option != "signer"}
    is_client = use in ("client", "fleet_client")
    key_type = "rsa-3072" if is_client or kind == "authority" else "ec-p256"
    defaults = {} if signer == "brought" else {"subject": subject, "key_type": key_type}
    return {
        **defaults,
        **options,
        "name": name,
        "kind": kind,
        "use": use,
        "profile": "client" if is_client else "server",
        "signer": signer,
    }


def _candidates(way: str, secret: str, parts: Sequence[dict[str, Any] | None]) -> list[dict[str, str]]:
    """The Secrets of others, which are checked before the resource names them."""
    found = [{"name": secret, "kind": "any"}] if way in ("secret", "cert_manager") else []
    kinds = {"client": "client", "fleet_client": "client", "transport": "authority"}
    return found + [
        {"name": part["secret_name"], "kind": kinds[part["part"]]} for part in parts if part and part["way"] == "secret"
    ]


def _certificate(item: Item, names: Names, secret: str, wanted: Sequence[AlternativeName]) -> dict[str, Any]:
    """The Certificate of cert-manager."""
    issuer = item["issuer"]
    of_kind = {kind: [name.value for name in wanted if name.kind == kind] for kind in ("DNS", "IP")}
    spec = {
        "secretName": secret,
        "secretTemplate": {"labels": _WATCHED},
        "dnsNames": of_kind["DNS"],
        **({"ipAddresses": of_kind["IP"]} if of_kind["IP"] else {}),
        "usages": ["digital signature", "key encipherment", "server auth"],
        "issuerRef": {
            "group": issuer.get("group") or _ISSUER_GROUP,
            "kind": issuer.get("kind") or "Issuer",
            "name": issuer["name"],
        },
    }
    return {
        "apiVersion": "cert-manager.io/v1",
        "kind": "Certificate",
        "metadata": {"name": secret, "namespace": names.namespace},
        "spec": merge(spec, item.get("certificate_spec") or {}),
    }


def _definition(item: Item, names: Names) -> dict[str, Any]:
    """The resource where it has to be created; empty where it has to exist."""
    given = item.get("definition")
    if not given:
        return {}
    if not isinstance(given, Mapping):
        raise StackTlsError("definition is not a dictionary.", hint="Give the manifest, or its spec, as YAML.")
    whole = given if "spec" in given else {"spec": given}
    metadata = {**(whole.get("metadata") or {}), "name": names.name, "namespace": names.namespace}
    return {**whole, "apiVersion": names.kind.api_version, "kind": names.kind.name, "metadata": metadata}


def _require_known(given: Item, known: Sequence[str], prefix: str) -> None:
    unknown = sorted(str(name) for name in given if name not in known)
    if unknown:
        raise StackTlsError(
            f"{', '.join(prefix + name for name in unknown)} is not known here.", hint=f"Known are {', '.join(known)}."
        )


def _require_way(way: str, ways: Sequence[str], option: str) -> None:
    if way not in ways:
        raise StackTlsError(f"{option} is {way!r}.", hint=f"It is one of {', '.join(ways)}.")


def with_plan(
    make: Callable[[Kind, Any, Tls], Manifest], value: Any, plan: Item, only: Sequence[str] | None = None
) -> Manifest:
    """What a function of ``_eck/_manifest.py`` makes of a resource and the TLS part of its plan, for a filter.

    :raises AnsibleFilterError: where that cannot be; the text names the resource.
    """
    try:
        return make(kind_of(plan["kind"]), value or {}, wanted_tls(plan, only))
    except StackTlsError as error:
        raise AnsibleFilterError(f"{plan['id']}: {error}") from error
