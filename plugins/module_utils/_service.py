# Copyright: Stack TLS contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A service of the host: how it is restarted, whether it runs, and what it says of itself."""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from ._errors import ServiceError

Run = Callable[[Sequence[str]], tuple[int, str, str]]
"""Runs a command without a shell and returns its code, output and error output."""

_LOG_LINES = 25
_LINE_LENGTH = 400
_NOT_FOUND = 127
_TELLING = ("ERROR", "FATAL", "xception", "rror:", "failed", "refused", "Exiting:")


def runner(run_command: Callable[..., tuple[int, str, str]]) -> Run:
    """``AnsibleModule.run_command`` without its habit to end the module where a program cannot be started.

    What has to be undone then would stay as it is.
    """

    def run(command: Sequence[str]) -> tuple[int, str, str]:
        try:
            return run_command(list(command), handle_exceptions=False)
        except OSError as error:
            return _NOT_FOUND, "", f"{command[0]}: {os.strerror(error.errno) if error.errno else error}"

    return run


@dataclass(frozen=True)
class Mark:
    """A moment in the logs of a service.

    :param seconds: since the epoch.
    :param lengths: of each log file in bytes, by its path.
    """

    seconds: float
    lengths: Mapping[str, int]


@dataclass(frozen=True)
class Service:
    """A systemd unit, or whatever a custom command restarts.

    :param name: the unit's name.
    :param restart_command: argument list that takes the place of ``systemctl restart``.
    :param log_paths: files in which the service writes why it does not start.
    :param status_command: argument list that fails where what the restart command restarts does not run.
    :param log_command: argument list that prints the end of its log.
    """

    name: str
    run: Run
    restart_command: Sequence[str] = ()
    log_paths: Sequence[str] = ()
    status_command: Sequence[str] = ()
    log_command: Sequence[str] = ()

    def restart(self) -> None:
        """Restart it.

        :raises ServiceError: where the command fails, with the service's own words.
        """
        command = list(self.restart_command) or ["systemctl", "restart", self.name]
        if not self.restart_command:
            # A service that died again and again is not started any more, not even with its good old files.
            self.run(["systemctl", "reset-failed", self.name])
        code, output, error = self.run(command)
        if code != 0:
            detail = (error or output).strip().splitlines()
            raise ServiceError(f"{' '.join(command)} failed: {detail[0] if detail else f'exit code {code}'}")

    def signal(self) -> str:
        """Send its main process a SIGHUP; why that cannot be done, or an empty text."""
        if self.restart_command:
            return "A custom command restarts it, so its process is not known."
        # --kill-whom is the newer name of the option, which systemd before 252 does not know.
        code, output, error = self.run(["systemctl", "kill", "--signal=HUP", "--kill-who=main", self.name])
        return (error or output).strip() or f"systemctl kill failed with {code}." if code else ""

    def has_failed(self) -> bool:
        """Whether systemd gave the unit up; with a custom command, whether that of its state tells that it stopped."""
        if self.restart_command:
            return self._is_told_stopped()
        return self.run(["systemctl", "is-failed", "--quiet", self.name])[0] == 0

    def is_stopped(self) -> bool:
        """Whether systemd, or with a custom command that of its state, knows that it does not run."""
        if self.restart_command:
            return self._is_told_stopped()
        return self.run(["systemctl", "is-active", "--quiet", self.name])[0] != 0

    def process(self) -> str:
        """The number of its main process; empty where systemd has none, or says that the unit is not active."""
        properties = ("systemctl", "show", "--property=ActiveState,MainPID", self.name)
        found = dict(line.partition("=")[::2] for line in self.run(properties)[1].splitlines())
        return found.get("MainPID", "") if found.get("ActiveState") == "active" else ""

    def mark(self) -> Mark:
        """Where the logs end now, so that :meth:`last_words` shows only what came later."""
        return Mark(time.time(), {path: _size(path) for path in self.log_paths})

    def last_words(self, mark: Mark) -> str:
        """The telling lines that the service wrote after the mark, or the last of all; of a custom command any."""
        lines: list[str] = []
        for path, length in mark.lengths.items():
            start = length if _size(path) >= length else 0  # a shorter log is a new one
            lines += _tail(path, start).decode(errors="replace").splitlines()
        lines += self._journal_lines(mark.seconds)
        telling = [line.strip()[:_LINE_LENGTH] for line in lines if any(word in line for word in _TELLING)]
        return "\n".join(list(dict.fromkeys(telling or lines))[-_LOG_LINES:])

    def _is_told_stopped(self) -> bool:
        # A command that is not there tells nothing.
        return bool(self.status_command) and self.run(self.status_command)[0] not in (0, _NOT_FOUND)

    def _journal_lines(self, since: float) -> list[str]:
        if self.log_command:
            code, output, error = self.run(self.log_command)
            return (output + error).splitlines()  # a container's log has both
        if self.restart_command:
            return []
        wanted = [f"--since=@{since:.6f}", "--lines=60", f"--unit={self.name}"]
        code, output, _error = self.run(["journalctl", "--no-pager", "--output=cat", *wanted])
        return output.splitlines() if code == 0 else []


def _size(path: str) -> int:
    try:
        return os.path.getsize(path)
    except OSError:
        return 0


def _tail(path: str, start: int) -> bytes:
    with contextlib.suppress(OSError), open(path, "rb") as stream:
        stream.seek(start)
        return stream.read()
    return b""
