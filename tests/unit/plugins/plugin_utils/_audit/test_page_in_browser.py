# Copyright: Stack TLS contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The page in a real browser, by day and by night."""

from __future__ import annotations

import os
import shutil
import struct
import sys
import zlib
from pathlib import Path

import pytest
from ansible_collections.stacktls.elastic.plugins.plugin_utils._audit import page
from auditing import HTTP, authority, certificate, file, folder, reference, report, service
from test_page import Parsed

ROOT = next(parent for parent in Path(__file__).parents if (parent / "galaxy.yml").exists())
sys.path.insert(0, str(ROOT / "tests/tools"))
from browser import Browser  # noqa: E402

pytestmark = pytest.mark.skipif(not shutil.which("chromium"), reason="chromium is not installed")

NASTY = "CN=<img src=x onerror=alert(1)>\"'&amp;{{ 1 + 1 }}"


def corner(png: bytes) -> tuple[int, ...]:
    """The colour of the pixel in the upper left corner, whose row refers to no other."""
    assert png.startswith(b"\x89PNG")
    data, place = b"", 8
    while place < len(png):
        size, kind = struct.unpack(">I4s", png[place : place + 8])
        data += png[place + 8 : place + 8 + size] if kind == b"IDAT" else b""
        place += size + 12
    return tuple(zlib.decompressobj().decompress(data, 4)[1:4])


@pytest.fixture(scope="module")
def looked_at(tmp_path_factory):
    """What the browser makes of a page with many certificates, and pictures of it."""
    work = tmp_path_factory.mktemp("browser")
    named = [reference(f"{HTTP}.certificate", "/http.crt"), reference(f"{HTTP}.certificate_authorities", "/ca.crt")]
    looks = [
        service(
            file("/http.crt", certificate(NASTY if n == 3 else f"CN=es{n}", ends=7 * n - 10, serial=n)),
            file("/ca.crt", authority(), *([authority(serial=99)] if n == 5 else [])),
            references=named,
            host=f"es{n}.example.com",
        )
        for n in range(60)
    ]
    source = page(report(*looks, authorities=[folder(authority(), rotation="trust")]))
    (work / "audit.html").write_text(source)
    browser = Browser(work, {})
    pictures = Path(os.environ.get("STACKTLS_EVIDENCE", work)) / "audit"
    light, dark = pictures.with_suffix(".light.png"), pictures.with_suffix(".dark.png")
    dom = browser.visit(f"file://{work}/audit.html", light, size=(1200, 3000))
    browser.visit(f"file://{work}/audit.html", dark, size=(1200, 3000), dark=True)
    return source, dom, light.read_bytes(), dark.read_bytes()


def test_the_browser_reads_what_was_written(looked_at):
    source, dom, _light, _dark = looked_at
    assert Parsed(dom).elements == Parsed(source).elements
    assert not Parsed(dom).of("img")
    assert NASTY in "".join(Parsed(dom).texts)


def test_it_is_light_by_day_and_dark_by_night(looked_at):
    _source, _dom, light, dark = looked_at
    assert min(corner(light)) > 230
    assert max(corner(dark)) < 40
