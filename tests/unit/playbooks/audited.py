# Copyright: Stack TLS contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Hosts as the playbook ``audit`` finds them, on this machine: folders with what openssl makes, and TLS servers."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import socket
import ssl
import subprocess
import threading
from pathlib import Path

CONFIG = """
[ca_of_test]
database = ${ENV::FOLDER}/index.txt
new_certs_dir = ${ENV::FOLDER}
policy = any
rand_serial = yes
unique_subject = no
[any]
organizationName = optional
commonName = optional
[req]
distinguished_name = dn
[dn]
[ca]
basicConstraints = critical,CA:TRUE
keyUsage = critical,keyCertSign,cRLSign
[leaf]
basicConstraints = critical,CA:FALSE
extendedKeyUsage = serverAuth,clientAuth
subjectAltName = ${ENV::NAMES}
"""
EC = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256")
LIFETIME = ("-days", "397")
SECRET = "correct-horse-battery"


def openssl(*arguments, names="DNS:localhost", folder="/"):
    environment = {**os.environ, "NAMES": names, "FOLDER": str(folder)}
    subprocess.run(["openssl", *map(str, arguments)], check=True, capture_output=True, env=environment)


class Maker:
    """An authority in a folder, as the collection keeps one, and certificates of it."""

    def __init__(self, folder: Path, subject: str = "/CN=Elastic Stack CA", days: int = 3650) -> None:
        self.folder = folder
        folder.mkdir(parents=True)
        self.config = folder / "openssl.cnf"
        self.config.write_text(CONFIG)
        self.certificate, self.key, self.ledger = folder / "ca.crt", folder / "ca.key", folder / "issued.jsonl"
        new = ("req", "-config", self.config, "-new", "-x509", *EC, "-passout", f"pass:{SECRET}")
        openssl(
            *new, "-subj", subject, "-days", days, "-extensions", "ca", "-keyout", self.key, "-out", self.certificate
        )
        self.key.chmod(0o600)
        self.ledger.write_text("")
        (folder / "index.txt").write_text("")

    def issue(
        self, stem, subject="/CN=localhost", names="DNS:localhost", key=EC, record=True, digest="sha256", dates=LIFETIME
    ):
        """A certificate and its key as ``stem.crt`` and ``stem.key``.

        :param dates: options of ``openssl ca``.
        """
        stem.parent.mkdir(parents=True, exist_ok=True)
        crt, private, request = (stem.with_suffix(each) for each in (".crt", ".key", ".csr"))
        new = ("req", "-config", self.config, "-new", "-nodes", *key)
        openssl(*new, "-subj", subject, "-keyout", private, "-out", request)
        signing = ("-cert", self.certificate, "-keyfile", self.key, "-passin", f"pass:{SECRET}", "-md", digest)
        form = ("-name", "ca_of_test", "-batch", "-notext", "-preserveDN", "-extensions", "leaf", *dates)
        openssl(
            "ca", "-config", self.config, *form, *signing, "-in", request, "-out", crt, names=names, folder=self.folder
        )
        request.unlink()
        private.chmod(0o640)
        if record:
            with self.ledger.open("a") as ledger:
                ledger.write(json.dumps({"fingerprint_sha256": fingerprint(crt)}) + "\n")
        return crt, private


def fingerprint(path: Path) -> str:
    der = ssl.PEM_cert_to_DER_cert(path.read_text())
    return hashlib.sha256(der).hexdigest()


@contextlib.contextmanager
def served(crt: Path | None, key: Path | None, old: bool = False):
    """A server on a free port of this machine, which is returned: with TLS, or plain HTTP where it has no certificate.

    :param old: whether it speaks, and has, what nobody should any more.
    """
    context = None
    if crt is not None:
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        if old:
            context.set_ciphers("ALL:@SECLEVEL=0")
            context.minimum_version = ssl.TLSVersion.TLSv1
        context.load_cert_chain(crt, key)
    listener = socket.create_server(("127.0.0.1", 0))
    closing = threading.Event()

    def answer(connection):
        with contextlib.suppress(OSError), connection:
            connection.settimeout(5)
            if context is None:
                connection.recv(4096)
                connection.sendall(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
                return
            with context.wrap_socket(connection, server_side=True) as wrapped:
                wrapped.recv(1)

    def serve():
        while not closing.is_set():
            try:
                connection, _address = listener.accept()
            except OSError:
                return
            threading.Thread(target=answer, args=(connection,), daemon=True).start()

    threading.Thread(target=serve, daemon=True).start()
    try:
        yield listener.getsockname()[1]
    finally:
        closing.set()
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()


def elasticsearch(folder: Path, maker: Maker, **issuing) -> dict[str, str]:
    """The configuration of a node with a certificate of the authority; returns variables of its host."""
    crt, _key = maker.issue(folder / "certs/http", **issuing)
    ca = folder / "certs/ca.crt"
    ca.write_bytes(maker.certificate.read_bytes())
    settings = {
        "xpack.security.enabled": True,
        "xpack.security.http.ssl": {
            "enabled": True,
            "certificate": str(crt),
            "key": "certs/http.key",
            "certificate_authorities": [str(ca)],
        },
    }
    (folder / "elasticsearch.yml").write_text(json.dumps(settings, indent=2))
    return {"elasticsearch_tls_config_path": str(folder), "stacktls_host_name": "localhost"}
