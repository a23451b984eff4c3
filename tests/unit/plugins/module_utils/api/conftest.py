# Copyright: Stack TLS contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Fixtures for the tests of the API client: certificates, servers, parameters."""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Callable

import pytest
from loopback import LOOPBACK, Issued, Server, issue, serve


@pytest.fixture(scope="session")
def ca() -> Issued:
    return issue("test CA", None, ca=True, days=(-1, 30), names=())


@pytest.fixture(scope="session")
def stranger() -> Issued:
    return issue("stranger CA", None, ca=True, days=(-1, 30), names=())


@pytest.fixture(scope="session")
def server_certificate(ca: Issued) -> Issued:
    return ca.sign("es1", names=LOOPBACK)


@pytest.fixture
def ca_path(ca: Issued, tmp_path: Path) -> str:
    path = tmp_path / "ca.crt"
    path.write_bytes(ca.pem())
    return str(path)


@pytest.fixture
def start(ca: Issued, tmp_path: Path) -> Iterator[Callable[..., Server]]:
    """Starts servers; without a certificate they speak plain HTTP."""
    running: list[Iterator[Server]] = []

    def run(
        certificate: Issued | None = None,
        *,
        clients: ssl.VerifyMode = ssl.CERT_OPTIONAL,
        newest: ssl.TLSVersion | None = None,
        chain: Path | None = None,
        named: Callable[[str | None], None] | None = None,
    ) -> Server:
        context = None
        if certificate is not None:
            path = tmp_path / f"server-{len(running)}.pem"
            path.write_bytes((chain.read_bytes() if chain else certificate.pem()) + certificate.key_pem())
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(path)
            context.load_verify_locations(cadata=ca.pem().decode())
            context.verify_mode = clients
            if named is not None:
                context.sni_callback = lambda _socket, name, _context: named(name)
            if newest is not None:
                context.set_ciphers("ALL:@SECLEVEL=0")
                context.minimum_version = context.maximum_version = newest
        running.append(serve(context))
        return next(running[-1])

    yield run
    for each in running:
        next(each, None)


@pytest.fixture
def server(start: Callable[..., Server], server_certificate: Issued) -> Server:
    """A server with a good certificate that asks for client certificates and takes requests without one."""
    return start(server_certificate)


@pytest.fixture
def params(ca_path: str) -> Callable[..., dict[str, Any]]:
    """Parameters of a module as Ansible gives them."""

    # Imported here, because this file is loaded before collections can be imported.
    from ansible_collections.stacktls.elastic.plugins.module_utils._api import API_ARGUMENTS

    def make(*servers: Server | str, **others: Any) -> dict[str, Any]:
        defaults = {name: spec.get("default") for name, spec in API_ARGUMENTS.items()}
        urls = [each if isinstance(each, str) else each.url for each in servers]
        return {**defaults, "ca_path": ca_path, "url": urls, "timeout": 5, **others}

    return make
