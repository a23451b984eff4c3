# Copyright: Stack TLS contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The page stands by itself, and shows what certificates say as text."""

from __future__ import annotations

from html.parser import HTMLParser

import pytest
from ansible_collections.stacktls.elastic.plugins.plugin_utils._audit import page
from auditing import HTTP, authority, certificate, file, folder, reference, report, service
from hypothesis import given
from hypothesis import strategies as st

VOID = {"meta", "link"}
CRT = "/certs/http.crt"


class Parsed(HTMLParser):
    """Elements and text of a page; fails where elements are not closed in their order."""

    def __init__(self, text):
        super().__init__()
        self.elements, self.texts, self._open = [], [], []
        self.feed(text)
        self.close()
        assert self._open == []

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self._open.append(tag)

    def handle_endtag(self, tag):
        assert self._open.pop() == tag

    def handle_data(self, data):
        self.texts.append(data)

    def of(self, tag, **attributes):
        return [attrs for name, attrs in self.elements if name == tag and attributes.items() <= attrs.items()]


def pages(count):
    """A report of so many certificates."""
    named = [reference(f"{HTTP}.certificate", CRT), reference(f"{HTTP}.certificate_authorities", "/ca.crt")]
    looks = [
        service(
            file(CRT, certificate(f"CN=es{n}", ends=n - 2, serial=n)),
            file("/ca.crt", authority()),
            references=named,
            host=f"es{n}",
        )
        for n in range(count)
    ]
    return page(report(*looks, authorities=[folder(authority())]))


@pytest.mark.parametrize("count", [0, 1, 3, 200])
def test_it_stands_by_itself_with_any_number_of_certificates(count):
    text = pages(count)
    parsed = Parsed(text)
    assert parsed.of("script") == [] and "url(" not in text and "@import" not in text
    assert parsed.of("link") == [{"rel": "icon", "href": "data:,"}]
    links = [attrs for _tag, attrs in parsed.elements if {"href", "src"} & set(attrs) and _tag != "link"]
    assert all(attrs["href"].startswith("#") for attrs in links)
    assert parsed.of("meta", **{"http-equiv": "Content-Security-Policy"})[0]["content"].startswith("default-src 'none'")
    assert not any("style" in attrs or any(name.startswith("on") for name in attrs) for _tag, attrs in parsed.elements)
    bars = [attrs for attrs in parsed.of("rect") if attrs["class"].startswith("bar ")]
    assert len(bars) == (count + 1)
    assert len(parsed.of("tr")) == count + 2
    assert len(text) < 600_000


def test_links_lead_somewhere_and_pictures_have_titles():
    parsed = Parsed(pages(3))
    ids = [attrs["id"] for _tag, attrs in parsed.elements if "id" in attrs]
    assert len(ids) == len(set(ids))
    assert {attrs["href"][1:] for attrs in parsed.of("a")} <= set(ids)
    assert {attrs["aria-labelledby"] for attrs in parsed.of("section")} <= set(ids)
    for number, (tag, attrs) in enumerate(parsed.elements):
        if tag == "svg" and "aria-hidden" not in attrs:
            assert attrs["role"] == "img" and parsed.elements[number + 1][0] == "title"
    assert parsed.of("html", lang="en")


def test_alike_services_share_a_box():
    parsed = Parsed(pages(200))
    assert len(parsed.of("rect", **{"class": "box service"})) == 1
    assert len(parsed.of("rect", **{"class": "box authority in_force"})) == 1


def test_what_nobody_knows_is_marked():
    text = page(
        report(service(file(CRT, certificate(issuer="CN=Who")), references=[reference(f"{HTTP}.certificate", CRT)]))
    )
    assert len(Parsed(text).of("rect", **{"class": "box authority unknown"})) == 1


@given(st.text(), st.text(min_size=1), st.text())
def test_any_text_is_only_text(subject, host, path):
    path = "/" + path
    looked = service(file(path, certificate(subject)), host=host)
    parsed = Parsed(page(report(looked)))
    plain = Parsed(page(report(service(file("/x", certificate("CN=x")), host="x"))))
    assert [tag for tag, _attrs in parsed.elements] == [tag for tag, _attrs in plain.elements]


def test_what_turns_the_direction_of_writing_is_seen():
    text = page(report(service(file(CRT, certificate("CN=a\u202egnp.exe\x00")), host="es1")))
    assert "\u202e" not in text and "\x00" not in text and "a\ufffdgnp.exe\ufffd" in text


@pytest.mark.parametrize("ends", [2_900_000, 0.002, -20_000, 1])
def test_any_lifetime_has_a_place_on_the_timeline(ends):
    looked = service(file(CRT, certificate(starts=min(ends, 0) - 0.01, ends=ends)))
    parsed = Parsed(page(report(looked)))
    assert len(parsed.of("text", **{"class": "tick"})) in range(1, 12)
    places = [
        float(attrs["x"]) + float(attrs["width"]) for attrs in parsed.of("rect") if attrs["class"].startswith("bar ")
    ]
    assert all(0 <= place <= 1060 for place in places)
