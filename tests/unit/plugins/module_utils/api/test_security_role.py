# Copyright: Stack TLS contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""When a role is written, and which are left alone."""

from __future__ import annotations

import json
from typing import Any, Callable

import pytest
from ansible_collections.stacktls.elastic.plugins.module_utils._api import ApiClient
from ansible_collections.stacktls.elastic.plugins.module_utils._errors import ApiError
from ansible_collections.stacktls.elastic.plugins.module_utils._security_role import (
    PRIVILEGES,
    manage_security_role,
    wanted,
)
from loopback import Server

Params = Callable[..., dict[str, Any]]

ANSWERED = {
    "cluster": ["monitor"],
    "indices": [{"names": ["a"], "privileges": ["write", "read"], "allow_restricted_indices": False}],
    "applications": [],
    "run_as": [],
    "metadata": {"team": "ops"},
    "transient_metadata": {"enabled": True},
}
CANONICAL = {
    "cluster": ["monitor"],
    "indices": [{"names": ["a"], "privileges": ["read", "write"]}],
    "metadata": {"team": "ops"},
}


@pytest.fixture
def options() -> Params:
    """Parameters of the module for the role above, in other words."""

    def make(**others: Any) -> dict[str, Any]:
        empty = {name: {} if name == "global" else [] for name in PRIVILEGES}
        indices = [{"privileges": ["read", "write"], "names": "a"}]
        own = {"name": "writer", "state": "present", "metadata": None, "description": None}
        return {**empty, **own, "cluster": ["monitor"], "indices": indices, **others}

    return make


def manage(server: Server, params: Params, options: dict[str, Any], check_mode: bool = False) -> Any:
    return manage_security_role(ApiClient(params(server)), options, check_mode=check_mode)


def test_a_new_one_is_put(server: Server, params: Params, options: Params) -> None:
    server.answer(404, "{}")
    server.answer(200, '{"role": {"created": true}}')
    result = manage(server, params, options(name="a/b"))
    wanted_role = {name: value for name, value in CANONICAL.items() if name != "metadata"}
    assert (result["changed"], result["role"], result["diff"]["before"]) == (True, wanted_role, {})
    assert [(each.method, each.path) for each in server.received] == [
        ("GET", "/_security/role/a%2Fb"),
        ("PUT", "/_security/role/a%2Fb"),
    ]
    assert json.loads(server.received[1].body) == wanted_role


def test_an_equal_one_is_left_alone(server: Server, params: Params, options: Params) -> None:
    server.answer(200, json.dumps({"writer": ANSWERED}))
    result = manage(server, params, options())
    assert (result["changed"], result["role"]) == (False, CANONICAL)
    assert [each.method for each in server.received] == ["GET"]


@pytest.mark.parametrize("others", [{"state": "absent"}, {"cluster": []}, {"metadata": {}}, {"description": "words"}])
def test_check_mode_only_reads(server: Server, params: Params, options: Params, others: Any) -> None:
    server.answer(200, json.dumps({"writer": ANSWERED}))
    assert manage(server, params, options(**others), check_mode=True)["changed"]
    assert [each.method for each in server.received] == ["GET"]


def test_one_is_removed(server: Server, params: Params, options: Params) -> None:
    server.answer(200, json.dumps({"writer": ANSWERED}))
    result = manage(server, params, options(state="absent"))
    assert (result["changed"], result["role"], result["diff"]["after"]) == (True, None, {})
    assert [each.method for each in server.received] == ["GET", "DELETE"]


def test_metadata_and_description_are_kept_unless_given(options: Params) -> None:
    present = {**CANONICAL, "description": "words"}
    assert wanted(options(), present) == present
    assert wanted(options(metadata={}, description=""), present).keys() == {"cluster", "indices"}


@pytest.mark.parametrize("state", ["present", "absent"])
def test_roles_of_elasticsearch_are_refused(server: Server, params: Params, options: Params, state: str) -> None:
    server.answer(200, json.dumps({"kibana_system": {**ANSWERED, "metadata": {"_reserved": True}}}))
    with pytest.raises(ApiError, match="'kibana_system' is one of Elasticsearch's own, which cannot be changed"):
        manage(server, params, options(name="kibana_system", state=state))
    assert [each.method for each in server.received] == ["GET"]


@pytest.mark.parametrize("name", ["", " ", "a,b"])
def test_names_that_the_api_takes_for_others(server: Server, params: Params, options: Params, name: str) -> None:
    with pytest.raises(ApiError, match="cannot be the name of a role"):
        manage(server, params, options(name=name))
    assert server.received == []
