# Copyright: Stack TLS contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What an audit saw: certificates, where each was seen, and what else services told of themselves."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timezone
from functools import cached_property
from itertools import chain, repeat
from typing import TYPE_CHECKING, Any

from ...module_utils._audit_info import host_path
from ...module_utils._errors import StackTlsError
from ...module_utils._pki._certificates import Lifetime, load_certificates
from ...module_utils._pki._dates import Margin

if TYPE_CHECKING:
    from cryptography import x509

OWN = "own"
"""A certificate that a service has a private key for."""
CHAIN = "chain"
"""One that comes with it: an authority above it."""
TRUSTED = "trusted"
"""An authority that a service trusts."""
SHOWN = "shown"
"""The one that an endpoint shows to whoever connects."""
AUTHORITY = "authority"
"""One of an authority of the inventory, in its folder."""

AUTHORITY_SERVICE = "certificate authority"
"""What stands for a service where an authority itself is meant."""

OUTSIDE_SERVICE = "endpoint"
"""What stands for a service where an endpoint is in nobody's inventory."""

_USES_OF_IDENTITIES = ("certificate", "keystore")
_EXTENSIONS = (".crt", ".cer", ".pem", ".key", ".p12", ".pfx")


@dataclass(frozen=True)
class Certificate:
    """A certificate as the modules describe one; ``pem`` is empty where only a description was handed on.

    :param signature_hash: such as ``sha256``; empty where the signature has one of its own.
    :param public_key: SHA-256 of its key; empty where it is not known.
    """

    fingerprint: str
    subject: str
    issuer: str
    serial_number: str
    not_before: datetime
    not_after: datetime
    key_type: str
    signature_hash: str
    names: tuple[str, ...]
    is_authority: bool
    self_signed: bool
    public_key: str = ""
    pem: str = field(default="", repr=False)

    @classmethod
    def of(cls, told: Mapping[str, Any]) -> Certificate:
        """One that ``audit_info`` or ``tls_endpoint_info`` describes."""
        return cls(
            fingerprint=told["fingerprint_sha256"],
            subject=told["subject"],
            issuer=told["issuer"],
            serial_number=told["serial_number"],
            not_before=_moment(told["not_before"]),
            not_after=_moment(told["not_after"]),
            key_type=told["key_type"],
            signature_hash=told.get("signature_hash") or "",
            names=tuple(told["subject_alt_names"]),
            is_authority=bool(told.get("ca")),
            self_signed=bool(told.get("self_signed")),
            public_key=told.get("public_key") or "",
            pem=told.get("pem") or "",
        )

    @property
    def label(self) -> str:
        """How a person calls it."""
        return self.subject or ", ".join(self.names) or f"serial number {self.serial_number}"

    @property
    def lifetime(self) -> Lifetime:
        """From when until when it is valid."""
        return Lifetime(self.not_before, self.not_after)

    @cached_property
    def loaded(self) -> x509.Certificate | None:
        """The certificate itself, where it was handed on."""
        with contextlib.suppress(StackTlsError, IndexError):
            return load_certificates(self.pem.encode())[0]
        return None


@dataclass(frozen=True)
class Sighting:
    """A certificate, and where it was seen.

    :param place: a file or an endpoint.
    :param use: :data:`OWN`, :data:`CHAIN`, :data:`TRUSTED`, :data:`SHOWN` or :data:`AUTHORITY`.
    """

    certificate: Certificate
    host: str
    service: str
    place: str
    use: str


@dataclass(frozen=True)
class File:
    """A file of certificates or keys."""

    path: str
    state: str
    problem: str
    mode: str
    world_readable: bool
    kind: str | None
    encrypted: bool
    has_key: bool
    public_key: str
    certificates: tuple[Certificate, ...]

    @classmethod
    def of(cls, told: Mapping[str, Any]) -> File:
        """One that ``audit_info`` describes."""
        key = told.get("private_key")
        return cls(
            path=told["path"],
            state=told["state"],
            problem=told["problem"],
            mode=told.get("mode") or "",
            world_readable=bool(told.get("world_readable")),
            kind=told.get("kind"),
            encrypted=bool(told.get("encrypted")),
            has_key=key is not None,
            public_key=(key or {}).get("public_key") or "",
            certificates=tuple(Certificate.of(each) for each in told.get("certificates") or ()),
        )

    @property
    def leaf(self) -> Certificate | None:
        """The certificate of its key, or else the first one."""
        of_key = [each for each in self.certificates if self.public_key and each.public_key == self.public_key]
        return next(iter([*of_key, *self.certificates]), None)


@dataclass(frozen=True)
class Named:
    """A file that a setting names, and the file itself where it was found."""

    setting: str
    group: str
    use: str
    path: str
    file: File | None


@dataclass(frozen=True)
class Endpoint:
    """What an endpoint says of itself.

    :param group: settings of its certificate, such as ``server.ssl``; empty where they are not known.
    """

    address: str
    state: str
    problem: str
    verified: bool | None
    verification_problem: str
    name_covered: bool | None
    protocols: Mapping[str, bool | None]
    certificates: tuple[Certificate, ...]
    group: str = ""

    @classmethod
    def of(cls, told: Mapping[str, Any], group: str = "") -> Endpoint:
        """One that ``tls_endpoint_info`` describes."""
        return cls(
            address=told["endpoint"],
            state=told["state"],
            problem=told["problem"],
            verified=told.get("verified"),
            verification_problem=told.get("verification_problem") or "",
            name_covered=told.get("name_covered"),
            protocols=told.get("protocols") or {},
            certificates=tuple(Certificate.of(each) for each in told.get("certificates") or ()),
            group=group,
        )


@dataclass(frozen=True)
class Loaded:
    """A certificate that a node of Elasticsearch says it has loaded.

    :param path: on the host.
    """

    path: str
    subject: str
    serial_number: int


@dataclass(frozen=True)
class Look:
    """What one service of one host has.

    :param problem: why nothing is known of it; empty where something is.
    :param names: for which its server certificates should be valid.
    :param loaded: what it has loaded; ``None`` where it was not asked.
    :param loaded_problem: why it was not asked, or did not answer.
    """

    host: str
    service: str
    reached: bool
    problem: str
    settings: Mapping[str, Any] | None
    keystore: Mapping[str, Any] | None
    files: tuple[File, ...]
    named: tuple[Named, ...]
    unverified: tuple[str, ...]
    switches: Mapping[str, bool]
    endpoints: tuple[Endpoint, ...]
    names: tuple[str, ...]
    loaded: tuple[Loaded, ...] | None
    loaded_problem: str

    @classmethod
    def of(cls, told: Mapping[str, Any]) -> Look:
        """What the tasks of the playbook ``audit`` kept of one service."""
        disk = told.get("disk") or {}
        files = tuple(File.of(each) for each in disk.get("files") or ())
        endpoints = zip(told.get("endpoints") or (), chain(told.get("groups") or (), repeat("")))
        return cls(
            host=told["host"],
            service=told["service"],
            reached=bool(told.get("reached", True)),
            problem=told.get("problem") or "",
            settings=disk.get("settings"),
            keystore=disk.get("keystore"),
            files=files,
            named=tuple(_named(disk.get("references") or (), files)),
            unverified=tuple(disk.get("unverified") or ()),
            switches=disk.get("switches") or {},
            endpoints=tuple(Endpoint.of(each, group) for each, group in endpoints),
            names=tuple(told.get("names") or ()),
            loaded=_loaded(told.get("loaded"), disk),
            loaded_problem=told.get("loaded_problem") or "",
        )

    def sightings(self) -> Iterator[Sighting]:
        """Every certificate of it."""
        for named in self.named:
            if named.file is not None:
                yield from self._in_file(named.file, named.use)
        for endpoint in self.endpoints:
            for number, certificate in enumerate(endpoint.certificates):
                yield self._sighting(certificate, endpoint.address, CHAIN if number else SHOWN)

    def identities(self) -> Iterator[tuple[Named, Certificate]]:
        """Each certificate that it has for itself, with what names its file."""
        for named in self.named:
            if named.use in _USES_OF_IDENTITIES and named.file is not None and named.file.leaf is not None:
                yield named, named.file.leaf

    def mismatched_pairs(self) -> Iterator[tuple[Named, File]]:
        """What names a certificate, and the file beside it whose private key is that of another one."""
        for named, leaf in self.identities():
            # Settings in lists, as inputs of a Beat, have one name: there may be several pairs.
            keys = [each.file for each in self.named if each.use == "key" and each.group == named.group]
            files = [named.file] if named.use == "keystore" else keys
            known = [file for file in files if file is not None and file.public_key]
            if known and leaf.public_key and leaf.public_key not in {file.public_key for file in known}:
                yield named, known[0]

    def _in_file(self, file: File, use: str) -> Iterator[Sighting]:
        own = file.leaf if use in _USES_OF_IDENTITIES else None
        for certificate in file.certificates:
            others = CHAIN if use in _USES_OF_IDENTITIES else TRUSTED
            yield self._sighting(certificate, file.path, OWN if certificate is own else others)

    def _sighting(self, certificate: Certificate, place: str, use: str) -> Sighting:
        return Sighting(certificate, self.host, self.service, place, use)


@dataclass(frozen=True)
class AuthorityFolder:
    """A certificate authority of the inventory.

    :param issued: fingerprints of what it signed; ``None`` where it keeps no ledger.
    """

    host: str
    path: str
    state: str
    problem: str
    certificates: tuple[Certificate, ...]
    trusted: tuple[Certificate, ...]
    key: Mapping[str, Any]
    issued: frozenset[str] | None
    rotation: str

    @classmethod
    def of(cls, told: Mapping[str, Any]) -> AuthorityFolder:
        """One that ``audit_info`` describes, with its ``host``."""
        issued = told.get("issued")
        return cls(
            host=told.get("host") or "localhost",
            path=told["path"],
            state=told["state"],
            problem=told["problem"],
            certificates=tuple(Certificate.of(each) for each in told["certificates"]),
            trusted=tuple(Certificate.of(each) for each in told["trusted"]),
            key=told.get("private_key") or {},
            issued=None if issued is None else frozenset(issued),
            rotation=told.get("rotation") or "",
        )


@dataclass(frozen=True)
class Evidence:
    """All that an audit saw.

    :param outside: endpoints that are in nobody's inventory, such as those of Elastic Cloud.
    :param given: authorities that hosts may trust beside those of the inventory.
    :param margin: how long before its end a certificate is due, ``authority_margin`` that of an authority.
    """

    now: datetime
    looks: tuple[Look, ...]
    authorities: tuple[AuthorityFolder, ...] = ()
    outside: tuple[Endpoint, ...] = ()
    given: tuple[Certificate, ...] = ()
    margin: Margin = field(default_factory=lambda: Margin(33))
    authority_margin: Margin = field(default_factory=lambda: Margin(10))
    outside_host: str = "localhost"

    @cached_property
    def sightings(self) -> tuple[Sighting, ...]:
        """Every certificate everywhere, each in the fullest form that was handed on anywhere."""
        seen = tuple(self._sightings())
        whole = {each.certificate.fingerprint: each.certificate for each in seen if each.certificate.pem}
        return tuple(
            replace(each, certificate=whole.get(each.certificate.fingerprint, each.certificate)) for each in seen
        )

    @cached_property
    def judged(self) -> tuple[Sighting, ...]:
        """The same without what services show and have on their disks, too, so that it is told of once."""
        own = {(each.host, each.service, each.certificate) for each in self.sightings if each.use in (OWN, CHAIN)}
        return tuple(
            each
            for each in self.sightings
            if each.use not in (OWN, CHAIN, SHOWN)
            or each.place.startswith("/")
            or (each.host, each.service, each.certificate) not in own
        )

    def endpoints(self) -> Iterator[tuple[str, str, Endpoint]]:
        """Every endpoint, after its host and its service."""
        for look in self.looks:
            yield from ((look.host, look.service, endpoint) for endpoint in look.endpoints)
        yield from ((self.outside_host, OUTSIDE_SERVICE, endpoint) for endpoint in self.outside)

    def _sightings(self) -> Iterator[Sighting]:
        for look in self.looks:
            yield from look.sightings()
        for endpoint in self.outside:
            for number, certificate in enumerate(endpoint.certificates):
                use = CHAIN if number else SHOWN
                yield Sighting(certificate, self.outside_host, OUTSIDE_SERVICE, endpoint.address, use)
        for folder in self.authorities:
            for certificate in folder.certificates:
                yield Sighting(certificate, folder.host, AUTHORITY_SERVICE, f"{folder.path}/ca.crt", AUTHORITY)
            for certificate in folder.trusted:
                yield Sighting(certificate, folder.host, AUTHORITY_SERVICE, f"{folder.path}/trusted.crt", TRUSTED)

    @cached_property
    def authorities_in_force(self) -> tuple[Certificate, ...]:
        """Those that hosts may trust: of the folders, meanwhile trusted ones, and given ones."""
        ours = [each for folder in self.authorities for each in (*folder.certificates, *folder.trusted)]
        return tuple(_each_once([*ours, *self.given]))

    @cached_property
    def known_authorities(self) -> tuple[Certificate, ...]:
        """The same, and all that any service trusts."""
        trusted = [each.certificate for each in self.sightings if each.use == TRUSTED]
        return tuple(_each_once([*self.authorities_in_force, *trusted]))


def _each_once(certificates: Iterable[Certificate]) -> Iterable[Certificate]:
    return {each.fingerprint: each for each in certificates}.values()


def _named(references: Iterable[Mapping[str, Any]], files: tuple[File, ...]) -> Iterator[Named]:
    """What the settings name, and then files that nothing names, by what is in them."""
    by_path = {each.path: each for each in files}
    named = set()
    for each in references:
        if each["path"]:
            named.add(each["path"])
            yield Named(each["setting"], each["group"], each["use"], each["path"], by_path.get(each["path"]))
    for file in files:
        if file.path not in named:
            yield Named("", _stem(file.path), _use_of(file), file.path, file)


def _stem(path: str) -> str:
    stem, extension = os.path.splitext(path)
    return stem if extension in _EXTENSIONS else path


def _use_of(file: File) -> str:
    if file.kind == "private_key" or file.path.endswith(".key"):
        return "key"
    if file.kind == "identity":
        return "keystore"
    return "authorities" if file.kind == "authorities" else "certificate"


def _loaded(told: Any, disk: Mapping[str, Any]) -> tuple[Loaded, ...] | None:
    if told is None:
        return None
    folders = (disk.get("config_path"), disk.get("container_config_path"))
    return tuple(
        Loaded(host_path(each["path"], *folders), each.get("subject_dn") or "", int(each["serial_number"] or "0", 16))
        for each in told
        if each.get("path")
    )


def _moment(text: str) -> datetime:
    return datetime.strptime(text, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=timezone.utc)
