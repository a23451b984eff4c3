# Copyright: Stack TLS contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who issued whose certificate and who trusts whom, as a picture.

On the left stand authorities, on the right services. Services that have their certificates of, and trust, the same
authorities are one box, so that the picture stays readable with many hosts, and those that differ are seen.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from ._evidence import AUTHORITY, AUTHORITY_SERVICE, OWN, SHOWN, TRUSTED
from ._markup import Element, element, shortened
from ._report import Report, Seen
from ._timeline import left_in_words

_WIDTH = 1060
_BOX = 330
_HEIGHT = 58
_GAP = 18
_TOP = 36
_OTHERS = "others"
_LABEL_LENGTH = 38
_IN_FORCE, _FOREIGN, _UNKNOWN = "in_force", "foreign", "unknown"


@dataclass(frozen=True)
class AuthorityBox:
    """An authority.

    :param key: its fingerprint, or its name where nobody has its certificate.
    :param kind: one of ours or trusted by us, somebody else's, or one that nobody knows.
    """

    key: str
    label: str
    note: str
    kind: str


@dataclass(frozen=True)
class ServiceBox:
    """Services with the same authorities.

    :param issued: keys of those that issued their certificates, ``trusted`` of those that they trust.
    """

    services: tuple[str, ...]
    hosts: tuple[str, ...]
    issued: frozenset[str]
    trusted: frozenset[str]


@dataclass(frozen=True)
class Graph:
    """What the picture shows."""

    authorities: tuple[AuthorityBox, ...]
    services: tuple[ServiceBox, ...]


def make_graph(report: Report) -> Graph:
    """The boxes, in an order in which few lines cross."""
    boxes = {each.key: each for each in _authorities(report)}
    services = _services(report, boxes)
    order = {key: number for number, key in enumerate(boxes)}

    def place(box: ServiceBox) -> tuple[float, str]:
        ends = [order[key] for key in box.issued | box.trusted if key in order]
        return (sum(ends) / len(ends) if ends else len(order), box.services[0])

    return Graph(tuple(boxes.values()), tuple(sorted(services, key=place)))


def trust_graph(report: Report) -> Element:
    """The picture."""
    graph = make_graph(report)
    rows = max(len(graph.authorities), len(graph.services), 1)
    height = _TOP + rows * (_HEIGHT + _GAP)
    left = {each.key: _middle(number, len(graph.authorities), height) for number, each in enumerate(graph.authorities)}
    right = [_middle(number, len(graph.services), height) for number in range(len(graph.services))]
    picture = element(
        "svg",
        element(
            "title",
            f"{len(graph.authorities)} authorities and the services that have certificates of them or trust them",
        ),
        element("text", "Authorities", x=0, y=16, class_="column"),
        element("text", "Services", x=_WIDTH - _BOX, y=16, class_="column"),
        viewBox=f"0 0 {_WIDTH} {height}",
        role="img",
        class_="graph",
        width="100%",
    )
    for edge in _edges(graph, left, right):
        picture.append(edge)
    for each in graph.authorities:
        picture.append(_box(0, left[each.key], each.label, each.note, f"authority {each.kind}"))
    for middle, box in zip(right, graph.services):
        title, hosts = ", ".join(box.services), ", ".join(box.hosts)
        note = hosts if len(hosts) <= _LABEL_LENGTH + 4 else f"{len(box.hosts)} hosts: {hosts}"
        picture.append(_box(_WIDTH - _BOX, middle, title, note, "service"))
    return picture


def _authorities(report: Report) -> Iterator[AuthorityBox]:
    """Those in force first, then others that matter, then one box for all that are trusted and never used."""
    owned = [each for each in report.certificates if each.has_owner]
    used = {report.issuers.get(each.certificate.fingerprint) for each in owned}
    authorities = [each for each in report.certificates if _is_authority(each)]
    ours = [each for each in authorities if each.certificate.fingerprint in report.authorities]
    others = [each for each in authorities if each not in ours]
    unused = [each for each in others if each.certificate.fingerprint not in used]
    for each in ours:
        yield _authority_box(each, _IN_FORCE, report.generated_at)
    for each in others:
        if each not in unused or len(unused) <= 4:
            yield _authority_box(each, _FOREIGN, report.generated_at)
    if len(unused) > 4:
        yield AuthorityBox(_OTHERS, f"{len(unused)} other authorities", "trusted, and issued nothing here", _FOREIGN)
    unknown = {each.certificate.issuer for each in owned if each.certificate.fingerprint not in report.issuers}
    for issuer in sorted(unknown - {each.certificate.subject for each in owned if each.certificate.self_signed}):
        yield AuthorityBox(issuer, issuer, "nobody has its certificate", _UNKNOWN)


def _is_authority(seen: Seen) -> bool:
    return not seen.has_owner and any(each.use in (AUTHORITY, TRUSTED) for each in seen.sightings)


def _authority_box(seen: Seen, kind: str, now: datetime) -> AuthorityBox:
    certificate = seen.certificate
    words = {_IN_FORCE: "in force", _FOREIGN: "somebody else's"}[kind]
    ends = "expired" if certificate.not_after <= now else "ends"
    note = f"{words}; {ends} {left_in_words(certificate.not_after, now)}"
    return AuthorityBox(certificate.fingerprint, certificate.label, note, kind)


def _services(report: Report, boxes: Mapping[str, AuthorityBox]) -> list[ServiceBox]:
    issued: dict[tuple[str, str], set[str]] = {}
    trusted: dict[tuple[str, str], set[str]] = {}
    for seen in report.certificates:
        for each in seen.sightings:
            if each.service == AUTHORITY_SERVICE:
                continue
            owner, fingerprint = (each.host, each.service), seen.certificate.fingerprint
            if each.use in (OWN, SHOWN):
                key = report.issuers.get(fingerprint, seen.certificate.issuer)
                issued.setdefault(owner, set()).add(_key(key, boxes))
            elif each.use == TRUSTED:
                trusted.setdefault(owner, set()).add(_key(fingerprint, boxes))
    alike: dict[tuple[frozenset[str], frozenset[str]], list[tuple[str, str]]] = {}
    for owner in sorted({*issued, *trusted}):
        same = (frozenset(issued.get(owner, ())), frozenset(trusted.get(owner, ())))
        alike.setdefault(same, []).append(owner)
    return [
        ServiceBox(_each(service for _host, service in owners), _each(host for host, _service in owners), *same)
        for same, owners in alike.items()
    ]


def _key(key: str, boxes: Mapping[str, AuthorityBox]) -> str:
    return key if key in boxes else _OTHERS


def _each(names: Iterator[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(names))


def _middle(number: int, count: int, height: float) -> float:
    """Where a box of so many stands in its column."""
    room = height - _TOP
    return _TOP + room * (number + 0.5) / max(count, 1)


@dataclass(frozen=True)
class _Edge:
    """A line from an authority to services.

    :param kind: ``issued`` or ``trusts``.
    """

    authority: str
    service: int
    kind: str


def _edges(graph: Graph, left: Mapping[str, float], right: Sequence[float]) -> Iterator[Element]:
    """All lines; each has a place of its own on the boxes that it joins, so that they can be told apart."""
    edges = [
        _Edge(key, number, kind)
        for number, box in enumerate(graph.services)
        for kind, keys in (("issued", box.issued), ("trusts", box.trusted))
        for key in sorted(keys & set(left))
    ]
    starts = _spread(edges, lambda edge: edge.authority, lambda edge: right[edge.service])
    ends = _spread(edges, lambda edge: edge.service, lambda edge: left[edge.authority])
    kinds = {each.key: each.kind for each in graph.authorities}
    for edge in sorted(edges, key=lambda edge: edge.kind, reverse=True):
        services = ", ".join(graph.services[edge.service].services)
        words = f"{services} trusts it" if edge.kind == "trusts" else f"it issued a certificate of {services}"
        start, end = left[edge.authority] + starts[edge], right[edge.service] + ends[edge]
        yield _curve(start, end, f"{edge.kind} {kinds[edge.authority]}", words)


def _spread(
    edges: Sequence[_Edge], box: Callable[[_Edge], object], other_end: Callable[[_Edge], float]
) -> dict[_Edge, float]:
    """How far from the middle of its box each line begins, in the order of the other ends."""
    places: dict[_Edge, float] = {}
    for key in {box(edge) for edge in edges}:
        here = sorted((edge for edge in edges if box(edge) == key), key=lambda edge: (other_end(edge), edge.kind))
        step = min(12.0, (_HEIGHT - 16) / max(len(here) - 1, 1))
        places.update((edge, (number - (len(here) - 1) / 2) * step) for number, edge in enumerate(here))
    return places


def _curve(left: float, right: float, kind: str, title: str) -> Element:
    start, end = _BOX, _WIDTH - _BOX
    bend = (end - start) / 2
    curve = f"M{start} {left:.0f} C{start + bend:.0f} {left:.0f} {end - bend:.0f} {right:.0f} {end} {right:.0f}"
    return element("path", element("title", title), d=curve, class_=f"edge {kind}")


def _box(x: float, middle: float, label: str, note: str, kind: str) -> Element:
    return element(
        "g",
        element("title", f"{label}: {note}"),
        element("rect", x=x + 1, y=middle - _HEIGHT / 2, width=_BOX - 2, height=_HEIGHT, rx=9, class_=f"box {kind}"),
        element("text", shortened(label, _LABEL_LENGTH), x=x + 16, y=middle - 4, class_="label"),
        element("text", shortened(note, _LABEL_LENGTH + 10), x=x + 16, y=middle + 15, class_="owner"),
    )
