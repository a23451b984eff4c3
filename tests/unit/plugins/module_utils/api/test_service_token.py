# Copyright: Stack TLS contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""When the token of a service account is made, and when one is lost."""

from __future__ import annotations

import json
from typing import Any, Callable

import pytest
from ansible_collections.stacktls.elastic.plugins.module_utils._api import ApiClient
from ansible_collections.stacktls.elastic.plugins.module_utils._errors import ApiError
from ansible_collections.stacktls.elastic.plugins.module_utils._secret_destination import Held
from ansible_collections.stacktls.elastic.plugins.module_utils._service_token import MODULE_ARGUMENTS, ServiceTokens
from ansible_collections.stacktls.elastic.plugins.module_utils._service_token_form import FORM
from loopback import Server

Params = Callable[..., dict[str, Any]]

TOKEN = "AAEAAWVsYXN0aWMvZmxlZXQtc2VydmVyL3QxOmlITDZsUUNjUXU2RlE0bWxVTXVRSHc"
CREDENTIAL = "/_security/service/elastic/fleet-server/credential"
EMPTY = Held(
    known=True, path="/etc/token", place="/etc/token", reasons=[{"code": "missing", "text": "it is not there"}]
)
STORED = Held(known=True, path="/etc/token", place="/etc/token", identity="elastic/fleet-server/t1")


@pytest.mark.parametrize("text", [TOKEN, f"{TOKEN}\n", json.dumps({"name": "t1", "value": TOKEN})])
def test_every_form_is_read(text: str) -> None:
    assert FORM.read(text) == TOKEN
    assert FORM.identity(TOKEN) == "elastic/fleet-server/t1"


@pytest.mark.parametrize("form", ["token", "json"])
def test_every_form_that_is_written_is_read(form: str) -> None:
    assert FORM.read(FORM.write[form](TOKEN)) == TOKEN


@pytest.mark.parametrize("text", ["", "words", "{}", "[]", "AAEAAQ", "ZWxhc3RpYy9hL2I6Yw", "é", TOKEN[:-30]])
def test_what_is_no_token(text: str) -> None:
    assert FORM.read(text) is None


@pytest.fixture
def tokens(server: Server, params: Params) -> Callable[..., ServiceTokens]:
    """The tokens, with the options of the module."""
    defaults = {name: option.get("default") for name, option in MODULE_ARGUMENTS["argument_spec"].items()}

    def make(check_mode: bool = False, **given: Any) -> ServiceTokens:
        own = {"service": "fleet-server", "name": "t1"}
        options = {**defaults, **params(server, retries=0), **own, **given}
        return ServiceTokens(ApiClient(options), options, check_mode)

    return make


def answer(server: Server, *known: str, then: tuple[tuple[int, dict[str, Any]], ...] = ()) -> None:
    for status, content in ((200, {"tokens": {name: {} for name in known}}), *then):
        server.answer(status, json.dumps(content))


def sent(server: Server) -> list[tuple[str, str]]:
    return [(each.method, each.path.removeprefix(CREDENTIAL)) for each in server.received]


MADE = (200, {"created": True, "token": {"name": "t1", "value": TOKEN}})
GONE = (200, {"found": True})


def test_the_first_token(server: Server, tokens: Any) -> None:
    answer(server, "other", then=(MADE,))
    verdict = tokens().ensure(EMPTY)
    assert (verdict.is_due, verdict.secret, verdict.replaced) == (True, TOKEN, [])
    assert verdict.described == {"account": "elastic/fleet-server", "name": "t1"}
    assert sent(server) == [("GET", ""), ("POST", "/token/t1")]
    assert tokens().finish(verdict) is verdict


@pytest.mark.parametrize(
    ("held", "known", "options", "codes"),
    [
        (EMPTY, ["t1"], {}, ["missing"]),
        (STORED, [], {}, ["unknown"]),
        (Held(known=True, identity="elastic/kibana/t1"), ["t1"], {}, ["name"]),
        (STORED, ["t1"], {"force": True}, ["forced"]),
        (Held(), [], {}, ["missing"]),
        (STORED, ["t1"], {}, []),
        (Held(), ["t1"], {}, []),
    ],
)
def test_reasons(server: Server, tokens: Any, held: Held, known: list[str], options: Any, codes: list[str]) -> None:
    answer(server, *known)
    verdict = tokens(check_mode=True, **options).ensure(held)
    assert ([reason["code"] for reason in verdict.reasons], verdict.changed) == (codes, bool(codes))
    assert sent(server) == [("GET", "")]


def test_a_lost_token_makes_room(server: Server, tokens: Any) -> None:
    answer(server, "t1", then=(GONE, MADE))
    verdict = tokens().ensure(EMPTY)
    assert sent(server) == [("GET", ""), ("DELETE", "/token/t1"), ("POST", "/token/t1")]
    assert [(each["id"], each["end"]) for each in verdict.replaced] == [("elastic/fleet-server/t1", "deleted")]
    assert verdict.warnings[0].startswith(
        "The token elastic/fleet-server/t1 goes, because /etc/token does not hold it."
    )


def test_a_token_of_another_name_goes_on_and_is_told(server: Server, tokens: Any) -> None:
    answer(server, "t1")
    verdict = tokens(check_mode=True, name="t2").ensure(STORED)
    assert verdict.warnings[0].startswith("The token elastic/fleet-server/t1 goes on, and /etc/token will not hold it")


@pytest.mark.parametrize(("held", "options"), [(STORED, {"force": True}), (STORED, {}), (Held(), {"force": True})])
def test_nobody_is_warned_where_none_is_lost(server: Server, tokens: Any, held: Held, options: Any) -> None:
    answer(server, "t1")
    assert tokens(check_mode=True, **options).ensure(held).warnings == []


def test_a_lost_token_that_is_not_replaced(server: Server, tokens: Any) -> None:
    answer(server, "t1", then=(GONE, (403, {"error": {"reason": "not allowed"}})))
    with pytest.raises(ApiError, match=r"not allowed\. The previous token of that name is deleted"):
        tokens().ensure(EMPTY)


@pytest.mark.parametrize(
    ("status", "words"), [(200, "The new token was deleted again."), (500, "t1 could not be deleted again")]
)
def test_what_became_of_one_without_a_place(server: Server, tokens: Any, status: int, words: str) -> None:
    answer(server, then=(MADE, (status, {})))
    issuer = tokens()
    assert words in issuer.abandon(issuer.ensure(EMPTY))
    assert sent(server)[-1] == ("DELETE", "/token/t1")


@pytest.mark.parametrize(("known", "check_mode", "calls"), [(["t1"], False, 2), (["t1"], True, 1), ([], False, 1)])
def test_a_removal(server: Server, tokens: Any, known: list[str], check_mode: bool, calls: int) -> None:
    answer(server, *known, then=(GONE,))
    verdict = tokens(check_mode, state="absent").ensure(Held())
    assert (verdict.changed, verdict.described, len(server.received)) == (bool(known), None, calls)


@pytest.mark.parametrize("given", [{"name": ""}, {"name": "a/b"}, {"service": "kibana/x"}, {"namespace": " "}])
def test_what_cannot_be_an_account(server: Server, tokens: Any, given: Any) -> None:
    with pytest.raises(ApiError, match="is not a service account with the name of a token"):
        tokens(**given)
    assert server.received == []
