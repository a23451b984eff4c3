# Copyright: Stack TLS contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import pytest
from ansible_collections.stacktls.elastic.plugins.module_utils._errors import StackTlsError
from ansible_collections.stacktls.elastic.plugins.module_utils._seal import new_key, seal, unseal


def test_what_is_sealed_is_read_with_its_key_only():
    key = new_key()
    sealed = seal("id:kéy", key)
    assert "id:" not in sealed
    assert unseal(sealed, key) == "id:kéy"
    with pytest.raises(StackTlsError, match="was not made for this run"):
        unseal(sealed, new_key())
