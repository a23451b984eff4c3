# Copyright: Stack TLS contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Addresses, and connections that end without an answer."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Iterator
from typing import Any, Callable

import pytest
from ansible_collections.stacktls.elastic.plugins.module_utils._api import ApiClient
from ansible_collections.stacktls.elastic.plugins.module_utils._endpoint import Endpoint, EndpointError
from ansible_collections.stacktls.elastic.plugins.module_utils._errors import ApiError
from loopback import SECRET, Server

Params = Callable[..., dict[str, Any]]


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://es1:9200", Endpoint("https://es1:9200", True, "es1", 9200)),
        ("https://es1/", Endpoint("https://es1", True, "es1", 443)),
        ("http://es1", Endpoint("http://es1", False, "es1", 80)),
        ("HTTPS://Es1.Example.com:1", Endpoint("HTTPS://Es1.Example.com:1", True, "es1.example.com", 1)),
        ("https://[::1]:9200/a/b/", Endpoint("https://[::1]:9200/a/b", True, "::1", 9200, "/a/b")),
    ],
)
def test_urls(url: str, expected: Endpoint) -> None:
    assert Endpoint.parse(url) == expected


@pytest.mark.parametrize(
    "url",
    [
        "es1:9200",
        "ftp://es1",
        "https://",
        "https://es1:port",
        "https://es1:99999",
        "https://[::1",
        "https://es 1:9200",
        "https://es1:9200\n",
        "https://es1..example.com",
        "https://es1?a=b",
        "https://es1#a",
        "",
    ],
)
def test_what_is_no_url_is_refused_in_words(url: str) -> None:
    with pytest.raises(ApiError, match=r"Write it as https://host:9200\."):
        Endpoint.parse(url)


@pytest.mark.parametrize("url", [f"https://u:{SECRET}@es1:9200", f"https://u:{SECRET}@es1:port", f"u:{SECRET}@es1"])
def test_a_password_in_a_url_is_refused_and_not_repeated(url: str) -> None:
    with pytest.raises(ApiError, match="url holds a user or a password") as caught:
        Endpoint.parse(url)
    assert SECRET not in str(caught.value)


@pytest.fixture
def listener() -> Iterator[socket.socket]:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        yield listening


def fail(arguments: dict[str, Any]) -> EndpointError:
    with pytest.raises(EndpointError) as caught:
        ApiClient(arguments, lambda _: None).call("GET", "/")
    return caught.value


@pytest.mark.parametrize("scheme", ["https", "http"])
def test_silence(listener: socket.socket, params: Params, scheme: str) -> None:
    error = fail(params(f"{scheme}://127.0.0.1:{listener.getsockname()[1]}", timeout=1))
    assert "no answer within 1 seconds" in str(error)


@pytest.mark.parametrize("scheme", ["https", "http"])
def test_a_connection_that_is_closed(listener: socket.socket, params: Params, scheme: str) -> None:
    def close_each() -> None:
        with contextlib.suppress(OSError):
            while True:
                listener.accept()[0].close()

    threading.Thread(target=close_each, daemon=True).start()
    error = fail(params(f"{scheme}://127.0.0.1:{listener.getsockname()[1]}", retries=1))
    assert "it closed the connection without an answer" in str(error) or "no TLS connection" in str(error)


def test_tls_where_plain_http_is_asked_for(server: Server, params: Params) -> None:
    error = fail(params(f"http://localhost:{server.port}"))
    assert str(error) == f"http://localhost:{server.port}: it speaks TLS, not plain HTTP. Write https:// in url."


def test_plain_http_where_tls_is_asked_for(start: Callable[..., Server], params: Params) -> None:
    plain = start()
    plain.answer(401, "{}")
    error = fail(params(f"https://localhost:{plain.port}", username="u", password=SECRET))
    assert "it speaks plain HTTP, not TLS" in str(error)
    assert all("Authorization" not in request.headers for request in plain.received)


def test_a_kibana_in_place_of_elasticsearch(server: Server, params: Params) -> None:
    server.answer(404, '{"statusCode": 404}', **{"kbn-name": "kb1"})
    with pytest.raises(ApiError, match="Kibana answered, not Elasticsearch"):
        ApiClient(params(server)).find("/_license")
