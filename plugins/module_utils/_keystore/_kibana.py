# Copyright: Stack TLS contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The codec of ``kibana.keystore``: ASCII without a line end, a version and an encrypted JSON object.

    "1:" + base64( salt | iv | tag | ciphertext )

The tag stands before the ciphertext, unlike in the other stores. The JSON is flat, with dotted names.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from typing import Any

from .._errors import KeystoreError
from ._crypto import IV_SIZE, SALT_SIZE, TAG_SIZE, Cipher, Envelope

CIPHER = Cipher(10_000, 32, salt_is_authenticated=False)

_VERSION = "1"
_RESTORE = "Restore it from a backup, or remove it and set all its entries again. Nothing was written."


def decode(content: bytes, cipher: Cipher = CIPHER) -> dict[str, Any]:
    """The entries in the content of a file; Kibana's own tool also stores numbers and booleans.

    :raises KeystoreError: where it is damaged, of an unknown version, or has a password.
    """
    envelope = _envelope(_payload(content))
    plaintext = cipher.open(envelope, "")
    if plaintext is None:
        raise KeystoreError(
            "the keystore cannot be decrypted: it is damaged, or it has a password.",
            hint=f"Keystores of Kibana with a password are not supported. {_RESTORE}",
        )
    try:
        entries = json.loads(plaintext)
    except ValueError:
        entries = None
    if not isinstance(entries, dict):
        raise _damaged("there is no JSON object in it")
    return entries


def encode(entries: Mapping[str, Any], cipher: Cipher = CIPHER) -> bytes:
    """The content of a file with the entries in it."""
    plaintext = json.dumps(entries, separators=(",", ":")).encode("ascii")
    envelope = cipher.seal(plaintext, "")
    ciphertext, tag = envelope.sealed[:-TAG_SIZE], envelope.sealed[-TAG_SIZE:]
    payload = base64.b64encode(envelope.salt + envelope.iv + tag + ciphertext)
    return f"{_VERSION}:".encode("ascii") + payload


def _payload(content: bytes) -> bytes:
    """What stands after the version, as bytes."""
    version, separator, encoded = content.strip().partition(b":")
    if not separator or not version.isdigit():
        raise KeystoreError("is not a Kibana keystore.", hint="Check the path. Nothing was written.")
    if version != _VERSION.encode("ascii"):
        raise KeystoreError(
            f"the keystore is of version {version.decode('ascii')}, but only version {_VERSION} is known.",
            hint="It belongs to a newer Kibana: update this collection. Nothing was written.",
        )
    try:
        return base64.b64decode(encoded, validate=True)
    except ValueError:
        raise _damaged("it is not base64") from None


def _envelope(payload: bytes) -> Envelope:
    if len(payload) < SALT_SIZE + IV_SIZE + TAG_SIZE:
        raise _damaged("it ends too early")
    salt, rest = payload[:SALT_SIZE], payload[SALT_SIZE:]
    iv, rest = rest[:IV_SIZE], rest[IV_SIZE:]
    tag, ciphertext = rest[:TAG_SIZE], rest[TAG_SIZE:]
    return Envelope(salt, iv, ciphertext + tag)


def _damaged(how: str) -> KeystoreError:
    return KeystoreError(f"the keystore is damaged: {how}.", hint=_RESTORE)
