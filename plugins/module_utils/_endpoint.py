# Copyright: Stack TLS contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One request to one endpoint: an answer, or in words why there is none."""

from __future__ import annotations

import contextlib
import http.client
import re
import socket
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from ._errors import ApiError
from ._tls_client import TlsOptions, client_refusal, tls_probe, verification_error

_PORTS = {"https": 443, "http": 80}
_PLAIN = re.compile(r"[^\s\\]+")
_URL_HINT = "Write it as https://host:9200."


class EndpointError(ApiError):
    """An endpoint that gave no answer: the next one may be tried.

    :param transient: whether the same endpoint may answer in a moment.
    """

    def __init__(self, message: str, *, hint: str = "", transient: bool = False) -> None:
        super().__init__(message, hint=hint)
        self.transient = transient


def is_lasting(error: ApiError) -> bool:
    """Whether waiting does not help: a login or a certificate that is not accepted."""
    if error.status is None:
        return not isinstance(error, EndpointError)
    return error.status < 500 and error.status != 429


@dataclass(frozen=True)
class Request:
    """What is sent; ``path`` begins with a slash and is quoted already."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes | None = None


@dataclass(frozen=True)
class Answer:
    """What came back; the names of the headers are in lower case."""

    url: str
    status: int
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True)
class Endpoint:
    """Where Elasticsearch listens."""

    url: str
    secure: bool
    host: str
    port: int
    prefix: str = ""

    @classmethod
    def parse(cls, url: str) -> Endpoint:
        """The endpoint that a URL such as ``https://es1.example.com:9200`` names.

        :raises ApiError: where it is not such a URL. Its text does not repeat a password out of it.
        """
        if "@" in url:
            raise ApiError("url holds a user or a password.", hint="Give them as username and password.")
        try:
            parts = urlsplit(url)
            host, port = parts.hostname or "", parts.port
            host.encode("idna")
        except ValueError:
            raise ApiError(f"url {url!r} cannot be understood.", hint=_URL_HINT) from None
        if parts.scheme not in _PORTS or not host or parts.query or parts.fragment or not _PLAIN.fullmatch(url):
            raise ApiError(f"url {url!r} is not the address of an Elasticsearch.", hint=_URL_HINT)
        prefix = parts.path.rstrip("/")
        return cls(url.rstrip("/"), parts.scheme == "https", host, port or _PORTS[parts.scheme], prefix)

    def exchange(self, request: Request, tls: TlsOptions, context: ssl.SSLContext, timeout: float) -> Answer:
        """Send the request over a connection of its own and return the answer.

        :raises EndpointError: where there is no answer and another endpoint may be tried.
        :raises ApiError: where trying another one would be wrong: a certificate is refused, by us or by the other side.
        """
        connection = self._connection(context, timeout)
        try:
            connection.connect()
            # Who refuses a client certificate may hang up before all is sent: what it said is still there to be read.
            with contextlib.suppress(ConnectionError, ssl.SSLEOFError):
                connection.request(request.method, self.prefix + request.path, request.body, dict(request.headers))
            response = connection.getresponse()
            headers = {name.lower(): value for name, value in response.getheaders()}
            return Answer(self.url, response.status, headers, response.read())
        except (OSError, http.client.HTTPException) as error:
            raise self._located(self._explain(error, tls, timeout)) from error
        finally:
            connection.close()

    def _connection(self, context: ssl.SSLContext, timeout: float) -> http.client.HTTPConnection:
        if self.secure:
            return http.client.HTTPSConnection(self.host, self.port, timeout=timeout, context=context)
        return http.client.HTTPConnection(self.host, self.port, timeout=timeout)

    def _located(self, error: ApiError) -> ApiError:
        error.message = f"{self.url}: {error.message}"
        return error

    def _explain(self, error: Exception, tls: TlsOptions, timeout: float) -> ApiError:
        if isinstance(error, ssl.SSLCertVerificationError):
            return verification_error(error, tls, self.host, self.port, timeout)
        refusal = client_refusal(error, tls.client_file) if isinstance(error, ssl.SSLError) else None
        return refusal or unreachable(error, timeout) or self._misunderstood(error, timeout)

    def _misunderstood(self, error: Exception, timeout: float) -> EndpointError:
        """Something listens there, but did not answer as asked."""
        if self.secure and _speaks_http(self.host, self.port, timeout):
            return EndpointError("it speaks plain HTTP, not TLS.", hint="Is xpack.security.http.ssl enabled there?")
        if not self.secure and _speaks_tls(self.host, self.port, timeout):
            return EndpointError("it speaks TLS, not plain HTTP.", hint="Write https:// in url.")
        if isinstance(error, ssl.SSLError) and not isinstance(error, ssl.SSLEOFError):
            return EndpointError(f"no TLS connection could be made ({_reason(error)}).")
        hint = "Does its log tell of a client certificate that is missing or not trusted?" if self.secure else ""
        return EndpointError("it closed the connection without an answer.", hint=hint, transient=True)


def _reason(error: ssl.SSLError) -> str:
    return (error.reason or str(error)).replace("_", " ").lower()


def is_timeout(error: Exception | None) -> bool:
    """Whether somebody took too long; before Python 3.10 there were two kinds of that."""
    return isinstance(error, (socket.timeout, TimeoutError))


def unreachable(error: Exception, timeout: float) -> EndpointError | None:
    """In words why nothing could be connected, or ``None`` where something did listen there."""
    if is_timeout(error):
        return EndpointError(f"no answer within {timeout:g} seconds.")
    if isinstance(error, ConnectionRefusedError):
        return EndpointError("the connection was refused: nothing listens there.", transient=True)
    if isinstance(error, socket.gaierror):
        return EndpointError(f"its name cannot be resolved ({error.strerror}).")
    if isinstance(error, (ssl.SSLError, ConnectionError, http.client.HTTPException)):
        return None
    return EndpointError(f"it cannot be connected ({getattr(error, 'strerror', None) or error}).")


def _speaks_tls(host: str, port: int, timeout: float) -> bool:
    """Whether a TLS handshake gets as far as the other side's certificate or its refusal of us."""
    try:
        tls_probe(host, port, timeout).close()
    except ssl.SSLError as error:
        return client_refusal(error, "") is not None
    except OSError:
        return False
    return True


def _speaks_http(host: str, port: int, timeout: float) -> bool:
    """Whether a request in the clear, without any credentials, gets an answer in HTTP."""
    connection = http.client.HTTPConnection(host, port, timeout=timeout)
    with contextlib.closing(connection), contextlib.suppress(OSError, http.client.HTTPException):
        connection.request("HEAD", "/")
        return bool(connection.getresponse().status)
    return False
