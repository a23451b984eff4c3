# Copyright: Stack TLS contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Bring changed files into force, prove it, and put the old ones back where the service does not come up."""

from __future__ import annotations

from dataclasses import dataclass, field

from ._cluster import Alone
from ._effects import Effect, effect_of
from ._errors import FileError, ServiceError
from ._journal import Journal
from ._service import Service
from ._waiting import Clock, Probe, wait

_RELOAD_SECONDS = 30
_SETTLING_SECONDS = 5.0


@dataclass
class Outcome:
    """What was done.

    :param action: ``nothing``, ``reload``, ``signal`` or ``restart``.
    :param backup: folder with the files as they were.
    """

    action: str = "nothing"
    kinds: list[str] = field(default_factory=list)
    backup: str = ""
    seconds: float = 0.0


def apply_changes(
    product: str,
    journal: Journal,
    service: Service,
    probe: Probe,
    timeout: float,
    cluster: Alone | None = None,
    clock: Clock | None = None,
    *,
    version: str = "",
    no_way_back: str = "",
    is_up: Probe = lambda: "",
) -> Outcome:
    """Do what the journal's changes need, and settle it.

    :param probe: what has to hold with the changes in force.
    :param timeout: seconds a restarted service has to answer as it should.
    :param cluster: what has to hold around the service before and after a restart.
    :param version: of the product, where it is known.
    :param no_way_back: why the earlier files are of no use once the changes are in force.
    :param is_up: what has to hold before the service is sent a signal.
    :raises ServiceError: where the service did not come back; its previous files are then in force again.
    """
    cluster, clock = cluster or Alone(), clock or Clock()
    kinds = journal.kinds()
    effect = effect_of(product, kinds, version)
    started = clock.now()
    # A service that is still starting dies of a signal.
    unfit = (is_up() or service.signal()) if effect is Effect.SIGNAL else ""
    if effect in (Effect.RELOAD, Effect.SIGNAL) and (unfit or wait(probe, min(timeout, _RELOAD_SECONDS), clock)):
        effect = Effect.RESTART  # it did not reload
    if effect is Effect.RESTART:
        cluster.prepare(service)
        _restart_or_roll_back(journal, service, lambda: probe() or cluster.missing(), timeout, cluster, clock)
    outcome = Outcome(effect.name.lower(), kinds, journal.settle(no_way_back), round(clock.now() - started, 1))
    if effect is Effect.RESTART:
        cluster.wait_until_healthy()
    return outcome


def _restart_or_roll_back(
    journal: Journal, service: Service, probe: Probe, timeout: float, cluster: Alone, clock: Clock
) -> None:
    mark = service.mark()
    amiss = _restart(service, probe, timeout, clock)
    if not amiss:
        cluster.restore()
        return
    words = service.last_words(mark)
    undone = _roll_back(journal, service, clock) + cluster.restored_after_roll_back()
    raise ServiceError(f"{service.name} did not come back after the change: {amiss}\nIt said:\n{words}\n{undone}")


def _restart(service: Service, probe: Probe, timeout: float, clock: Clock) -> str:
    try:
        service.restart()
    except ServiceError as error:
        return str(error)
    return wait(probe, timeout, clock, service.has_failed)


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
