# Copyright: Stack TLS contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which licence a cluster gets, and what has to be agreed to before."""

from __future__ import annotations

import json
from typing import Any, Callable

import pytest
from ansible_collections.stacktls.elastic.plugins.module_utils._api import ApiClient
from ansible_collections.stacktls.elastic.plugins.module_utils._errors import ApiError
from ansible_collections.stacktls.elastic.plugins.module_utils._license import manage_license
from loopback import Server

Params = Callable[..., dict[str, Any]]

BOUGHT = {"uid": "bought", "type": "platinum", "signature": "AAAA", "issued_to": "Example"}
ENDS = {"message": "call it again", "security": ["Realms will be ignored.", "Tokens\nwill not."], "ml": ["Off"]}


def licence(kind: str, uid: str = "present", status: str = "active") -> dict[str, Any]:
    return {"license": {"type": kind, "status": status, "uid": uid}}


@pytest.fixture
def manage(server: Server, params: Params) -> Callable[..., dict[str, Any]]:
    """Runs the module against a server that answers so."""

    def run(*answers: dict[str, Any], check_mode: bool = False, **given: Any) -> dict[str, Any]:
        for each in answers:
            server.answer(200, json.dumps(each))
        options = {"type": None, "license": None, "acknowledge": False, **given}
        return manage_license(ApiClient(params(server)), options, check_mode=check_mode)

    return run


def sent(server: Server) -> list[tuple[str, str]]:
    return [(each.method, each.path.removeprefix("/_license")) for each in server.received]


@pytest.mark.parametrize("kind", ["basic", "trial"])
def test_what_is_there_is_left_alone(server: Server, manage: Any, kind: str) -> None:
    result = manage(licence(kind), type=kind)
    assert (result["changed"], result["type"]) == (False, kind)
    assert sent(server) == [("GET", "")]


def test_a_trial_is_started(server: Server, manage: Any) -> None:
    eligible, started = {"eligible_to_start_trial": True}, {"acknowledged": True, "trial_was_started": True}
    result = manage(licence("basic"), eligible, started, licence("trial", "new"), type="trial", acknowledge=True)
    assert (result["changed"], result["type"], result["uid"]) == (True, "trial", "new")
    assert result["diff"]["before"]["type"] == "basic"
    assert sent(server)[2] == ("POST", "/start_trial?acknowledge=true")


@pytest.mark.parametrize("check_mode", [False, True])
def test_a_trial_that_is_used_up(server: Server, manage: Any, check_mode: bool) -> None:
    with pytest.raises(ApiError, match="it has used up that of this major version"):
        manage(
            licence("trial", status="expired"),
            {"eligible_to_start_trial": False},
            type="trial",
            acknowledge=True,
            check_mode=check_mode,
        )
    assert sent(server) == [("GET", ""), ("GET", "/trial_status")]


def test_features_that_end_have_to_be_agreed_to(server: Server, manage: Any) -> None:
    answer = {"acknowledged": False, "basic_was_started": False, "acknowledge": ENDS}
    with pytest.raises(ApiError) as caught:
        manage(licence("trial"), answer, type="basic")
    assert str(caught.value) == (
        "the trial licence of this cluster would be replaced, which has to be agreed to. security: Realms will be"
        " ignored. Tokens will not. ml: Off Say acknowledge: true where that is wanted. Nothing has been changed."
    )
    assert sent(server)[-1] == ("POST", "/start_basic")


def test_check_mode_only_reads(server: Server, manage: Any) -> None:
    with pytest.raises(ApiError, match="A run without check mode tells them"):
        manage(licence("trial"), type="basic", check_mode=True)
    server.answers.clear()
    result = manage(licence("trial"), type="basic", acknowledge=True, check_mode=True)
    assert (result["changed"], result["type"]) == (True, "basic")
    assert {method for method, _path in sent(server)} == {"GET"}


@pytest.mark.parametrize("given", [BOUGHT, {"license": BOUGHT}, {"licenses": [BOUGHT]}])
def test_a_licence_is_installed(server: Server, manage: Any, given: Any) -> None:
    installed = {"acknowledged": True, "license_status": "valid"}
    result = manage(licence("basic"), installed, licence("platinum", "bought"), license=given)
    assert (result["changed"], result["type"]) == (True, "platinum")
    assert json.loads(server.received[1].body) == {"licenses": [BOUGHT]}
    assert sent(server)[1] == ("PUT", "")


def test_an_installed_licence_is_left_alone(server: Server, manage: Any) -> None:
    assert not manage(licence("platinum", "bought"), license=BOUGHT)["changed"]
    assert sent(server) == [("GET", "")]


@pytest.mark.parametrize("status", ["invalid", "expired"])
def test_a_licence_that_is_not_taken(manage: Any, status: str) -> None:
    with pytest.raises(ApiError, match=f"does not take the licence: license status: {status}"):
        manage(licence("basic"), {"acknowledged": True, "license_status": status}, license=BOUGHT)


def test_the_words_of_elasticsearch_are_passed_on(manage: Any) -> None:
    answer = {"acknowledged": True, "basic_was_started": False, "error_message": "Operation failed: why"}
    with pytest.raises(ApiError, match="does not take the licence: Operation failed: why"):
        manage(licence("trial"), answer, type="basic", acknowledge=True)


@pytest.mark.parametrize("given", [{}, {"license": {}}, {"licenses": []}, {"license": "text"}, {"uid": "a"}])
def test_what_is_no_licence(server: Server, manage: Any, given: Any) -> None:
    with pytest.raises(ApiError, match="license holds no licence, which has uid, type, signature"):
        manage(license=given)
    assert server.received == []
