# Copyright: Stack TLS contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How a password protects a PKCS#12 file: its encryption and its MAC (RFC 7292, RFC 8018).

``cryptography`` writes such files too, but not with the empty password, which Kibana's users have, and before version
45 not with attributes; so they are composed here in the forms that OpenSSL, Java and node-forge read.
"""

from __future__ import annotations

import contextlib
import hashlib
import hmac
import os
from dataclasses import dataclass

from .._errors import CertificateError
from . import _der

with contextlib.suppress(ImportError):  # reported by _module.require_cryptography
    from cryptography.hazmat.primitives import padding
    from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

try:
    from cryptography.hazmat.decrepit.ciphers.algorithms import TripleDES
except ImportError:  # cryptography before 43 has it among the others
    with contextlib.suppress(ImportError):
        from cryptography.hazmat.primitives.ciphers.algorithms import TripleDES

ITERATIONS = 10_000
"""Java's default. node-forge needs about a second for five times as many."""

_MOST_ITERATIONS = 5_000_000
"""Java refuses more than that too; reading a damaged number would otherwise take hours."""

_SALT_LENGTH = 16
_PBES2 = "1.2.840.113549.1.5.13"
_PBKDF2 = "1.2.840.113549.1.5.12"
_PBE_SHA1_3DES = "1.2.840.113549.1.12.1.3"
_AES = {"2.16.840.1.101.3.4.1.42": "aes-256", "2.16.840.1.101.3.4.1.2": "aes-128"}
_HMAC_SHA256 = "1.2.840.113549.2.9"
_PSEUDO_RANDOM = {
    "1.2.840.113549.2.7": "sha1",
    _HMAC_SHA256: "sha256",
    "1.2.840.113549.2.10": "sha384",
    "1.2.840.113549.2.11": "sha512",
}
_DIGESTS = {"1.3.14.3.2.26": "sha1", "2.16.840.1.101.3.4.2.1": "sha256"}
_KEY_LENGTHS = {"aes-256": 32, "aes-128": 16, "3des": 24}
_FOR_KEY, _FOR_VECTOR, _FOR_MAC = 1, 2, 3


@dataclass(frozen=True)
class Protected:
    """A ciphertext and what says how it was made, apart from the password.

    :param algorithm: the encoded AlgorithmIdentifier.
    """

    algorithm: bytes
    ciphertext: bytes


def encrypt(plaintext: bytes, password: str, encryption: str) -> Protected:
    """The plaintext under one of :data:`._kinds.ENCRYPTIONS`.

    :raises CertificateError: where the password is not Unicode text, or has a NUL character.
    """
    salt = os.urandom(_SALT_LENGTH)
    if encryption == "3des":
        parameters = _der.sequence(_der.octets(salt), _der.integer(ITERATIONS))
        identifier, cipher = _PBE_SHA1_3DES, _triple_des(password, salt, ITERATIONS)
    else:
        vector = os.urandom(16)
        parameters = _pbes2_parameters(encryption, salt, vector)
        identifier, cipher = _PBES2, _aes(encryption, password, salt, ITERATIONS, "sha256", vector)
    padder, encryptor = padding.PKCS7(_block_bits(encryption)).padder(), cipher.encryptor()
    ciphertext = encryptor.update(padder.update(plaintext) + padder.finalize()) + encryptor.finalize()
    return Protected(_der.sequence(_der.object_identifier(identifier), parameters), ciphertext)


def decrypt(protected: Protected, password: str) -> bytes:
    """The plaintext of what is protected by one of :data:`._kinds.ENCRYPTIONS`.

    :raises CertificateError: where it is protected otherwise, damaged, or the password another one.
    """
    encryption = encryption_of(protected.algorithm)
    decryptor = _cipher_of(encryption, protected.algorithm, password).decryptor()
    unpadder = padding.PKCS7(_block_bits(encryption)).unpadder()
    try:
        plaintext = decryptor.update(protected.ciphertext) + decryptor.finalize()
        return unpadder.update(plaintext) + unpadder.finalize()
    except ValueError as error:
        raise CertificateError("the PKCS#12 file cannot be decrypted.") from error


def encryption_of(algorithm: bytes) -> str:
    """One of :data:`._kinds.ENCRYPTIONS`, or ``other``.

    :raises CertificateError: where this is no AlgorithmIdentifier.
    """
    identifier, parameters = _identifier(algorithm)
    if identifier == _PBE_SHA1_3DES:
        return "3des"
    if identifier != _PBES2:
        return "other"
    derivation, cipher = _der.structure(parameters, _der.SEQUENCE, _der.SEQUENCE)[:2]
    if _identifier(derivation.encoded)[0] != _PBKDF2:
        return "other"
    return _AES.get(_identifier(cipher.encoded)[0], "other")


def digest_for(encryption: str) -> str:
    """The hash of the MAC that goes with one of :data:`._kinds.ENCRYPTIONS`."""
    return "sha1" if encryption == "3des" else "sha256"


def make_mac(contents: bytes, password: str, digest: str) -> bytes:
    """The encoded MacData over the contents of a file."""
    salt = os.urandom(_SALT_LENGTH)
    key = derive(password, salt, _FOR_MAC, hashlib.new(digest).digest_size, ITERATIONS, digest)
    identifier = next(dotted for dotted, name in _DIGESTS.items() if name == digest)
    algorithm = _der.sequence(_der.object_identifier(identifier), _der.null())
    value = _der.octets(hmac.digest(key, contents, digest))
    return _der.sequence(_der.sequence(algorithm, value), _der.octets(salt), _der.integer(ITERATIONS))


def digest_of_mac(mac: bytes) -> str:
    """The hash of a MacData, or ``other``.

    :raises CertificateError: where this is no MacData, or one that takes hours to check.
    """
    information, _salt, *iterations = _der.structure(
        _der.single(mac, _der.SEQUENCE).content, _der.SEQUENCE, _der.OCTET_STRING
    )
    if iterations:
        _iterations(iterations[0])
    algorithm = _der.structure(information.content, _der.SEQUENCE, _der.OCTET_STRING)[0]
    return _DIGESTS.get(_identifier(algorithm.encoded)[0], "other")


def derive(password: str, salt: bytes, purpose: int, length: int, iterations: int, digest: str) -> bytes:
    """Key material by RFC 7292 appendix B.2, with the password as appendix B.1 encodes it.

    :param purpose: 1 for a key, 2 for an initialization vector, 3 for the key of a MAC.
    :param length: bytes that are wanted.
    :raises CertificateError: where the password is not Unicode text, or has a NUL character.
    """
    function = getattr(hashlib, digest)  # faster than hashlib.new, ten thousand times
    block = function().block_size
    mixed = _repeated(salt, block) + _repeated(_encoded(password, "utf-16-be") + b"\0\0", block)
    material = b""
    while True:
        value: bytes = bytes([purpose]) * block + mixed
        for _round in range(iterations):
            value = function(value).digest()
        material += value
        if len(material) >= length:
            return material[:length]
        mixed = _stirred(mixed, _repeated(value, block)[:block])


def _stirred(mixed: bytes, value: bytes) -> bytes:
    """Each block of the input plus the value plus one."""
    block = len(value)
    addend, modulus = int.from_bytes(value, "big") + 1, 1 << 8 * block
    blocks = (int.from_bytes(mixed[start : start + block], "big") for start in range(0, len(mixed), block))
    return b"".join(((number + addend) % modulus).to_bytes(block, "big") for number in blocks)


def _repeated(content: bytes, block: int) -> bytes:
    """The content repeated up to a multiple of the block."""
    length = -(-len(content) // block) * block
    return (content * (length // max(len(content), 1) + 1))[:length]


def _encoded(password: str, encoding: str) -> bytes:
    if "\0" in password:  # where it ends for OpenSSL
        raise CertificateError("the password of the PKCS#12 file has a NUL character in it.")
    try:
        return password.encode(encoding)
    except UnicodeError as error:
        raise CertificateError("the password of the PKCS#12 file is not Unicode text.") from error


def _pbes2_parameters(encryption: str, salt: bytes, vector: bytes) -> bytes:
    pseudo_random = _der.sequence(_der.object_identifier(_HMAC_SHA256), _der.null())
    derivation = _der.sequence(
        _der.object_identifier(_PBKDF2), _der.sequence(_der.octets(salt), _der.integer(ITERATIONS), pseudo_random)
    )
    identifier = next(dotted for dotted, name in _AES.items() if name == encryption)
    return _der.sequence(derivation, _der.sequence(_der.object_identifier(identifier), _der.octets(vector)))


def _block_bits(encryption: str) -> int:
    return 64 if encryption == "3des" else 128


def _cipher_of(encryption: str, algorithm: bytes, password: str) -> Cipher[modes.CBC]:
    parameters = _identifier(algorithm)[1]
    if encryption == "3des":
        salt, iterations = _der.structure(parameters, _der.OCTET_STRING, _der.INTEGER)[:2]
        return _triple_des(password, salt.content, _iterations(iterations))
    if encryption == "other":
        raise CertificateError("the PKCS#12 file is encrypted in a way that is not known here.")
    derivation, cipher = _der.structure(parameters, _der.SEQUENCE, _der.SEQUENCE)[:2]
    vector = _der.structure(cipher.content, _der.OBJECT_IDENTIFIER, _der.OCTET_STRING)[1]
    salt, iterations, *more = _der.structure(_identifier(derivation.encoded)[1], _der.OCTET_STRING, _der.INTEGER)
    digest = _pseudo_random(more)
    return _aes(encryption, password, salt.content, _iterations(iterations), digest, vector.content)


def _pseudo_random(parameters: list[_der.Element]) -> str:
    """The hash of PBKDF2, of which SHA-1 is left out of the encoding."""
    found = [_identifier(element.encoded)[0] for element in parameters if element.tag == _der.SEQUENCE]
    digest = _PSEUDO_RANDOM.get(found[0]) if found else "sha1"
    if digest is None:
        raise CertificateError("the PKCS#12 file derives its key in a way that is not known here.")
    return digest


def _triple_des(password: str, salt: bytes, iterations: int) -> Cipher[modes.CBC]:
    key = derive(password, salt, _FOR_KEY, _KEY_LENGTHS["3des"], iterations, "sha1")
    vector = derive(password, salt, _FOR_VECTOR, 8, iterations, "sha1")
    return Cipher(TripleDES(key), modes.CBC(vector))


def _aes(encryption: str, password: str, salt: bytes, iterations: int, digest: str, vector: bytes) -> Cipher[modes.CBC]:
    key = hashlib.pbkdf2_hmac(digest, _encoded(password, "utf-8"), salt, iterations, _KEY_LENGTHS[encryption])
    try:
        return Cipher(algorithms.AES(key), modes.CBC(vector))
    except ValueError as error:
        raise CertificateError("the PKCS#12 file has an initialization vector of a wrong length.") from error


def _identifier(algorithm: bytes) -> tuple[str, bytes]:
    """The dotted identifier of an AlgorithmIdentifier, and the content of its parameters."""
    content = _der.single(algorithm, _der.SEQUENCE).content
    identifier, *parameters = _der.structure(content, _der.OBJECT_IDENTIFIER)
    return _der.dotted(identifier.content), parameters[0].content if parameters else b""


def _iterations(element: _der.Element) -> int:
    iterations = _der.integer_of(element)
    if not 1 <= iterations <= _MOST_ITERATIONS:
        raise CertificateError(
            f"the PKCS#12 file asks for {iterations} iterations; 1 to {_MOST_ITERATIONS} are possible."
        )
    return iterations
