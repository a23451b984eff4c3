# Copyright: Stack TLS contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The few messages of a TLS handshake that tell about a server: pure functions over bytes (RFC 5246, RFC 8446)."""

from __future__ import annotations

import os
import struct
from dataclasses import dataclass

from ._errors import StackTlsError

VERSIONS = {"TLSv1": 0x0301, "TLSv1.1": 0x0302, "TLSv1.2": 0x0303, "TLSv1.3": 0x0304}
"""As :meth:`ssl.SSLSocket.version` calls them."""

HANDSHAKE = 0x16
ALERT = 0x15
SERVER_HELLO = 2
NEW_SESSION_TICKET = 4
CERTIFICATE = 11
CERTIFICATE_REQUEST = 13

_CLIENT_HELLO = 1
_SERVER_NAME = 0
_SUPPORTED_GROUPS = 10
_POINT_FORMATS = 11
_SIGNATURE_ALGORITHMS = 13
_SUPPORTED_VERSIONS = 43
_CERTIFICATE_AUTHORITIES = 47
_KEY_SHARE = 51
_RENEGOTIATION_INFO = 0xFF01

_SUITES_1_3 = (0x1301, 0x1302, 0x1303)
_SUITES = (
    *(0xC02B, 0xC02C, 0xC02F, 0xC030, 0xCCA8, 0xCCA9, 0xC023, 0xC024, 0xC027, 0xC028, 0xC009, 0xC00A, 0xC013, 0xC014),
    *(0x009E, 0x009F, 0xCCAA, 0x0067, 0x006B, 0x0033, 0x0039, 0x009C, 0x009D, 0x003C, 0x003D, 0x002F, 0x0035, 0x000A),
)
"""What servers of the last twenty years have: ECDHE, DHE and RSA with AES, ChaCha20 or 3DES."""

_GROUPS = (0x001D, 0x0017, 0x0018, 0x0019, 0x001E, 0x0100)
_SIGNATURES = (0x0403, 0x0503, 0x0603, 0x0807, 0x0804, 0x0805, 0x0806, 0x0401, 0x0501, 0x0601, 0x0203, 0x0201)

_ALERTS = {
    10: "unexpected message",
    40: "handshake failure",
    42: "bad certificate",
    43: "unsupported certificate",
    44: "certificate revoked",
    45: "certificate expired",
    46: "certificate unknown",
    47: "illegal parameter",
    48: "unknown CA",
    49: "access denied",
    50: "decode error",
    51: "decrypt error",
    70: "protocol version",
    71: "insufficient security",
    80: "internal error",
    112: "unrecognized name",
    116: "certificate required",
    120: "no application protocol",
}


class MessageError(StackTlsError):
    """Bytes that are not the message that was expected."""


@dataclass(frozen=True)
class ServerHello:
    """What the server chose.

    :param version: one of :data:`VERSIONS`, or its number in hexadecimal.
    :param suite: the number of the cipher suite.
    """

    version: str
    suite: int


def client_hello(version: str, server_name: str | None) -> bytes:
    """The record that offers exactly this version; nothing secret is in it, and no handshake can be finished with it.

    For TLS 1.3 it brings no key, so a server of that version answers with a HelloRetryRequest, which names the version.

    :param server_name: ASCII; ``None`` for an address, which is never sent (RFC 6066, section 3).
    """
    newest = version == "TLSv1.3"
    extensions = [
        _extension(_RENEGOTIATION_INFO, b"\0"),
        _extension(_SUPPORTED_GROUPS, _vector(_numbers(_GROUPS))),
        _extension(_POINT_FORMATS, b"\1\0"),
        _extension(_SIGNATURE_ALGORITHMS, _vector(_numbers(_SIGNATURES))),
    ]
    if server_name:
        extensions.append(_extension(_SERVER_NAME, _vector(b"\0" + _vector(server_name.encode("ascii")))))
    if newest:
        extensions.append(_extension(_SUPPORTED_VERSIONS, b"\2" + _numbers([VERSIONS[version]])))
        extensions.append(_extension(_KEY_SHARE, _vector(b"")))
    body = b"".join(
        (
            _numbers([min(VERSIONS[version], VERSIONS["TLSv1.2"])]),
            os.urandom(32),
            b"\0",
            _vector(_numbers(_SUITES_1_3 if newest else _SUITES)),
            b"\1\0",
            _vector(b"".join(extensions)),
        )
    )
    message = struct.pack(">I", _CLIENT_HELLO << 24 | len(body)) + body
    return bytes([HANDSHAKE]) + _numbers([VERSIONS["TLSv1"]]) + _vector(message)


def is_tls(data: bytes) -> bool:
    """Whether the first bytes that a server sent are a TLS record: of its handshake, or an alert."""
    return len(data) >= 2 and data[0] in (HANDSHAKE, ALERT) and data[1] == 3


def chosen_version(record: bytes) -> str | None:
    """The version in the first record of an answer; ``None`` where it is an alert.

    :raises MessageError: where it is neither that nor a ServerHello.
    """
    if is_tls(record) and record[0] == ALERT:
        return None
    if not is_tls(record) or record[5:6] != bytes([SERVER_HELLO]):
        raise MessageError("the answer is not one of a TLS server.")
    return parse_server_hello(record[5:]).version


def parse_server_hello(message: bytes) -> ServerHello:
    """A ServerHello or HelloRetryRequest, its header included.

    :raises MessageError: where it is damaged.
    """
    reader = _Reader(message[4:])
    version = reader.number(2)
    reader.take(32)
    reader.vector(1)
    suite = reader.number(2)
    reader.take(1)
    for kind, content in _extensions(reader):
        if kind == _SUPPORTED_VERSIONS:
            version = int.from_bytes(content, "big")
    names = {number: name for name, number in VERSIONS.items()}
    return ServerHello(names.get(version, f"0x{version:04x}"), suite)


def parse_certificates(message: bytes, version: str) -> list[bytes]:
    """The certificates of a Certificate message in DER form, in their order.

    :raises MessageError: where it is damaged.
    """
    reader = _Reader(message[4:])
    if version == "TLSv1.3":
        reader.vector(1)
    entries = _Reader(reader.vector(3))
    found: list[bytes] = []
    while not entries.ended:
        found.append(entries.vector(3))
        if version == "TLSv1.3":
            entries.vector(2)
    return found


def parse_accepted_authorities(message: bytes, version: str) -> list[bytes]:
    """The names of authorities in a CertificateRequest in DER form; none where any will do.

    :raises MessageError: where it is damaged.
    """
    reader = _Reader(message[4:])
    reader.vector(1)
    if version != "TLSv1.3":
        if version == "TLSv1.2":
            reader.vector(2)
        return _names(reader.vector(2))
    contents = dict(_extensions(reader))
    return _names(_Reader(contents[_CERTIFICATE_AUTHORITIES]).vector(2)) if _CERTIFICATE_AUTHORITIES in contents else []


def alert_in_words(code: int) -> str:
    """The name of an alert (RFC 8446, section 6)."""
    return _ALERTS.get(code, f"alert {code}")


class _Reader:
    """Takes bytes from the front."""

    def __init__(self, data: bytes) -> None:
        self._data = data

    @property
    def ended(self) -> bool:
        return not self._data

    def take(self, length: int) -> bytes:
        if len(self._data) < length:
            raise MessageError("a message of the TLS handshake is cut off.")
        taken, self._data = self._data[:length], self._data[length:]
        return taken

    def number(self, length: int) -> int:
        return int.from_bytes(self.take(length), "big")

    def vector(self, length: int) -> bytes:
        """Bytes that their length stands before, which itself has so many bytes."""
        return self.take(self.number(length))


def _extensions(reader: _Reader) -> list[tuple[int, bytes]]:
    found: list[tuple[int, bytes]] = []
    if reader.ended:
        return found
    block = _Reader(reader.vector(2))
    while not block.ended:
        found.append((block.number(2), block.vector(2)))
    return found


def _names(content: bytes) -> list[bytes]:
    reader = _Reader(content)
    found: list[bytes] = []
    while not reader.ended:
        found.append(reader.vector(2))
    return found


def _vector(content: bytes) -> bytes:
    return struct.pack(">H", len(content)) + content


def _numbers(numbers: tuple[int, ...] | list[int]) -> bytes:
    return b"".join(struct.pack(">H", number) for number in numbers)


def _extension(kind: int, content: bytes) -> bytes:
    return _numbers([kind]) + _vector(content)
