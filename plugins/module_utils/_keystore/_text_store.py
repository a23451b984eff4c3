# Copyright: Stack TLS contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the stores of Kibana and Beats share: base64 around an encrypted JSON object, without a password of its own."""

from __future__ import annotations

import base64
import json
import math
from typing import Any

from ._crypto import IV_SIZE, SALT_SIZE, TAG_SIZE, Cipher, Envelope
from ._refusals import damaged, not_decrypted


def payload_of(encoded: bytes) -> tuple[bytes, bytes, bytes]:
    """Salt, initialisation vector, and what comes behind them.

    :raises KeystoreError: where it is not base64, or too short.
    """
    try:
        payload = base64.b64decode(encoded, validate=True)
    except ValueError:
        raise damaged("it is not base64") from None
    if len(payload) < SALT_SIZE + IV_SIZE + TAG_SIZE:
        raise damaged("it ends too early")
    behind_salt = payload[SALT_SIZE:]
    return payload[:SALT_SIZE], behind_salt[:IV_SIZE], behind_salt[IV_SIZE:]


def open_object(cipher: Cipher, envelope: Envelope, product: str) -> dict[str, Any]:
    """The JSON object in an envelope.

    :raises KeystoreError: where the empty password does not open it, or something else is in it.
    """
    plaintext = cipher.key("", envelope.salt).open(envelope)
    if plaintext is None:
        raise not_decrypted(product)
    try:
        found = json.loads(plaintext.decode("utf-8"), parse_constant=_refuse, parse_float=_finite)
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, dict):
        raise damaged("there is no JSON object in it")
    return found


def _refuse(constant: str) -> None:
    """Python reads ``NaN`` and ``Infinity``; in JSON, and for the products, they are nothing."""
    raise ValueError(constant)


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise ValueError("a number that cannot be written again")
    return number
