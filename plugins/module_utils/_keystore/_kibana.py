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

from ._crypto import TAG_SIZE, Cipher, Envelope
from ._refusals import not_a_keystore, too_new
from ._text_store import open_object, payload_of

CIPHER = Cipher(10_000, 32, salt_is_authenticated=False)

_VERSION = "1"


def decode(content: bytes, cipher: Cipher = CIPHER) -> dict[str, Any]:
    """The entries in the content of a file; Kibana's own tool also stores what is not text, such as numbers and lists.

    :raises KeystoreError: where it is damaged, of an unknown version, or has a password.
    """
    salt, iv, rest = payload_of(_encoded(content))
    return open_object(cipher, Envelope(salt, iv, rest[TAG_SIZE:] + rest[:TAG_SIZE]), "Kibana")


def encode(entries: Mapping[str, Any], cipher: Cipher = CIPHER) -> bytes:
    """The content of a file with the entries in it."""
    plaintext = json.dumps(entries, separators=(",", ":"), allow_nan=False).encode("ascii")
    envelope = cipher.new_key("").seal(plaintext)
    ciphertext, tag = envelope.sealed[:-TAG_SIZE], envelope.sealed[-TAG_SIZE:]
    return f"{_VERSION}:".encode("ascii") + base64.b64encode(envelope.salt + envelope.iv + tag + ciphertext)


def _encoded(content: bytes) -> bytes:
    """What stands behind the version."""
    version, separator, encoded = content.strip().partition(b":")
    if not separator or not version.isdigit():
        raise not_a_keystore("a Kibana")
    if version != _VERSION.encode("ascii"):
        raise too_new(version.decode("ascii"), f"version {_VERSION} is", "Kibana")
    return encoded
