# Copyright: Stack TLS contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What `control-plane` runs."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.append(str(Path(__file__).resolve().parent.parent / "stack"))

from controlplane.cli import main

sys.exit(main(sys.argv[1:]))
