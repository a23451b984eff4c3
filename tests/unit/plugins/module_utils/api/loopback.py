# Copyright: Stack TLS contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Certificates and HTTP(S) servers on the loopback interface."""

from __future__ import annotations

import datetime
import ipaddress
import ssl
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import pkcs12
from cryptography.x509.oid import NameOID

PEM = serialization.Encoding.PEM
SECRET = "correct-horse-battery"
LOOPBACK = [x509.DNSName("localhost"), x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]


@dataclass(frozen=True)
class Issued:
    """A certificate with its key."""

    key: ec.EllipticCurvePrivateKey
    certificate: x509.Certificate

    def sign(
        self,
        common_name: str,
        *,
        ca: bool = False,
        days: tuple[int, int] = (-1, 30),
        names: Any = (),
        purposes: Any = (),
    ) -> Issued:
        """A certificate of this issuer, valid from and until so many days from now."""
        return issue(common_name, self, ca=ca, days=days, names=names, purposes=purposes)

    def pem(self) -> bytes:
        return self.certificate.public_bytes(PEM)

    def key_pem(self, passphrase: str = "") -> bytes:
        protection: Any = serialization.NoEncryption()
        if passphrase:
            protection = serialization.BestAvailableEncryption(passphrase.encode())
        return self.key.private_bytes(PEM, serialization.PrivateFormat.PKCS8, protection)

    def pkcs12(self, password: str, chain: list[x509.Certificate]) -> bytes:
        protection: Any = serialization.NoEncryption()
        if password:
            protection = serialization.BestAvailableEncryption(password.encode())
        return pkcs12.serialize_key_and_certificates(b"name", self.key, self.certificate, chain, protection)


def issue(
    common_name: str, issuer: Issued | None, *, ca: bool, days: tuple[int, int], names: Any, purposes: Any = ()
) -> Issued:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name)])
    now = datetime.datetime.now(datetime.timezone.utc)
    builder = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(issuer.certificate.subject if issuer else name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now + datetime.timedelta(days=days[0]))
        .not_valid_after(now + datetime.timedelta(days=days[1]))
        .add_extension(x509.BasicConstraints(ca=ca, path_length=None), critical=True)
    )
    if names:
        builder = builder.add_extension(x509.SubjectAlternativeName(names), critical=False)
    if purposes:
        builder = builder.add_extension(x509.ExtendedKeyUsage(purposes), critical=False)
    return Issued(key, builder.sign(issuer.key if issuer else key, hashes.SHA256()))


@dataclass
class Received:
    """A request that a server got."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes
    client_name: str


@dataclass
class Server:
    """An HTTP(S) server that answers what it was told, the last answer again and again."""

    port: int
    scheme: str
    answers: list[tuple[int, dict[str, str], bytes]] = field(default_factory=list)
    received: list[Received] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"{self.scheme}://localhost:{self.port}"

    def answer(self, status: int, body: str, content_type: str = "application/json", **headers: str) -> None:
        self.answers.append((status, {"Content-Type": content_type, **headers}, body.encode()))

    def next_answer(self) -> tuple[int, dict[str, str], bytes]:
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]


def serve(context: ssl.SSLContext | None) -> Iterator[Server]:
    """A running server; with a context it speaks TLS."""

    class Handler(BaseHTTPRequestHandler):
        def _handle(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            server.received.append(
                Received(self.command, self.path, dict(self.headers.items()), body, _client_name(self.connection))
            )
            status, headers, content = server.next_answer()
            self.send_response(status)
            for name, value in {**headers, "Content-Length": str(len(content))}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(content)

        do_GET = do_PUT = do_POST = do_DELETE = do_HEAD = _handle  # noqa: N815

        def log_message(self, *arguments: object) -> None:
            """Nothing."""

    class Listener(ThreadingHTTPServer):
        daemon_threads = True

        def finish_request(self, request: Any, client_address: Any) -> None:
            if context is not None:
                request = context.wrap_socket(request, server_side=True)
            super().finish_request(request, client_address)

        def handle_error(self, request: Any, client_address: Any) -> None:
            """Clients that refuse a certificate are what some tests want."""

    listener = Listener(("127.0.0.1", 0), Handler)
    server = Server(listener.server_port, "http" if context is None else "https")
    thread = threading.Thread(target=listener.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    yield server
    listener.shutdown()
    listener.server_close()


def _client_name(connection: Any) -> str:
    certificate = connection.getpeercert() if isinstance(connection, ssl.SSLSocket) else None
    return dict(entry[0] for entry in certificate["subject"])["commonName"] if certificate else ""
