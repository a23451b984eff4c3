# Copyright: Stack TLS contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How a cluster is, and waiting until it is as wanted."""

from __future__ import annotations

from dataclasses import dataclass, fields

from ._api import ApiClient
from ._endpoint import is_lasting
from ._errors import ApiError
from ._waiting import Clock, wait

STATUSES = ("green", "yellow", "red")
"""From the best to the worst."""

_PATH = "/_cluster/health?master_timeout=5s"
"""A node without a master would otherwise think for 30 seconds before it says so."""

_UNAUTHORIZED = 401


@dataclass(frozen=True)
class Health:
    """What the API says, by its names."""

    cluster_name: str
    status: str
    timed_out: bool
    number_of_nodes: int
    number_of_data_nodes: int
    unassigned_shards: int
    relocating_shards: int
    initializing_shards: int

    @classmethod
    def read(cls, client: ApiClient) -> Health:
        """Ask for it.

        :raises ApiError: where there is no answer, or a refusal.
        """
        answer = client.call("GET", _PATH)
        return cls(**{each.name: answer[each.name] for each in fields(cls)})


@dataclass(frozen=True)
class Wanted:
    """What the cluster should be; ``None`` is anything.

    :param status: the worst that is good enough.
    :param nodes: how many there are at least.
    :param login: whether a login that is not accepted may be accepted in a moment.
    """

    status: str | None = None
    nodes: int | None = None
    login: bool = False

    @property
    def is_anything(self) -> bool:
        """Whether there is nothing to wait for."""
        return self.status is None and self.nodes is None

    def amiss(self, found: Health) -> str:
        """What is not as wanted, in words; an empty text where all is."""
        if self.is_anything or not (self._is_worse(found) or self._lacks_nodes(found)):
            return ""
        status = f" and should be {self._at_worst}" if self._is_worse(found) else ""
        nodes = f" and should be {self.nodes}" if self._lacks_nodes(found) else ""
        moving = found.relocating_shards + found.initializing_shards
        return (
            f"The status of {found.cluster_name!r} is {found.status}{status};"
            f" its nodes are {found.number_of_nodes}{nodes};"
            f" {found.unassigned_shards} shards are unassigned, {moving} are on their way."
        )

    def hint(self, found: Health | None) -> str:
        """What to do where it does not become so."""
        if found is None:
            return "Do the nodes run, and do they find each other? Their logs say why."
        if self._lacks_nodes(found):
            return "Do the nodes that are missing run, and do they find the others? Their logs say why."
        advice = "GET _cluster/allocation/explain says why."
        if found.status == "yellow" and found.number_of_data_nodes == 1:
            advice += " With one data node it is yellow as long as an index has replicas: ask for yellow."
        return advice

    @property
    def _at_worst(self) -> str:
        return f"{self.status}" if self.status == "green" else f"{self.status} or better"

    def _is_worse(self, found: Health) -> bool:
        return self.status is not None and STATUSES.index(found.status) > STATUSES.index(self.status)

    def _lacks_nodes(self, found: Health) -> bool:
        return self.nodes is not None and found.number_of_nodes < self.nodes


def wait_for_health(client: ApiClient, wanted: Wanted, seconds: float, clock: Clock | None = None) -> Health:
    """The health of the cluster, once it is as wanted.

    :raises ApiError: where it does not become so in time, or where waiting is of no use: a login or a certificate that
        is not accepted.
    """
    if wanted.is_anything:
        return Health.read(client)
    seen: list[Health] = []

    def look() -> str:
        seen.clear()
        try:
            seen.append(Health.read(client))
        except ApiError as error:
            if is_lasting(error) and not (wanted.login and error.status == _UNAUTHORIZED):
                raise
            return str(error)
        return wanted.amiss(seen[0])

    reason = wait(look, seconds, clock or Clock())
    if reason:
        raise ApiError(f"the cluster is not as wanted: {reason}", hint=wanted.hint(seen[0] if seen else None))
    return seen[0]
