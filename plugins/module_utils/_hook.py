# Copyright: Stack TLS contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Programs of the user that get something on their standard input."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from ._errors import HookError

_LONGEST_COMPLAINT = 2000


@dataclass(frozen=True)
class Hook:
    """A command as an argument list; no shell reads it.

    :param option: the module's option that it comes from.
    :param timeout: seconds that it may take.
    :param place: where it runs, for error messages.
    :param environment: variables besides those of the process.
    """

    option: str
    arguments: Sequence[str]
    timeout: int
    place: str = "on this host"
    environment: Mapping[str, str] = field(default_factory=dict, repr=False)

    def require_program(self) -> None:
        """Find out whether there is such a program.

        :raises HookError: where there is none.
        """
        if not self.arguments or shutil.which(self.arguments[0]) is None:
            raise HookError(
                f"{self.option} {list(self.arguments)} cannot be run {self.place}: no such program.",
                hint=f"Check {self.option}.",
            )

    def run(self, given: bytes, hidden: Iterable[str]) -> bytes:
        """What the command prints.

        :param given: what it reads.
        :param hidden: secrets that its complaints are told without.
        :raises HookError: where it cannot be run, fails, or takes too long.
        """
        name = self.arguments[0]
        try:
            ended = subprocess.run(
                list(self.arguments),
                input=given,
                capture_output=True,
                env={**os.environ, **self.environment},
                timeout=self.timeout,
                check=False,
            )
        except subprocess.TimeoutExpired:
            raise HookError(
                f"{name} did not end within {self.timeout} seconds.",
                hint="It must read its standard input to the end. Where it needs longer, raise its timeout.",
            ) from None
        except OSError as error:
            raise HookError(
                f"{name} cannot be run {self.place}: {error.strerror}.", hint=f"Check {self.option}."
            ) from error
        if ended.returncode:
            complaint = _without(ended.stderr.decode("utf-8", "replace").strip(), hidden)[-_LONGEST_COMPLAINT:]
            raise HookError(f"{name} ended with status {ended.returncode}: {complaint or 'no words'}")
        return ended.stdout


def _without(words: str, hidden: Iterable[str]) -> str:
    for secret in hidden:
        words = words.replace(secret, "********") if secret else words
    return words
