# Copyright: Stack TLS contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Why must a certificate be issued again? Everything that decides it is here."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Callable, TypeVar

from .._errors import CertificateError
from .._reason import Reason, missing
from ._certificates import (
    Identity,
    Lifetime,
    Specification,
    fingerprint,
    key_type_of_certificate,
    load_certificates,
    names_of,
    profile_of,
    serves,
)
from ._dates import Margin, span_text, timestamp
from ._issuers import Issuers
from ._keys import PassphraseError, load_private_key
from ._names import print_name
from ._pkcs12 import load_container
from ._sans import AlternativeName, uncovered

if TYPE_CHECKING:
    from cryptography import x509

Content = TypeVar("Content")


@dataclass(frozen=True)
class Wanted:
    """What a certificate is compared with.

    :param margin: how long before its end it is renewed.
    :param not_after: when a new one would end, if its issuer lives that long.
    """

    specification: Specification
    issuers: Issuers
    margin: Margin
    not_after: datetime


class UnusableError(CertificateError):
    """A file that does not hold what it should.

    :param reason: what is wrong with it.
    """

    def __init__(self, reason: Reason) -> None:
        super().__init__(reason.text)
        self.reason = reason


@dataclass(frozen=True)
class Source:
    """A file as it was found; without content where there is none."""

    path: str
    content: bytes | None


def read_pem(certificate: Source, key: Source, passphrase: str | None) -> Identity:
    """The identity that a pair of PEM files holds.

    :raises UnusableError: where a file is missing, damaged or closed, or the two do not belong together.
    """
    certificates = _read(certificate, load_certificates)
    private_key = _read(key, lambda content: load_private_key(content, passphrase))
    identity = Identity(private_key, certificates[0], tuple(certificates[1:]))
    if not identity.matches():
        raise UnusableError(Reason("key_mismatch", f"{key.path} is not the key of {certificate.path}"))
    return identity


def read_pkcs12(container: Source, password: str | None) -> tuple[Identity, str]:
    """The identity that a PKCS#12 file holds, and its friendly name.

    :raises UnusableError: where it is missing, damaged or closed, or its parts do not belong together.
    """
    identity, friendly_name = _read(container, lambda content: load_container(content, password))
    if not identity.matches():
        raise UnusableError(Reason("key_mismatch", f"key and certificate in {container.path} do not belong together"))
    return identity, friendly_name


def require_same(pem: Identity, pkcs12: Identity, path: str) -> None:
    """Check that a PKCS#12 file holds the certificate, and so the key, of the PEM files beside it.

    :raises UnusableError: where it does not.
    """
    if pem.certificate != pkcs12.certificate:
        raise UnusableError(Reason("pkcs12_mismatch", f"{path} holds another certificate than the PEM file"))


def reasons_to_reissue(
    certificate: x509.Certificate, pool: Iterable[x509.Certificate], wanted: Wanted, now: datetime
) -> list[Reason]:
    """All that is wrong with a certificate.

    :param pool: the authorities that lie beside it.
    """
    missing = "the certificate authority does not exist yet" if wanted.issuers.are_missing else ""
    objection = missing or wanted.issuers.objection_to(certificate, pool)
    return [
        *content_reasons(certificate, wanted.specification),
        *(
            [Reason("issuer", objection, print_name(certificate.issuer), _issuer_name(wanted.issuers))]
            if objection
            else []
        ),
        *_date_reasons(certificate, wanted, now),
    ]


def same_certificates(found: tuple[x509.Certificate, ...], wanted: tuple[x509.Certificate, ...]) -> bool:
    """Whether both hold the same certificates; containers do not keep an order."""
    return {fingerprint(each) for each in found} == {fingerprint(each) for each in wanted}


def _read(source: Source, load: Callable[[bytes], Content]) -> Content:
    if source.content is None:
        raise UnusableError(missing(source.path))
    try:
        return load(source.content)
    except CertificateError as error:
        code = "passphrase" if isinstance(error, PassphraseError) else "damaged"
        raise UnusableError(Reason(code, f"{source.path}: {error.message.rstrip('.')}")) from error


def content_reasons(certificate: x509.Certificate, specification: Specification) -> Iterator[Reason]:
    """What a certificate says and should not, or does not say and should."""
    if specification.subject is not None and certificate.subject != specification.subject:
        found, wanted = print_name(certificate.subject), print_name(specification.subject)
        yield Reason("subject", f"the subject is {found!r} and should be {wanted!r}", found, wanted)
    yield from _name_reasons(certificate, specification)
    profile = profile_of(certificate)
    if profile != specification.profile and (specification.exact or not serves(certificate, specification.profile)):
        text = f"the certificate is made for the use {profile} and should be for {specification.profile}"
        yield Reason("usages", text, profile, specification.profile)
    key_type = key_type_of_certificate(certificate)
    if specification.key_type not in ("", key_type):
        text = f"the key is {key_type} and should be {specification.key_type}"
        yield Reason("key_type", text, key_type, specification.key_type)


def _name_reasons(certificate: x509.Certificate, specification: Specification) -> Iterator[Reason]:
    present, wanted = names_of(certificate), specification.names
    missing = [name for name in wanted if name not in present] if specification.exact else uncovered(wanted, present)
    surplus = [name for name in present if name not in wanted] if specification.exact else []
    found, asked = [str(name) for name in present], [str(name) for name in wanted]
    if missing:
        yield Reason("names", f"the certificate lacks the names {_listed(missing)}", found, asked)
    if surplus:
        text = f"the certificate has the names {_listed(surplus)} that are not asked for"
        yield Reason("names", text, found, asked)


def _listed(names: Iterable[AlternativeName]) -> str:
    return ", ".join(str(name) for name in names)


def _issuer_name(issuers: Issuers) -> str:
    return print_name(issuers.certificates[0].subject) if issuers.certificates else ""


def _date_reasons(certificate: x509.Certificate, wanted: Wanted, now: datetime) -> Iterator[Reason]:
    lifetime, margin = Lifetime.of(certificate), wanted.margin.of(Lifetime.of(certificate))
    start, end = timestamp(lifetime.not_before), timestamp(lifetime.not_after)
    if lifetime.not_before > now:
        yield Reason("not_yet_valid", f"the certificate is not valid before {start}", start)
    if lifetime.not_after <= now:
        yield Reason("expired", f"the certificate expired on {end}", end)
    elif lifetime.not_after - now <= margin and lifetime.not_after < _latest_end(wanted):
        # A certificate that lasts as long as a new one would gains nothing from being issued again.
        left, share = span_text(lifetime.not_after - now), span_text(margin)
        yield Reason("expiring", f"the certificate expires in {left}, and is renewed at {share}", end)


def _latest_end(wanted: Wanted) -> datetime:
    """Until when a new certificate would last at most."""
    if wanted.issuers.exact and wanted.issuers.certificates:
        return min(wanted.not_after, Lifetime.of(wanted.issuers.certificates[0]).not_after)
    return wanted.not_after
