# Copyright: Stack TLS contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PKCS#12 containers of a key, its certificate and the authorities above it.

``cryptography`` writes them, but not with the empty password, which Kibana's users have; so they are composed here in
the form that OpenSSL, Java and node-forge read: PBES2 with AES-256-CBC, and a SHA-256 MAC.
"""

from __future__ import annotations

import contextlib
import hashlib
import hmac
import os
from typing import TYPE_CHECKING

from .._errors import CertificateError
from . import _der
from ._certificates import Identity, fingerprint, require_readable
from ._keys import PassphraseError, as_private_key, encode_private_key_der

with contextlib.suppress(ImportError):  # reported by _module.require_cryptography
    from cryptography import x509
    from cryptography.hazmat.primitives import padding, serialization
    from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
    from cryptography.hazmat.primitives.serialization import pkcs12

if TYPE_CHECKING:
    from ._keys import PrivateKey

ITERATIONS = 10_000
"""Java's default. node-forge needs about a second for five times as many."""

_SALT_LENGTH = 16
_DATA = "1.2.840.113549.1.7.1"
_ENCRYPTED_DATA = "1.2.840.113549.1.7.6"
_KEY_BAG = "1.2.840.113549.1.12.10.1.1"
_SHROUDED_KEY_BAG = "1.2.840.113549.1.12.10.1.2"
_CERTIFICATE_BAG = "1.2.840.113549.1.12.10.1.3"
_X509_CERTIFICATE = "1.2.840.113549.1.9.22.1"
_FRIENDLY_NAME = "1.2.840.113549.1.9.20"
_LOCAL_KEY_ID = "1.2.840.113549.1.9.21"
_PBES2 = "1.2.840.113549.1.5.13"
_PBKDF2 = "1.2.840.113549.1.5.12"
_HMAC_SHA256 = "1.2.840.113549.2.9"
_SHA256 = "2.16.840.1.101.3.4.2.1"
_AES_256_CBC = "2.16.840.1.101.3.4.1.42"
_BMP_STRING = 0x1E
_MAC_KEY = 3
_SHA256_BLOCK = 64


def encode_container(identity: Identity, password: str | None, friendly_name: str) -> bytes:
    """The file that holds key, certificate and authorities.

    :param password: ``None`` leaves out encryption and MAC; the empty text is a password like any other.
    :param friendly_name: what Java calls the alias of the key.
    """
    attributes = _attributes(identity.certificate, friendly_name)
    certificates = _certificate_contents(identity, password, attributes)
    contents = _der.sequence(certificates, _key_contents(identity.key, password, attributes))
    parts = [_der.integer(3), _data(contents)]
    if password is not None:
        parts.append(_mac(contents, password))
    return _der.sequence(*parts)


def load_container(data: bytes, password: str | None) -> tuple[Identity, str]:
    """What the file holds, and its friendly name.

    :raises PassphraseError: where the password is wrong, missing or not needed.
    :raises CertificateError: where the file is damaged or lacks the key or the certificate.
    """
    _check_protection(data, password)
    try:
        found = pkcs12.load_pkcs12(data, None if password is None else password.encode())
    except ValueError as error:
        raise PassphraseError("the PKCS#12 file cannot be opened with this password.") from error
    if found.key is None or found.cert is None:
        raise CertificateError("the PKCS#12 file lacks the private key or its certificate.")
    authorities = tuple(other.certificate for other in found.additional_certs)
    for certificate in (found.cert.certificate, *authorities):
        require_readable(certificate)
    friendly_name = (found.cert.friendly_name or b"").decode("utf-8", "replace")
    return Identity(as_private_key(found.key), found.cert.certificate, authorities), friendly_name


def _check_protection(data: bytes, password: str | None) -> None:
    """OpenSSL opens an unprotected file with any password, so this is checked here."""
    try:
        protected = len(_der.elements(_der.single(data, _der.SEQUENCE).content)) > 2
    except CertificateError as error:
        raise CertificateError("the file is not PKCS#12, or damaged.") from error
    if protected and password is None:
        raise PassphraseError("the PKCS#12 file has a password and none is given.")
    if password is not None and not protected:
        raise PassphraseError("the PKCS#12 file has no password although one is given.")


def _certificate_contents(identity: Identity, password: str | None, attributes: bytes) -> bytes:
    own = _certificate_bag(identity.certificate, attributes)
    others = [_certificate_bag(authority, b"") for authority in identity.authorities]
    bags = _der.sequence(own, *others)
    if password is None:
        return _data(bags)
    algorithm, ciphertext = _encrypt(bags, password)
    encrypted = _der.sequence(_der.object_identifier(_DATA), algorithm, _der.encode(0x80, ciphertext))
    return _content(_ENCRYPTED_DATA, _der.sequence(_der.integer(0), encrypted))


def _key_contents(private_key: PrivateKey, password: str | None, attributes: bytes) -> bytes:
    key = encode_private_key_der(private_key)
    if password is None:
        return _data(_der.sequence(_bag(_KEY_BAG, key, attributes)))
    algorithm, ciphertext = _encrypt(key, password)
    shrouded = _der.sequence(algorithm, _der.octets(ciphertext))
    return _data(_der.sequence(_bag(_SHROUDED_KEY_BAG, shrouded, attributes)))


def _certificate_bag(certificate: x509.Certificate, attributes: bytes) -> bytes:
    encoded = certificate.public_bytes(serialization.Encoding.DER)
    value = _der.sequence(_der.object_identifier(_X509_CERTIFICATE), _der.explicit(0, _der.octets(encoded)))
    return _bag(_CERTIFICATE_BAG, value, attributes)


def _attributes(certificate: x509.Certificate, friendly_name: str) -> bytes:
    """What ties the key to its certificate, and their name."""
    name = _der.encode(_BMP_STRING, friendly_name.encode("utf-16-be"))
    identifier = _der.octets(bytes.fromhex(fingerprint(certificate)))
    return _der.set_of(
        _der.sequence(_der.object_identifier(_FRIENDLY_NAME), _der.set_of(name)),
        _der.sequence(_der.object_identifier(_LOCAL_KEY_ID), _der.set_of(identifier)),
    )


def _bag(identifier: str, value: bytes, attributes: bytes) -> bytes:
    return _der.sequence(_der.object_identifier(identifier), _der.explicit(0, value), attributes)


def _content(identifier: str, value: bytes) -> bytes:
    return _der.sequence(_der.object_identifier(identifier), _der.explicit(0, value))


def _data(content: bytes) -> bytes:
    return _content(_DATA, _der.octets(content))


def _encrypt(plaintext: bytes, password: str) -> tuple[bytes, bytes]:
    """The algorithm's identifier with its parameters, and the ciphertext."""
    salt, vector = os.urandom(_SALT_LENGTH), os.urandom(16)
    key = hashlib.pbkdf2_hmac("sha256", password.encode(), salt, ITERATIONS, 32)
    padder = padding.PKCS7(128).padder()
    encryptor = Cipher(algorithms.AES(key), modes.CBC(vector)).encryptor()
    ciphertext = encryptor.update(padder.update(plaintext) + padder.finalize()) + encryptor.finalize()
    digest = _der.sequence(_der.object_identifier(_HMAC_SHA256), _der.null())
    derivation = _der.sequence(
        _der.object_identifier(_PBKDF2), _der.sequence(_der.octets(salt), _der.integer(ITERATIONS), digest)
    )
    cipher = _der.sequence(_der.object_identifier(_AES_256_CBC), _der.octets(vector))
    return _der.sequence(_der.object_identifier(_PBES2), _der.sequence(derivation, cipher)), ciphertext


def _mac(contents: bytes, password: str) -> bytes:
    salt = os.urandom(_SALT_LENGTH)
    digest = hmac.digest(_mac_key(password, salt), contents, "sha256")
    algorithm = _der.sequence(_der.object_identifier(_SHA256), _der.null())
    return _der.sequence(_der.sequence(algorithm, _der.octets(digest)), _der.octets(salt), _der.integer(ITERATIONS))


def _mac_key(password: str, salt: bytes) -> bytes:
    """RFC 7292 appendix B.2 for one block, which is all that a SHA-256 key needs."""
    block = bytes([_MAC_KEY]) * _SHA256_BLOCK + _fill(salt) + _fill(f"{password}\0".encode("utf-16-be"))
    for _round in range(ITERATIONS):
        block = hashlib.sha256(block).digest()
    return block


def _fill(content: bytes) -> bytes:
    """The content repeated up to a multiple of the block."""
    length = -(-len(content) // _SHA256_BLOCK) * _SHA256_BLOCK
    return (content * (length // len(content) + 1))[:length]
