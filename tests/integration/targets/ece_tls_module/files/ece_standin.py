# Copyright: Stack TLS contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A stand-in for the API of Elastic Cloud Enterprise, because none can be had for tests. It is NOT the product.

It serves GET and POST of ``/api/v1/platform/configuration/security/tls/{ui|proxy}``, and the certificates, as
these pages of Elastic describe it:

- API reference, "Get TLS certificate": ``chain`` (a list of PEM certificates, no key), ``user_supplied``,
  ``chain_status``, ``api_managed``;
- API reference, "Set TLS certificate": the body is the PEM text; 202 "has been accepted and will take effect throughout
  the system", 449 ``root.unauthorized.rbac.elevated_permissions_required``;
- "Manage security certificates": private key, certificate, intermediates, root; a key without the header
  ``BEGIN RSA PRIVATE KEY`` is answered with ``cert.invalid_cert_chain`` and the words repeated below; the proxies show
  their certificate at a port of their own;
- "Authentication": ``Authorization: ApiKey ...``, or a user of the Cloud UI.

The status of refusals that those pages leave open is 400, and that of a login that is not accepted 401
(``root.unauthenticated``, as in "Login to ECE"). What the product checks beyond that is not known here.
"""

from __future__ import annotations

import argparse
import base64
import json
import re
import ssl
import sys
import tempfile
import threading
import time
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from cryptography import x509

PATH = re.compile(r"/api/v1/platform/configuration/security/tls/(ui|proxy)")
BLOCK = re.compile(r"-----BEGIN ([A-Z0-9 ]+)-----.+?-----END \1-----\n?", re.DOTALL)
NO_KEY = (
    "Certificate chain was invalid [Invalid Entry: expected unencrypted rsa private key (is start of file corrupted?)]"
)


class RefusalError(Exception):
    """An answer of the form BasicFailedReply."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.content = {"errors": [{"code": code, "message": message}]}


@dataclass
class Service:
    """What a service of the platform shows."""

    certificates: list[str]
    context: ssl.SSLContext
    user_supplied: bool = False


@dataclass
class Platform:
    """The platform behind the API.

    :param delay: seconds until an accepted chain takes effect.
    :param refusal: answers every POST with it.
    :param requests: what came, without secrets: method, path, content type, and the labels of the PEM blocks.
    """

    api_key: str
    user: str
    password: str
    delay: float = 0.0
    refusal: RefusalError | None = None
    forgetful: bool = False
    api_managed: bool = True
    services: dict[str, Service] = field(default_factory=dict)
    requests: list[dict[str, Any]] = field(default_factory=list)
    log: Path | None = None

    def install(self, service: str, pem: str, *, user_supplied: bool = False) -> None:
        """Let a service show this chain: key and certificates as PEM text."""
        certificates = [block.group() for block in BLOCK.finditer(pem) if block.group(1) == "CERTIFICATE"]
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        with tempfile.NamedTemporaryFile("w", suffix=".pem") as file:
            file.write(pem)
            file.flush()
            context.load_cert_chain(file.name)
        self.services[service] = Service(certificates, context, user_supplied)

    def note(self, request: dict[str, Any]) -> None:
        self.requests.append(request)
        if self.log:
            with self.log.open("a") as file:
                file.write(json.dumps(request) + "\n")

    def require_login(self, header: str) -> None:
        pair = base64.b64encode(f"{self.user}:{self.password}".encode()).decode()
        if header not in (f"ApiKey {self.api_key}", f"Basic {pair}"):
            raise RefusalError(401, "root.unauthenticated", "The supplied authentication is invalid")

    def chain_of(self, service: str) -> dict[str, Any]:
        found = self.services[service]
        return {
            "chain": found.certificates,
            "user_supplied": found.user_supplied,
            "chain_status": {
                "expiration_date": "2019-01-01T00:00:00Z",  # as in the documentation; nothing looks at it
                "first_certificate_to_expire": "string",
            },
            "api_managed": self.api_managed,
        }

    def accept(self, service: str, body: str) -> None:
        """Take a chain that is in order, and let it take effect later."""
        if self.refusal:
            raise self.refusal
        blocks = [(block.group(1), block.group()) for block in BLOCK.finditer(body)]
        require_order(blocks)
        if self.forgetful:
            return
        timer = threading.Timer(self.delay, self.install, (service, body), {"user_supplied": True})
        timer.daemon = True
        timer.start()
        if not self.delay:
            timer.join()


def require_order(blocks: list[tuple[str, str]]) -> None:
    """Private key, certificate, intermediates, root."""
    if not blocks or blocks[0][0] != "RSA PRIVATE KEY" or "ENCRYPTED" in blocks[0][1]:
        raise RefusalError(400, "cert.invalid_cert_chain", NO_KEY)
    if len(blocks) < 3 or any(label != "CERTIFICATE" for label, _text in blocks[1:]):
        raise RefusalError(400, "cert.invalid_cert_chain", "Certificate chain was invalid [expected certificates]")
    chain = [x509.load_pem_x509_certificate(text.encode()) for _label, text in blocks[1:]]
    for lower, upper in zip(chain, [*chain[1:], chain[-1]]):
        if lower.issuer != upper.subject:
            raise RefusalError(400, "cert.invalid_cert_chain", "Certificate chain was invalid [not in order]")


class Listener(ThreadingHTTPServer):
    """Each connection gets the certificate that its service has at that time."""

    daemon_threads = True
    platform: Platform
    service: str

    def finish_request(self, request: Any, client_address: Any) -> None:
        wrapped = self.platform.services[self.service].context.wrap_socket(request, server_side=True)
        super().finish_request(wrapped, client_address)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Clients that trust nobody, or only look, are part of the tests."""


class Api(BaseHTTPRequestHandler):
    """The API."""

    server: Listener

    def do_GET(self) -> None:
        self._answer(200, self.server.platform.chain_of)

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
        labels = [block.group(1) for block in BLOCK.finditer(body)]

        def accept(service: str) -> dict[str, Any]:
            self.server.platform.accept(service, body)
            return {"service": service}

        self._answer(202, accept, labels)

    def _answer(self, status: int, work: Any, labels: list[str] | None = None) -> None:
        platform = self.server.platform
        kind = self.headers.get("Content-Type", "")
        platform.note({"method": self.command, "path": self.path, "content_type": kind, "blocks": labels or []})
        try:
            platform.require_login(self.headers.get("Authorization", ""))
            found = PATH.fullmatch(self.path)
            if not found:
                raise RefusalError(404, "root.resource_not_found", "The requested resource could not be found")
            content = work(found.group(1))
        except RefusalError as refusal:
            status, content = refusal.status, refusal.content
        text = json.dumps(content).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def log_message(self, *arguments: object) -> None:
        """Nothing."""


class Nothing(BaseHTTPRequestHandler):
    """A proxy without deployments."""

    def do_HEAD(self) -> None:
        self.send_error(404)

    def log_message(self, *arguments: object) -> None:
        """Nothing."""


def start(platform: Platform, service: str, port: int = 0) -> Listener:
    """A server on the loopback interface that shows the certificate of a service; that of the UI has the API."""
    listener = Listener(("127.0.0.1", port), Api if service == "ui" else Nothing)
    listener.platform, listener.service = platform, service
    threading.Thread(target=listener.serve_forever, args=(0.02,), daemon=True).start()
    return listener


def main() -> None:
    parser = argparse.ArgumentParser(description="A stand-in for the API of Elastic Cloud Enterprise, for tests.")
    parser.add_argument("--ui", type=Path, required=True, help="key and certificates of the Cloud UI")
    parser.add_argument("--proxy", type=Path, required=True, help="those of the proxies")
    parser.add_argument("--login", type=Path, required=True, help="JSON file with api_key, user and password")
    parser.add_argument("--log", type=Path, required=True, help="file for what was asked, without secrets")
    parser.add_argument("--delay", type=float, default=1.0, help="seconds until a chain takes effect")
    options = parser.parse_args()
    login = json.loads(options.login.read_text())
    platform = Platform(login["api_key"], login["user"], login["password"], delay=options.delay, log=options.log)
    for service in ("ui", "proxy"):
        platform.install(service, getattr(options, service).read_text())
    ports = {service: start(platform, service).server_port for service in ("ui", "proxy")}
    print(json.dumps(ports))
    sys.stdout.flush()
    time.sleep(600)  # an end of its own, should a test forget it


if __name__ == "__main__":
    main()
