# Copyright: Stack TLS contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One look at a service from its own host: does it answer as it should, with the certificate that is on its disk?

No credentials are sent. A service that is starting refuses, times out, answers 503 and fails handshakes in any order,
so everything but the right answer is only a reason to look again.
"""

from __future__ import annotations

import hashlib
import json
import socket
import ssl
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from ._endpoint import Answer, Endpoint, Request
from ._errors import FileError, StackTlsError
from ._io import require_file
from ._tls_client import TlsOptions, make_context

TRANSPORT_ARGUMENTS: dict[str, Any] = {
    "address": {"type": "list", "elements": "str", "required": True},
    "certificate_path": {"type": "path", "required": True},
    "key_path": {"type": "path", "required": True, "no_log": False},
    "key_passphrase": {"type": "str", "no_log": True},
    "ca_path": {"type": "path", "required": True},
}
"""The option ``transport`` of the module ``restart``."""

_TIMEOUT = 5.0
_PATHS = {"elasticsearch": "/", "kibana": "/api/status"}


@dataclass(frozen=True)
class Readiness:
    """What has to hold before a service counts as back.

    :param urls: addresses tried in this order; the first that answers as it should is enough.
    :param tls: what verifies the service's certificate, and the identity of the service itself where it may want one.
    :param certificate_path: PEM file whose first certificate the service has to show; empty where any will do.
    :param fingerprint: SHA-256 of the certificate that the service has to show, in hexadecimal; or empty.
    """

    product: str
    urls: Sequence[str]
    tls: TlsOptions
    certificate_path: str | None = None
    fingerprint: str | None = None

    def amiss(self) -> str:
        """What does not hold yet, in words; empty where the service is as it should be."""
        return _amiss_at_all(self.urls, self._amiss_at)

    def _amiss_at(self, url: str) -> str:
        endpoint = Endpoint.parse(url)
        tls = self.tls.as_server() if endpoint.secure else TlsOptions()
        context = make_context(tls)
        request = Request("GET", _PATHS[self.product], {"accept": "application/json"})
        answer = endpoint.exchange(request, tls, context, _TIMEOUT)
        return _JUDGES[self.product](answer) or self._shows_another(endpoint, context)

    def _shows_another(self, endpoint: Endpoint, context: ssl.SSLContext) -> str:
        if not (self.certificate_path or self.fingerprint) or not endpoint.secure:
            return ""
        try:
            shown = _shown_certificate(endpoint, context)
        except OSError as error:
            return f"{endpoint.url}: {error}"
        if self.certificate_path and shown != _first_certificate(self.certificate_path):
            return f"{endpoint.url} does not show the certificate of {self.certificate_path} yet"
        if self.fingerprint and hashlib.sha256(shown).hexdigest() != self.fingerprint:
            return f"{endpoint.url} does not show the certificate with the SHA-256 fingerprint {self.fingerprint} yet"
        return ""


@dataclass(frozen=True)
class TransportReadiness:
    """What has to hold of the transport layer of an Elasticsearch node.

    :param addresses: hosts and ports, tried in this order; the first that shows the certificate is enough.
    :param tls: its own certificate, and what the nodes trust: it is asked as by another node.
    """

    addresses: Sequence[str]
    tls: TlsOptions

    @classmethod
    def of(cls, params: dict[str, Any]) -> TransportReadiness:
        """The one that the option of a module describes."""
        return cls(
            params["address"],
            TlsOptions(
                ca_path=params["ca_path"],
                client_certificate_path=params["certificate_path"],
                client_key_path=params["key_path"],
                client_key_passphrase=params["key_passphrase"],
            ),
        )

    def amiss(self) -> str:
        """What does not hold yet, in words; empty where the layer shows its certificate."""
        return _amiss_at_all(self.addresses, self._amiss_at)

    def _amiss_at(self, address: str) -> str:
        place, wanted = f"the transport layer at {address}", self.tls.client_file
        try:
            context = make_context(self.tls)
            context.check_hostname = False  # whether nodes compare names is their matter (verification_mode)
            shown = _shown_certificate(Endpoint.parse(f"https://{address}"), context)
        except (OSError, StackTlsError) as error:
            return f"{place}: {error}"
        return (
            "" if shown == _first_certificate(wanted) else f"{place}: it does not show the certificate of {wanted} yet"
        )


def _amiss_at_all(places: Sequence[str], amiss_at: Callable[[str], str]) -> str:
    """What is amiss at each of the places, in words; empty where nothing is at one of them."""
    reasons: list[str] = []
    for place in places:
        try:
            reason = amiss_at(place)
        except StackTlsError as error:
            reason = str(error)
        if not reason:
            return ""
        reasons.append(reason)
    return "; ".join(reasons)


def _elasticsearch_amiss(answer: Answer) -> str:
    # A node with security answers 401 without credentials, and 403 to a certificate without roles: both are up.
    return "" if answer.status in (200, 401, 403) else f"{answer.url} answers {answer.status}"


def _kibana_amiss(answer: Answer) -> str:
    if answer.status == 401:
        return ""  # status.allowAnonymous is false; it is up
    try:
        level = json.loads(answer.body)["status"]["overall"]["level"]
    except (ValueError, KeyError, TypeError):
        text = answer.body.decode(errors="replace").strip()[:200]
        return f"{answer.url}/api/status answers {answer.status}: {text}"
    return "" if level == "available" else f"Kibana's status is {level}"


_JUDGES: dict[str, Callable[[Answer], str]] = {"elasticsearch": _elasticsearch_amiss, "kibana": _kibana_amiss}


def _shown_certificate(endpoint: Endpoint, context: ssl.SSLContext) -> bytes:
    plain = socket.create_connection((endpoint.host, endpoint.port), _TIMEOUT)
    with plain, context.wrap_socket(plain, server_hostname=endpoint.host) as connection:
        return connection.getpeercert(binary_form=True) or b""


def _first_certificate(path: str) -> bytes:
    begin, end = "-----BEGIN CERTIFICATE-----", "-----END CERTIFICATE-----"
    text = require_file(path).decode("ascii", errors="replace")
    if begin not in text or end not in text:
        raise FileError("holds no certificate in PEM form.", path=path)
    start = text.index(begin)
    return ssl.PEM_cert_to_DER_cert(text[start : text.index(end, start) + len(end)])
