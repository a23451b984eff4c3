# Copyright: Stack TLS contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Waiting, with an end, until nothing is amiss."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

Probe = Callable[[], str]
"""Looks once whether something is as it should be: an empty text, or what is still amiss."""

_PAUSE = 1.0


@dataclass(frozen=True)
class Clock:
    """Time, so that tests need not wait."""

    now: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep


def wait(probe: Probe, timeout: float, clock: Clock, given_up: Callable[[], bool] = lambda: False) -> str:
    """Look until nothing is amiss; what is amiss in the end, or an empty text.

    :param given_up: whether waiting any longer is of no use, because the service stopped.
    """
    deadline = clock.now() + timeout
    while True:
        amiss = probe()
        if not amiss:
            return ""
        if given_up():
            return f"the service stopped. {amiss}"
        if clock.now() >= deadline:
            return f"not ready after {timeout:.0f} s. {amiss}"
        clock.sleep(_PAUSE)
