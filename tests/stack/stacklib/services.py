# Copyright: Stack TLS contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Talking to the services by HTTP, from outside and without any configuration."""

from __future__ import annotations

import base64
import http.client
import json
import time
import urllib.error
import urllib.request
from typing import Any

from stacklib.shell import StackError


class Endpoint:
    """One address, asked as one user. Plain HTTP: that is what the base state has."""

    def __init__(self, url: str, user: str, password: str) -> None:
        """Nothing is sent yet."""
        self.url = url
        self._authorization = "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()

    def request(self, method: str, path: str, body: dict[str, Any] | None = None) -> Any:
        """Send one request; OSError if it fails or is refused."""
        request = urllib.request.Request(
            self.url + path,
            method=method,
            data=None if body is None else json.dumps(body).encode(),
            headers={"Authorization": self._authorization, "Content-Type": "application/json"},
        )
        try:
            with urllib.request.urlopen(request, timeout=20) as answer:
                return json.loads(answer.read() or b"{}")
        except urllib.error.HTTPError as error:
            raise OSError(f"{error.code} {error.read(300).decode(errors='replace')}") from error
        except (http.client.HTTPException, ValueError) as error:
            raise OSError(str(error) or type(error).__name__) from error

    def until(self, method: str, path: str, body: dict[str, Any] | None = None, *, seconds: float) -> Any:
        """Repeat a request that may be too early, for so long."""
        end = time.monotonic() + seconds
        while True:
            try:
                return self.request(method, path, body)
            except OSError as error:
                if time.monotonic() > end:
                    raise StackError(f"{method} {self.url}{path}: no success in {seconds:.0f} s: {error}") from error
            time.sleep(0.3)


def elasticsearch(address: str, password: str) -> Endpoint:
    """Elasticsearch, as its superuser."""
    return Endpoint(f"http://{address}:9200", "elastic", password)


def kibana(address: str, password: str) -> Endpoint:
    """Kibana, as Elasticsearch's superuser."""
    return Endpoint(f"http://{address}:5601", "elastic", password)
