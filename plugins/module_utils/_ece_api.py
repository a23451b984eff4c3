# Copyright: Stack TLS contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The part of the API of Elastic Cloud Enterprise that concerns certificates, and its errors in words.

Written from Elastic's API reference, "Get TLS certificate" and "Set TLS certificate"
(``/api/v1/platform/configuration/security/tls/{service_name}``).
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ._api import API_ARGUMENTS, ApiClient
from ._endpoint import Answer, Endpoint
from ._errors import ApiError, CertificateError
from ._pki._certificates import load_certificates
from ._tls_client import VerificationError

if TYPE_CHECKING:
    from cryptography import x509

_OPTIONS = ("url", "ca_path", "validate_certs", "api_key", "username", "password", "timeout", "retries")
ECE_API_ARGUMENTS: dict[str, Any] = {name: API_ARGUMENTS[name] for name in _OPTIONS}
"""Options of the connection; documented in the module."""

_PRODUCT = "Elastic Cloud Enterprise"
_VERSION = "/api/v1"
_URL_HINT = "Write it as https://host:12443."
_KEY = re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----.*", re.DOTALL)
_LONGEST_REASON = 500


@dataclass(frozen=True)
class PublicChain:
    """What the platform says of a service's chain; the private key is never among it.

    :param certificates: ``None`` where they cannot be read.
    :param user_supplied: whether somebody brought it; otherwise the platform made it itself.
    :param api_managed: whether it can be replaced through the API.
    """

    certificates: tuple[x509.Certificate, ...] | None
    user_supplied: bool
    api_managed: bool


class EceClient:
    """Talks with one platform.

    :param params: the options of a module.
    :param further_authorities: certificates in PEM form; where those that were given do not vouch for the platform,
        these may: its Cloud UI serves the API, and may have another chain than before.
    :raises ApiError: where an address or a login cannot be used.
    """

    def __init__(self, params: dict[str, Any], further_authorities: str = "") -> None:
        given = {**params, "token": None, "url": [endpoint.url for endpoint in ece_endpoints(params["url"])]}
        self._clients = [ApiClient(given)]
        if further_authorities and params["validate_certs"]:
            self._clients.append(ApiClient({**given, "ca_path": None, "ca_certificates": further_authorities}))

    def chain_of(self, service: str) -> PublicChain:
        """The chain that a service has.

        :raises ApiError: where the platform does not tell.
        """
        answer = self._exchange("GET", service)
        content = _accepted(answer, self._clients[0])
        chain = content.get("chain")
        if not isinstance(chain, list):
            raise _stranger(answer)
        # Older versions do not say whether it is managed through the API; then it is.
        managed = content.get("api_managed") is not False
        return PublicChain(_loaded(chain), bool(content.get("user_supplied")), managed)

    def replace_chain(self, service: str, chain: bytes) -> None:
        """Have a service use another chain; that takes effect some time after the answer.

        :param chain: see :meth:`._ece_chain.EceChain.encode`.
        :raises ApiError: where the platform refuses.
        """
        _accepted(self._exchange("POST", service, chain), self._clients[0])

    def _exchange(self, method: str, service: str, body: bytes | None = None) -> Answer:
        path = f"{_VERSION}/platform/configuration/security/tls/{service}"
        try:
            return self._clients[0].exchange(method, path, body)
        except VerificationError:
            # The Cloud UI serves the API, too: once it has the new chain, that is what it shows.
            for client in self._clients[1:]:
                try:
                    return client.exchange(method, path, body)
                except VerificationError:  # what the given authorities say of it counts
                    break
            raise


def ece_endpoints(urls: Sequence[str]) -> list[Endpoint]:
    """The addresses of a platform, without the path that every request begins with.

    :raises ApiError: where one is not an address with TLS: the private key goes there.
    """
    return [_endpoint(url.rstrip("/")) for url in urls]


def _endpoint(url: str) -> Endpoint:
    try:
        found = Endpoint.parse(url[: -len(_VERSION)] if url.endswith(_VERSION) else url)
    except ApiError as error:
        hint = error.hint if "@" in url else _URL_HINT
        raise ApiError(error.message.replace("an Elasticsearch", f"an {_PRODUCT}"), hint=hint) from None
    if not found.secure:
        raise ApiError(f"url {url!r} is one without TLS, and a private key is sent there.", hint=_URL_HINT)
    return found


def _accepted(answer: Answer, client: ApiClient) -> dict[str, Any]:
    """The object of an answer; the empty one where a change was taken without words."""
    content = _content(answer)
    if answer.status >= 400:
        raise _refusal(answer, content, client)
    if content is None:
        raise _stranger(answer)
    return content


def _content(answer: Answer) -> dict[str, Any] | None:
    if not answer.body.strip():
        return {}
    try:
        found = json.loads(answer.body)
    except ValueError:
        return None
    return found if isinstance(found, dict) else None


def _refusal(answer: Answer, content: dict[str, Any] | None, client: ApiClient) -> ApiError:
    """The error for an answer of 400 or more, which has a list of errors (``BasicFailedReply``)."""
    reasons = "; ".join(_reasons(content or {}))
    message, hint = _in_words(answer.status, client)
    text = f"{answer.url}: {message} (HTTP {answer.status})"
    return ApiError(f"{text}: {reasons}." if reasons else f"{text}.", hint=hint, status=answer.status)


def _in_words(status: int, client: ApiClient) -> tuple[str, str]:
    """What a status means here, and what to do."""
    login = client.login
    if status == 401:
        return f"{_PRODUCT} does not accept {login.words}", login.advice
    if status == 403:
        return f"{_PRODUCT} does not allow this to {login.words}", "It needs the role Platform admin."
    if status == 404:
        return f"{_PRODUCT} is not at this address, or does not know this service", _URL_HINT
    if status == 449:
        return (
            f"{_PRODUCT} asks {login.words} for elevated permissions",
            "Use an API key of a user with the role Platform admin.",
        )
    if status == 429 or status >= 500:
        return f"{_PRODUCT} cannot answer now", "Try again later, or raise retries."
    return f"{_PRODUCT} refused the request", "Nothing was changed."


def _reasons(content: dict[str, Any]) -> list[str]:
    """Message and code of each error; without the key, should it ever be repeated."""
    errors = content.get("errors")
    found = errors if isinstance(errors, list) else [content]
    return [
        f"{_plain(each.get('message') or 'no words')} ({_plain(each['code'])})"
        for each in found
        if isinstance(each, dict) and each.get("code")
    ]


def _plain(text: Any) -> str:
    return _KEY.sub("********", " ".join(str(text).split()))[:_LONGEST_REASON].rstrip(".")


def _stranger(answer: Answer) -> ApiError:
    return ApiError(
        f"{answer.url}: something else than {_PRODUCT} answered (HTTP {answer.status}).",
        hint="Is another service or a proxy at this address?",
        status=answer.status,
    )


def _loaded(chain: list[Any]) -> tuple[x509.Certificate, ...] | None:
    try:
        return tuple(certificate for each in chain for certificate in load_certificates(str(each).encode()))
    except CertificateError:
        return None
