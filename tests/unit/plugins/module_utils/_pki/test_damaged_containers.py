# Copyright: Stack TLS contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Damaged PKCS#12 files: no traceback, and what is under a MAC is opened as it was or not at all."""

from __future__ import annotations

import pytest
from ansible_collections.stacktls.elastic.plugins.module_utils._pki import _pkcs12, _pkcs12_protection
from ansible_collections.stacktls.elastic.plugins.module_utils._pki._certificates import Identity
from ansible_collections.stacktls.elastic.plugins.module_utils._pki._pkcs12_bags import write_container
from damage import COUNT, Layer, tried

ENCRYPTION = "aes-256"


@pytest.fixture
def identity(pki):
    leaf = pki.certificate(pki.specification(), pki.authority)
    return Identity(pki.key("ec-p256"), leaf, (pki.authority.certificate,))


def container_layers(identity, password, monkeypatch):
    """The file, and what is in it under a MAC that is made again."""
    inner = []

    def write(contents, *protection):
        inner.extend(contents)
        return write_container(contents, *protection)

    monkeypatch.setattr(_pkcs12, "write_container", write)
    content = _pkcs12.encode_container(identity, password, "key", ENCRYPTION)
    rewrap = Layer(b"".join(inner), lambda damaged: write_container([damaged], password, ENCRYPTION), is_sealed=False)
    return Layer(content, is_sealed=password is not None), rewrap


@pytest.mark.filterwarnings("ignore")  # of what cryptography finds odd
@pytest.mark.parametrize("password", ["Kennwört", "", None])
def test_containers(identity, monkeypatch, password):
    monkeypatch.setattr(_pkcs12_protection, "ITERATIONS", 4)

    def use(layer, damaged):
        found, _name = _pkcs12.load_container(damaged, password)
        # Without a MAC nothing tells a changed bit, but what was read must be usable.
        assert found.matches() in (True, False)
        assert not layer.is_sealed or found.certificate == identity.certificate

    name = f"PKCS#12, {'no MAC' if password is None else 'a password' if password else 'the empty password'}"
    outcomes = tried(name, container_layers(identity, password, monkeypatch), use, -(-COUNT // 3))
    assert len(outcomes) > 1
