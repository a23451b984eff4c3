# Copyright: Stack TLS contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Bring changed files into force, prove it, and put the old ones back where the service does not come up."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field

from ._effects import Effect, effect_of
from ._errors import FileError, ServiceError
from ._journal import Journal
from ._service import Service

Probe = Callable[[], str]
"""Looks once whether the service is as it should be: an empty text, or what is still amiss."""

_RELOAD_SECONDS = 30
_PAUSE = 1.0
_SETTLING_SECONDS = 5.0


@dataclass
class Outcome:
    """What was done.

    :param action: ``nothing``, ``reload`` or ``restart``.
    :param backup: folder with the files as they were.
    """

    action: str = "nothing"
    kinds: list[str] = field(default_factory=list)
    backup: str = ""
    seconds: float = 0.0


@dataclass(frozen=True)
class Clock:
    """Time, so that tests need not wait."""

    now: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep


def apply_changes(
    product: str, journal: Journal, service: Service, probe: Probe, timeout: float, clock: Clock | None = None
) -> Outcome:
    """Do what the journal's changes need, and settle it.

    :param timeout: seconds a restarted service has to answer as it should.
    :raises ServiceError: where the service did not come back; its previous files are then in force again.
    """
    clock = clock or Clock()
    kinds = journal.kinds()
    effect = effect_of(product, kinds)
    started = clock.now()
    if effect is Effect.RELOAD and _wait(probe, min(timeout, _RELOAD_SECONDS), clock, lambda: False):
        effect = Effect.RESTART  # it did not reload by itself
    if effect is Effect.RESTART:
        _restart_or_roll_back(journal, service, probe, timeout, clock)
    return Outcome(effect.name.lower(), kinds, journal.settle(), round(clock.now() - started, 1))


def _restart_or_roll_back(journal: Journal, service: Service, probe: Probe, timeout: float, clock: Clock) -> None:
    mark = service.mark()
    amiss = _restart(service, probe, timeout, clock)
    if not amiss:
        return
    words = service.last_words(mark)
    undone = _roll_back(journal, service, clock)
    raise ServiceError(f"{service.name} did not come back after the change: {amiss}\nIt said:\n{words}\n{undone}")


def _restart(service: Service, probe: Probe, timeout: float, clock: Clock) -> str:
    try:
        service.restart()
    except ServiceError as error:
        return str(error)
    return _wait(probe, timeout, clock, service.has_failed)


def _roll_back(journal: Journal, service: Service, clock: Clock) -> str:
    """Put the previous files back, restart the service with them, and say how that went."""
    try:
        restored = journal.roll_back()
    except FileError as error:
        return f"The previous files could not be put back: {error}"
    files = f"The previous files were put back ({', '.join(restored)})"
    try:
        service.restart()
    except ServiceError as error:
        return f"{files}, but the service does not start with them either: {error}"
    clock.sleep(_SETTLING_SECONDS)
    if service.has_failed():
        return f"{files}, but the service does not stay up with them either."
    return f"{files} and the service was restarted with them."


def _wait(probe: Probe, timeout: float, clock: Clock, given_up: Callable[[], bool]) -> str:
    """Look until nothing is amiss; what is amiss in the end, or an empty text."""
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
