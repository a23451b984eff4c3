# Copyright: Stack TLS contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Starting, finding and stopping the programs.

No process id is remembered, so none can be stale: a program is found by its file and by the state folder in its
arguments.
"""

from __future__ import annotations

import os
import signal
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from stacklib.shell import StackError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

_GONE = " (deleted)"
_TERM_SECONDS = 3  # without etcd the API server takes ten times that
_KILL_SECONDS = 5


@dataclass(frozen=True)
class Process:
    """A running program."""

    pid: int
    program: Path
    arguments: tuple[str, ...]

    def mentions(self, folder: Path) -> bool:
        """Whether a file in the folder is among its arguments."""
        return any(f"{folder}/" in each for each in self.arguments)

    @property
    def megabytes(self) -> int:
        """Its resident memory."""
        try:
            pages = int(Path(f"/proc/{self.pid}/statm").read_text().split()[1])
        except (OSError, IndexError):
            return 0
        return pages * os.sysconf("SC_PAGE_SIZE") // 2**20


def running(programs: Path) -> list[Process]:
    """The processes whose program is below a folder."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            program = Path(os.readlink(folder / "exe").removesuffix(_GONE))
            if programs in program.parents:
                arguments = (folder / "cmdline").read_bytes().decode(errors="replace").split("\0")
                found.append(Process(int(folder.name), program, tuple(arguments)))
        except OSError:  # it ended meanwhile, or belongs to somebody else
            continue
    return found


def start(command: Sequence[str], log: Path, environment: Mapping[str, str]) -> None:
    """Start a program that goes on when we end; what it says goes to the end of its log."""
    with log.open("ab") as output:
        process = subprocess.Popen(
            list(command),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            cwd="/",
            env={**os.environ, **environment},
            start_new_session=True,
        )
    # A program that has just begun has no arguments for a moment, and is not found by them.
    while process.poll() is None and not Path(f"/proc/{process.pid}/cmdline").read_bytes():
        time.sleep(0.01)


def stop(processes: Iterable[Process]) -> None:
    """End the processes, those that do not hear by force, and wait until they are gone."""
    left = _signalled(list(processes), signal.SIGTERM, _TERM_SECONDS)
    left = _signalled(left, signal.SIGKILL, _KILL_SECONDS)
    if left:
        raise StackError(
            f"still running after SIGKILL: {', '.join(f'{each.program.name} {each.pid}' for each in left)}"
        )


def _signalled(processes: list[Process], number: int, seconds: float) -> list[Process]:
    """Those that are still there some seconds after the signal."""
    for each in processes:
        if _there(each):
            os.kill(each.pid, number)
    until = time.monotonic() + seconds
    while (left := [each for each in processes if _there(each)]) and time.monotonic() < until:
        time.sleep(0.05)
    return left


def _there(process: Process) -> bool:
    """Whether the process still runs its program; a zombie or another process with the same number does not."""
    try:
        return Path(os.readlink(f"/proc/{process.pid}/exe").removesuffix(_GONE)) == process.program
    except OSError:
        return False
