# Copyright: Stack TLS contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What of a cluster would keep a run from its end: a node that is away, a login, its privileges, health.

Everything is asked through one node and everything that is amiss is told; nothing is changed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

from ._api import ApiClient
from ._cluster_health_info import STATUSES, Health
from ._errors import StackTlsError
from ._preflight import ERROR, WARNING, Finding

_MONITOR = "monitor"
"""The privilege with which the API tells the health of a cluster."""

_HAS_PRIVILEGES = "/_security/user/_has_privileges"
_UNAUTHORIZED = 401
_VARIABLES = (
    "The roles log in with stacktls_elasticsearch_username and stacktls_elasticsearch_password, or with "
    "stacktls_elasticsearch_api_key."
)
_ANY = "any"


@dataclass(frozen=True)
class Needs:
    """What a run needs of the cluster.

    :param privileges: cluster privileges of the login, by their names in Elasticsearch.
    :param health: the worst status with which a node is restarted, or ``any``.
    :param restarts: whether a node is going to restart.
    """

    privileges: Sequence[str] = ()
    health: str = "green"
    restarts: bool = False


@dataclass(frozen=True)
class Look:
    """What was found; without a health the cluster did not tell it."""

    findings: list[Finding] = field(default_factory=list)
    health: Health | None = None


def look(connect: Callable[[], ApiClient], needs: Needs) -> Look:
    """Ask the node, and tell what is amiss. An answer that does not come is no error: a run may bring it about."""
    try:
        client = connect()
        missing = _missing_privileges(client, [_MONITOR, *needs.privileges])
        if missing:
            return Look([_powerless(client, missing)])
        health = Health.read(client)
    except StackTlsError as error:
        return Look([_unanswered(error)])
    return Look(list(_unhealthy(health, needs)), health)


def _missing_privileges(client: ApiClient, names: Sequence[str]) -> list[str]:
    wanted = list(dict.fromkeys(names))
    found = client.call("POST", _HAS_PRIVILEGES, {"cluster": wanted}).get("cluster", {})
    return [name for name in wanted if not found.get(name)]


def _powerless(client: ApiClient, missing: list[str]) -> Finding:
    found = f"{client.login.words} lacks {', '.join(missing)}."
    return Finding(ERROR, "the login", found, "Give it a role with these cluster privileges, or log in as another one.")


def _unanswered(error: StackTlsError) -> Finding:
    """A login that is not accepted is wrong; everything else may be otherwise when the run is through."""
    if getattr(error, "status", None) == _UNAUTHORIZED:
        # Without the node's address: it is the same at all of them.
        message = error.message.partition(": ")[2] or error.message
        return Finding(ERROR, "the login", message, f"{error.hint} {_VARIABLES}")
    found = f"{error.path}: {error.message}" if error.path else error.message
    hint = "Its login, its licence and its health are not known. If it should run, its log says more."
    return Finding(WARNING, "the node", found, f"{error.hint} {hint}".lstrip())


def _unhealthy(found: Health, needs: Needs) -> Iterator[Finding]:
    """Where the status is worse than a restart allows; one data node has no place for replicas."""
    worst = "yellow" if needs.health == "green" and found.number_of_data_nodes == 1 else needs.health
    if worst == _ANY or STATUSES.index(found.status) <= STATUSES.index(worst):
        return
    text = f"is {found.status}, {found.unassigned_shards} shards are unassigned."
    level = ERROR if needs.restarts and found.status == STATUSES[-1] else WARNING
    hint = f"Nodes restart only where it is {worst}. GET _cluster/allocation/explain says why it is not."
    yield Finding(level, f"the cluster {found.cluster_name}", text, hint)
