# Copyright: Stack TLS contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Running programs with a time limit, and telling what takes how long."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from pathlib import Path

_STARTED = time.monotonic()
_PRINTING = threading.Lock()


class StackError(Exception):
    """Something a person must know: the message says what was found and what to do."""


@dataclass(frozen=True)
class Result:
    """What a program said and how it ended."""

    status: int
    stdout: str
    stderr: str

    @property
    def text(self) -> str:
        """Everything it said, for an error message."""
        return "\n".join(part.strip() for part in (self.stdout, self.stderr) if part.strip())


def say(message: str) -> None:
    """Print a line with the seconds since the start; standard output stays free for data."""
    with _PRINTING:
        print(f"[{time.monotonic() - _STARTED:6.1f}s] {message}", file=sys.stderr, flush=True)


@contextmanager
def timed(what: str) -> Iterator[None]:
    """Say how long the block took, if it ended well."""
    begin = time.monotonic()
    yield
    say(f"{what} ({time.monotonic() - begin:.1f} s)")


def exit_status(command: Callable[[], None]) -> int:
    """Run what a person asked for; errors are told without a traceback."""
    try:
        command()
    except StackError as error:
        say(f"ERROR: {error}")
        return 1
    except KeyboardInterrupt:
        say("interrupted; the same command goes on from here")
        return 130
    return 0


def attempt(
    command: Sequence[str],
    *,
    stdin: bytes | None = None,
    timeout: float = 120,
    env: Mapping[str, str] | None = None,
    cwd: Path | None = None,
) -> Result:
    """Run a program to its end, whatever its exit status; a program that hangs is an error."""
    try:
        done = subprocess.run(
            list(command),
            input=stdin if stdin is not None else b"",
            capture_output=True,
            timeout=timeout,
            env=dict(env) if env is not None else None,
            cwd=cwd,
            check=False,
        )
    except FileNotFoundError as error:
        raise StackError(f"{command[0]} is not installed: run 'stack setup'") from error
    except subprocess.TimeoutExpired as error:
        raise StackError(f"no end after {timeout:.0f} s: {_shown(command)}") from error
    return Result(done.returncode, done.stdout.decode(errors="replace"), done.stderr.decode(errors="replace"))


def run(
    command: Sequence[str],
    *,
    stdin: bytes | None = None,
    timeout: float = 120,
    env: Mapping[str, str] | None = None,
    cwd: Path | None = None,
) -> str:
    """Run a program that must succeed and return its standard output."""
    result = attempt(command, stdin=stdin, timeout=timeout, env=env, cwd=cwd)
    if result.status != 0:
        raise StackError(f"exit status {result.status} of: {_shown(command)}\n{_tail(result.text)}")
    return result.stdout


def _shown(command: Sequence[str]) -> str:
    line, *more = " ".join(command).splitlines()
    return line if len(line) <= 200 and not more else f"{line[:200]} ..."


def _tail(text: str, lines: int = 30) -> str:
    return "\n".join(text.splitlines()[-lines:])
