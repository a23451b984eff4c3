# Copyright: Stack TLS contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Certificates that somebody else made: files that were brought, and answers of authorities that others run."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from ._certificate_options import specification_of
from ._errors import CertificateError, located
from ._pki._certificates import Identity, Specification, load_certificates, require_valid
from ._pki._comparison import content_reasons
from ._pki._issuers import Issuers
from ._pki._keys import as_public_key, encode_public_key, load_private_key
from ._pki._names import print_name
from ._pki._pkcs12 import load_container

if TYPE_CHECKING:
    from cryptography import x509

    from ._pki._keys import PrivateKey, PublicKey

Reader = Callable[[str], bytes]
"""Reads the file of a path, and fails where there is none."""


@dataclass(frozen=True)
class Source:
    """What was brought, before it is checked.

    :param pool: certificates that came with it, in any order.
    :param place: where the certificate comes from, for the words of an error.
    """

    key: PrivateKey
    certificate: x509.Certificate
    pool: Sequence[x509.Certificate]
    place: str


def read_source(options: dict[str, Any], read: Reader, issuers: Issuers, now: datetime) -> Identity:
    """The key and the certificate that the options name, checked, with the authorities above it in their order.

    :raises StackTlsError: where a file is missing, damaged or closed, they do not belong together, an authority is
        missing, or the certificate is not what the other options ask for.
    """
    source = load_source(options, read)
    with located(source.place):
        chain = checked_chain(source.certificate, source.pool, specification_of(options), issuers, now)
    return Identity(source.key, source.certificate, tuple(chain[1:]))


def load_source(options: dict[str, Any], read: Reader) -> Source:
    """The key and the certificate that the options name, with all certificates beside it.

    :raises StackTlsError: where a file is missing, damaged or closed, or they do not belong together.
    """
    path, passphrase = options["source_pkcs12_path"], options["source_passphrase"]
    if path:
        with located(path):
            given, _friendly_name = load_container(read(path), passphrase)
            pool = list(given.authorities)
        key, certificate = given.key, given.certificate
    else:
        place = options["source_private_key_path"] or "source_private_key"
        with located(place):
            key = load_private_key(_content(options, "source_private_key", read), passphrase or None)
        path = options["source_certificate_path"] or "source_certificate"
        with located(path):
            found = load_certificates(_content(options, "source_certificate", read))
            certificate, pool = _certificate_of(as_public_key(key.public_key()), found, place), found
    if options["source_chain_path"]:
        with located(options["source_chain_path"]):
            pool += load_certificates(read(options["source_chain_path"]))
    return Source(key, certificate, pool, path)


def checked_chain(
    certificate: x509.Certificate,
    pool: Sequence[x509.Certificate],
    specification: Specification,
    issuers: Issuers,
    now: datetime,
) -> list[x509.Certificate]:
    """The certificate and the authorities above it in their order, all of them valid.

    :param pool: certificates that came with it, in any order.
    :raises CertificateError: where it is not as specified, or an authority is missing.
    """
    objections = [reason.text for reason in content_reasons(certificate, specification)]
    if objections:
        raise CertificateError(
            f"the certificate {print_name(certificate.subject)!r} is not as asked for: {'; '.join(objections)}.",
            hint="Bring another one, or ask for what it says.",
        )
    chain = [certificate, *issuers.chain_of(certificate, pool)]
    for each in chain:
        require_valid(each, now)
    return chain


def certificate_of(public_key: PublicKey, certificates: Sequence[x509.Certificate]) -> x509.Certificate | None:
    """The certificate of this key, nothing where there is none among them."""
    wanted = encode_public_key(public_key)
    for certificate in certificates:
        if encode_public_key(as_public_key(certificate.public_key())) == wanted:
            return certificate
    return None


def _certificate_of(key: PublicKey, certificates: Sequence[x509.Certificate], place: str) -> x509.Certificate:
    certificate = certificate_of(key, certificates)
    if certificate is None:
        raise CertificateError(
            f"holds no certificate of the private key in {place}.", hint="Bring a key and its certificate."
        )
    return certificate


def _content(options: dict[str, Any], name: str, read: Reader) -> bytes:
    text: str | None = options[name]
    return read(options[f"{name}_path"]) if text is None else text.encode()
