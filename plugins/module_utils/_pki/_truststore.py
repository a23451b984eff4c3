# Copyright: Stack TLS contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Truststores: the authorities that somebody trusts, as a PEM bundle or as PKCS#12 that Java accepts."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from .._errors import CertificateError
from . import _der
from ._bundle import distinct
from ._certificates import (
    fingerprint,
    load_certificates,
    require_readable,
)
from ._names import print_name
from ._pkcs12 import open_container
from ._pkcs12_bags import (
    CERTIFICATE_BAG,
    FRIENDLY_NAME,
    KEY_BAG,
    LOCAL_KEY_ID,
    SHROUDED_KEY_BAG,
    Bag,
    certificate_bag,
    certificate_content,
    certificate_of,
    encode_attributes,
    encode_friendly_name,
    read_container,
    write_container,
)

if TYPE_CHECKING:
    from cryptography import x509

TRUSTED_KEY_USAGE = "2.16.840.1.113894.746875.1.1"
"""Oracle's attribute of a bag. Java ignores each certificate without it that belongs to no key."""

_ANY_EXTENDED_KEY_USAGE = "2.5.29.37.0"
_JAVA_KEY_STORES = (b"\xfe\xed\xfe\xed", b"\xce\xce\xce\xce")
"""How JKS and JCEKS begin."""


@dataclass(frozen=True)
class Truststore:
    """What a file holds.

    :param trusted: those of the certificates that Java, too, finds in it.
    :param encryption: ``none`` for PEM, otherwise see :func:`._pkcs12.container_encryption`.
    """

    certificates: tuple[x509.Certificate, ...]
    trusted: tuple[x509.Certificate, ...]
    encryption: str


def load_bundle(pem: bytes) -> Truststore:
    """What a PEM file holds.

    :raises CertificateError: where that is anything but certificates and comments, or one of them is damaged.
    """
    certificates = load_certificates(pem)
    if pem.count(b"-----BEGIN ") != len(certificates):
        raise CertificateError("holds something else than certificates, too.")
    return Truststore(tuple(certificates), tuple(certificates), "none")


def encode_truststore(
    certificates: Iterable[x509.Certificate], password: str | None, encryption: str = "aes-256"
) -> bytes:
    """The PKCS#12 file that holds the certificates, each once, as trusted entries.

    The friendly names are made of subject and fingerprint: Java keeps only one of several entries of the same name.

    :param password: ``None`` leaves out encryption and MAC; the empty text is a password like any other.
    :param encryption: one of :data:`._kinds.ENCRYPTIONS`; without a password there is none.
    :raises CertificateError: where the password is not Unicode text.
    """
    bags = [certificate_bag(certificate, _attributes(certificate)) for certificate in distinct(certificates)]
    return write_container([certificate_content(bags, password, encryption)], password, encryption)


def load_truststore(data: bytes, password: str | None) -> Truststore:
    """What a PKCS#12 file holds.

    :raises PassphraseError: where the password is wrong, missing or not needed.
    :raises CertificateError: where the file is damaged.
    """
    opened, container = open_container(data, password), read_container(data)
    certificates = tuple(other.certificate for other in opened.additional_certs)
    for certificate in certificates:
        require_readable(certificate)
    encryption = container.encryption()
    trusted = () if encryption == "other" else _trusted(container.bags(password))
    return Truststore(distinct(certificates), trusted, encryption)


def holds_private_key(data: bytes, password: str | None) -> bool:
    """Whether a file is seen to hold a private key; most tell it without their password. A file of Java's own formats
    may hold one.
    """
    if b"PRIVATE KEY-----" in data or is_java_key_store(data):
        return True
    try:
        return read_container(data).holds_key() or open_container(data, password).key is not None
    except CertificateError:
        return False


def is_java_key_store(data: bytes) -> bool:
    """Whether a file is of one of Java's own formats, JKS and JCEKS."""
    return data.startswith(_JAVA_KEY_STORES)


def open_certificates(
    data: bytes, password: str | None
) -> tuple[tuple[x509.Certificate, ...], tuple[x509.Certificate, ...]]:
    """All certificates of a PKCS#12 file, each once, and those among them that belong to its private keys.

    :raises PassphraseError: where the password is wrong, missing or not needed.
    :raises CertificateError: where the file is damaged.
    """
    opened = open_container(data, password)
    entries = [opened.cert, *opened.additional_certs] if opened.cert else opened.additional_certs
    certificates = [entry.certificate for entry in entries]
    for certificate in certificates:
        require_readable(certificate)
    of_keys = [opened.cert.certificate] if opened.cert else []
    # cryptography sees one key only, and the http.p12 that Elasticsearch configures for itself has two. Older files are
    # encrypted in ways that are known to cryptography only; those have one key.
    with contextlib.suppress(CertificateError):
        of_keys += _of_keys(read_container(data).bags(password))
    return distinct(certificates), distinct(of_keys)


def _of_keys(bags: list[Bag]) -> list[x509.Certificate]:
    """The certificates whose bag has the identifier of a key."""
    keys = {bag.attributes.get(LOCAL_KEY_ID) for bag in bags if bag.identifier in (KEY_BAG, SHROUDED_KEY_BAG)} - {None}
    return [
        certificate_of(bag)
        for bag in bags
        if bag.identifier == CERTIFICATE_BAG and bag.attributes.get(LOCAL_KEY_ID) in keys
    ]


def _attributes(certificate: x509.Certificate) -> bytes:
    name = f"{print_name(certificate.subject)} [{fingerprint(certificate)[:16]}]"
    usage = _der.object_identifier(_ANY_EXTENDED_KEY_USAGE)
    return encode_attributes({FRIENDLY_NAME: encode_friendly_name(name), TRUSTED_KEY_USAGE: usage})


def _trusted(bags: Iterable[Bag]) -> tuple[x509.Certificate, ...]:
    """The certificates as Java sees them: only with the attribute, and the last one of each name."""
    by_name: dict[str, x509.Certificate] = {}
    for bag in bags:
        if bag.identifier == CERTIFICATE_BAG and TRUSTED_KEY_USAGE in bag.attributes:
            certificate = certificate_of(bag)
            name = bag.friendly_name
            by_name[fingerprint(certificate) if name is None else name.lower()] = certificate
    return distinct(by_name.values())
