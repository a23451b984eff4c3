# Copyright: Stack TLS contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is told of a cluster before a run, and at which level."""

from __future__ import annotations

import json
from typing import Any, Callable

import pytest
from ansible_collections.stacktls.elastic.plugins.module_utils._api import ApiClient
from ansible_collections.stacktls.elastic.plugins.module_utils._cluster_preflight import Look, Needs, look
from loopback import SECRET, Issued, Server

Params = Callable[..., dict[str, Any]]


def health(status: str, nodes: int = 3) -> dict[str, Any]:
    shards = {"unassigned_shards": 2, "relocating_shards": 0, "initializing_shards": 0}
    counts = {"number_of_nodes": nodes, "number_of_data_nodes": nodes}
    return {"cluster_name": "c", "status": status, "timed_out": False, **counts, **shards}


def looked(server: Server | str, params: Params, needs: Needs, **others: Any) -> Look:
    given = {"retries": 0, "username": "elastic", "password": SECRET, **others}
    found = look(lambda: ApiClient(params(server, **given)), needs)
    assert SECRET not in str(found)
    return found


def answering(server: Server, status: str, nodes: int = 3, **privileges: bool) -> Server:
    server.answer(200, json.dumps({"has_all_requested": True, "cluster": {"monitor": True, **privileges}}))
    server.answer(200, json.dumps(health(status, nodes)))
    return server


def levels(found: Look) -> list[tuple[str, str]]:
    return [(each.level, each.subject) for each in found.findings]


@pytest.mark.parametrize(
    ("status", "nodes", "needs", "expected"),
    [
        ("green", 3, Needs(restarts=True), []),
        ("yellow", 1, Needs(restarts=True), []),
        ("yellow", 3, Needs(health="yellow", restarts=True), []),
        ("red", 3, Needs(health="any", restarts=True), []),
        ("yellow", 3, Needs(restarts=True), [("warning", "the cluster c")]),
        ("red", 3, Needs(), [("warning", "the cluster c")]),
        ("red", 3, Needs(restarts=True), [("error", "the cluster c")]),
        ("red", 1, Needs(health="yellow", restarts=True), [("error", "the cluster c")]),
    ],
)
def test_health(
    server: Server, params: Params, status: str, nodes: int, needs: Needs, expected: list[tuple[str, str]]
) -> None:
    found = looked(answering(server, status, nodes), params, needs)
    assert levels(found) == expected
    assert found.health is not None
    assert found.health.status == status


def test_the_privileges_are_asked_for_in_one_request(server: Server, params: Params) -> None:
    looked(answering(server, "green", manage=True), params, Needs(("manage", "monitor")))
    assert [(each.method, each.path.partition("?")[0]) for each in server.received] == [
        ("POST", "/_security/user/_has_privileges"),
        ("GET", "/_cluster/health"),
    ]
    assert json.loads(server.received[0].body) == {"cluster": ["monitor", "manage"]}


def test_privileges_that_the_login_lacks_are_an_error(server: Server, params: Params) -> None:
    found = looked(answering(server, "green", manage_security=False), params, Needs(("manage_security", "manage")))
    assert levels(found) == [("error", "the login")]
    assert found.findings[0].found == "user 'elastic' with this password lacks manage_security, manage."
    assert len(server.received) == 1


def test_a_wrong_password_is_an_error_that_is_the_same_of_all_nodes(server: Server, params: Params) -> None:
    server.answer(401, json.dumps({"error": {"reason": "unable to authenticate user [elastic]"}}))
    found = looked(server, params, Needs())
    assert levels(found) == [("error", "the login")]
    assert found.findings[0].found.startswith("Elasticsearch does not accept user 'elastic' with this password")
    assert server.url not in found.findings[0].found
    assert "stacktls_elasticsearch_password" in found.findings[0].hint


def test_an_api_key_that_is_not_accepted_is_an_error(server: Server, params: Params) -> None:
    server.answer(401, json.dumps({"error": "no"}))
    found = looked(server, params, Needs(), username=None, password=None, api_key=f"id:{SECRET}")
    assert levels(found) == [("error", "the login")]
    assert "this API key" in found.findings[0].found


@pytest.mark.parametrize("status", [403, 404, 500, 503])
def test_other_refusals_do_not_stand_in_the_way(server: Server, params: Params, status: int) -> None:
    server.answer(status, json.dumps({"error": {"reason": "no master"}}))
    assert levels(looked(server, params, Needs(restarts=True))) == [("warning", "the node")]


def test_a_node_that_is_away_does_not_stand_in_the_way(params: Params) -> None:
    found = looked("https://127.0.0.1:1", params, Needs(restarts=True))
    assert levels(found) == [("warning", "the node")]
    assert "https://127.0.0.1:1: the connection was refused" in found.findings[0].found
    assert found.health is None


def test_nor_does_one_that_is_not_trusted(
    start: Callable[..., Server], stranger: Issued, server: Server, params: Params, tmp_path: Any
) -> None:
    assert levels(looked(start(stranger), params, Needs())) == [("warning", "the node")]
    missing = looked(server, params, Needs(), ca_path=str(tmp_path / "none.crt"))
    assert levels(missing) == [("warning", "the node")]
    assert "none.crt" in missing.findings[0].found
