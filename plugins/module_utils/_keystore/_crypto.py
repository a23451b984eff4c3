# Copyright: Stack TLS contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the secret stores of the Elastic Stack have in common: a key made out of a password, and AES-GCM.

They differ in how often the password is hashed, in the size of the key, and in what is authenticated besides.
"""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass, field

from .._errors import KeystoreError

try:
    from cryptography.exceptions import InvalidTag
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM
except ImportError:
    # `_module.require_cryptography` reports it before anything here is called.
    pass

SALT_SIZE = 64
IV_SIZE = 12
TAG_SIZE = 16


@dataclass(frozen=True)
class Envelope:
    """Encrypted bytes with what it takes, besides the password, to open them.

    :param sealed: the ciphertext with its authentication tag at the end.
    """

    salt: bytes
    iv: bytes
    sealed: bytes


@dataclass(frozen=True)
class Cipher:
    """AES-GCM with a key that PBKDF2-HMAC-SHA-512 makes out of a password.

    :param key_size: in bytes.
    :param salt_is_authenticated: whether the salt is the additional data of AES-GCM.
    """

    iterations: int
    key_size: int
    salt_is_authenticated: bool

    def key(self, password: str, salt: bytes) -> Key:
        """The key of a password; slow by design, a tenth of a second and more.

        :raises KeystoreError: where the password is not valid Unicode text.
        """
        try:
            encoded = password.encode("utf-8")
        except UnicodeEncodeError:
            raise KeystoreError("the password is not valid Unicode text.") from None
        aes = AESGCM(hashlib.pbkdf2_hmac("sha512", encoded, salt, self.iterations, self.key_size))
        return Key(self, password, salt, aes)

    def new_key(self, password: str) -> Key:
        """The key of a password and a new salt.

        :raises KeystoreError: where the password is not valid Unicode text.
        """
        return self.key(password, os.urandom(SALT_SIZE))


@dataclass(frozen=True)
class Key:
    """What a password and a salt became.

    One key may seal one store again and again, which saves the slow half of a change. What AES-GCM asks for is that no
    initialisation vector is used twice with a key: it is random each time, good for 2^32 times (NIST SP 800-38D, 8.3).
    The salt keeps keys of different stores apart, and that it still does.
    """

    cipher: Cipher
    password: str = field(repr=False)
    salt: bytes
    aes: AESGCM = field(repr=False)

    def seal(self, plaintext: bytes) -> Envelope:
        """Encrypt with an initialisation vector that is new each time."""
        iv = os.urandom(IV_SIZE)
        return Envelope(self.salt, iv, self.aes.encrypt(iv, plaintext, self._additional_data))

    def open(self, envelope: Envelope) -> bytes | None:
        """Decrypt; ``None`` where the password is another one or something was altered."""
        try:
            return self.aes.decrypt(envelope.iv, envelope.sealed, self._additional_data)
        except (InvalidTag, ValueError):
            # ValueError is for an initialisation vector of an impossible length.
            return None

    @property
    def _additional_data(self) -> bytes | None:
        return self.salt if self.cipher.salt_is_authenticated else None
