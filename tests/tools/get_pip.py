# Copyright: Stack TLS contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Installs pip from the wheel that comes with Python, with the arguments of the well-known get-pip script."""

from __future__ import annotations

import ensurepip
import runpy
import sys
from pathlib import Path

wheel = next((Path(ensurepip.__file__).parent / "_bundled").glob("pip-*.whl"))
sys.path.insert(0, str(wheel))
dropped = ("--no-setuptools", "--no-wheel", "pip==")
arguments = [each for each in sys.argv[1:] if not each.startswith(dropped)]
sys.argv = ["pip", "install", "--no-index", f"--find-links={wheel.parent}", *arguments, "pip"]
runpy.run_module("pip", run_name="__main__")
