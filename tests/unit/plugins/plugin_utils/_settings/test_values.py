# Copyright: Stack TLS contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import math

import pytest
import yaml
from ansible_collections.stacktls.elastic.plugins.module_utils._errors import SettingsError
from ansible_collections.stacktls.elastic.plugins.plugin_utils._settings import flatten, parse
from ansible_collections.stacktls.elastic.plugins.plugin_utils._settings._values import is_same, render
from hypothesis import given
from hypothesis import strategies as st

TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
SCALARS = st.one_of(TEXTS, st.booleans(), st.integers(), st.floats(allow_nan=False, allow_infinity=False))


def node(value):
    return parse(f"a: {value}\n").settings["a"].value


@pytest.mark.parametrize(
    "text",
    [
        *(
            "/etc/elasticsearch/certs/ca.crt",
            r"C:\certs\ca.crt",
            "20m",
            "127.0.0.1",
            "9.4.3",
            "${HOSTNAME}",
            "optional",
        ),
        *("CN=kibana, OU=ops", "https://es:9200", "a#b", "a b", "ünïcode", "TLSv1.2", "a*", "1 2"),
    ],
)
def test_harmless_text_stays_plain(text):
    assert render(text) == text


@pytest.mark.parametrize(
    "text",
    [
        *("", " ", " a", "a ", "true", "True", "FALSE", "yes", "No", "on", "Off", "y", "null", "NULL", "~", "=", "<<"),
        *(
            "1",
            "-1",
            "+1",
            "0x1f",
            "0b1",
            "0o17",
            "017",
            "1e3",
            "1.5",
            ".5",
            "1.",
            "1_000",
            "1:20",
            "1:20:30.5",
            ".inf",
        ),
        *("-.INF", ".nan", "2024-01-31", "2024-1-1T10:00:00Z", "...", "---", "- a", "-a", "? a", ":a", "a:", "a: b"),
        *("a #b", "#a", "*", "&a", "!a", "|", ">", "@a", "%a", "'a'", '"a"', "[a]", "{a}", ",a", "a\nb", "a\tb"),
        *("\x85", "\u2028", "\ufeff", "\x00", "\U000e0001", "\xa0a"),
    ],
)
def test_text_that_could_be_read_otherwise_is_quoted(text):
    rendered = render(text)
    assert rendered.startswith('"') and rendered.endswith('"') and rendered.isprintable()
    assert yaml.safe_load(rendered) == text


@pytest.mark.parametrize("text", ["${A}", "a,b", "a:b", "a[0]", "a?b"])
def test_more_is_quoted_between_brackets(text):
    assert render([text]) == f'["{text}"]'


@pytest.mark.parametrize(
    ("value", "expected"),
    [(True, "true"), (9200, "9200"), (1e-7, "0.0000001"), (1e22, "10000000000000000000000"), (0.5, "0.5"), ([], "[]")],
)
def test_other_types(value, expected):
    assert render(value) == expected


@given(st.one_of(SCALARS, st.lists(SCALARS, max_size=4)))
def test_what_is_written_reads_the_same(value):
    assert is_same(node(render(value)), value)
    assert is_same(parse(f"{{a: {render(value, flow=True)}}}").settings["a"].value, value)
    if isinstance(value, str):
        assert yaml.safe_load(render(value)) == value


@pytest.mark.parametrize(
    ("written", "wanted", "same"),
    [
        *[
            ("true", True, True),
            ('"true"', True, True),
            ("TRUE", True, True),
            ("yes", True, False),
            ("false", True, False),
        ],
        *[
            ("9200", 9200, True),
            ("'9200'", 9200, True),
            ("9200.0", 9200, True),
            ("09200", 9200, False),
            ("1.5", 1.5, True),
        ],
        *[("abc", "abc", True), ("'abc'", "abc", True), ("abc", "abd", False), ("yes", "yes", True)],
        *[("1234", "1234", False), ("'1234'", "1234", True), ("true", "true", False), ("!!str 1234", "1234", True)],
        *[("2024-01-01", "2024-01-01", False), ('""', "", True), ("", "", False), ("~", "~", False)],
        *[
            ("[a, 1]", ["a", 1], True),
            ("[a, '1']", ["a", 1], True),
            ("[a, 1]", [1, "a"], False),
            ("[a]", ["a", "b"], False),
        ],
        *[
            ("a,b", ["a", "b"], False),
            ("[a, b]", "a,b", False),
            ("a", ["a"], False),
            ("{}", "x", False),
            ("[]", [], True),
        ],
        *[("\n  - a\n  - b", ["a", "b"], True), ("|\n  a", "a\n", True), ("1", True, False), ("true", 1, False)],
    ],
)
def test_values_are_compared_as_the_products_read_them(written, wanted, same):
    assert is_same(node(written), wanted) is same


def test_nested_and_dotted_names_are_one():
    settings = {"a": {"b": 1, "c.d": {"e": "x"}}, "a.f": [True, "y"]}
    assert flatten(settings) == {"a.b": 1, "a.c.d.e": "x", "a.f": [True, "y"]}


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"a": None}, "a has no value. To remove a setting, name it in 'absent'"),
        ({"a": ["x", None]}, "a has no value"),
        ({"a": {}}, "a is neither text nor a number"),
        ({"a": [["x"]]}, "a is neither text nor a number"),
        ({"a": [{"b": 1}]}, "a is neither text nor a number"),
        ({"a": b"x"}, "a is neither text nor a number"),
        ({"a": math.inf}, "a is not a finite number"),
        ({"a.b": 1, "a": {"b": 2}}, "a.b is asked for twice, dotted and nested"),
        ({"a.b": 1, "a": 2}, "a and a.b exclude each other"),
        ({1: "x"}, "name 1 is not text"),
        ({"": 1}, "'' is not the name of a setting"),
        ({"a..b": 1}, "'a..b' is not the name"),
        ({"a": {"b ": 1}}, "'b ' is not the name"),
        ({"a.*": 1}, "'a..' is not the name"),
    ],
)
def test_what_cannot_be_a_setting_is_refused(settings, message):
    with pytest.raises(SettingsError, match=message):
        flatten(settings)
