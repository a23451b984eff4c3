# Copyright: Stack TLS contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""When a password is set, with which login, and what is never said."""

from __future__ import annotations

import base64
import json
from typing import Any, Callable

import pytest
from ansible_collections.stacktls.elastic.plugins.module_utils._api import ApiClient
from ansible_collections.stacktls.elastic.plugins.module_utils._errors import ApiError
from ansible_collections.stacktls.elastic.plugins.module_utils._user_password import set_user_password
from loopback import SECRET, Issued, Server

Params = Callable[..., dict[str, Any]]
NEW = "a-new-password"
FOUND = json.dumps({"kibana_system": {}})


def basic(name: str, password: str) -> str:
    return "Basic " + base64.b64encode(f"{name}:{password}".encode()).decode()


ADMIN, USER = basic("elastic", SECRET), basic("kibana_system", NEW)


class Cluster:
    """A server that answers what it is told, and the module's options."""

    def __init__(self, server: Server, params: Params) -> None:
        self._server = server
        self._params = params

    def answers(self, *answers: int | tuple[int, str]) -> None:
        for each in answers:
            status, body = (each, "{}") if isinstance(each, int) else each
            self._server.answer(status, body)

    def run(self, *, check_mode: bool = False, **options: Any) -> dict[str, Any]:
        login = {"username": "elastic", "password": SECRET, "retries": 0}
        wanted = {"name": "kibana_system", "new_password": NEW, "force": False}
        params = self._params(self._server, **{**login, **wanted, **options})
        result = set_user_password(ApiClient(params), params, check_mode=check_mode)
        assert NEW not in str(result)
        assert SECRET not in str(result)
        return result

    def refusal(self, **options: Any) -> ApiError:
        with pytest.raises(ApiError) as caught:
            self.run(**options)
        assert NEW not in str(caught.value)
        assert SECRET not in str(caught.value)
        return caught.value

    @property
    def asked(self) -> list[tuple[str, str]]:
        return [(f"{each.method} {each.path}", each.headers.get("Authorization", "")) for each in self._server.received]


@pytest.fixture
def cluster(server: Server, params: Params) -> Cluster:
    return Cluster(server, params)


def test_a_password_that_is_accepted_stays(cluster: Cluster) -> None:
    cluster.answers(200)
    result = cluster.run()
    assert (result["changed"], result["username"]) == (False, "kibana_system")
    assert result["diff"]["before"] == result["diff"]["after"]
    assert cluster.asked == [("GET /_security/_authenticate", USER)]


def test_another_one_is_set(cluster: Cluster, server: Server) -> None:
    cluster.answers(401, (200, FOUND), 200)
    result = cluster.run()
    assert result["changed"]
    assert (result["diff"]["before"], result["diff"]["after"]) == ("password: another one\n", "password: as given\n")
    assert cluster.asked == [
        ("GET /_security/_authenticate", USER),
        ("GET /_security/user/kibana_system", ADMIN),
        ("POST /_security/user/kibana_system/_password", ADMIN),
    ]
    assert json.loads(server.received[-1].body) == {"password": NEW}


@pytest.mark.parametrize("force", [False, True])
def test_check_mode_says_the_same_and_sets_nothing(cluster: Cluster, server: Server, force: bool) -> None:
    cluster.answers(200 if force else 401, (200, FOUND), 200)
    checked = cluster.run(check_mode=True, force=force)
    assert [each.method for each in server.received] == ["GET", "GET"]
    server.answers.clear()
    cluster.answers(200 if force else 401, (200, FOUND), 200)
    assert cluster.run(force=force) == checked


def test_force_sets_what_is_accepted(cluster: Cluster) -> None:
    cluster.answers(200, (200, FOUND), 200)
    result = cluster.run(force=True)
    assert result["changed"]
    assert result["diff"]["before"] != result["diff"]["after"]
    assert cluster.asked[-1] == ("POST /_security/user/kibana_system/_password", ADMIN)


def test_the_user_itself_with_its_former_password(cluster: Cluster) -> None:
    cluster.answers(401, 200, 200)
    assert cluster.run(name="elastic")["changed"]
    assert cluster.asked == [
        ("GET /_security/_authenticate", basic("elastic", NEW)),
        ("GET /_security/_authenticate", ADMIN),
        ("POST /_security/user/elastic/_password", ADMIN),
    ]


def test_the_former_password_is_not_used_where_the_new_one_is_in_force(cluster: Cluster) -> None:
    cluster.answers(200)
    assert cluster.run(name="elastic", force=True)["changed"]
    assert {login for _request, login in cluster.asked} == {basic("elastic", NEW)}


@pytest.mark.parametrize(("option", "header"), [("api_key", "ApiKey key"), ("token", "Bearer key")])
def test_other_logins(cluster: Cluster, option: str, header: str) -> None:
    cluster.answers(401, (200, FOUND), 200)
    assert cluster.run(username=None, password=None, **{option: "key"})["changed"]
    assert [login for _request, login in cluster.asked] == [USER, header, header]


def test_a_client_certificate_goes_with_both(cluster: Cluster, server: Server, ca: Issued, tmp_path: Any) -> None:
    client = ca.sign("admin")
    path = tmp_path / "client.pem"
    path.write_bytes(client.pem() + client.key_pem())
    cluster.answers(401, (200, FOUND), 200)
    assert cluster.run(username=None, password=None, client_certificate_path=str(path))["changed"]
    assert [login for _request, login in cluster.asked] == [USER, "", ""]
    assert {each.client_name for each in server.received} == {"admin"}


@pytest.mark.parametrize("check_mode", [False, True])
def test_an_unknown_user(cluster: Cluster, check_mode: bool) -> None:
    cluster.answers(401, 404)
    error = cluster.refusal(name="nobody", check_mode=check_mode)
    assert error.status == 404
    assert str(error).startswith("Elasticsearch has no user 'nobody' whose password it keeps. Users of other realms")


@pytest.mark.parametrize("check_mode", [False, True])
def test_a_password_that_is_too_short(cluster: Cluster, check_mode: bool) -> None:
    words = str(cluster.refusal(new_password="12345", check_mode=check_mode))
    assert words.startswith("new_password has fewer than 6 characters, which Elasticsearch does not accept.")
    assert cluster.asked == []


def test_what_elasticsearch_says_of_a_password(cluster: Cluster) -> None:
    reason = "Validation Failed: 1: passwords must be at least [14] characters long;"
    cluster.answers(401, (200, FOUND), (400, json.dumps({"error": {"reason": reason}})))
    assert f"Elasticsearch refused the request (HTTP 400): {reason}" in str(cluster.refusal())


@pytest.mark.parametrize("name", ["elastic", "kibana_system"])
@pytest.mark.parametrize("check_mode", [False, True])
def test_a_login_that_is_not_accepted(cluster: Cluster, name: str, check_mode: bool) -> None:
    cluster.answers(401)
    error = cluster.refusal(name=name, check_mode=check_mode)
    assert error.status == 401
    assert "Elasticsearch does not accept user 'elastic' with this password (HTTP 401)." in str(error)


def test_a_login_that_may_not(cluster: Cluster) -> None:
    cluster.answers(401, 403)
    assert "does not allow this to user 'elastic'" in str(cluster.refusal())


def test_an_answer_that_tells_nothing(cluster: Cluster) -> None:
    cluster.answers(503)
    assert cluster.refusal().status == 503


def test_names_that_would_be_several(cluster: Cluster) -> None:
    assert "'a,b' cannot be the name of a user" in str(cluster.refusal(name="a,b"))
