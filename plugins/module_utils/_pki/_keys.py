# Copyright: Stack TLS contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Private keys: made, read, written and told apart."""

from __future__ import annotations

import contextlib
import re
from typing import TYPE_CHECKING

from .._errors import CertificateError

_UNTESTED: dict[str, bool] = {}
"""Options that leave out the test of RSA keys, where this version of ``cryptography`` has any."""

with contextlib.suppress(ImportError):  # reported by _module.require_cryptography
    import cryptography
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

    if not cryptography.__version__.startswith("38."):
        _UNTESTED = {"unsafe_skip_rsa_key_validation": True}

if TYPE_CHECKING:
    PrivateKey = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey | ed25519.Ed25519PrivateKey
    PublicKey = ec.EllipticCurvePublicKey | rsa.RSAPublicKey | ed25519.Ed25519PublicKey

_CURVES = {"secp256r1": "ec-p256", "secp384r1": "ec-p384", "secp521r1": "ec-p521"}
_PEM_KEY = re.compile(rb"-----BEGIN ((?:[A-Z]+ )*PRIVATE KEY)-----.+?-----END \1-----\r?\n?", re.DOTALL)


class PassphraseError(CertificateError):
    """A private key or container that is not protected as was said."""


def generate_private_key(key_type: str) -> PrivateKey:
    """A new key of one of :data:`._kinds.KEY_TYPES`."""
    family, _dash, size = key_type.partition("-")
    if family == "rsa":
        return rsa.generate_private_key(public_exponent=65537, key_size=int(size))
    if family == "ec":
        curves = {"p256": ec.SECP256R1(), "p384": ec.SECP384R1(), "p521": ec.SECP521R1()}
        return ec.generate_private_key(curves[size])
    return ed25519.Ed25519PrivateKey.generate()


def load_private_key(pem: bytes, passphrase: str | None, *, validate: bool = True) -> PrivateKey:
    """The key of a PEM file in any common form: PKCS#8, PKCS#1, SEC 1, encrypted or not.

    :param validate: whether the numbers of an RSA key are tested. That takes 0.1 s and more; who checks what the key
        signs needs no such test.
    :raises PassphraseError: where the passphrase is missing, wrong or not needed.
    :raises CertificateError: where there is no key, or one of a kind that TLS has no use for.
    """
    found = _PEM_KEY.search(pem)
    if found is None:
        raise CertificateError("holds no private key in PEM form.")
    _check_passphrase_given(is_encrypted(found.group()), passphrase)
    try:
        key = serialization.load_pem_private_key(
            found.group(), passphrase.encode() if passphrase else None, **({} if validate else _UNTESTED)
        )
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        if passphrase:
            raise PassphraseError("the private key cannot be opened with this passphrase.") from error
        raise CertificateError("the private key is damaged.") from error
    return as_private_key(key)


def as_private_key(key: object) -> PrivateKey:
    """The key, if it is of a supported kind.

    :raises CertificateError: where it is not.
    """
    if not isinstance(key, (ec.EllipticCurvePrivateKey, rsa.RSAPrivateKey, ed25519.Ed25519PrivateKey)):
        raise CertificateError("the private key is neither EC, RSA nor Ed25519.")
    return key


def as_public_key(key: object) -> PublicKey:
    """The key, if it is of a supported kind.

    :raises CertificateError: where it is not.
    """
    if not isinstance(key, (ec.EllipticCurvePublicKey, rsa.RSAPublicKey, ed25519.Ed25519PublicKey)):
        raise CertificateError("the public key is neither EC, RSA nor Ed25519.")
    return key


def is_encrypted(pem: bytes) -> bool:
    """Whether a key in PEM form is encrypted."""
    return b"BEGIN ENCRYPTED PRIVATE KEY" in pem or b"Proc-Type: 4,ENCRYPTED" in pem


def encode_private_key(key: PrivateKey, passphrase: str | None) -> bytes:
    """PKCS#8 in PEM form, encrypted (PBES2, AES-256-CBC) where a passphrase is given."""
    protection: serialization.KeySerializationEncryption = serialization.NoEncryption()
    if passphrase:
        protection = serialization.BestAvailableEncryption(passphrase.encode())
    return key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, protection)


def encode_private_key_der(key: PrivateKey) -> bytes:
    """PKCS#8 in DER form, not encrypted."""
    return key.private_bytes(
        serialization.Encoding.DER, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


def encode_public_key(key: PublicKey) -> bytes:
    """SubjectPublicKeyInfo in DER form: the same bytes are the same key."""
    return key.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)


def key_type_of(key: PublicKey) -> str:
    """The kind of key in the words of :data:`._kinds.KEY_TYPES`; other sizes and curves likewise."""
    if isinstance(key, rsa.RSAPublicKey):
        return f"rsa-{key.key_size}"
    if isinstance(key, ec.EllipticCurvePublicKey):
        return _CURVES.get(key.curve.name, f"ec-{key.curve.name}")
    return "ed25519"


def is_rsa(key_type: str) -> bool:
    """Whether keys of this type are RSA keys."""
    return key_type.startswith("rsa-")


def _check_passphrase_given(encrypted: bool, passphrase: str | None) -> None:
    if encrypted and not passphrase:
        raise PassphraseError("the private key is encrypted and no passphrase is given.")
    if passphrase and not encrypted:
        raise PassphraseError("the private key is not encrypted although a passphrase is given.")
