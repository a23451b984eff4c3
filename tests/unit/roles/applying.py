# Copyright: Stack TLS contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Plays with tasks of a role, all of whose hosts are this machine."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

ANSIBLE = Path(sys.executable).with_name("ansible-playbook")
COLLECTIONS = next(str(parent.parent) for parent in Path(__file__).parents if parent.name == "ansible_collections")


def run_plays(folder, *plays):
    """Run files of a folder with its ``inventory.json``; they find the folder in the variable ``out``."""
    done = subprocess.run(
        [ANSIBLE, "-i", "inventory.json", "-c", "local", "-e", f"out={folder}", *plays],
        env={
            **os.environ,
            "ANSIBLE_COLLECTIONS_PATH": COLLECTIONS,
            "ANSIBLE_PIPELINING": "true",
            "ANSIBLE_PYTHON_INTERPRETER": sys.executable,
        },
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout
