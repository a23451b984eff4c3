# Copyright: Stack TLS contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the secret stores of the Elastic Stack have in common: a key made out of a password, and AES-GCM.

They differ in how often the password is hashed, in the size of the key, and in what is authenticated besides.
"""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass

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

    def seal(self, plaintext: bytes, password: str) -> Envelope:
        """Encrypt with a salt and an initialisation vector that are new each time."""
        salt, iv = os.urandom(SALT_SIZE), os.urandom(IV_SIZE)
        return Envelope(salt, iv, self._aes(password, salt).encrypt(iv, plaintext, self._additional_data(salt)))

    def open(self, envelope: Envelope, password: str) -> bytes | None:
        """Decrypt; ``None`` where the password is another one or something was altered."""
        aes = self._aes(password, envelope.salt)
        try:
            return aes.decrypt(envelope.iv, envelope.sealed, self._additional_data(envelope.salt))
        except (InvalidTag, ValueError):
            # ValueError is for an initialisation vector of an impossible length.
            return None

    def _aes(self, password: str, salt: bytes) -> AESGCM:
        key = hashlib.pbkdf2_hmac("sha512", password.encode("utf-8"), salt, self.iterations, self.key_size)
        return AESGCM(key)

    def _additional_data(self, salt: bytes) -> bytes | None:
        return salt if self.salt_is_authenticated else None
