# Copyright: Stack TLS contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import pytest
import yaml
from ansible_collections.stacktls.elastic.plugins.module_utils._errors import SettingsError
from ansible_collections.stacktls.elastic.plugins.plugin_utils._settings import _document, decode, parse

SAMPLE = """\
%YAML 1.1
---
# é😀 first
a.b: 'x # no comment' # second
"quoted.key" : |  # third
  text # of the block

c:
  - one # fourth
  - {d: [1, "#", 2], e}
  # fifth
  -
f: &anchor plain#text
g: *anchor
...
"""


def spans(document):
    return {name: document.text[s.value.start : s.value.end] for name, s in document.settings.items()}


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
@pytest.mark.parametrize("loader", [yaml.SafeLoader, yaml.CSafeLoader])
def test_every_part_knows_its_place(monkeypatch, loader, newline):
    monkeypatch.setattr(_document, "_LOADER", loader)
    document = parse(SAMPLE.replace("\n", newline))
    assert spans(document) == {
        "a.b": "'x # no comment'",
        "quoted.key": f"|  # third{newline}  text # of the block",
        "c": newline.join(SAMPLE.split("\n")[8:11])[2:] + f"{newline}  -",
        "f": "&anchor plain#text",
        "g": "*anchor",
    }
    assert [comment.text for comment in document.comments] == [
        *("# é😀 first", "# second", "# third", "# fourth", "# fifth")
    ]
    assert document.newline == newline
    assert document.text[document.end :].strip() == "..."


def test_names_are_dotted_however_they_are_written():
    document = parse("a:\n  b.c: 1\n  d: {e: {f: 2}}\na.g: 3\nh: {}\ni:\n")
    assert list(document.settings) == ["a.b.c", "a.d.e.f", "a.g", "h", "i"]


@pytest.mark.parametrize("text", ["", "\n", "# only a comment", "---\n", "---\n# c\n...\n", "\ufeff", "\ufeff# c\n"])
def test_a_file_without_settings(text):
    assert parse(text).root is None


def test_a_byte_order_mark_moves_nothing():
    document = parse("\ufeffa: 1\nb: 2\n")
    assert spans(document) == {"a": "1", "b": "2"}
    assert document.position(document.settings["a"].entry.start) == "line 1, column 1"
    assert document.position(document.settings["b"].value.start) == "line 2, column 4"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a: 1\n\tb: 2\n", "line 2, column 1: not valid YAML: while scanning"),
        ("a: 'geheim\n", "line 2, column 1: not valid YAML: .*unexpected end of stream"),
        ("a: [1, 2\nb: 3\n", "line 2, column 2: not valid YAML"),
        ("a: 1\n b: 2\n", "line 2, column 3: not valid YAML"),
        ("a: *\n", "line 1, column 5: not valid YAML"),
        ("a: *nobody\n", "line 1, column 4: not valid YAML: the alias .nobody has no anchor"),
        ("a: x\x07y\n", "line 1, column 5: not valid YAML: character '.x07' is not allowed"),
        ("[a, b]: 1\n", "line 1, column 1: not valid YAML: the name of a setting must be plain text"),
        ("a: 1\n---\nb: 2\n", "line 2, column 1: a second YAML document starts here"),
        ("a: 1\n---\n", "line 2, column 1: a second YAML document starts here"),
        ("- a\n- b\n", "line 1, column 1: the top of the file is not a map"),
        ("just words\n", "line 1, column 1: the top of the file is not a map"),
        ("a.b: 1\n# c\na.b: 1\n", "a.b is set twice: line 1, column 1, and line 3, column 1"),
        ("a.b: 1\na:\n  b: 2\n", "a.b is set twice: line 1, column 1, and line 3, column 3"),
        ("a: {b: 1}\r\na.b: 1\r\n", "a.b is set twice: line 1, column 5, and line 2, column 1"),
        ("a: {b: 1}\na: {c: 1}\n", "a is set twice: line 1, column 1, and line 2, column 1"),
        ("a:\n  b: 1\n  c: 2\n  b: 3\n", "a.b is set twice: line 2, column 3, and line 4, column 3"),
    ],
)
@pytest.mark.parametrize("loader", [yaml.SafeLoader, yaml.CSafeLoader])
def test_what_cannot_be_understood_is_located(monkeypatch, loader, text, message):
    monkeypatch.setattr(_document, "_LOADER", loader)
    with pytest.raises(SettingsError, match=message) as caught:
        parse(text)
    assert "geheim" not in str(caught.value)


def test_other_encodings_are_located():
    with pytest.raises(SettingsError, match=r"line 2, column 12: byte 0xfc is not valid UTF-8.*read UTF-8"):
        decode("a: ä\n# für die M".encode() + "ünchner\n".encode("cp1252"))
