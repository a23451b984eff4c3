# Copyright: Stack TLS contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The API client against real servers on the loopback interface: logins, order of endpoints, retries, refusals."""

from __future__ import annotations

import base64
import json
import socket
from typing import Any, Callable

import pytest
from ansible_collections.stacktls.elastic.plugins.module_utils._api import ApiClient
from ansible_collections.stacktls.elastic.plugins.module_utils._errors import ApiError
from loopback import SECRET, Issued, Server

Params = Callable[..., dict[str, Any]]


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def fail(client: ApiClient, method: str = "GET", path: str = "/") -> ApiError:
    with pytest.raises(ApiError) as caught:
        client.call(method, path)
    return caught.value


class TestLogin:
    def test_user_and_password(self, server: Server, params: Params) -> None:
        server.answer(200, "{}")
        ApiClient(params(server, username="élastic", password=SECRET)).call("GET", "/")
        expected = base64.b64encode(f"élastic:{SECRET}".encode()).decode()
        assert server.received[0].headers["Authorization"] == f"Basic {expected}"

    @pytest.mark.parametrize("key", ["id:key", base64.b64encode(b"id:key").decode()])
    def test_api_key_in_both_forms(self, server: Server, params: Params, key: str) -> None:
        server.answer(200, "{}")
        ApiClient(params(server, api_key=key)).call("GET", "/")
        assert server.received[0].headers["Authorization"] == "ApiKey aWQ6a2V5"

    def test_token(self, server: Server, params: Params) -> None:
        server.answer(200, "{}")
        ApiClient(params(server, token=SECRET)).call("GET", "/")
        assert server.received[0].headers["Authorization"] == f"Bearer {SECRET}"

    def test_none(self, server: Server, params: Params) -> None:
        server.answer(200, "{}")
        ApiClient(params(server)).call("GET", "/")
        assert "Authorization" not in server.received[0].headers

    @pytest.mark.parametrize("option", ["api_key", "token"])
    def test_a_line_end_is_refused_in_words(self, params: Params, option: str) -> None:
        with pytest.raises(ApiError, match=f"{option} is empty or has a character") as caught:
            ApiClient(params("https://localhost", **{option: f"{SECRET}\n"}))
        assert SECRET not in str(caught.value)

    def test_secrets_are_not_in_the_text_of_the_client(self, server: Server, params: Params) -> None:
        client = ApiClient(params(server, token=SECRET))
        assert SECRET not in repr(client.login)


class TestRequest:
    def test_body_and_answer_are_documents(self, server: Server, params: Params) -> None:
        server.answer(200, '{"created": true}')
        assert ApiClient(params(server)).call("PUT", "/a%2Fb", {"é": [1]}) == {"created": True}
        request = server.received[0]
        assert (request.method, request.path, json.loads(request.body)) == ("PUT", "/a%2Fb", {"é": [1]})
        assert request.headers["Content-Type"] == "application/json"

    def test_a_path_in_the_url_comes_first(self, server: Server, params: Params) -> None:
        server.answer(200, "{}")
        ApiClient(params(f"{server.url}/elastic/")).call("GET", "/_license")
        assert server.received[0].path == "/elastic/_license"

    def test_find_tells_nothing_from_something(self, server: Server, params: Params) -> None:
        server.answer(404, "{}")
        server.answer(200, '{"a": 1}')
        client = ApiClient(params(server))
        assert client.find("/x") is None
        assert client.find("/x") == {"a": 1}


class TestEndpoints:
    def test_the_next_one_where_nothing_listens(self, server: Server, params: Params) -> None:
        server.answer(200, '{"a": 1}')
        assert ApiClient(params(f"https://localhost:{free_port()}", server)).call("GET", "/") == {"a": 1}

    def test_the_next_one_where_https_is_answered_in_plain_http(
        self, start: Callable[..., Server], server: Server, params: Params
    ) -> None:
        plain = start()
        plain.answer(200, "{}")
        server.answer(200, '{"a": 1}')
        client = ApiClient(params(f"https://localhost:{plain.port}", server, username="u", password=SECRET))
        assert client.call("GET", "/") == {"a": 1}
        assert [request.headers.get("Authorization") for request in plain.received if request.method != "HEAD"] == []
        assert all("Authorization" not in request.headers for request in plain.received)

    def test_the_next_one_where_plain_http_is_answered_in_tls(
        self, start: Callable[..., Server], server: Server, params: Params
    ) -> None:
        plain = start()
        plain.answer(200, '{"a": 1}')
        assert ApiClient(params(f"http://localhost:{server.port}", plain)).call("GET", "/") == {"a": 1}
        assert server.received == []

    @pytest.mark.parametrize("status", [400, 401, 403, 404, 500])
    def test_an_answer_stands(
        self, start: Callable[..., Server], server_certificate: Issued, server: Server, params: Params, status: int
    ) -> None:
        second = start(server_certificate)
        server.answer(status, '{"error": "no"}')
        second.answer(200, "{}")
        assert fail(ApiClient(params(server, second))).status == status
        assert second.received == []

    def test_a_certificate_that_is_not_trusted_ends_it(
        self, start: Callable[..., Server], stranger: Issued, server: Server, params: Params
    ) -> None:
        server.answer(200, "{}")
        false = start(stranger.sign("es1", names=[]))
        assert "its certificate is not trusted" in str(fail(ApiClient(params(false, server))))
        assert server.received == []

    def test_every_endpoint_is_named_with_its_reason(self, start: Callable[..., Server], params: Params) -> None:
        plain = start()
        plain.answer(200, "{}")
        closed = f"https://localhost:{free_port()}"
        error = fail(ApiClient(params(closed, f"https://localhost:{plain.port}", retries=0)))
        assert str(error) == (
            f"none of 2 endpoints answered. {closed}: the connection was refused: nothing listens there."
            f" https://localhost:{plain.port}: it speaks plain HTTP, not TLS. Is xpack.security.http.ssl enabled there?"
        )

    def test_at_least_one_is_needed(self, params: Params) -> None:
        with pytest.raises(ApiError, match="url is empty"):
            ApiClient(params())


class TestRetries:
    @pytest.mark.parametrize("status", [429, 502, 503, 504])
    def test_a_busy_cluster_is_asked_again_with_growing_pauses(
        self, server: Server, params: Params, status: int
    ) -> None:
        pauses: list[float] = []
        for _attempt in range(6):
            server.answer(status, "{}")
        server.answer(200, '{"a": 1}')
        assert ApiClient(params(server, retries=6), pauses.append).call("GET", "/") == {"a": 1}
        assert pauses == [0.5, 1.0, 2.0, 4.0, 8.0, 8.0]

    def test_they_end(self, server: Server, params: Params) -> None:
        pauses: list[float] = []
        server.answer(503, '{"error": {"reason": "no master"}}')
        error = fail(ApiClient(params(server, retries=2), pauses.append))
        assert (error.status, len(server.received), pauses) == (503, 3, [0.5, 1.0])
        assert "Elasticsearch cannot answer now (HTTP 503): no master." in str(error)

    def test_a_service_that_starts_is_waited_for(
        self, start: Callable[..., Server], server_certificate: Issued, params: Params
    ) -> None:
        server = start(server_certificate)
        server.answer(200, '{"a": 1}')
        client = ApiClient(params(f"https://localhost:{free_port()}", retries=1), lambda _: redirect())

        def redirect() -> None:
            client._endpoints[0] = type(client._endpoints[0]).parse(server.url)

        assert client.call("GET", "/") == {"a": 1}

    @pytest.mark.parametrize("status", [400, 401, 403, 404, 500])
    def test_other_answers_are_final(self, server: Server, params: Params, status: int) -> None:
        pauses: list[float] = []
        server.answer(status, "{}")
        fail(ApiClient(params(server), pauses.append))
        assert (pauses, len(server.received)) == ([], 1)

    def test_a_name_that_is_not_known_is_final(self, params: Params) -> None:
        pauses: list[float] = []
        error = fail(ApiClient(params("https://nowhere.invalid:9200"), pauses.append))
        assert "its name cannot be resolved" in str(error)
        assert pauses == []


class TestRefusals:
    def test_wrong_password(self, server: Server, params: Params) -> None:
        server.answer(401, '{"error": {"reason": "unable to authenticate user [u]"}, "status": 401}')
        error = fail(ApiClient(params(server, username="u", password=SECRET)))
        assert str(error) == (
            f"{server.url}: Elasticsearch does not accept user 'u' with this password (HTTP 401): unable to"
            " authenticate user [u]. Check username and password."
        )

    @pytest.mark.parametrize(
        ("login", "words"),
        [
            ({"api_key": SECRET}, "this API key"),
            ({"token": SECRET}, "this token"),
            ({}, "a request without a login"),
        ],
    )
    def test_each_login_has_its_words(self, server: Server, params: Params, login: dict[str, str], words: str) -> None:
        server.answer(401, "{}")
        error = fail(ApiClient(params(server, **login)))
        assert f"does not accept {words} (HTTP 401)." in str(error)
        assert SECRET not in str(error)

    def test_missing_privileges_are_passed_on(self, server: Server, params: Params) -> None:
        server.answer(403, '{"error": {"reason": "action [x] is granted by the cluster privileges [manage,all]"}}')
        error = fail(ApiClient(params(server, username="u", password=SECRET)))
        assert error.status == 403
        assert "does not allow this to user 'u'" in str(error)
        assert "granted by the cluster privileges [manage,all]" in str(error)

    @pytest.mark.parametrize(("option", "value"), [("timeout", 0), ("retries", -1)])
    def test_numbers_have_limits(self, params: Params, option: str, value: int) -> None:
        with pytest.raises(ApiError, match=f"{option} is {value}"):
            ApiClient(params("https://localhost", **{option: value}))
