# Copyright: Stack TLS contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A platform to talk with: the stand-in that the integration target uses, in this process."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

ROOT = next(path for path in Path(__file__).parents if (path / "galaxy.yml").exists())
sys.path.insert(0, str(ROOT / "tests/integration/targets/ece_tls_module/files"))


@pytest.fixture
def platform():
    """As it was installed: with certificates of its own authority."""
    from ece_pki import authority, leaf, pem_of
    from ece_standin import Platform, start

    made = Platform("a-key-of-the-test", "admin", "password-of-the-test")
    root = authority("CN=elastic ce master")
    for service, names in (("ui", ("localhost", "127.0.0.1")), ("proxy", ("*.ip.es.io",))):
        own = leaf(root, names, subject=f"CN=elastic ce {service}")
        made.install(service, (own.key_pem + own.pem + pem_of(root)).decode())
    listeners = {service: start(made, service) for service in ("ui", "proxy")}
    made.ports = {service: listener.server_port for service, listener in listeners.items()}
    made.root_pem = pem_of(root).decode()
    yield made
    for listener in listeners.values():
        listener.shutdown()
        listener.server_close()
