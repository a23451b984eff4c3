# Copyright: Stack TLS contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Measuring: rounds in turn, medians, and what a process tree holds in memory."""

from __future__ import annotations

import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

Work = Callable[[], object]


def seconds(work: Work) -> float:
    """How long the work takes."""
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def medians(rounds: int, works: dict[str, Work]) -> dict[str, float]:
    """The median seconds of each work. They take turns, so that a busy machine is busy for all of them."""
    taken: dict[str, list[float]] = {name: [] for name in works}
    for number in range(rounds):
        for name, work in works.items():
            taken[name].append(seconds(work))
            say(f"round {number + 1} of {rounds}: {name} {taken[name][-1]:.2f} s")
    return {name: statistics.median(each) for name, each in taken.items()}


def say(text: str) -> None:
    """Progress, beside the result."""
    print(f"  {text}", file=sys.stderr, flush=True)


@dataclass(frozen=True)
class Usage:
    """What a run of a program took.

    :param megabytes: the most that its processes held together at a time, shared pages counted once.
    """

    seconds: float
    megabytes: float


def usage(arguments: list[str], environment: dict[str, str], folder: Path) -> Usage:
    """Run a program to its end; of its children those count that are the same program.

    What a task runs on a simulated host is a child too, but that work is the host's and not the controller's.
    """
    most = 0.0
    ended = threading.Event()
    started = time.perf_counter()
    process = subprocess.Popen(arguments, env=environment, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)

    def watch() -> None:
        nonlocal most
        while not ended.wait(0.3):
            most = max(most, _held(process.pid, arguments[0]))

    watcher = threading.Thread(target=watch)
    watcher.start()
    output, _errors = process.communicate()
    ended.set()
    watcher.join()
    if process.returncode:
        raise RuntimeError(output.decode()[-3000:])
    return Usage(time.perf_counter() - started, most)


def _held(leader: int, program: str) -> float:
    """Megabytes (proportional set size) of the processes of a program below its first one."""
    parents: dict[int, int] = {}
    kilobytes: dict[int, int] = {}
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            parents[int(folder.name)] = int((folder / "stat").read_text().rpartition(")")[2].split()[1])
            if program.encode() in (folder / "cmdline").read_bytes():
                rollup = (folder / "smaps_rollup").read_text()
                kilobytes[int(folder.name)] = int(rollup.split("Pss:")[1].split()[0])
        except (OSError, IndexError, ValueError):
            continue  # it has ended meanwhile
    return sum(held for pid, held in kilobytes.items() if _is_below(pid, leader, parents)) / 1024


def _is_below(pid: int, leader: int, parents: dict[int, int]) -> bool:
    while pid not in (leader, 0):
        pid = parents.get(pid, 0)
    return pid == leader
