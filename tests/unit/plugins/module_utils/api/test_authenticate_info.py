# Copyright: Stack TLS contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who somebody is, who it should be, and how long that may take."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any, Callable

import pytest
from ansible_collections.stacktls.elastic.plugins.module_utils._api import ApiClient
from ansible_collections.stacktls.elastic.plugins.module_utils._authenticate_info import (
    Expectation,
    authenticate,
    stored_token,
)
from ansible_collections.stacktls.elastic.plugins.module_utils._errors import ApiError, StackTlsError
from ansible_collections.stacktls.elastic.plugins.module_utils._keystore import _kibana
from ansible_collections.stacktls.elastic.plugins.module_utils._tls_client import VerificationError
from loopback import LOOPBACK, Issued, Server

Params = Callable[..., dict[str, Any]]


def body(*roles: str, realm: str = "realm1", kind: str = "pki") -> str:
    return json.dumps(
        {
            "username": "kibana-client",
            "roles": roles,
            "metadata": {"pki_dn": "CN=kibana-client,O=Example"},
            "enabled": True,
            "authentication_realm": {"name": realm, "type": kind, "domain": "d"},
            "authentication_type": "realm",
        }
    )


def refused(server: Server, params: Params, expectation: Expectation) -> str:
    with pytest.raises(ApiError) as caught:
        authenticate(ApiClient(params(server)), expectation, wait=0)
    return str(caught.value)


def test_the_identity(server: Server, params: Params) -> None:
    server.answer(200, body("b", "a"))
    identity = authenticate(ApiClient(params(server)), Expectation("realm1", "pki", ["a", "b"]), wait=0)
    assert identity.realm == {"name": "realm1", "type": "pki"}
    assert (identity.username, identity.roles, identity.enabled) == ("kibana-client", ["a", "b"], True)
    assert (identity.authentication_type, identity.metadata["pki_dn"]) == ("realm", "CN=kibana-client,O=Example")
    assert server.received[0].path == "/_security/_authenticate"


def test_anybody_is_expected_by_default(server: Server, params: Params) -> None:
    server.answer(200, body())
    assert authenticate(ApiClient(params(server)), Expectation(), wait=0).roles == []


@pytest.mark.parametrize(
    ("expectation", "words"),
    [
        (Expectation("other"), "expected realm 'other'. Check the order"),
        (Expectation("other", "native"), "expected realm 'other' and type 'native'. Check the order"),
        (Expectation("other", None, []), "expected realm 'other' and exactly the roles []. Check the order"),
        (Expectation(roles=["b", "c"]), "expected exactly the roles [b, c]. Roles come from role mappings"),
        (Expectation(roles=["a", "b", "c"]), "expected exactly the roles [a, b, c]."),
        (Expectation(roles=["b"]), "must match the DN 'CN=kibana-client,O=Example', spelled so."),
    ],
)
def test_somebody_else(server: Server, params: Params, expectation: Expectation, words: str) -> None:
    server.answer(200, body("b", "a"))
    message = refused(server, params, expectation)
    assert "as user 'kibana-client' of realm 'realm1' (type pki) with roles [a, b]; " in message
    assert words in message


def test_waits_through_a_restart(server: Server, params: Params) -> None:
    server.answer(503, "{}")
    server.answer(401, "{}")
    server.answer(200, body())
    server.answer(200, body("kibana_system"))
    pauses: list[float] = []
    client = ApiClient(params(server, retries=0))
    identity = authenticate(client, Expectation(roles=["kibana_system"]), wait=60, sleep=pauses.append)
    assert identity.roles == ["kibana_system"]
    assert pauses == [1.0, 1.0, 1.0]


def test_waiting_ends_with_the_last_difference(server: Server, params: Params) -> None:
    server.answer(200, body())
    client = ApiClient(params(server))
    with pytest.raises(ApiError, match=r"expected exactly the roles \[a\]"):
        authenticate(client, Expectation(roles=["a"]), wait=1, sleep=lambda _: time.sleep(0.05))
    assert len(server.received) > 1


def test_nobody_waits_for_a_certificate_that_is_not_trusted(
    start: Callable[..., Server], stranger: Issued, params: Params
) -> None:
    pauses: list[float] = []
    client = ApiClient(params(start(stranger.sign("es1", names=LOOPBACK))))
    with pytest.raises(VerificationError):
        authenticate(client, Expectation(), wait=60, sleep=pauses.append)
    assert pauses == []


ENTRY = "elasticsearch.serviceAccountToken"


def test_the_token_in_the_keystore_of_kibana(tmp_path: Path) -> None:
    path = tmp_path / "kibana.keystore"
    path.write_bytes(_kibana.encode({ENTRY: "a-token", "other": "b"}))
    assert stored_token(str(path), ENTRY) == "a-token"


@pytest.mark.parametrize("entries", [{}, {ENTRY: ""}, {ENTRY: ["a"]}])
def test_a_keystore_without_a_token(tmp_path: Path, entries: dict[str, Any]) -> None:
    path = tmp_path / "kibana.keystore"
    path.write_bytes(_kibana.encode(entries))
    with pytest.raises(StackTlsError) as caught:
        stored_token(str(path), ENTRY)
    assert str(caught.value).startswith(f"{path}: the keystore has no token as {ENTRY}. The module service_token")


@pytest.mark.parametrize(("content", "words"), [(None, "no such file"), (b"1:garbage", "keystore")])
def test_a_keystore_that_cannot_be_read(tmp_path: Path, content: bytes | None, words: str) -> None:
    path = tmp_path / "kibana.keystore"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(StackTlsError, match=words) as caught:
        stored_token(str(path), ENTRY)
    assert str(path) in str(caught.value)
