# Copyright: Stack TLS contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The cluster around a node that restarts, as Elastic's page on rolling restarts asks for.

Before the restart the cluster has to be healthy; allocation is limited to primaries and indices are flushed, so that
the others do not begin to copy what will be back in a moment. Afterwards the node has to be back in the cluster,
allocation is put back as it was, and the cluster has to be healthy again before the next node's turn.

What allocation was is noted beside the journal before it is limited: a run that is cut off in between is resumed with
the right value.
"""

from __future__ import annotations

import contextlib
import functools
import json
import ssl
from collections.abc import Callable
from typing import Any

from ._api import API_ARGUMENTS, ApiClient
from ._endpoint import is_lasting
from ._errors import ApiError, FileError, ServiceError, StackTlsError
from ._io import SECRET_MODE, Attributes, read_file, remove_file, write_file
from ._journal import Journal
from ._service import Service
from ._tls_client import TlsOptions
from ._waiting import Clock, wait

HEALTH = ("green", "yellow", "any")

CLUSTER_ARGUMENTS: dict[str, Any] = {
    **{name: API_ARGUMENTS[name] for name in ("url", "ca_path", "username", "password", "api_key")},
    "current_url": {"type": "list", "elements": "str"},
    "current_ca_path": {"type": "path"},
    "health": {"type": "str", "choices": list(HEALTH), "default": "green"},
    "timeout": {"type": "int", "default": 300},
}
"""The option ``cluster`` of the module ``restart``."""

IDENTITY_ARGUMENTS = {name: argument for name, argument in API_ARGUMENTS.items() if name.startswith("client_")}
"""Options of the same module: the identity of the service itself."""

_ALLOCATION = "cluster.routing.allocation.enable"
_PRIMARIES = "primaries"
_SETTINGS = "/_cluster/settings"

Ask = Callable[[], ApiClient]


class Alone:
    """A service without a cluster around it."""

    def prepare(self, service: Service) -> None:
        """Nothing has to hold before the service restarts."""

    def missing(self) -> str:
        """Nothing but the service itself has to come back."""
        return ""

    def restore(self) -> None:
        """Nothing was changed."""

    def restored_after_roll_back(self) -> str:
        """Nothing has to be said of it."""
        return ""

    def wait_until_healthy(self) -> None:
        """Nothing has to hold afterwards."""


class Cluster(Alone):
    """The cluster of the node.

    :param before: how it is asked until the restart.
    :param after: how it is asked with the changed files in force.
    :param health: one of :data:`HEALTH`; a cluster with one data node needs no more than yellow.
    :param note_path: remembers what allocation was.
    :param timeout: seconds that it may take to become healthy.
    """

    def __init__(
        self, before: Ask, after: Ask, health: str, note_path: str, timeout: float, clock: Clock | None = None
    ) -> None:
        self._before, self._after = before, after
        self._health = health
        self._note_path = note_path
        self._timeout = timeout
        self._clock = clock or Clock()
        self._nodes = 0

    def prepare(self, service: Service) -> None:
        """Wait until the cluster is healthy, then limit allocation and flush. It lacks a stopped node already.

        :raises ServiceError: where it does not become healthy; the node has not been touched then.
        """
        if service.is_stopped():
            return
        client = self._before()
        self._put_back(client)  # of a run that was cut off
        self._require_healthy(client, "Nothing was restarted.")
        self._nodes = _health(client)["number_of_nodes"]
        if self._nodes > 1:
            self._limit(client)

    def missing(self) -> str:
        """What the cluster lacks since the restart, in words."""
        try:
            found = _health(self._after())["number_of_nodes"]
        except StackTlsError as error:
            return str(error)
        return f"The cluster has {found} of {self._nodes} nodes." if found < self._nodes else ""

    def restore(self) -> None:
        """Put allocation back as it was before."""
        self._put_back(self._after())

    def restored_after_roll_back(self) -> str:
        """The same with the previous files in force; why it could not be done, or an empty text."""
        if read_file(self._note_path) is None:
            return ""

        def amiss() -> str:
            try:
                self._put_back(self._before())
            except StackTlsError as error:
                return str(error)
            return ""

        reason = wait(amiss, self._timeout, self._clock)
        if not reason:
            return ""
        return (
            f" {_ALLOCATION} of the cluster is still {_PRIMARIES!r}: {reason} The next run puts it back, or remove the "
            f"persistent setting with PUT {_SETTINGS}."
        )

    def wait_until_healthy(self) -> None:
        """The end of this node's turn.

        :raises ServiceError: where the cluster does not become healthy again.
        """
        self._require_healthy(self._after(), "The node is back with its changes in force.")

    def _require_healthy(self, client: ApiClient, state: str) -> None:
        reason = wait(lambda: self._unhealthy(client), self._timeout, self._clock)
        if reason:
            raise ServiceError(
                f"the cluster is not healthy: {reason} {state}",
                hint="GET _cluster/allocation/explain says why. Where this is how it has to be, ask for less health.",
            )

    def _unhealthy(self, client: ApiClient) -> str:
        """Why the next restart would be a risk, in words."""
        try:
            found = _health(client)
        except ApiError as error:
            if is_lasting(error):
                raise
            return str(error)
        status, moving = found["status"], found["relocating_shards"] + found["initializing_shards"]
        if self._health == "any":
            return ""
        good = ("green",) if self._health == "green" and found["number_of_data_nodes"] > 1 else ("green", "yellow")
        if status in good and not moving:
            return ""
        shards = f"{found['unassigned_shards']} shards are unassigned, {moving} are on their way"
        return f"Its status is {status} and should be {good[-1]}; {shards}."

    def _limit(self, client: ApiClient) -> None:
        settings = client.call("GET", f"{_SETTINGS}?flat_settings=true")
        present = settings.get("persistent", {}).get(_ALLOCATION)
        if present in (_PRIMARIES, "none"):
            return  # somebody wants it so
        note = json.dumps({_ALLOCATION: present}).encode()
        write_file(self._note_path, note, Attributes(mode=SECRET_MODE))
        client.call("PUT", _SETTINGS, {"persistent": {_ALLOCATION: _PRIMARIES}})
        with contextlib.suppress(ApiError):  # it only makes the recovery faster
            client.call("POST", "/_flush?ignore_unavailable=true")

    def _put_back(self, client: ApiClient) -> None:
        note = read_file(self._note_path)
        if note is not None:
            client.call("PUT", _SETTINGS, {"persistent": json.loads(note)})
            remove_file(self._note_path)


def cluster_of(params: dict[str, Any], note_path: str, identity: TlsOptions, journal: Journal) -> Alone:
    """The cluster that the option of a module names, if it does.

    :param params: the value of the option, or nothing.
    :param identity: that of the node, for a cluster that wants one of its clients.
    :param journal: may hold the authorities that were trusted before the changes.
    """
    if not params:
        return Alone()
    defaults = {name: argument.get("default") for name, argument in API_ARGUMENTS.items()}
    given = {name: params[name] for name in CLUSTER_ARGUMENTS if name in API_ARGUMENTS and name != "timeout"}

    def asked_at(url: list[str], ca_certificates: str | None) -> Ask:
        reached = {"url": url, "ca_certificates": ca_certificates}
        return lambda: ApiClient({**defaults, **given, **_client_options(identity), **reached})

    # A node shows its former certificate until it has noticed the new one.
    former = [read_file(params["current_ca_path"] or "")]
    with contextlib.suppress(FileError):  # nobody has to have it
        former.append(journal.former(params["ca_path"] or ""))
    trusted = "\n".join(filter(None, map(_authorities_in, former))) or None
    return Cluster(
        # Once: that file may be another one as soon as changes are undone.
        functools.cache(asked_at(params["current_url"] or params["url"], trusted)),
        asked_at(params["url"], None),
        params["health"],
        note_path,
        params["timeout"],
    )


def _client_options(identity: TlsOptions) -> dict[str, str | None]:
    presented = identity.as_server()
    return {name: getattr(presented, name) for name in IDENTITY_ARGUMENTS}


def _authorities_in(content: bytes | None) -> str:
    """The certificates of a PEM file; none where it is damaged, because the changes may have mended just that."""
    pem = (content or b"").decode("ascii", "ignore")  # comments may have any letters
    with contextlib.suppress(ssl.SSLError, ValueError):
        ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_verify_locations(cadata=pem)
        return pem
    return ""


def _health(client: ApiClient) -> dict[str, Any]:
    return client.call("GET", "/_cluster/health")
