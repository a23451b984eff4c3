# Copyright: Stack TLS contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Hosts of the test stack, and how Ansible reaches them."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
_STACK = str(ROOT / "tests/stack/stack")


class Services:
    """The running hosts of a topology."""

    def __init__(self, folder: Path, collections: Path, topology: dict[str, Any]) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.folder = folder
        self._topology = topology
        self.environment = {
            **os.environ,
            **_stack_environment(),
            "ANSIBLE_COLLECTIONS_PATH": str(collections),
            "ANSIBLE_PIPELINING": "true",
            "ANSIBLE_NOCOLOR": "true",
        }
        self.stack("up")
        (folder / "hosts.json").write_text(self.stack("inventory"))  # with the containers' own connection

    def close(self) -> None:
        """Remove the containers."""
        self.stack("down")

    def run(self, host: str, script: str) -> str:
        """What a shell on the host prints."""
        return self.checked(["podman", "exec", f"stacktls-{self._topology['name']}-{host}", "sh", "-c", script])

    def ansible(self, playbook: str, *options: str) -> str:
        """What a playbook prints."""
        return self.checked(["ansible-playbook", "-i", str(self.folder / "hosts.json"), playbook, *options])

    def stack(self, command: str, *options: str) -> str:
        """What a command of the test stack prints."""
        return self.checked([_STACK, command, *options, "-"], given=json.dumps(self._topology))

    def checked(self, arguments: list[str], given: str = "") -> str:
        """What a program prints that has to succeed."""
        ended = subprocess.run(
            arguments, input=given, env=self.environment, cwd=self.folder, capture_output=True, text=True, check=False
        )
        if ended.returncode:
            raise RuntimeError(f"{arguments[0]}: {(ended.stdout + ended.stderr)[-3000:]}")
        return ended.stdout


def _stack_environment() -> dict[str, str]:
    script = f'eval "$({_STACK} env)" && env -0'
    printed = subprocess.run(["sh", "-c", script], check=True, capture_output=True, text=True).stdout
    return dict(line.split("=", 1) for line in printed.split("\0") if line)
