# Copyright: Stack TLS contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where an endpoint is: a host with a port, or a URL as a console shows it."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from ._errors import StackTlsError

_ENDPOINT = re.compile(r"(?:\[([0-9A-Fa-f:.]+)\]|([^\s:/@\[\]]+)):([0-9]{1,5})")
_URL = re.compile(r"https://[^\s@\\]+", re.IGNORECASE)
_HTTPS_PORT = 443
_HINT = "Write es1.example.com:9200 or https://es1.example.com:9200."


def parse_address(text: str, server_name: str | None = None) -> tuple[str, int, str]:
    """Host, port and the name to ask for (SNI) and to verify, in the encoding of the DNS.

    :param text: such as ``es1.example.com:9200``, ``[2001:db8::1]:9200`` or ``https://my.es.eu.example.com``; a URL
        without a port means 443, and its path does not matter.
    :param server_name: the name where it is not the host.
    :raises StackTlsError: where it is none.
    """
    host, port = _from_url(text) if "://" in text else _from_pair(text)
    try:
        encoded = (server_name or host).encode("idna").decode()
        host.encode("idna")
    except UnicodeError as error:
        raise StackTlsError(f"the host name of the endpoint {text!r} cannot be used ({error}).") from error
    return host, port, encoded


def _from_pair(text: str) -> tuple[str, int]:
    found = _ENDPOINT.fullmatch(text)
    if not found or not 0 < int(found[3]) < 65536:
        raise StackTlsError(f"the endpoint {text!r} is not a host with a port.", hint=_HINT)
    return found[1] or found[2], int(found[3])


def _from_url(text: str) -> tuple[str, int]:
    if "@" in text:  # its text could repeat a password
        raise StackTlsError("an endpoint holds a user or a password.", hint="A look needs no login: leave it out.")
    try:
        parts = urlsplit(text)
        host, port = parts.hostname, parts.port
    except ValueError:
        host, port = None, None
    if not _URL.fullmatch(text) or not host or port == 0:
        raise StackTlsError(f"the endpoint {text!r} is not a URL of HTTPS.", hint=_HINT)
    return host, port or _HTTPS_PORT
