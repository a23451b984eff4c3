# Copyright: Stack TLS contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The codec of a Beat's keystore: ASCII without a line end, a version and an encrypted JSON object.

    "v1" + base64( salt | iv | ciphertext with its tag )

In the JSON, base64 again: ``{"ES_API_KEY":{"value":"aWQ6a2V5"}}`` and a line end. The format is that of
``github.com/elastic/elastic-agent-libs/keystore``, which all Beats share.
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Mapping
from typing import Any

from ._crypto import Cipher, Envelope
from ._refusals import damaged, not_a_keystore, too_new
from ._text_store import open_object, payload_of

CIPHER = Cipher(10_000, 32, salt_is_authenticated=False)

_VERSION = b"v1"


def decode(content: bytes, cipher: Cipher = CIPHER) -> dict[str, bytes]:
    """The entries in the content of a file.

    :raises KeystoreError: where it is damaged, of an unknown version, or has a password.
    """
    envelope = Envelope(*payload_of(_encoded(content.strip())))
    return {name: _value(entry) for name, entry in open_object(cipher, envelope, "Beats").items()}


def encode(entries: Mapping[str, bytes], cipher: Cipher = CIPHER) -> bytes:
    """The content of a file with the entries in it."""
    values = {name: {"value": base64.b64encode(value).decode("ascii")} for name, value in entries.items()}
    plaintext = json.dumps(values, separators=(",", ":")) + "\n"
    envelope = cipher.new_key("").seal(plaintext.encode("ascii"))
    return _VERSION + base64.b64encode(envelope.salt + envelope.iv + envelope.sealed)


def _encoded(content: bytes) -> bytes:
    """What stands behind the version."""
    version, encoded = content[: len(_VERSION)], content[len(_VERSION) :]
    if not re.fullmatch(rb"v\d", version):
        raise not_a_keystore("a Beats")
    if version != _VERSION:
        raise too_new(version.decode("ascii"), f"version {_VERSION.decode('ascii')} is", "Beat")
    return encoded


def _value(entry: Any) -> bytes:
    """The secret of one entry; what Go writes for one that was never set is ``null``."""
    if not isinstance(entry, dict) or entry.keys() != {"value"}:
        raise damaged("an entry is not what Beats write")
    value = entry["value"]
    if value is None:
        return b""
    try:
        return base64.b64decode(value, validate=True)
    except (TypeError, ValueError):
        raise damaged("the value of an entry is not base64") from None
