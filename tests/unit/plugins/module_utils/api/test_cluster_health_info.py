# Copyright: Stack TLS contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How a cluster is, what is waited for, and what is not."""

from __future__ import annotations

import json
from typing import Any, Callable

import pytest
from ansible_collections.stacktls.elastic.plugins.module_utils._api import ApiClient
from ansible_collections.stacktls.elastic.plugins.module_utils._cluster_health_info import (
    Health,
    Wanted,
    wait_for_health,
)
from ansible_collections.stacktls.elastic.plugins.module_utils._errors import ApiError
from ansible_collections.stacktls.elastic.plugins.module_utils._tls_client import VerificationError
from ansible_collections.stacktls.elastic.plugins.module_utils._waiting import Clock
from loopback import LOOPBACK, SECRET, Issued, Server

Params = Callable[..., dict[str, Any]]


def health(status: str = "green", nodes: int = 3, **others: Any) -> dict[str, Any]:
    return {
        "cluster_name": "c",
        "status": status,
        "timed_out": False,
        "number_of_nodes": nodes,
        "number_of_data_nodes": nodes,
        "unassigned_shards": 0 if status == "green" else 2,
        "relocating_shards": 1,
        "initializing_shards": 3,
        **others,
    }


class Time:
    """A clock that only waiting moves."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def sleep(self, seconds: float) -> None:
        self.seconds += seconds

    def clock(self) -> Clock:
        return Clock(lambda: self.seconds, self.sleep)


def waited(server: Server, params: Params, wanted: Wanted, seconds: float = 5) -> tuple[Health, float]:
    time = Time()
    client = ApiClient(params(server, retries=0, username="elastic", password=SECRET))
    return wait_for_health(client, wanted, seconds, time.clock()), time.seconds


def refusal(server: Server, params: Params, wanted: Wanted, seconds: float = 5) -> str:
    with pytest.raises(ApiError) as caught:
        waited(server, params, wanted, seconds)
    assert SECRET not in str(caught.value)
    return str(caught.value)


def test_what_the_api_says(server: Server, params: Params) -> None:
    server.answer(200, json.dumps(health("red", active_shards=7)))
    assert waited(server, params, Wanted()) == (Health(**health("red")), 0)
    assert [(each.method, each.path.partition("?")[0]) for each in server.received] == [("GET", "/_cluster/health")]


@pytest.mark.parametrize(
    ("status", "wanted"),
    [
        ("green", Wanted("green")),
        ("green", Wanted("yellow", 3)),
        ("yellow", Wanted("yellow")),
        ("yellow", Wanted(None, 2)),
        ("red", Wanted("red", 1)),
    ],
)
def test_what_is_good_enough(server: Server, params: Params, status: str, wanted: Wanted) -> None:
    server.answer(200, json.dumps(health(status)))
    found, seconds = waited(server, params, wanted, 0)
    assert (found.status, seconds) == (status, 0)


def test_waits_through_a_start(server: Server, params: Params) -> None:
    for status, body in ((503, {}), (429, {}), (502, {}), (200, health("red", 1)), (200, health(nodes=2))):
        server.answer(status, json.dumps(body))
    server.answer(200, json.dumps(health()))
    found, seconds = waited(server, params, Wanted("green", 3))
    assert (found.number_of_nodes, seconds) == (3, 5)


def test_waits_for_a_node_that_does_not_listen(params: Params) -> None:
    time = Time()
    with pytest.raises(ApiError) as caught:
        wait_for_health(ApiClient(params("http://127.0.0.1:1", retries=0)), Wanted("red"), 3, time.clock())
    assert str(caught.value) == (
        "the cluster is not as wanted: not ready after 3 s. http://127.0.0.1:1: the connection was refused: nothing"
        " listens there. Do the nodes run, and do they find each other? Their logs say why."
    )
    assert time.seconds == 3


@pytest.mark.parametrize(
    ("answer", "wanted", "words"),
    [
        (
            health("yellow", 1),
            Wanted("green"),
            "The status of 'c' is yellow and should be green; its nodes are 1; 2 shards are unassigned, 4 are on their"
            " way. GET _cluster/allocation/explain says why. With one data node it is yellow as long as an index has",
        ),
        (
            health("red"),
            Wanted("yellow"),
            "The status of 'c' is red and should be yellow or better; its nodes are 3; 2 shards are unassigned, 4 are"
            " on their way. GET _cluster/allocation/explain says why.",
        ),
        (
            health("red", 2),
            Wanted("green", 3),
            "The status of 'c' is red and should be green; its nodes are 2 and should be 3; 2 shards are unassigned, 4"
            " are on their way. Do the nodes that are missing run, and do they find the others?",
        ),
        (health("green", 2), Wanted(None, 3), "The status of 'c' is green; its nodes are 2 and should be 3; 0 shards"),
    ],
)
def test_what_was_found_and_wanted(
    server: Server, params: Params, answer: dict[str, Any], wanted: Wanted, words: str
) -> None:
    server.answer(200, json.dumps(answer))
    assert f"the cluster is not as wanted: not ready after 2 s. {words}" in refusal(server, params, wanted, 2)
    assert len(server.received) == 3


def test_the_last_reason_is_told_where_the_cluster_went_away(server: Server, params: Params) -> None:
    server.answer(200, json.dumps(health("yellow")))
    server.answer(503, json.dumps({"error": {"type": "master_not_discovered_exception"}}))
    words = refusal(server, params, Wanted("green"))
    assert "Elasticsearch cannot answer now (HTTP 503): master_not_discovered_exception." in words
    assert words.endswith("Do the nodes run, and do they find each other? Their logs say why.")


@pytest.mark.parametrize(("status", "words"), [(401, "does not accept user 'elastic'"), (403, "does not allow this")])
def test_nobody_waits_for_a_login(server: Server, params: Params, status: int, words: str) -> None:
    server.answer(status, "{}")
    assert words in refusal(server, params, Wanted("green"), 60)
    assert len(server.received) == 1


def test_a_cluster_that_has_restarted_learns_who_its_users_are(server: Server, params: Params) -> None:
    server.answer(401, "{}")
    assert "does not accept user 'elastic'" in refusal(server, params, Wanted("green", login=True), 2)
    assert len(server.received) == 3


def test_nobody_waits_for_a_certificate_that_is_not_trusted(
    start: Callable[..., Server], stranger: Issued, params: Params
) -> None:
    time = Time()
    client = ApiClient(params(start(stranger.sign("es1", names=LOOPBACK)), retries=0))
    with pytest.raises(VerificationError):
        wait_for_health(client, Wanted("green"), 60, time.clock())
    assert time.seconds == 0


def test_without_a_wish_nobody_waits(server: Server, params: Params) -> None:
    server.answer(503, "{}")
    assert "Elasticsearch cannot answer now (HTTP 503)" in refusal(server, params, Wanted())
    assert len(server.received) == 1
