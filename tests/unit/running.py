# Copyright: Stack TLS contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Ansible as the tests have it: its programs, and the collections of this tree."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

COLLECTIONS = next(str(parent.parent) for parent in Path(__file__).parents if parent.name == "ansible_collections")


def program(name):
    """One of Ansible's, beside the Python that runs the tests."""
    return Path(sys.executable).with_name(name)


def play(folder, *arguments, **settings):
    """Run ansible-playbook in a folder.

    :param settings: of Ansible, as its environment names them without ``ANSIBLE_``.
    """
    given = {f"ANSIBLE_{name}": value for name, value in {"COLLECTIONS_PATH": COLLECTIONS, **settings}.items()}
    return subprocess.run(
        [program("ansible-playbook"), *arguments],
        env={**os.environ, **given},
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )


def play_logging_all(home):
    """Run play.json of a home on this machine, without settings of whoever runs the tests; all that Ansible can log."""
    settings = {"COLLECTIONS_PATH": COLLECTIONS, "PIPELINING": "true", "DEBUG": "true", "HOME": str(home / ".ansible")}
    kept = {name: value for name, value in os.environ.items() if not name.startswith("ANSIBLE_")}
    here = ["-c", "local", "-e", f"ansible_python_interpreter={sys.executable}"]
    done = subprocess.run(
        [program("ansible-playbook"), "-vvvvvv", *here, "play.json"],
        env={**kept, **{f"ANSIBLE_{name}": value for name, value in settings.items()}, "HOME": str(home)},
        cwd=home,
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout + done.stderr
