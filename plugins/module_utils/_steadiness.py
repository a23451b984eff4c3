# Copyright: Stack TLS contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One look at a service that has no address to ask: does its process stay up?"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field

from ._service import Service

STEADY_SECONDS = 5.0


@dataclass
class Steadiness:
    """What has to hold before such a service counts as back: one process is there for some seconds.

    systemd starts a Beat that stops again and again, so that the unit is active tells nothing. A service that a custom
    command restarts is not looked at; the command has to fail where the service does not start.
    """

    service: Service
    now: Callable[[], float] = time.monotonic
    _process: str = field(default="", init=False)
    _since: float = field(default=0.0, init=False)

    def amiss(self) -> str:
        """What does not hold yet, in words; empty where the service is as it should be."""
        if self.service.restart_command:
            return ""
        process, now = self.service.process(), self.now()
        if process != self._process:
            self._process, self._since = process, now
        if not process:
            return f"{self.service.name} is not active."
        if now - self._since < STEADY_SECONDS:
            return f"{self.service.name} does not stay active for {STEADY_SECONDS:.0f} s."
        return ""
