# Copyright: Stack TLS contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Damaged PKCS#12 files: no traceback, and what is under a MAC is opened as it was or not at all."""

from __future__ import annotations

import pytest
from ansible_collections.stacktls.elastic.plugins.module_utils._pki import _pkcs12
from ansible_collections.stacktls.elastic.plugins.module_utils._pki._certificates import Identity
from damage import COUNT, Layer, tried

PASSWORD = "Kennwört"


@pytest.fixture
def identity(pki):
    leaf = pki.certificate(pki.specification(), pki.authority)
    return Identity(pki.key("ec-p256"), leaf, (pki.authority.certificate,))


@pytest.mark.parametrize("password", [PASSWORD, "", None])
def test_containers(identity, monkeypatch, password):
    monkeypatch.setattr(_pkcs12, "ITERATIONS", 4)
    content = _pkcs12.encode_container(identity, password, "key")

    def use(_layer, damaged):
        found, _name = _pkcs12.load_container(damaged, password)
        # Without a MAC nothing tells a changed bit, but what was read must be usable.
        assert found.matches() in (True, False)
        assert password is None or found.certificate == identity.certificate

    name = f"PKCS#12, {'no MAC' if password is None else 'a password' if password else 'the empty password'}"
    tried(name, (Layer(content),), use, -(-COUNT // 3))
