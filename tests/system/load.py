# Copyright: Stack TLS contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A constant load of searches through TLS, on loopback addresses, that ends by itself.

Half of the requests log in with a password, half with a client certificate. Each goes to one node after the other. What
fails there is counted, and then tried on the other nodes, as Elastic's clients do; what fails on all of them is counted
too.
"""

from __future__ import annotations

import base64
import http.client
import json
import socket
import ssl
import threading
import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import count

_TIMEOUT = 10.0
_SEARCH = json.dumps({"query": {"match_all": {}}}).encode()


@dataclass
class Tally:
    """What came of the requests."""

    sent: int = 0
    by_certificate: int = 0
    failed_once: int = 0
    failed_on_every_node: list[str] = field(default_factory=list)
    seconds: float = 0.0

    @property
    def rate(self) -> float:
        """Requests a second."""
        return self.sent / self.seconds


@dataclass(frozen=True)
class Login:
    """How one half of the requests logs in."""

    context: ssl.SSLContext
    headers: Mapping[str, str]

    @classmethod
    def with_password(cls, ca_path: str, user: str, password: str) -> Login:
        """By user name and password."""
        pair = base64.b64encode(f"{user}:{password}".encode()).decode()
        return cls(ssl.create_default_context(cafile=ca_path), {"Authorization": f"Basic {pair}"})

    @classmethod
    def with_certificate(cls, ca_path: str, certificate_path: str, key_path: str) -> Login:
        """By client certificate."""
        context = ssl.create_default_context(cafile=ca_path)
        context.load_cert_chain(certificate_path, key_path)
        return cls(context, {})


class Load:
    """The load while the block runs.

    :param nodes: names and loopback addresses of the nodes.
    :param rate: requests a second.
    :param longest: seconds after which it ends whatever happens.
    """

    def __init__(
        self, nodes: Mapping[str, str], logins: tuple[Login, Login], index: str, rate: float = 25, longest: float = 900
    ) -> None:
        if any(not address.startswith("127.") for address in nodes.values()):
            raise ValueError("the load is for loopback addresses only")
        self._nodes = list(nodes.items())
        self._logins = logins
        self._path = f"/{index}/_search"
        self._pause = 1 / rate
        self._longest = longest
        self._ended = threading.Event()
        self._lock = threading.Lock()
        self.tally = Tally()

    def __enter__(self) -> Load:
        self._thread = threading.Thread(target=self._run)
        self._thread.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self._ended.set()
        self._thread.join()

    def _run(self) -> None:
        started = time.monotonic()
        with ThreadPoolExecutor(16) as pool:
            for number in count():
                due = started + number * self._pause
                if self._ended.wait(max(0.0, due - time.monotonic())) or due - started > self._longest:
                    break
                pool.submit(self._search, number)
        self.tally.seconds = time.monotonic() - started

    def _search(self, number: int) -> None:
        kind = number % 2
        first = number // 2 % len(self._nodes)
        nodes = self._nodes[first:] + self._nodes[:first]
        reasons: list[str] = []
        for name, address in nodes:
            reason = self._attempt(self._logins[kind], name, address)
            if not reason:
                break
            reasons.append(f"{name}: {reason}")
        with self._lock:
            self.tally.sent += 1
            self.tally.by_certificate += kind
            self.tally.failed_once += bool(reasons)
            if len(reasons) == len(nodes):
                self.tally.failed_on_every_node.append("; ".join(reasons))

    def _attempt(self, login: Login, name: str, address: str) -> str:
        """Why the node did not answer, or an empty text."""
        connection = _Connection(name, address, login.context)
        try:
            connection.request("POST", self._path, _SEARCH, {**login.headers, "Content-Type": "application/json"})
            answer = connection.getresponse()
            answer.read()
            return "" if answer.status == 200 else f"HTTP {answer.status}"
        except (OSError, http.client.HTTPException) as error:
            return repr(error)
        finally:
            connection.close()


class _Connection(http.client.HTTPSConnection):
    """To an address, with the name that its certificate must have."""

    def __init__(self, name: str, address: str, context: ssl.SSLContext) -> None:
        super().__init__(name, 9200, timeout=_TIMEOUT, context=context)
        self._address, self._context_of_load = address, context

    def connect(self) -> None:
        plain = socket.create_connection((self._address, self.port), self.timeout)
        self.sock = self._context_of_load.wrap_socket(plain, server_hostname=self.host)
