# Copyright: Stack TLS contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import time
from pathlib import Path

import pytest
from ansible_collections.stacktls.elastic.plugins.module_utils._errors import SettingsError
from ansible_collections.stacktls.elastic.plugins.plugin_utils._settings import (
    MARKER,
    Difference,
    apply,
    flatten,
    merge,
    parse,
)

FIXTURES = Path(__file__).parent / "fixtures"
ADDED = f"\n{MARKER}\n"


def merged(text, settings=None, absent=()):
    return merge(parse(text), flatten(settings or {}), absent).text


def shipped(name):
    return (FIXTURES / name).read_text(encoding="utf-8")


def test_a_file_that_says_what_is_wanted_is_not_touched():
    text = shipped("elasticsearch.yml")
    wanted = {"xpack.security.http.ssl.enabled": True, "cluster.initial_master_nodes": ["es1"], "http.host": "0.0.0.0"}
    result = merge(parse(text), wanted, ["cluster.name", "xpack.watcher.*"])
    assert (result.text, result.edits, result.differences) == (text, (), ())


def test_auto_configured_elasticsearch_gets_mutual_tls():
    text = shipped("elasticsearch.yml")
    result = merge(
        parse(text),
        flatten(
            {
                "xpack.security.http.ssl": {
                    "enabled": True,
                    "client_authentication": "optional",
                    "certificate_authorities": ["certs/ca.crt"],
                },
                "xpack.security.authc.realms.pki.realm1.order": 1,
            }
        ),
        ["xpack.security.http.ssl.keystore.path"],
    )
    assert result.text == text.replace("  keystore.path: certs/http.p12\n", "", 1) + ADDED + (
        "xpack.security.http.ssl.client_authentication: optional\n"
        "xpack.security.http.ssl.certificate_authorities: [certs/ca.crt]\n"
        "xpack.security.authc.realms.pki.realm1.order: 1\n"
    )
    assert result.differences == (
        Difference("xpack.security.authc.realms.pki.realm1.order", "added"),
        Difference("xpack.security.http.ssl.certificate_authorities", "added"),
        Difference("xpack.security.http.ssl.client_authentication", "added"),
        Difference("xpack.security.http.ssl.keystore.path", "removed"),
    )


def test_kibana_loses_its_password():
    text = shipped("kibana.yml")
    result = merged(
        text,
        {"elasticsearch": {"hosts": ["https://es1:9200"], "ssl.alwaysPresentCertificate": False}},
        ["elasticsearch.username", "elasticsearch.password", "elasticsearch.serviceAccountToken"],
    )
    expected = (
        text.replace('["http://localhost:9200"]', '["https://es1:9200"]')
        .replace('elasticsearch.username: "kibana_system"\n', "")
        .replace('elasticsearch.password: "pa55word" # rotate in May\n', "# rotate in May\n")
    )
    assert result == expected + ADDED + "elasticsearch.ssl.alwaysPresentCertificate: false\n"


@pytest.mark.parametrize(
    ("text", "settings", "expected"),
    [
        ("a.b: 1 # c\n", {"a.b": 2}, "a.b: 2 # c\n"),
        ("a:\n  b:   'x'\t# c\n", {"a.b": "y z"}, "a:\n  b:   y z\t# c\n"),
        ("a: {b: 1, c: 2}\n", {"a.c": "x,y"}, 'a: {b: 1, c: "x,y"}\n'),
        ("a: {b: , c}\n", {"a.b": 1}, "a: {b: 1 , c}\n"),
        ('{"a": 1}\n', {"a": 1}, '{"a": 1}\n'),
        ("a:   # nothing\nb: 1\n", {"a": "x"}, "a: x   # nothing\nb: 1\n"),
        ('"a.b" : 1\n', {"a.b": 2}, '"a.b" : 2\n'),
        ("a:\n  one two\n  three\nb: 1\n", {"a": "x"}, "a:\n  x\nb: 1\n"),
        ("a: # c\n  1\n", {"a": 2}, "a: # c\n  2\n"),
        ("a: 1", {"a": 2}, "a: 2"),
        ("a: 1\r\nb: 2\r\n", {"b": 3}, "a: 1\r\nb: 3\r\n"),
        ("\ufeffa: 1\n", {"a": 2}, "\ufeffa: 2\n"),
        ("---\na: 1\n...\n", {"a": 2}, "---\na: 2\n...\n"),
        ("a: x\n", {"a": ["v", "w"]}, "a: [v, w]\n"),
        ("a: [x, y]\n", {"a": "z"}, "a: z\n"),
        ("a: [\n  x, # c\n  y\n] # d\nb: 1\n", {"a": ["x"]}, "# c\na: [x] # d\nb: 1\n"),
        ("a: | # c\n  x\n  y\n\nb: 1\n", {"a": "z"}, "# c\na: z\n\nb: 1\n"),
        ("m:\n  a: >-\n    x\n\n    y\n  b: 1\n", {"m.a": "z"}, "m:\n  a: z\n  b: 1\n"),
        ("a: 'long\n  text' # c\n", {"a": True}, "a: true # c\n"),
        ("a.b: 1\n", {"a": {"b": "${HOME}"}}, "a.b: ${HOME}\n"),
        ("a: {b: 1}\n", {"a": {"b": "${HOME}"}}, 'a: {b: "${HOME}"}\n'),
    ],
)
def test_a_value_is_replaced_where_it_stands(text, settings, expected):
    assert merged(text, settings) == expected


LIST = "a:\n  - x # first\n  # about y\n  - y\n  - z # last\nb: 1\n"


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        (["x", "y", "z", "w"], "a:\n  - x # first\n  # about y\n  - y\n  - z # last\n  - w\nb: 1\n"),
        (["w", "x", "y", "z"], "a:\n  - w\n  - x # first\n  # about y\n  - y\n  - z # last\nb: 1\n"),
        (["x", "w", "z"], "a:\n  - x # first\n  # about y\n  - w\n  - z # last\nb: 1\n"),
        (["y"], "a:\n  # first\n  # about y\n  - y\n  # last\nb: 1\n"),
        (["x", "y", "v", "w"], "a:\n  - x # first\n  # about y\n  - y\n  - v # last\n  - w\nb: 1\n"),
        ([], "# first\n# about y\na: [] # last\nb: 1\n"),
        ("text", "# first\n# about y\na: text # last\nb: 1\n"),
    ],
)
def test_a_list_with_an_item_a_line_keeps_its_form(wanted, expected):
    assert merged(LIST, {"a": wanted}) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a:\n- x\n- w", "a:\n- x\n- w\n- z\n"),
        ("a:\r\n- x\r\n- w\r\n", "a:\r\n- x\r\n- w\r\n- z\r\n"),
        ("a:\n-\n  x # c\n- w\n", "# c\na: [x, w, z]\n"),
        ("a:\n- |-\n  x\n- w\n", "a: [x, w, z]\n"),
        ("a:\n-\n- w\n", "a: [x, w, z]\n"),
    ],
)
def test_forms_of_lists(text, expected):
    assert merged(text, {"a": ["x", "w", "z"]}) == expected


@pytest.mark.parametrize(
    ("text", "absent", "expected"),
    [
        ("a: 1\nb: 2 # c\nd: 3\n", ["b"], "a: 1\n# c\nd: 3\n"),
        ("# about a\na: 1\nb: 2\n", ["a"], "# about a\nb: 2\n"),
        ("a: 1\nb: 2", ["b"], "a: 1\n"),
        ("m:\n  a: 1\n  b: 2\n", ["m.a"], "m:\n  b: 2\n"),
        ("m: # c\n    # deep\n    n:\n        a: 1 # d\nb: 2\n", ["m.n.a"], "# c\n# deep\n# d\nb: 2\n"),
        ("x: |\n t\nm:\n    # deep\n    a: 1\n", ["m.a"], "x: |\n t\n# deep\n"),
        ("m: {a: 1, b: 2, c: 3}\n", ["m.a"], "m: {b: 2, c: 3}\n"),
        ("m: {a: 1, b: 2, c: 3}\n", ["m.b"], "m: {a: 1, c: 3}\n"),
        ("m: {a: 1, b: 2, c: 3 }\n", ["m.b", "m.c"], "m: {a: 1 }\n"),
        ("m: {a: 1, b: 2, c: 3}\n", ["m.a", "m.c"], "m: {b: 2}\n"),
        ("m: {a: 1, n: {b: 2}} # c\nd: 1\n", ["m.*"], "# c\nd: 1\n"),
        ("m: {a: 1, n: {b: 2}}\n", ["m.n.*"], "m: {a: 1}\n"),
        ("m:\n  o: {\n    a: 1, # c\n    b: 2\n  }\n", ["m.o.a"], "m:\n  # c\n  o: {\n    b: 2\n  }\n"),
        ("a: |\n  x\n\n  y\n\nb: 1\n", ["a"], "\nb: 1\n"),
        ("a:\n- x # c\n- y\nb: 1\n", ["a"], "# c\nb: 1\n"),
        ("a:\nb: 1\n", ["a"], "b: 1\n"),
        ("m: {}\nb: 1\n", ["m"], "b: 1\n"),
        ("a.b: 1\na.c: 2\nab: 3\na:\n  d: 4\n", ["a.*"], "ab: 3\n"),
        ("a: 1\n", ["a"], ""),
        ("\ufeffa: 1\nb: 2\n", ["a"], "\ufeffb: 2\n"),
        ("a: 1 # c\r\nb: 2\r\n", ["a"], "# c\r\nb: 2\r\n"),
    ],
)
def test_a_removed_setting_leaves_its_comments(text, absent, expected):
    assert merged(text, absent=absent) == expected


def test_all_of_a_section_but_what_is_wanted_is_removed():
    text = "s.a: 1\ns:\n  b: 2\n  c: 3\n"
    assert merged(text, {"s.b": 2, "s.d": 4}, ["s.*"]) == f"s:\n  b: 2\n{ADDED}s.d: 4\n"


def test_a_value_can_make_room_for_a_map_and_a_map_for_a_value():
    assert merged("a: 1\n", {"a.b": 2}, ["a"]) == f"{ADDED}a.b: 2\n"
    assert merged("a:\n  b: 1\n", {"a": 2}, ["a.*"]) == f"{ADDED}a: 2\n"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", f"{MARKER}\nnew: 1\n"),
        ("\ufeff", f"\ufeff{MARKER}\nnew: 1\n"),
        ("# c", f"# c\n{ADDED}new: 1\n"),
        ("a: 1", f"a: 1\n{ADDED}new: 1\n"),
        ("a: 1\n\n", f"a: 1{ADDED.replace(MARKER, '')}{MARKER}\nnew: 1\n"),
        ("a: 1\r\n", f"a: 1\r\n\r\n{MARKER}\r\nnew: 1\r\n"),
        ("---\n", f"---\n{ADDED}new: 1\n"),
        ("a: 1\n...\n", f"a: 1\n{ADDED}new: 1\n...\n"),
        ("  a: 1\n", f"  a: 1\n\n  {MARKER}\n  new: 1\n"),
        (f"{MARKER}\na: 1\n", f"{MARKER}\na: 1\nnew: 1\n"),
        (f"{MARKER}\na:\n- x\n- y # c\n\n# d\nb: 2\n", f"{MARKER}\na:\n- x\n- y # c\nnew: 1\n\n# d\nb: 2\n"),
        (f"{MARKER}\n\nb: 2\n", f"{MARKER}\nnew: 1\n\nb: 2\n"),
        (f"{MARKER}\na: |\n  x\n\n  y\nb: 2\n\nc: 3\n", f"{MARKER}\na: |\n  x\n\n  y\nb: 2\nnew: 1\n\nc: 3\n"),
        (f"a: 1 {MARKER}\nb: 2\n", f"a: 1 {MARKER}\nb: 2\n{ADDED}new: 1\n"),
        (f"a:\n  {MARKER}\n  b: 2\n", f"a:\n  {MARKER}\n  b: 2\n{ADDED}new: 1\n"),
        (f"a: |\n  {MARKER}\nb: 2\n", f"a: |\n  {MARKER}\nb: 2\n{ADDED}new: 1\n"),
        (f"a: 1\n{MARKER}", f"a: 1\n{MARKER}\nnew: 1\n"),
        ("a: 1\n  \t# tab\n", f"a: 1\n  \t# tab\n{ADDED}new: 1\n"),
        ("m: {}\n", f"m: {{}}\n{ADDED}new: 1\n"),
    ],
)
def test_a_new_setting_comes_at_the_end_below_one_marker(text, expected):
    assert merged(text, {"new": 1}) == expected


def test_a_new_setting_may_stand_beside_a_map_of_the_same_section():
    assert merged("a:\n  b: 1\n", {"a.c": "x"}) == f"a:\n  b: 1\n{ADDED}a.c: x\n"
    assert merged("a: {}\n", {"a.c": "x"}) == f"a: {{}}\n{ADDED}a.c: x\n"


@pytest.mark.parametrize(
    ("text", "settings", "absent", "message"),
    [
        (
            "a:\n  b: 1\n",
            {"a": 1},
            [],
            "line 2, column 3: a is a map here, not a single value. Name the settings below",
        ),
        ("a: {}\n", {"a": 1}, [], "line 1, column 1: a is a map here"),
        ("a.b.c: 1\n", {"a.b": 1}, [], "line 1, column 1: a.b is a map here"),
        ("a.b.c: 1\n", {}, ["a.b"], r"a.b is a map here, .* or 'a.b.\*' in 'absent' to remove them all"),
        ("a: 1\n", {"a.b": 1}, [], "line 1, column 1: a has a value of its own, so a.b cannot be set below it"),
        ("x: 1\na:\n", {"a.b": 1}, [], "line 2, column 1: a has a value of its own"),
        (
            "a: &x 1\n",
            {"a": 2},
            [],
            "line 1, column 4: an anchor, an alias or a tag stands here, so a cannot be changed",
        ),
        ("a: !!str 1\n", {}, ["a"], "line 1, column 4: an anchor, an alias or a tag"),
        ("b: &x 1\na: *x\n", {"a": 2}, [], "line 2, column 4: an anchor, an alias or a tag"),
        ("m: &x\n  a: 1\n", {"m.a": 2}, [], "line 1, column 4: an anchor, an alias or a tag stands here, so m.a"),
        ("a: [&x 1]\n", {"a": [2]}, [], "line 1, column 5: an anchor, an alias or a tag"),
        ("&x a: 1\n", {"a": 2}, [], "line 1, column 1: an anchor, an alias or a tag"),
        ("b: &x {c: 1}\n<<: *x\n", {"a": 2}, [], "line 2, column 1: a may come from the merge key '<<' here"),
        ("b: &x {c: 1}\nm:\n  <<: *x\n", {}, ["m.c"], "line 3, column 3: m.c may come from the merge key"),
        ("b: &x {c: 1}\nm: *x\n", {"m.d": 1}, [], "line 2, column 1: m.d may come from the alias here"),
        ("b: &x {c: 1}\nm: *x\n", {}, ["m.*"], r"line 2, column 1: m.\* may come from the alias here"),
        ("{a: 1}\n", {"a": 2}, [], "line 1, column 1: the whole file is one map in braces"),
        ("--- !!map\na: 1\n", {"b": 2}, [], "line 1, column 5: the whole file is one map in braces, or has .* a tag"),
        ("? a\n: 1\n", {"a": 2}, [], "line 1, column 3: a is not written as 'name: value'"),
        ("m: {a, b: 1}\n", {"m.a": 2}, [], "line 1, column 5: m.a is not written as 'name: value'"),
        ("a: 1\n", {"a": 1}, ["a"], "a is both wanted and absent"),
        ("a: 1\n", {}, ["a.*.b"], r"'a.\*.b' is not the name of a setting"),
        ("a: |+\n  x\n", {"b": 1}, [], "merging would also touch a, so nothing was written"),
        ("a: |\n  x", {"b": 1}, [], "merging would also touch a, so nothing was written"),
    ],
)
def test_what_would_lose_something_is_refused(text, settings, absent, message):
    with pytest.raises(SettingsError, match=message):
        merged(text, settings, absent)


def test_errors_never_show_values():
    with pytest.raises(SettingsError) as caught:
        merged("a: geheim\n", {"a.b": "geheim"})
    assert "geheim" not in str(caught.value)


@pytest.mark.parametrize(
    ("text", "settings"),
    [
        ("b: &x {c: 1}\nm: *x\na: 1\n", {"a": 2}),
        ("m:\n  b: &x 1\n  a: 1\nc: *x\n", {"m.a": 2}),
        ("b: !!str 12\na: 1\n", {"a": 2}),
        ("? b\n: 1\na: 1\n", {"a": 2}),
    ],
)
def test_foreign_anchors_tags_and_forms_do_not_matter(text, settings):
    assert merged(text, settings) == text.replace("a: 1", "a: 2")


def test_edits_lead_from_the_old_text_to_the_new_one():
    text = shipped("kibana.yml")
    result = merge(parse(text), {"pid.file": "/run/k.pid", "a": 1}, ["logging.root.*", "elasticsearch.hosts"])
    assert apply(text, result.edits) == result.text
    assert all(earlier.end <= later.start for earlier, later in zip(result.edits, result.edits[1:]))


def test_two_hundred_lines_take_less_than_twenty_milliseconds():
    text = "".join(f"# about {number}\nsection.part{number}: /some/path/{number} # why\n" for number in range(100))
    times = []
    for _attempt in range(5):
        start = time.process_time()
        merged(text, {"section.part50": "x", "new.setting": True}, ["section.part7"])
        times.append(time.process_time() - start)
    assert min(times) < 0.02
