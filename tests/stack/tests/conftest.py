# Copyright: Stack TLS contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Makes the stack's own package importable."""

from __future__ import annotations

import sys
from pathlib import Path

STACK = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(STACK))
