# Copyright: Stack TLS contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The client of the Elasticsearch API: several endpoints, one login, errors in words.

Endpoints are tried in their order. The next one is tried only where there was no answer at all: whatever
Elasticsearch answered stands, and a certificate that is not trusted ends the attempt.
"""

from __future__ import annotations

import base64
import json
import time
from dataclasses import dataclass, field
from typing import Any, Callable

from ansible.module_utils.basic import AnsibleModule

from ._answer import document, documents, refusal
from ._endpoint import Answer, Endpoint, EndpointError, Request
from ._errors import ApiError
from ._module import require_cryptography, run_module
from ._tls_client import TlsOptions, make_context

API_ARGUMENTS: dict[str, Any] = {
    "url": {"type": "list", "elements": "str", "required": True},
    "ca_path": {"type": "path"},
    "validate_certs": {"type": "bool", "default": True},
    "username": {"type": "str"},
    "password": {"type": "str", "no_log": True},
    "api_key": {"type": "str", "no_log": True},
    "token": {"type": "str", "no_log": True},
    "client_certificate_path": {"type": "path"},
    "client_key_path": {"type": "path", "no_log": False},
    "client_key_passphrase": {"type": "str", "no_log": True},
    "client_pkcs12_path": {"type": "path"},
    "client_pkcs12_password": {"type": "str", "no_log": True},
    "timeout": {"type": "int", "default": 30},
    "retries": {"type": "int", "default": 3},
}
"""Options of every module that talks with Elasticsearch; documented in the fragment ``_api``."""

API_RULES: dict[str, Any] = {
    "mutually_exclusive": [
        ("username", "api_key", "token"),
        ("client_certificate_path", "client_pkcs12_path"),
    ],
    "required_together": [("username", "password")],
    "required_by": {
        "client_key_path": "client_certificate_path",
        "client_key_passphrase": "client_certificate_path",
        "client_pkcs12_password": "client_pkcs12_path",
    },
}
"""What goes with what among :data:`API_ARGUMENTS`."""

_RETRIED = (429, 502, 503, 504)
_FIRST_DELAY = 0.5
_LONGEST_DELAY = 8.0


@dataclass(frozen=True)
class Login:
    """As whom requests are made.

    :param words: for error messages; without a secret.
    :param advice: what to do where Elasticsearch does not accept it.
    :param header: value of the header ``Authorization``, empty where the client certificate is all.
    """

    words: str
    advice: str
    header: str = field(default="", repr=False)

    @classmethod
    def from_params(cls, params: dict[str, Any], tls: TlsOptions) -> Login:
        """The login out of a module's parameters.

        :raises ApiError: where a token or key cannot be sent.
        """
        if params["username"] is not None:
            pair = f"{params['username']}:{params['password']}"
            words = f"user {params['username']!r} with {'this' if params['password'] else 'an empty'} password"
            return cls(words, "Check username and password.", f"Basic {_base64(pair)}")
        if params["api_key"] is not None:
            key = _printable("api_key", params["api_key"])
            return cls("this API key", "Is it invalidated or expired?", f"ApiKey {_base64(key) if ':' in key else key}")
        if params["token"] is not None:
            token = _printable("token", params["token"])
            return cls("this token", "Is it deleted or expired?", f"Bearer {token}")
        if tls.client_file:
            advice = "A PKI realm must be enabled there, permitted by the licence, and trust the CA that issued it."
            return cls(f"the client certificate in {tls.client_file}", advice)
        return cls("a request without a login", "Give username and password, api_key, token or a client certificate.")


class ApiClient:
    """Talks with one cluster.

    :param sleep: waits between two attempts.
    """

    def __init__(self, params: dict[str, Any], sleep: Callable[[float], None] = time.sleep) -> None:
        self._endpoints = [Endpoint.parse(url) for url in params["url"]]
        if not self._endpoints:
            raise ApiError("url is empty.", hint="Name at least one endpoint, such as https://host:9200.")
        self._tls = TlsOptions.of(params)
        self._context = make_context(self._tls)
        self._timeout = _at_least("timeout", params["timeout"], 1)
        self._retries = _at_least("retries", params["retries"], 0)
        self._sleep = sleep
        self.login = Login.from_params(params, self._tls)

    def call(self, method: str, path: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
        """The document that Elasticsearch answers.

        :raises ApiError: where it refuses, or where there is no answer.
        """
        return self._accepted(self._answer(method, path, body))

    def find(self, path: str) -> dict[str, Any] | None:
        """What is at this path, or ``None`` where nothing is.

        :raises ApiError: as :meth:`call`.
        """
        answer = self._answer("GET", path, None)
        if answer.status == 404:
            document(answer)
            return None
        return self._accepted(answer)

    def listed(self, path: str) -> list[dict[str, Any]]:
        """The documents that are listed at this path.

        :raises ApiError: as :meth:`call`.
        """
        answer = self._answer("GET", path, None)
        self._require_accepted(answer)
        return documents(answer)

    def _accepted(self, answer: Answer) -> dict[str, Any]:
        self._require_accepted(answer)
        return document(answer)

    def _require_accepted(self, answer: Answer) -> None:
        if answer.status >= 400:
            raise refusal(answer, self.login.words, self.login.advice)

    def _answer(self, method: str, path: str, body: dict[str, Any] | None) -> Answer:
        return self.exchange(method, path, None if body is None else json.dumps(body).encode())

    def exchange(self, method: str, path: str, body: bytes | None = None) -> Answer:
        """The answer of the first endpoint that gives one, with as many attempts as allowed, whatever its status.

        :param body: sent as it is.
        :raises ApiError: where there is no answer.
        """
        request = Request(method, path, self._headers(body), body)
        for attempt in range(self._retries):
            try:
                answer = self._first_answer(request)
            except EndpointError as error:
                if not error.transient:
                    raise
            else:
                if answer.status not in _RETRIED:
                    return answer
            self._sleep(min(_FIRST_DELAY * 2**attempt, _LONGEST_DELAY))
        return self._first_answer(request)

    def _first_answer(self, request: Request) -> Answer:
        failures: list[EndpointError] = []
        for endpoint in self._endpoints:
            try:
                return endpoint.exchange(request, self._tls, self._context, self._timeout)
            except EndpointError as error:
                failures.append(error)
        raise _no_answer(failures)

    def _headers(self, body: bytes | None) -> dict[str, str]:
        headers = {"Accept": "application/json", "User-Agent": "stacktls.elastic"}
        if body is not None:
            headers["Content-Type"] = "application/json"
        if self.login.header:
            headers["Authorization"] = self.login.header
        return headers


def run_api_module(
    module: AnsibleModule,
    work: Callable[[ApiClient], dict[str, Any]],
    stored: Callable[[], dict[str, Any]] = dict,
) -> None:
    """Do the work with a client of the module's options and exit with its result, or fail with the error's words.

    :param stored: options that are read from files first.
    """
    if module.params["client_pkcs12_path"]:
        require_cryptography(module)
    run_module(module, lambda: work(ApiClient({**module.params, **stored()})))


def _no_answer(failures: list[EndpointError]) -> EndpointError:
    """One error for all endpoints."""
    if len(failures) == 1:
        return failures[0]
    return EndpointError(
        f"none of {len(failures)} endpoints answered. " + " ".join(str(failure) for failure in failures),
        transient=any(failure.transient for failure in failures),
    )


def _base64(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


def _printable(option: str, value: str) -> str:
    if not value.isascii() or not value.isprintable() or " " in value or not value:
        raise ApiError(f"{option} is empty or has a character that cannot be in it, such as a space or a line end.")
    return value


def _at_least(option: str, value: int, minimum: int) -> int:
    if value < minimum:
        raise ApiError(f"{option} is {value}, it must be at least {minimum}.")
    return value
