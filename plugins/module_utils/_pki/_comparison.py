# Copyright: Stack TLS contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Why must a certificate be issued again? Everything that decides it is here."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Callable, TypeVar

from .._errors import CertificateError
from ._certificates import (
    Identity,
    Lifetime,
    Specification,
    days_left,
    fingerprint,
    is_issued_by,
    key_type_of_certificate,
    load_certificates,
    names_of,
    profile_of,
    timestamp,
)
from ._keys import PassphraseError, load_private_key
from ._names import print_name
from ._pkcs12 import load_container

if TYPE_CHECKING:
    from cryptography import x509

Content = TypeVar("Content")


@dataclass(frozen=True)
class Reason:
    """Why a certificate is issued again: a code for programs and a text for people."""

    code: str
    text: str


class UnusableError(CertificateError):
    """A file that does not hold what it should.

    :param reason: what is wrong with it.
    """

    def __init__(self, code: str, text: str) -> None:
        super().__init__(text)
        self.reason = Reason(code, text)


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
        raise UnusableError("key_mismatch", f"{key.path} is not the key of {certificate.path}")
    return identity


def read_pkcs12(container: Source, password: str | None) -> tuple[Identity, str]:
    """The identity that a PKCS#12 file holds, and its friendly name.

    :raises UnusableError: where it is missing, damaged or closed, or its parts do not belong together.
    """
    identity, friendly_name = _read(container, lambda content: load_container(content, password))
    if not identity.matches():
        raise UnusableError("key_mismatch", f"key and certificate in {container.path} do not belong together")
    return identity, friendly_name


def require_same(pem: Identity, pkcs12: Identity, path: str) -> None:
    """Check that a PKCS#12 file holds the certificate, and so the key, of the PEM files beside it.

    :raises UnusableError: where it does not.
    """
    if pem.certificate != pkcs12.certificate:
        raise UnusableError("pkcs12_mismatch", f"{path} holds another certificate than the PEM file")


def reasons_to_reissue(
    certificate: x509.Certificate,
    specification: Specification,
    issuer: x509.Certificate,
    now: datetime,
    renew_at_days_left: int | None,
) -> list[Reason]:
    """All that is wrong with a certificate.

    :param issuer: the authority that would sign a new one.
    :param renew_at_days_left: ``None`` renews when a third of the lifetime is left.
    """
    return [
        *_content_reasons(certificate, specification),
        *_issuer_reasons(certificate, issuer),
        *_date_reasons(certificate, issuer, now, renew_at_days_left),
    ]


def same_certificates(found: tuple[x509.Certificate, ...], wanted: tuple[x509.Certificate, ...]) -> bool:
    """Whether both hold the same certificates; containers do not keep an order."""
    return {fingerprint(each) for each in found} == {fingerprint(each) for each in wanted}


def _read(source: Source, load: Callable[[bytes], Content]) -> Content:
    if source.content is None:
        raise UnusableError("missing", f"{source.path} does not exist")
    try:
        return load(source.content)
    except CertificateError as error:
        code = "passphrase" if isinstance(error, PassphraseError) else "damaged"
        raise UnusableError(code, f"{source.path}: {error.message.rstrip('.')}") from error


def _content_reasons(certificate: x509.Certificate, specification: Specification) -> Iterator[Reason]:
    if certificate.subject != specification.subject:
        found, wanted = print_name(certificate.subject), print_name(specification.subject)
        yield Reason("subject", f"the subject is {found!r} and should be {wanted!r}")
    missing = [str(name) for name in specification.names if name not in names_of(certificate)]
    if missing:
        yield Reason("names", f"the certificate lacks the names {', '.join(missing)}")
    surplus = [str(name) for name in names_of(certificate) if name not in specification.names]
    if surplus:
        yield Reason("names", f"the certificate has the names {', '.join(surplus)} that are not asked for")
    profile = profile_of(certificate)
    if profile != specification.profile:
        yield Reason(
            "usages", f"the certificate is made for the use {profile} and should be for {specification.profile}"
        )
    key_type = key_type_of_certificate(certificate)
    if key_type != specification.key_type:
        yield Reason("key_type", f"the key is {key_type} and should be {specification.key_type}")


def _issuer_reasons(certificate: x509.Certificate, issuer: x509.Certificate) -> Iterator[Reason]:
    if is_issued_by(certificate, issuer):
        return
    found, wanted = print_name(certificate.issuer), print_name(issuer.subject)
    if found == wanted:
        yield Reason("issuer", f"the certificate was issued by another authority of the name {wanted!r}")
    else:
        yield Reason("issuer", f"the certificate was issued by {found!r} and should be by {wanted!r}")


def _date_reasons(
    certificate: x509.Certificate, issuer: x509.Certificate, now: datetime, renew_at_days_left: int | None
) -> Iterator[Reason]:
    lifetime = Lifetime.of(certificate)
    third = (lifetime.not_after - lifetime.not_before) / 3
    margin = third if renew_at_days_left is None else timedelta(days=renew_at_days_left)
    if lifetime.not_before > now:
        yield Reason("not_yet_valid", f"the certificate is not valid before {timestamp(lifetime.not_before)}")
    if lifetime.not_after <= now:
        yield Reason("expired", f"the certificate expired on {timestamp(lifetime.not_after)}")
    elif lifetime.not_after - now <= margin and lifetime.not_after < Lifetime.of(issuer).not_after:
        # A certificate that lasts as long as its authority gains nothing from being issued again.
        left = days_left(certificate, now)
        yield Reason("expiring", f"the certificate expires in {left} days, and is renewed at {margin.days}")
