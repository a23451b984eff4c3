# Copyright: Stack TLS contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Under which names and addresses a service tells others to reach it, according to its settings."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Union
from urllib.parse import urlsplit

from ..module_utils._errors import CertificateError
from ..module_utils._pki._sans import parse_alternative_name

Reading = Union[str, list[str]]

HTTP_PUBLISH_SETTINGS = ("http.publish_host", "http.host", "network.publish_host", "network.host")
"""Elasticsearch publishes its HTTP layer under the first of these that is set (Elastic: "Networking settings")."""

KIBANA_SETTINGS = ("server.publicBaseUrl", "server.host")
SETTINGS = (*HTTP_PUBLISH_SETTINGS, "node.name", *KIBANA_SETTINGS)

_SPECIAL = re.compile(r"_.+_(?::ipv[46])?")


@dataclass(frozen=True)
class Published:
    """One name or address that a setting publishes; with a note it cannot be checked against a certificate."""

    setting: str
    name: str
    note: str = ""


def published_names(settings: Mapping[str, Reading]) -> list[Published]:
    """What the settings of Elasticsearch or Kibana publish; others of them are passed over."""
    return [*_elasticsearch(settings), *_kibana(settings)]


def _elasticsearch(settings: Mapping[str, Reading]) -> Iterator[Published]:
    setting = next((name for name in HTTP_PUBLISH_SETTINGS if settings.get(name)), None)
    if setting is not None:
        for name in _texts(settings[setting]):
            yield Published(setting, name, _unchecked(name))
    for name in _texts(settings.get("node.name", "")):
        if "." in name and _is_host_name(name):
            yield Published("node.name", name)


def _kibana(settings: Mapping[str, Reading]) -> Iterator[Published]:
    for name in _texts(settings.get("server.host", "")):
        # An address that Kibana listens on is seldom what people type; a name is.
        if _is_host_name(name) and not _unchecked(name):
            yield Published("server.host", name)
    for url in _texts(settings.get("server.publicBaseUrl", "")):
        yield from _public_base_url(url)


def _public_base_url(url: str) -> Iterator[Published]:
    setting = "server.publicBaseUrl"
    if "${" in url:
        yield Published(setting, url, _unchecked(url))
        return
    try:
        parts = urlsplit(url)
    except ValueError:
        return
    if parts.scheme == "https" and parts.hostname:
        yield Published(setting, parts.hostname, _unchecked(parts.hostname))


def _texts(reading: Reading) -> list[str]:
    """The single values; Elasticsearch takes a text with commas for a list."""
    texts = reading.split(",") if isinstance(reading, str) else reading
    return [text.strip() for text in texts if text.strip()]


def _unchecked(name: str) -> str:
    """Why no certificate can be checked for this name; empty where it can."""
    if "${" in name:
        return "it comes from the environment of the service"
    if _SPECIAL.fullmatch(name):
        return "the node finds out the address when it starts"
    if name == "0" or _is_address(name, "is_unspecified"):
        return "it stands for every address of the host"
    if name == "localhost" or _is_address(name, "is_loopback"):
        return "other machines do not reach it so"
    return ""


def _is_address(name: str, kind: str) -> bool:
    """Whether it is an address of this kind, one of the properties of :mod:`ipaddress`."""
    try:
        return bool(getattr(ipaddress.ip_address(name.strip("[]")), kind))
    except ValueError:
        return False


def _is_host_name(name: str) -> bool:
    try:
        return parse_alternative_name(name).kind == "DNS"
    except CertificateError:
        return False
