# Copyright: Stack TLS contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Certificates: what they should say, how they are signed, read, described and checked."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any, TypeVar

from .._errors import CertificateError
from ._dates import parse_moment, timestamp
from ._keys import as_public_key, encode_public_key, is_rsa, key_type_of
from ._names import print_name
from ._sans import AlternativeName, from_extension, to_extension

with contextlib.suppress(ImportError):  # reported by _module.require_cryptography
    from cryptography import x509
    from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa

if TYPE_CHECKING:
    from ._keys import PrivateKey, PublicKey

    Extension = TypeVar("Extension", bound=x509.ExtensionType)

_SERVER_AUTH = "1.3.6.1.5.5.7.3.1"
_CLIENT_AUTH = "1.3.6.1.5.5.7.3.2"
_PURPOSES = {
    "server": (_SERVER_AUTH,),
    "client": (_CLIENT_AUTH,),
    "both": (_SERVER_AUTH, _CLIENT_AUTH),
}
_PEM_CERTIFICATE = re.compile(rb"-----BEGIN CERTIFICATE-----.+?-----END CERTIFICATE-----", re.DOTALL)
_USAGES = (
    "digital_signature",
    "content_commitment",
    "key_encipherment",
    "data_encipherment",
    "key_agreement",
    "key_cert_sign",
    "crl_sign",
    "encipher_only",
    "decipher_only",
)


@dataclass(frozen=True)
class Specification:
    """What a certificate should say, apart from its dates.

    :param subject: ``None`` where any will do, as in files that somebody else made.
    :param profile: one of :data:`._kinds.PROFILES`.
    :param key_type: see :data:`._kinds.KEY_TYPES`; empty where any will do.
    :param exact: whether names and usages that are not asked for count as wrong. An authority that others run adds
        what its policy says.
    """

    subject: x509.Name | None
    names: tuple[AlternativeName, ...]
    profile: str
    key_type: str
    exact: bool = True

    def extensions(self, key_type: str) -> Iterator[tuple[x509.ExtensionType, bool]]:
        """Usages and names, as request and certificate have them, and whether each is critical."""
        usages = ["digital_signature"]
        if is_rsa(key_type) and self.profile != "client":
            usages.append("key_encipherment")
        purposes = [x509.ObjectIdentifier(purpose) for purpose in _PURPOSES[self.profile]]
        yield key_usage(*usages), True
        yield x509.ExtendedKeyUsage(purposes), False
        if self.names:
            yield to_extension(self.names), False


@dataclass(frozen=True)
class Lifetime:
    """From when until when a certificate is valid, in UTC."""

    not_before: datetime
    not_after: datetime

    @classmethod
    def starting(cls, now: datetime, days: int, backdate: timedelta) -> Lifetime:
        """So many days from now; backdated, so that a host whose clock is behind accepts it too."""
        start = now.replace(microsecond=0)
        return cls(start - backdate, start + timedelta(days=days))

    @classmethod
    def from_texts(cls, not_before: str, not_after: str, now: datetime) -> Lifetime:
        """The dates as :func:`._dates.parse_moment` reads them.

        :raises CertificateError: where one is no date, or a certificate with them would be of no use now.
        """
        lifetime = cls(parse_moment(not_before, now), parse_moment(not_after, now))
        if lifetime.not_before > now:
            raise CertificateError(f"not_before is {not_before!r}, which is not in the past.")
        if lifetime.not_after <= now:
            raise CertificateError(f"not_after is {not_after!r}, which is not in the future.")
        return lifetime

    @classmethod
    def of(cls, certificate: x509.Certificate) -> Lifetime:
        """That of a certificate, with any version of ``cryptography``."""
        if hasattr(certificate, "not_valid_after_utc"):
            return cls(certificate.not_valid_before_utc, certificate.not_valid_after_utc)
        return cls(
            certificate.not_valid_before.replace(tzinfo=timezone.utc),
            certificate.not_valid_after.replace(tzinfo=timezone.utc),
        )

    def within(self, issuer: Lifetime) -> Lifetime:
        """The part of it that lies within the issuer's: no client accepts more."""
        return Lifetime(max(self.not_before, issuer.not_before), min(self.not_after, issuer.not_after))


@dataclass(frozen=True)
class Authority:
    """A certificate authority that can sign."""

    certificate: x509.Certificate
    key: PrivateKey


@dataclass(frozen=True)
class Identity:
    """A private key and what a host presents with it: the certificate, and authorities above it."""

    key: PrivateKey
    certificate: x509.Certificate
    authorities: tuple[x509.Certificate, ...]

    def matches(self) -> bool:
        """Whether the certificate is one of this key."""
        certified = as_public_key(self.certificate.public_key())
        return encode_public_key(certified) == encode_public_key(as_public_key(self.key.public_key()))


def issue(
    specification: Specification, public_key: PublicKey, authority: Authority, lifetime: Lifetime
) -> x509.Certificate:
    """A certificate for the key, signed by the authority, that never outlives it.

    :raises CertificateError: where no subject is specified.
    """
    issuer = authority.certificate
    if specification.subject is None:
        raise CertificateError("the certificate has no subject.", hint="Set common_name or subject.")
    builder = (
        certificate_builder(specification.subject, issuer.subject, public_key, lifetime.within(Lifetime.of(issuer)))
        .add_extension(authority_key_identifier(issuer), critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
    )
    for extension, critical in specification.extensions(key_type_of(public_key)):
        builder = builder.add_extension(extension, critical=critical)
    return builder.sign(authority.key, hash_for(authority.key))


def self_sign(specification: Specification, key: PrivateKey, lifetime: Lifetime) -> x509.Certificate:
    """A certificate that its own key signed. It is no authority, so who trusts it trusts nothing else with it.

    :raises CertificateError: where no subject is specified.
    """
    subject, public_key = specification.subject, as_public_key(key.public_key())
    if subject is None:
        raise CertificateError("the certificate has no subject.", hint="Set common_name or subject.")
    builder = certificate_builder(subject, subject, public_key, lifetime).add_extension(
        x509.BasicConstraints(ca=False, path_length=None), critical=True
    )
    for extension, critical in specification.extensions(key_type_of(public_key)):
        builder = builder.add_extension(extension, critical=critical)
    return builder.sign(key, hash_for(key))


def load_certificates(pem: bytes) -> list[x509.Certificate]:
    """All certificates of a PEM file in their order.

    :raises CertificateError: where there is none, or one is damaged.
    """
    blocks = _PEM_CERTIFICATE.findall(pem)
    if not blocks:
        raise CertificateError("holds no certificate in PEM form.")
    try:
        certificates = [x509.load_pem_x509_certificate(block) for block in blocks]
    except (ValueError, x509.InvalidVersion) as error:
        raise CertificateError("holds a damaged certificate.") from error
    for certificate in certificates:
        require_readable(certificate)
    return certificates


def require_readable(certificate: x509.Certificate) -> None:
    """Check that names and extensions can be read, which are otherwise looked at later and one by one.

    :raises CertificateError: where one cannot.
    """
    try:
        list(certificate.extensions)
    except (ValueError, x509.DuplicateExtension, x509.UnsupportedGeneralNameType) as error:
        raise CertificateError(f"holds a certificate with an extension that cannot be read ({error}).") from error
    try:
        certificate.subject.public_bytes()
        certificate.issuer.public_bytes()
    except (ValueError, KeyError) as error:  # KeyError is what older versions raise for a string type unknown to them
        raise CertificateError(f"holds a certificate with a name that cannot be read ({error}).") from error


def encode_certificates(certificates: Iterable[x509.Certificate]) -> bytes:
    """The certificates in PEM form, one after the other."""
    return b"".join(certificate.public_bytes(serialization.Encoding.PEM) for certificate in certificates)


def is_issued_by(certificate: x509.Certificate, issuer: x509.Certificate) -> bool:
    """Whether the issuer's name and key made this certificate."""
    if certificate.issuer != issuer.subject:
        return False
    try:
        _verify_signature(certificate, issuer.public_key())
    except (InvalidSignature, UnsupportedAlgorithm):
        return False
    return True


def is_self_signed(certificate: x509.Certificate) -> bool:
    """Whether the certificate is a root."""
    return is_issued_by(certificate, certificate)


def require_valid(certificate: x509.Certificate, now: datetime) -> None:
    """Check the dates.

    :raises CertificateError: where the certificate is expired or not yet valid.
    """
    name, lifetime = print_name(certificate.subject), Lifetime.of(certificate)
    if lifetime.not_after <= now:
        raise CertificateError(
            f"the certificate {name!r} expired on {timestamp(lifetime.not_after)}; now is {timestamp(now)}.",
            hint="Bring a valid one, or set this machine's clock.",
        )
    if lifetime.not_before > now:
        raise CertificateError(
            f"the certificate {name!r} starts on {timestamp(lifetime.not_before)}; now is {timestamp(now)}.",
            hint="Set this machine's clock.",
        )


def names_of(certificate: x509.Certificate) -> tuple[AlternativeName, ...]:
    """The subject alternative names."""
    extension = extension_of(certificate, x509.SubjectAlternativeName)
    return () if extension is None else from_extension(extension)


def serves(certificate: x509.Certificate, profile: str) -> bool:
    """Whether a peer accepts the certificate for these purposes, whatever else it may be used for (RFC 5280, 4.2.1)."""
    extension = extension_of(certificate, x509.ExtendedKeyUsage)
    usage = extension_of(certificate, x509.KeyUsage)
    if usage is not None and not usage.digital_signature:
        return False
    return extension is None or set(_PURPOSES[profile]) <= {purpose.dotted_string for purpose in extension}


def profile_of(certificate: x509.Certificate) -> str:
    """One of :data:`PROFILES`, or ``other`` where its purposes are something else."""
    extension = extension_of(certificate, x509.ExtendedKeyUsage)
    purposes = set() if extension is None else {purpose.dotted_string for purpose in extension}
    usage = extension_of(certificate, x509.KeyUsage)
    if usage is not None and not usage.digital_signature:
        return "other"
    return next((profile for profile, all_of in _PURPOSES.items() if set(all_of) == purposes), "other")


def key_type_of_certificate(certificate: x509.Certificate) -> str:
    """The kind of its key in the words of :data:`._kinds.KEY_TYPES`."""
    try:
        return key_type_of(as_public_key(certificate.public_key()))
    except (CertificateError, UnsupportedAlgorithm, ValueError):
        return "other"


def fingerprint(certificate: x509.Certificate) -> str:
    """SHA-256 of the certificate in hexadecimal."""
    return certificate.fingerprint(hashes.SHA256()).hex()


def serial_number(certificate: x509.Certificate) -> str:
    """The serial number in hexadecimal, as openssl prints it."""
    digits = f"{certificate.serial_number:X}"
    return digits.zfill(len(digits) + len(digits) % 2)


def days_left(certificate: x509.Certificate, now: datetime) -> int:
    """Whole days until it expires; negative afterwards."""
    return (Lifetime.of(certificate).not_after - now).days


def describe(certificate: x509.Certificate, now: datetime) -> dict[str, Any]:
    """What a person wants to know of a certificate; nothing of it is secret."""
    lifetime = Lifetime.of(certificate)
    return {
        "subject": print_name(certificate.subject),
        "issuer": print_name(certificate.issuer),
        "serial_number": serial_number(certificate),
        "fingerprint_sha256": fingerprint(certificate),
        "not_before": timestamp(lifetime.not_before),
        "not_after": timestamp(lifetime.not_after),
        "days_left": days_left(certificate, now),
        "subject_alt_names": [str(name) for name in names_of(certificate)],
        "key_type": key_type_of_certificate(certificate),
        "profile": profile_of(certificate),
    }


def certificate_builder(
    subject: x509.Name, issuer: x509.Name, public_key: PublicKey, lifetime: Lifetime
) -> x509.CertificateBuilder:
    """What every certificate begins with: names, key and its identifier, dates, a random serial number."""
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(public_key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(lifetime.not_before)
        .not_valid_after(lifetime.not_after)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(public_key), critical=False)
    )


def key_usage(*usages: str) -> x509.KeyUsage:
    """The extension with these usages, named as ``cryptography`` names them, and no others."""
    return x509.KeyUsage(**{usage: usage in usages for usage in _USAGES})


def authority_key_identifier(issuer: x509.Certificate) -> x509.AuthorityKeyIdentifier:
    """How a certificate names the key of its issuer."""
    identifier = extension_of(issuer, x509.SubjectKeyIdentifier)
    if identifier is not None:
        return x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(identifier)
    return x509.AuthorityKeyIdentifier.from_issuer_public_key(as_public_key(issuer.public_key()))


def hash_for(key: PrivateKey) -> hashes.SHA256 | hashes.SHA384 | hashes.SHA512 | None:
    """The hash as strong as the key that signs."""
    if isinstance(key, ed25519.Ed25519PrivateKey):
        return None
    if isinstance(key, ec.EllipticCurvePrivateKey) and key.curve.key_size > 256:
        return hashes.SHA384() if key.curve.key_size <= 384 else hashes.SHA512()
    return hashes.SHA256()


def extension_of(certificate: x509.Certificate, kind: type[Extension]) -> Extension | None:
    """The extension of this kind, or ``None`` where the certificate has none."""
    try:
        return certificate.extensions.get_extension_for_class(kind).value
    except x509.ExtensionNotFound:
        return None


def _verify_signature(certificate: x509.Certificate, key: object) -> None:
    signature, content = certificate.signature, certificate.tbs_certificate_bytes
    algorithm = certificate.signature_hash_algorithm
    if isinstance(key, ed25519.Ed25519PublicKey):
        key.verify(signature, content)
    elif isinstance(key, ec.EllipticCurvePublicKey) and algorithm is not None:
        key.verify(signature, content, ec.ECDSA(algorithm))
    elif isinstance(key, rsa.RSAPublicKey) and algorithm is not None:
        # Without this attribute (cryptography before 41) a signature with PSS padding counts as invalid.
        parameters = getattr(certificate, "signature_algorithm_parameters", None)
        key.verify(
            signature, content, parameters if isinstance(parameters, padding.PSS) else padding.PKCS1v15(), algorithm
        )
    else:
        raise InvalidSignature
