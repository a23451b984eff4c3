# Copyright: Stack TLS contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PKCS#12 containers of a key, its certificate and the authorities above it."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

from .._errors import CertificateError
from . import _der
from ._certificates import Identity, fingerprint, is_issued_by, require_readable
from ._keys import PassphraseError, as_private_key
from ._pkcs12_bags import (
    FRIENDLY_NAME,
    LOCAL_KEY_ID,
    certificate_bag,
    certificate_content,
    encode_attributes,
    encode_friendly_name,
    key_content,
    read_container,
    write_container,
)
from ._pkcs12_protection import digest_of_mac

with contextlib.suppress(ImportError):  # reported by _module.require_cryptography
    from cryptography import x509
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.serialization import pkcs12

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.serialization.pkcs12 import PKCS12KeyAndCertificates


def encode_container(
    identity: Identity, password: str | None, friendly_name: str, encryption: str = "aes-256"
) -> bytes:
    """The file that holds key, certificate and authorities: the certificate, its issuer, and so on up to the root.

    :param password: ``None`` leaves out encryption and MAC; the empty text is a password like any other.
    :param friendly_name: what Java calls the alias of the key.
    :param encryption: one of :data:`._kinds.ENCRYPTIONS`; without a password there is none.
    :raises CertificateError: where password or friendly name is not Unicode text.
    """
    identifier = _der.octets(bytes.fromhex(fingerprint(identity.certificate)))
    attributes = encode_attributes({FRIENDLY_NAME: encode_friendly_name(friendly_name), LOCAL_KEY_ID: identifier})
    own, *others = _in_order(identity)
    bags = [certificate_bag(own, attributes), *(certificate_bag(other, b"") for other in others)]
    certificates = certificate_content(bags, password, encryption)
    key = key_content(identity.key, attributes, password, encryption)
    return write_container([certificates, key], password, encryption)


def load_container(data: bytes, password: str | None) -> tuple[Identity, str]:
    """What the file holds, and its friendly name.

    :raises PassphraseError: where the password is wrong, missing or not needed.
    :raises CertificateError: where the file is damaged or lacks the key or the certificate.
    """
    found = open_container(data, password)
    if found.key is None or found.cert is None:
        raise CertificateError("the PKCS#12 file lacks the private key or its certificate.")
    authorities = tuple(other.certificate for other in found.additional_certs)
    for certificate in (found.cert.certificate, *authorities):
        require_readable(certificate)
    friendly_name = (found.cert.friendly_name or b"").decode("utf-8", "replace")
    return Identity(as_private_key(found.key), found.cert.certificate, authorities), friendly_name


def open_container(data: bytes, password: str | None) -> PKCS12KeyAndCertificates:
    """The key and certificates of a file in any form that ``cryptography`` reads; its MAC is checked.

    :raises PassphraseError: where the password is wrong, missing or not needed.
    :raises CertificateError: where the file is damaged.
    """
    _check_protection(data, password)
    if "\0" in (password or ""):  # cryptography would end the whole process
        raise PassphraseError("the PKCS#12 file cannot be opened with a password that has a NUL character in it.")
    try:
        return pkcs12.load_pkcs12(data, None if password is None else password.encode())
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise PassphraseError("the PKCS#12 file cannot be opened with this password.") from error
    except x509.InvalidVersion as error:
        raise CertificateError("the PKCS#12 file holds a damaged certificate.") from error


def container_encryption(data: bytes) -> str:
    """How the file is protected, which can be seen without its password.

    :return: one of :data:`._kinds.ENCRYPTIONS` where the whole file is protected so; ``none`` where it
        has neither encryption nor MAC; ``other`` in every other case.
    :raises CertificateError: where the file is damaged.
    """
    return read_container(data).encryption()


def is_protected(data: bytes) -> bool:
    """Whether a file has a MAC, and so a password, be it the empty one.

    :raises CertificateError: where it is no PKCS#12 file.
    """
    try:
        mac = _der.elements(_der.single(data, _der.SEQUENCE).content)[2:]
        return bool(mac) and bool(digest_of_mac(mac[0].encoded))
    except CertificateError as error:
        raise CertificateError("the file is not PKCS#12, or damaged.") from error


def _check_protection(data: bytes, password: str | None) -> None:
    """OpenSSL opens an unprotected file with any password, and counts iterations for hours; so both are seen here."""
    protected = is_protected(data)
    if protected and password is None:
        raise PassphraseError("the PKCS#12 file has a password and none is given.")
    if password is not None and not protected:
        raise PassphraseError("the PKCS#12 file has no password although one is given.")


def _in_order(identity: Identity) -> list[x509.Certificate]:
    """The certificate, those above it one by one, then those that do not belong to the chain."""
    chain, others = [identity.certificate], list(identity.authorities)
    while True:
        issuer = next((other for other in others if is_issued_by(chain[-1], other)), None)
        if issuer is None:
            return [*chain, *others]
        others.remove(issuer)
        chain.append(issuer)
