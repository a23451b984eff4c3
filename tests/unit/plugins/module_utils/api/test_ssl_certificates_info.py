# Copyright: Stack TLS contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What each node says of its certificates, and what is said where one does not."""

from __future__ import annotations

import json
from datetime import datetime, timedelta, timezone
from typing import Any, Callable

import pytest
from ansible_collections.stacktls.elastic.plugins.module_utils._api import ApiClient
from ansible_collections.stacktls.elastic.plugins.module_utils._errors import ApiError
from ansible_collections.stacktls.elastic.plugins.module_utils._ssl_certificates_info import gather_ssl_certificates
from loopback import Server

Params = Callable[..., dict[str, Any]]
NOWHERE = "http://127.0.0.1:1"


def certificate(days: float, path: str = "certs/http.crt", **given: Any) -> dict[str, Any]:
    """A certificate as the API answers it, that ends in so many days."""
    end = datetime.now(timezone.utc) + timedelta(days=days)
    return {"path": path, "format": "PEM", "expiry": end.strftime("%Y-%m-%dT%H:%M:%S.000Z"), **given}


@pytest.fixture
def gather(params: Params) -> Callable[..., dict[str, Any]]:
    """Asks servers, with the options of the module."""

    def run(*servers: Server | str) -> dict[str, Any]:
        options = params(*servers, retries=0)
        return gather_ssl_certificates(options["url"], lambda url: ApiClient({**options, "url": [url]}), 30)

    return run


def answer(server: Server, name: str, *certificates: dict[str, Any]) -> Server:
    server.answer(200, json.dumps({"name": name}))
    server.answer(200, json.dumps(certificates))
    return server


def test_every_node_is_asked(start: Any, gather: Any, server_certificate: Any) -> None:
    one = answer(start(server_certificate), "es1", certificate(90.5, alias=None, has_private_key=True))
    two = answer(start(server_certificate), "es2", certificate(90.5, "b"), certificate(3.5, "a"))
    result = gather(one, two)
    assert [(node["name"], node["url"], node["error"]) for node in result["nodes"]] == [
        ("es1", one.url, ""),
        ("es2", two.url, ""),
    ]
    assert [each["path"] for each in result["nodes"][1]["certificates"]] == ["a", "b"]
    assert result["nodes"][0]["certificates"][0]["has_private_key"] is True
    assert result["nodes"][0]["certificates"][0]["days_left"] == 90
    assert (result["changed"], result["expired"], result["expiring"]) == (False, False, True)


@pytest.mark.parametrize(
    ("days", "left", "expired", "expiring"),
    [(30.5, 30, False, False), (29.5, 29, False, True), (0.5, 0, False, True), (-0.5, -1, True, False)],
)
def test_how_long_it_lasts(server: Server, gather: Any, days: float, left: int, expired: bool, expiring: bool) -> None:
    result = gather(answer(server, "es1", certificate(days)))
    found = result["nodes"][0]["certificates"][0]
    assert (found["days_left"], found["expired"], found["expiring"]) == (left, expired, expiring)
    assert (result["expired"], result["expiring"]) == (expired, expiring)


def test_a_node_that_is_away_has_its_error(server: Server, gather: Any) -> None:
    result = gather(NOWHERE, answer(server, "es1"))
    assert "the connection was refused" in result["nodes"][0]["error"]
    assert result["nodes"][0]["certificates"] == result["nodes"][1]["certificates"] == []


def test_no_node_answers(gather: Any) -> None:
    with pytest.raises(ApiError, match=f"{NOWHERE}: the connection was refused"):
        gather(NOWHERE)


def test_a_refusal_ends_it(server: Server, gather: Any) -> None:
    server.answer(401, json.dumps({"error": {"reason": "unable to authenticate"}}))
    with pytest.raises(ApiError, match="unable to authenticate"):
        gather(server)


@pytest.mark.parametrize("body", ["{}", "[1]", "words"])
def test_another_service_answers(server: Server, gather: Any, body: str) -> None:
    server.answer(200, json.dumps({"name": "es1"}))
    server.answer(200, body)
    with pytest.raises(ApiError, match="not Elasticsearch"):
        gather(server)
