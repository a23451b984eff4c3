# Copyright: Stack TLS contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Connections that only look: a TLS handshake and what was said in it, or the first bytes of another protocol.

Nothing is ever sent over them but handshakes, and one ``HEAD /`` in the clear where something answers no handshake.
"""

from __future__ import annotations

import contextlib
import socket
import ssl
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from . import _tls_messages as messages
from ._endpoint import is_timeout
from ._tls_messages import MessageError

CAN_LISTEN = hasattr(ssl.SSLContext, "_msg_callback")
"""Whether this Python tells the messages of a handshake: CPython does, though not in its documentation."""

_CONFIRMATION_SECONDS = 2
_SETTLING_SECONDS = 0.3
_CHUNK = 16384
_REMEMBERED = 64
_PLAIN_REQUEST = b"HEAD / HTTP/1.0\r\n\r\n"


@dataclass(frozen=True)
class Target:
    """Where to connect to, and how long a connection may take in seconds.

    :param name: what is sent as server name and verified; a host name or an address.
    """

    host: str
    port: int
    name: str
    timeout: float


@dataclass
class Handshake:
    """A handshake as far as it got.

    :param received: the first bytes that came back.
    :param error: why it did not come to its end.
    :param confirmed: whether the server took the client for good: in TLS 1.3 that comes after the handshake.
        ``None`` where it did not say.
    :param asked: whether the server asked for a client certificate.
    :param authorities: encoded names of the authorities that it accepts.
    """

    received: bytes = b""
    error: OSError | None = None
    confirmed: bool | None = None
    version: str | None = None
    cipher: str | None = None
    alpn: str | None = None
    suite: int | None = None
    asked: bool = False
    ticket: bool = False
    alert: int | None = None
    certificates: list[bytes] = field(default_factory=list)
    authorities: list[bytes] = field(default_factory=list)

    @property
    def completed(self) -> bool:
        """Whether both sides finished it."""
        return self.error is None

    def hear(self, _tls: Any, direction: str, _version: Any, content: Any, kind: Any, data: bytes) -> None:
        """Take note of one message; called by :mod:`ssl`."""
        if direction != "read":
            return
        if content == messages.ALERT and len(data) == 2:
            self.alert = data[1]
        if content == messages.HANDSHAKE:
            with contextlib.suppress(MessageError):
                self._note(int(kind), data)

    def _note(self, kind: int, data: bytes) -> None:
        version = self.version or ""
        if kind == messages.SERVER_HELLO:
            hello = messages.parse_server_hello(data)
            self.version, self.suite = hello.version, hello.suite
        elif kind == messages.CERTIFICATE:
            self.certificates = messages.parse_certificates(data, version)
        elif kind == messages.CERTIFICATE_REQUEST:
            self.asked = True
            self.authorities = messages.parse_accepted_authorities(data, version)
        elif kind == messages.NEW_SESSION_TICKET:
            self.ticket = True


def shake_hands(target: Target, context: ssl.SSLContext) -> Handshake:
    """Make a TLS handshake and wait a moment for what the server says of it.

    :param context: used for this handshake only.
    :raises OSError: where nothing can be connected.
    """
    found = Handshake()
    if CAN_LISTEN:
        context._msg_callback = found.hear  # type: ignore[attr-defined]
    with _connect(target) as line:
        conversation = _Conversation(line, context, target.name, found)
        try:
            conversation.run(conversation.tls.do_handshake)
        except OSError as error:
            found.error = error
        else:
            conversation.read_choices()
            found.confirmed = conversation.confirmation()
    return found


def first_bytes(target: Target, request: bytes = _PLAIN_REQUEST) -> bytes:
    """What comes back for a request in the clear, by default one of plain HTTP; nothing where it stays silent.

    :raises OSError: where nothing can be connected.
    """
    with _connect(target) as line, contextlib.suppress(OSError):
        line.send(request)
        return line.receive()
    return b""


def first_record(target: Target, request: bytes) -> bytes:
    """The first TLS record that comes back for a request in the clear, or what there was of it.

    :raises OSError: where nothing can be connected.
    """
    found = b""
    with _connect(target) as line, contextlib.suppress(OSError):
        line.send(request)
        while len(found) < 5 or len(found) < 5 + int.from_bytes(found[3:5], "big"):
            received = line.receive()
            if not received:
                break
            found += received
    return found


class _Line:
    """A connection whose every wait ends at one moment."""

    def __init__(self, connection: socket.socket, deadline: float) -> None:
        self._connection = connection
        self.deadline = deadline

    def __enter__(self) -> _Line:
        return self

    def __exit__(self, *_: object) -> None:
        self._connection.close()

    def send(self, data: bytes) -> None:
        self._wait()
        self._connection.sendall(data)

    def receive(self) -> bytes:
        """Empty where the other side closed."""
        self._wait()
        return self._connection.recv(_CHUNK)

    def _wait(self) -> None:
        left = self.deadline - time.monotonic()
        if left <= 0:
            raise TimeoutError("no time is left")
        self._connection.settimeout(left)


def _connect(target: Target) -> _Line:
    deadline = time.monotonic() + target.timeout
    return _Line(socket.create_connection((target.host, target.port), target.timeout), deadline)


class _Conversation:
    """TLS over a line, with the bytes in between in sight."""

    def __init__(self, line: _Line, context: ssl.SSLContext, name: str, found: Handshake) -> None:
        self._line = line
        self._found = found
        self._incoming, self._outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self.tls = context.wrap_bio(self._incoming, self._outgoing, server_hostname=name)

    def run(self, step: Callable[[], Any], until: Callable[[], bool] = lambda: False) -> Any:
        """Do the step with all bytes that it wants and return its result; ``None`` where what was waited for has come.

        :raises OSError: where the other side refuses, closes, or takes too long.
        """
        while True:
            try:
                return step()
            except ssl.SSLWantReadError:
                if until():
                    return None
                self._exchange()
            finally:
                self._flush()

    def read_choices(self) -> None:
        """Note what both sides agreed on."""
        found, cipher = self._found, self.tls.cipher()
        found.version = self.tls.version()
        found.cipher = cipher[0] if cipher else None
        found.alpn = self.tls.selected_alpn_protocol()
        certificate = self.tls.getpeercert(binary_form=True)
        if not found.certificates and certificate:
            found.certificates = [certificate]

    def confirmation(self) -> bool | None:
        """Whether the server is content with the client; see :class:`Handshake`."""
        found = self._found
        if CAN_LISTEN and not found.asked:
            return True
        last = found.version == "TLSv1.3"  # where the client's certificate comes with its last message
        if last and self._refused_within(_CONFIRMATION_SECONDS, until=lambda: found.ticket):
            return False
        # Node.js refuses clients after its side of the handshake, without an alert.
        if self._refused_within(_SETTLING_SECONDS, until=lambda: False):
            return False
        return True if found.ticket or not last else None

    def _refused_within(self, seconds: float, until: Callable[[], bool]) -> bool:
        whole, self._line.deadline = self._line.deadline, min(self._line.deadline, time.monotonic() + seconds)
        try:
            return bool(self.run(lambda: self.tls.read(1), until) == b"")
        except OSError as error:
            return not is_timeout(error)
        finally:
            self._line.deadline = whole

    def _exchange(self) -> None:
        self._flush()
        received = self._line.receive()
        if not received:
            raise ConnectionResetError("the connection was closed")
        self._found.received = (self._found.received + received)[:_REMEMBERED]
        self._incoming.write(received)

    def _flush(self) -> None:
        pending = self._outgoing.read()
        if pending:
            with contextlib.suppress(ConnectionError):  # what the other side said before is still to be read
                self._line.send(pending)
