# Copyright: Stack TLS contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What everybody on the controller could see while a playbook runs."""

from __future__ import annotations

import threading
from collections.abc import Iterable
from pathlib import Path


class Watch(threading.Thread):
    """Reads every command line of the machine and every file of a folder, again and again, while a run lasts."""

    def __init__(self, folder: Path) -> None:
        super().__init__(daemon=True)
        self.folder = folder
        self.done = threading.Event()
        self.looks = 0
        self._seen: dict[bytes, Path] = {}

    def run(self) -> None:
        while not self.done.wait(0.02):
            self.looks += 1
            for path in [*Path("/proc").glob("[0-9]*/cmdline"), *self.folder.rglob("*")]:
                self._read(path)

    def _read(self, path: Path) -> None:
        try:
            self._seen.setdefault(path.read_bytes(), path)
        except OSError:
            return

    def found(self, secrets: Iterable[str]) -> set[str]:
        """Which of the secrets were seen, and where."""
        wanted = [*secrets]
        return {
            f"{secret} in {path}"
            for content, path in self._seen.items()
            for secret in wanted
            if secret.encode() in content
        }
