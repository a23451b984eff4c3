# Copyright: Stack TLS contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What `stack` runs."""

from __future__ import annotations

import sys

from stacklib.cli import main

sys.exit(main(sys.argv[1:]))
