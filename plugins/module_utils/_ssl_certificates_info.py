# Copyright: Stack TLS contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which certificates each node of a cluster has loaded, by its own words."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import Any, Callable

from ._api import ApiClient
from ._endpoint import EndpointError
from ._errors import ApiError
from ._pki._dates import timestamp

_KEPT = ("path", "format", "alias", "subject_dn", "issuer", "serial_number", "has_private_key")

Connect = Callable[[str], ApiClient]
"""Makes a client for one address."""


def gather_ssl_certificates(urls: list[str], connect: Connect, expiring_days: int) -> dict[str, Any]:
    """Ask every node; returns the module's result.

    :raises ApiError: where no node answers, or one refuses.
    """
    now = datetime.now(timezone.utc)
    nodes = [_node(url, connect, expiring_days, now) for url in urls]
    errors = [node["error"] for node in nodes if node["error"]]
    if len(errors) == len(nodes):
        raise ApiError(" ".join(errors) or "url is empty.", hint="" if errors else "Name the nodes.")
    certificates = [certificate for node in nodes for certificate in node["certificates"]]
    return {
        "changed": False,
        "nodes": nodes,
        "expired": any(certificate["expired"] for certificate in certificates),
        "expiring": any(certificate["expiring"] for certificate in certificates),
    }


def _node(url: str, connect: Connect, expiring_days: int, now: datetime) -> dict[str, Any]:
    """What one node says, or why it says nothing."""
    client = connect(url)
    try:
        name = client.call("GET", "/").get("name", "")
        found = client.listed("/_ssl/certificates")
    except EndpointError as error:
        return {"url": url, "name": "", "certificates": [], "error": str(error)}
    certificates = [_described(each, expiring_days, now) for each in found]
    order = sorted(
        certificates, key=lambda each: (each["path"] or "", each["alias"] or "", each["serial_number"] or "")
    )
    return {"url": url, "name": name, "certificates": order, "error": ""}


def _described(answer: dict[str, Any], expiring_days: int, now: datetime) -> dict[str, Any]:
    end = datetime.fromisoformat(answer["expiry"].replace("Z", "+00:00"))
    left = (end - now).days
    return {
        **{name: answer.get(name) for name in _KEPT},
        "not_after": timestamp(end),
        "days_left": left,
        "expired": end <= now,
        "expiring": end > now and left < expiring_days,
    }
