# Copyright: Stack TLS contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Plays with tasks of a role, all of whose hosts are this machine."""

from __future__ import annotations

import sys

from running import play


def run_plays(folder, *plays):
    """Run files of a folder with its ``inventory.json``; they find the folder in the variable ``out``."""
    here = ("-i", "inventory.json", "-c", "local", "-e", f"out={folder}")
    done = play(folder, *here, *plays, PIPELINING="true", PYTHON_INTERPRETER=sys.executable)
    assert done.returncode == 0, done.stdout
