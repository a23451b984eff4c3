# Copyright: Stack TLS contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Under which names and addresses a service tells others to reach it, according to its settings."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Union
from urllib.parse import urlsplit

from ..module_utils._errors import CertificateError
from ..module_utils._pki._sans import AlternativeName, parse_alternative_name, read_alternative_name, uncovered

Reading = Union[str, list[str]]

HTTP_PUBLISH_SETTINGS = ("http.publish_host", "http.host", "network.publish_host", "network.host")
"""Elasticsearch publishes its HTTP layer under the first of these that is set (Elastic: "Networking settings")."""

TRANSPORT_PUBLISH_SETTINGS = ("transport.publish_host", "transport.host", "network.publish_host", "network.host")
"""The same of its transport layer."""

KIBANA_SETTINGS = ("server.publicBaseUrl", "server.host")
SETTINGS = (*HTTP_PUBLISH_SETTINGS, "node.name", *KIBANA_SETTINGS)

_LOOPBACK = "other machines do not reach it so"
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


def transport_name_problems(
    settings: Mapping[str, Reading], names: Sequence[str], all_names: Sequence[str]
) -> list[str]:
    """Why nodes that compare names would not accept each other, in words.

    A node is reached by the name or address that it publishes, and first of all by those that others look for it at.

    :param names: subject alternative names of the node's certificate in the transport layer.
    :param all_names: those of all nodes.
    """
    own, every = (list(map(read_alternative_name, each)) for each in (names, all_names))
    problems = [
        f"{published.setting} is {published.name} and {published.note or 'its certificate lacks that name'}"
        for published in _transport(settings)
        if (published.note and not _has_address(own)) or (not published.note and _lacks(published.name, own))
    ]
    seeds = [_without_port(seed) for seed in _texts(settings.get("discovery.seed_hosts", ""))]
    return problems + [
        f"discovery.seed_hosts names {seed}, and no certificate of a node has that name"
        for seed in seeds
        if not _unchecked(seed) and _lacks(seed, every)
    ]


def _transport(settings: Mapping[str, Reading]) -> Iterator[Published]:
    setting = next((name for name in TRANSPORT_PUBLISH_SETTINGS if settings.get(name)), None)
    for name in _texts(settings[setting]) if setting else []:
        note = _unchecked(name)
        if note != _LOOPBACK:  # a node that others do not reach has none
            yield Published(str(setting), name, note)


def _lacks(name: str, names: Sequence[AlternativeName]) -> bool:
    return bool(uncovered([read_alternative_name(name)], names))


def _has_address(names: Sequence[AlternativeName]) -> bool:
    """Whether an address is among them: whoever gives one knows that the node publishes it."""
    return any(name.kind == "IP" for name in names)


def _without_port(seed: str) -> str:
    """The host of ``host``, ``host:port``, ``[address]:port`` or an IPv6 address alone."""
    host, _colon, port = seed.rpartition(":")
    has_port = port.isdigit() and (host.startswith("[") or ":" not in host)
    return (host if host and has_port else seed).strip("[]")


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
        return _LOOPBACK
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
