# Copyright: Stack TLS contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The report as one page of HTML that needs nothing else: no script, no network, no other file."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

from ...module_utils._pki._dates import timestamp
from ._finding import KINDS, LEVELS, Finding
from ._markup import Child, Element, append, document, element, style_sheet
from ._page_style import STYLE
from ._report import DUE, EXPIRED, VALID, Report, Seen
from ._timeline import Axis, left_in_words, timeline
from ._trust_graph import trust_graph

_POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:"
_TITLES = {"critical": "Critical", "warning": "Warnings", "notice": "Notices"}
_STATES = {EXPIRED: "expired", DUE: "due", VALID: "valid"}
_ROWS_AT_ONCE = 40
"""Bars of the timeline that are seen without a click."""

_OPEN = 8
"""Findings of one kind that are seen without a click."""

_PLACES_AT_ONCE = 3


def page(report: Report) -> str:
    """The whole page."""
    counts = report.counts
    head = element(
        "head",
        element("meta", charset="utf-8"),
        element("meta", http_equiv="Content-Security-Policy", content=_POLICY),
        element("meta", name="viewport", content="width=device-width, initial-scale=1"),
        element("meta", name="referrer", content="no-referrer"),
        element("title", f"TLS audit: {counts['critical']} critical, {counts['warning']} warnings"),
        element("link", rel="icon", href="data:,"),
        style_sheet(STYLE),
    )
    body = element(
        "body",
        _header(report),
        element(
            "main",
            _tiles(report),
            _findings(report.findings),
            _timeline(report),
            _graph(report),
            _certificates(report),
        ),
        element("footer", element("p", "Made by stacktls.elastic.audit. This page holds no secret.")),
    )
    return document(element("html", head, body, lang="en"))


def _header(report: Report) -> Element:
    moment = report.generated_at.strftime("%d %B %Y, %H:%M UTC").lstrip("0")
    lost = sum(not reached for reached in report.hosts.values())
    seen = f"{_counted(len(report.hosts), 'host')}, {_counted(len(report.certificates), 'certificate')}"
    links = {"findings": "Findings", "timeline": "Expiry", "trust": "Trust", "certificates": "Certificates"}
    return element(
        "header",
        element("h1", "TLS audit"),
        element("p", f"{moment}. {seen}{f', {lost} not reached' if lost else ''}.", class_="muted"),
        element(
            "nav", *(element("a", words, href=f"#{name}") for name, words in links.items()), aria_label="On this page"
        ),
    )


def _tiles(report: Report) -> Element:
    tiles = [
        _tile(str(count), _TITLES[level], f"{level} {'some' if count else 'none'}")
        for level, count in report.counts.items()
    ]
    upcoming = [each for each in report.certificates if each.has_owner and each.state != EXPIRED]
    if upcoming:
        first = upcoming[0]
        words = left_in_words(first.certificate.not_after, report.generated_at)
        tiles.append(_tile(words.removeprefix("in "), f"until {first.certificate.label} expires", first.state))
    return element("ul", *tiles, class_="tiles", aria_label="Summary")


def _tile(number: str, words: str, kind: str) -> Element:
    return element("li", element("strong", number), element("span", words, class_="muted"), class_=f"tile {kind}")


def _section(name: str, title: str, introduction: str, *children: Child) -> Element:
    heading = element("h2", title, id=f"{name}-title")
    words = element("p", introduction, class_="muted") if introduction else None
    return element("section", heading, words, *children, id=name, aria_labelledby=f"{name}-title")


def _findings(findings: Sequence[Finding]) -> Element:
    if not findings:
        good = element("span", "all well", class_="badge good")
        words = element("span", "Nothing is wrong that the audit knows of.")
        return _section("findings", "Findings", "", element("div", good, words, class_="nothing"))
    children: list[Child] = []
    for level in LEVELS:
        of_level = [each for each in findings if each.level == level]
        if of_level:
            children.append(
                element("h3", _TITLES[level], " ", element("span", str(len(of_level)), class_=f"badge {level}"))
            )
            children += _kinds(of_level)
    return _section("findings", "Findings", "The worst first. What to do stands below each.", *children)


def _kinds(findings: Sequence[Finding]) -> Iterator[Element]:
    for kind in dict.fromkeys(each.kind for each in findings):
        of_kind = [each for each in findings if each.kind == kind]
        hosts = _counted(len({each.host for each in of_kind}), "host")
        summary = element("summary", KINDS[kind], element("span", f"{len(of_kind)} on {hosts}", class_="muted"))
        items = element("ul", *(_finding(each) for each in of_kind), class_="findings")
        group = element("details", summary, items, class_=of_kind[0].level)
        if len(of_kind) <= _OPEN:
            group.set("open", "open")
        yield group


def _finding(finding: Finding) -> Element:
    who = element("div", finding.host, element("span", finding.service), class_="who")
    what = element(
        "div",
        element("div", element("code", finding.subject), f" {finding.found}"),
        element("div", finding.hint, class_="hint") if finding.hint else None,
    )
    return element("li", who, what)


def _timeline(report: Report) -> Element:
    now = report.generated_at
    if not report.certificates:
        return _section("timeline", "Expiry", "No certificate was seen.")
    axis = Axis.of(report.certificates, now)
    first, others = report.certificates[:_ROWS_AT_ONCE], report.certificates[_ROWS_AT_ONCE:]
    title = "When each certificate expires; the table below has the same dates."
    legend = element(
        "ul",
        *(element("li", element("span", _STATES[state], class_=f"badge {state}")) for state in (EXPIRED, DUE, VALID)),
        element("li", "An arrow at its end: it lasts longer than the picture shows."),
        class_="legend",
    )
    more = None
    if others:
        summary = element("summary", f"The other {len(others)} certificates, which last longer")
        more = element("details", summary, _wide(timeline(others, axis, now, title), "More expiries"))
    pictured = _wide(timeline(first, axis, now, title), "Expiries")
    return _section(
        "timeline",
        "Expiry",
        "Every certificate once, wherever it lies. What ends first is on top.",
        legend,
        pictured,
        more,
    )


def _graph(report: Report) -> Element:
    legend = element(
        "ul",
        element("li", _line("issued"), "has a certificate of it"),
        element("li", _line("trusts"), "trusts it"),
        element("li", element("span", "in force", class_="badge good")),
        element("li", element("span", "somebody else's", class_="badge warning")),
        element("li", element("span", "unknown", class_="badge critical")),
        class_="legend",
    )
    introduction = "Services with the same authorities share a box, so one that stands alone differs from the others."
    return _section("trust", "Trust", introduction, legend, _wide(trust_graph(report), "Trust graph"))


def _line(kind: str) -> Element:
    path = element("path", d="M1 5 H33", class_=f"edge {kind}")
    return element("svg", path, width=34, height=10, viewBox="0 0 34 10", aria_hidden="true")


def _certificates(report: Report) -> Element:
    names = ("State", "Subject", "Issuer", "Expires", "Key", "Where")
    head = element("thead", element("tr", *(element("th", name, scope="col") for name in names)))
    rows = element("tbody", *(_row(each, report.generated_at) for each in report.certificates))
    table = _wide(element("table", head, rows), "Certificates")
    return _section("certificates", "Certificates", "", table)


def _row(seen: Seen, now: datetime) -> Element:
    certificate = seen.certificate
    expires = (
        element("div", timestamp(certificate.not_after)[:10]),
        element("div", left_in_words(certificate.not_after, now), class_="muted"),
    )
    signature = f" {certificate.signature_hash}" if certificate.signature_hash else ""
    return element(
        "tr",
        element("td", element("span", _STATES[seen.state], class_=f"badge {seen.state}")),
        element("td", certificate.label, class_="name", title=f"SHA-256 {certificate.fingerprint}"),
        element("td", certificate.issuer, class_="name"),
        element("td", *expires, class_="date"),
        element("td", element("div", certificate.key_type), element("div", signature, class_="muted")),
        _where(seen),
    )


def _where(seen: Seen) -> Element:
    places = [element("div", f"{each.host}: ", element("code", each.place), f" {each.use}") for each in seen.sightings]
    cell = element("td", *places[:_PLACES_AT_ONCE], class_="where")
    rest = places[_PLACES_AT_ONCE:]
    if rest:
        append(cell, element("details", element("summary", f"and {len(rest)} more"), *rest))
    return cell


def _wide(child: Element, label: str) -> Element:
    """What may be wider than a small screen; it can be reached and moved with the keyboard."""
    return element("div", child, class_="wide", tabindex="0", role="region", aria_label=label)


def _counted(count: int, noun: str) -> str:
    return f"{count} {noun}{'' if count == 1 else 's'}"
