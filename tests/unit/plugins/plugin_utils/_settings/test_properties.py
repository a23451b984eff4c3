# Copyright: Stack TLS contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import re

import yaml
from ansible_collections.stacktls.elastic.plugins.plugin_utils._settings import MARKER, apply, masked, merge, parse
from ansible_collections.stacktls.elastic.plugins.plugin_utils._settings._masking import MASK
from hypothesis import given
from hypothesis import strategies as st

PARTS = st.sampled_from(["a", "b", "ssl", "http", "seed_hosts", "keyPassphrase", "x-y"])
WRITTEN = st.sampled_from(
    [
        *[("1", 1), ("true", True), ("plain text", "plain text"), ("'it''s # no comment'", "it's # no comment")],
        *[
            ('"1234"', "1234"),
            ("${ENV}", "${ENV}"),
            ("/etc/x.crt", "/etc/x.crt"),
            ("''", ""),
            ("", None),
            ("ü😀", "ü😀"),
        ],
        *[("[x, 1]", ["x", 1]), ("[]", []), ("{}", {})],
    ]
)
ON_LINES = st.sampled_from(
    [
        ([" |", "  one", "", "  two # no comment"], "one\n\ntwo # no comment\n"),
        ([" >-  ###", "  folded", "  text"], "folded text"),
        (["", "- x  ###", "###", "- 'y'"], ["x", "y"]),
        (["  ###", "  - {deep: 1}", "  - [2]"], [{"deep": 1}, [2]]),
        ([" [", "    x,  ###", "    y ]"], ["x", "y"]),
    ]
)
TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
SCALARS = st.one_of(TEXTS, st.booleans(), st.integers(-9, 9999))
VALUES = st.one_of(SCALARS, st.lists(SCALARS, max_size=3))
TREES = st.recursive(
    st.one_of(WRITTEN, ON_LINES),
    lambda children: st.dictionaries(PARTS, children, min_size=1, max_size=4),
    max_leaves=10,
).filter(lambda tree: isinstance(tree, dict))


@st.composite
def files(draw):
    """A settings file as people write them, and the values in it by dotted name."""
    lines = _lines(draw, draw(TREES), "", "")
    numbered = "\n".join(lines)
    count = numbered.count("###")
    for number in range(count):
        numbered = numbered.replace("###", f"# comment {number}", 1)
    newline = draw(st.sampled_from(["\n", "\r\n"]))
    start = draw(st.sampled_from(["", "\ufeff", "# head\n\n", "---\n"]))
    return (start + numbered + "\n").replace("\n", newline)


def _lines(draw, tree, indent, prefix):
    lines = []
    for key, value in tree.items():
        lines += draw(st.sampled_from([[], [], [""], [f"{indent}###"], ["###", ""]]))
        name = f"{prefix}{key}"
        if not isinstance(value, dict):
            written = value[0]
            trailing = draw(st.sampled_from(["", "", "  ###"]))
            first, *more = written if isinstance(written, list) else [f" {written}{trailing}"]
            lines += [f"{indent}{name}:{first}".rstrip(), *(f"{indent}{line}" if line else "" for line in more)]
        elif draw(st.booleans()):
            lines += _lines(draw, value, indent, f"{name}.")
        elif draw(st.booleans()) or not _fits_in_braces(value):
            lines += [f"{indent}{name}:", *_lines(draw, value, f"{indent}  ", "")]
        else:
            lines.append(f"{indent}{name}: {_braces(value)}  ###")
    return lines


def _fits_in_braces(value):
    if isinstance(value, dict):
        return all(_fits_in_braces(each) for each in value.values())
    return isinstance(value[0], str) and not value[0].startswith("$")


def _braces(value):
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key}: {_braces(each)}" for key, each in value.items()) + "}"
    return value[0]


def flat(value, name=""):
    """What an independent reader makes of the file."""
    if isinstance(value, dict) and value:
        return {k: v for key, each in value.items() for k, v in flat(each, f"{name}.{key}" if name else key).items()}
    return {name: value}


def read(text):
    return flat(yaml.safe_load(text.lstrip("\ufeff")) or {}) if text.strip("\ufeff \r\n-") else {}


def comments(text):
    return re.findall(r"# comment \d+", text)


@st.composite
def cases(draw):
    """A file, and settings and names that can be asked for."""
    text = draw(files())
    present = [name for name, value in read(text).items() if value != {}]
    chosen = draw(st.lists(st.sampled_from(present), unique=True)) if present else []
    wanted = {name: draw(VALUES) for name in chosen if draw(st.booleans())}
    wanted.update(draw(st.dictionaries(st.sampled_from(["new.one", "new.two.three", "other"]), VALUES, max_size=3)))
    absent = [name for name in chosen if name not in wanted]
    sections = sorted({name.rpartition(".")[0] for name in present} - {""})
    if sections:
        absent += [f"{name}.*" for name in draw(st.lists(st.sampled_from(sections), max_size=1))]
    return text, wanted, absent


def expected(before, wanted, absent):
    below = tuple(name[:-1] for name in absent if name.endswith(".*"))
    kept = {
        name: value for name, value in before.items() if name not in absent and not name.startswith(below or ("\0",))
    }
    return {**kept, **wanted}


@given(cases())
def test_the_file_says_what_was_wanted_and_all_the_rest_as_before(case):
    text, wanted, absent = case
    result = merge(parse(text), wanted, absent)
    before, after = read(text), {k: v for k, v in read(result.text).items() if k}
    assert after == {k: v for k, v in expected(before, wanted, absent).items() if k}
    foreign = [name for name in before if name not in wanted]
    assert [name for name in after if name in foreign] == [name for name in foreign if name in after]


@given(cases())
def test_no_comment_is_lost_and_the_second_merge_changes_nothing(case):
    text, wanted, absent = case
    result = merge(parse(text), wanted, absent)
    assert sorted(comments(result.text)) == sorted(comments(text))
    assert result.text.count(MARKER) <= 1
    again = merge(parse(result.text), wanted, absent)
    assert (again.text, again.differences) == (result.text, ())


@given(cases())
def test_only_what_the_edits_say_is_changed(case):
    text, wanted, absent = case
    result = merge(parse(text), wanted, absent)
    assert apply(text, result.edits) == result.text
    assert bool(result.edits) == bool(result.differences) == (result.text != text)
    if text.count("\r\n") == text.count("\n"):
        assert result.text.count("\r\n") == result.text.count("\n")


@given(cases())
def test_what_is_shown_is_the_file_without_secrets(case):
    text, _wanted, _absent = case
    shown = read(masked(parse(text)).replace(MASK, "hidden"))
    for name, value in read(text).items():
        secret = name.endswith("keyPassphrase") and value not in (None, {})
        assert shown[name] == ("hidden" if secret else value)
