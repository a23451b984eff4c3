# Copyright: Stack TLS contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import pytest


@pytest.fixture(scope="session")
def pki():
    # Not at the top: pytest loads this file before its Ansible plugin makes the collection importable.
    from issuing import Pki

    return Pki()
