# Copyright: Stack TLS contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""When two role mappings are alike, and what is sent to make them so."""

from __future__ import annotations

import json
from typing import Any, Callable

import pytest
from ansible_collections.stacktls.elastic.plugins.module_utils._api import ApiClient
from ansible_collections.stacktls.elastic.plugins.module_utils._api_object import same
from ansible_collections.stacktls.elastic.plugins.module_utils._errors import ApiError
from ansible_collections.stacktls.elastic.plugins.module_utils._role_mapping import (
    canonical,
    canonical_rules,
    manage_role_mapping,
    wanted,
)
from hypothesis import given
from hypothesis import strategies as st
from loopback import Server

Params = Callable[..., dict[str, Any]]

values = st.one_of(st.text(max_size=3), st.booleans(), st.none(), st.integers(0, 3))
fields = st.dictionaries(st.text(min_size=1, max_size=3), st.lists(values, min_size=1, max_size=3), min_size=1)
rules = st.recursive(
    fields.map(lambda field: {"field": field}),
    lambda inner: (
        st.lists(inner, max_size=3).map(lambda each: {"any": each})
        | st.lists(inner, max_size=3).map(lambda each: {"all": each})
        | inner.map(lambda each: {"except": each})
    ),
    max_leaves=5,
)


def as_elasticsearch_answers(rule: Any) -> Any:
    """Single values out of their lists, as the API gives rules back."""
    kind, content = next(iter(rule.items()))
    if kind == "field":
        return {kind: {name: each[0] if len(each) == 1 else each for name, each in content.items()}}
    if kind == "except":
        return {kind: as_elasticsearch_answers(content)}
    return {kind: [as_elasticsearch_answers(each) for each in content]}


@given(rules)
def test_rules_equal_what_elasticsearch_makes_of_them(rule: dict[str, Any]) -> None:
    assert canonical_rules(rule) == as_elasticsearch_answers(rule)
    assert canonical_rules(canonical_rules(rule)) == canonical_rules(rule)


def test_a_field_may_be_called_any() -> None:
    rule = {"field": {"any": [["a"], "b"]}}
    assert canonical_rules(rule) == rule


@pytest.mark.parametrize("rule", ["text", None, 1, {"field": "text"}, {"any": "text"}, {"field": {"dn": []}}])
def test_what_is_no_rule_is_left_for_elasticsearch_to_refuse(rule: Any) -> None:
    assert canonical_rules(rule) == rule


def test_roles_have_no_order() -> None:
    one = canonical({"rules": {}, "roles": ["b", "a", "b"]})
    assert same(one, canonical({"rules": {}, "roles": ["a", "b"]}))
    assert not same(one, canonical({"rules": {}, "roles": ["a"]}))


def test_true_is_not_one() -> None:
    assert not same({"rules": {"field": {"a": True}}}, {"rules": {"field": {"a": 1}}})


def test_templates_come_back_as_text() -> None:
    sent = {"rules": {}, "role_templates": [{"template": {"source": "{{username}}"}}]}
    answered = {"rules": {}, "role_templates": [{"template": '{"source":"{{username}}"}', "format": "string"}]}
    assert same(canonical(sent), canonical(answered))
    short = {"rules": {}, "role_templates": [{"template": "{{username}}"}]}
    assert same(canonical(short), canonical(answered))
    other = {"rules": {}, "role_templates": [{"template": {"source": "{{username}}"}, "format": "json"}]}
    assert not same(canonical(other), canonical(answered))


@pytest.fixture
def options() -> Callable[..., dict[str, Any]]:
    """Parameters of the module for a Kibana server."""

    def make(**others: Any) -> dict[str, Any]:
        return {
            "name": "kibana",
            "state": "present",
            "roles": ["kibana_system"],
            "role_templates": None,
            "rules": None,
            "dn": ["CN=kibana-client"],
            "enabled": True,
            "metadata": None,
            **others,
        }

    return make


KIBANA = {"enabled": True, "roles": ["kibana_system"], "rules": {"field": {"dn": "CN=kibana-client"}}, "metadata": {}}


class TestWanted:
    def test_names_are_one_field(self, options: Params) -> None:
        assert wanted(options(), None) == KIBANA
        assert wanted(options(dn=["CN=a", "CN=b"]), None)["rules"] == {"field": {"dn": ["CN=a", "CN=b"]}}

    def test_no_name_is_refused(self, options: Params) -> None:
        with pytest.raises(ApiError, match="dn is empty"):
            wanted(options(dn=[]), None)

    def test_metadata_is_kept_unless_given(self, options: Params) -> None:
        present = {**KIBANA, "metadata": {"owner": "ops"}}
        assert wanted(options(), present)["metadata"] == {"owner": "ops"}
        assert wanted(options(metadata={}), present)["metadata"] == {}

    def test_templates_take_the_place_of_roles(self, options: Params) -> None:
        mapping = wanted(options(roles=None, role_templates=[{"template": {"source": "a"}}]), None)
        assert mapping["role_templates"] == [{"format": "string", "template": {"source": "a"}}]
        assert "roles" not in mapping


class TestManage:
    def manage(self, server: Server, params: Params, options: dict[str, Any], check_mode: bool = False) -> Any:
        return manage_role_mapping(ApiClient(params(server)), options, check_mode=check_mode)

    def test_a_new_one_is_put(self, server: Server, params: Params, options: Params) -> None:
        server.answer(404, "{}")
        server.answer(200, '{"role_mapping": {"created": true}}')
        result = self.manage(server, params, options())
        assert (result["changed"], result["role_mapping"]) == (True, KIBANA)
        assert (result["diff"]["before"], result["diff"]["after"]) == ({}, KIBANA)
        assert [request.method for request in server.received] == ["GET", "PUT"]
        assert json.loads(server.received[1].body) == KIBANA

    def test_an_equal_one_is_left_alone(self, server: Server, params: Params, options: Params) -> None:
        server.answer(200, json.dumps({"kibana": KIBANA}))
        result = self.manage(server, params, options(dn=None, rules={"field": {"dn": ["CN=kibana-client"]}}))
        assert not result["changed"]
        assert result["diff"]["before"] == result["diff"]["after"]
        assert [request.method for request in server.received] == ["GET"]

    @pytest.mark.parametrize("state", ["present", "absent"])
    def test_check_mode_only_reads(self, server: Server, params: Params, options: Params, state: str) -> None:
        server.answer(200, json.dumps({"kibana": {**KIBANA, "enabled": False}}))
        assert self.manage(server, params, options(state=state), check_mode=True)["changed"]
        assert [request.method for request in server.received] == ["GET"]

    def test_one_is_removed(self, server: Server, params: Params, options: Params) -> None:
        server.answer(200, json.dumps({"kibana": KIBANA}))
        server.answer(200, '{"found": true}')
        result = self.manage(server, params, options(state="absent"))
        assert (result["changed"], result["role_mapping"], result["diff"]["after"]) == (True, None, {})
        assert [request.method for request in server.received] == ["GET", "DELETE"]

    def test_names_are_quoted(self, server: Server, params: Params, options: Params) -> None:
        server.answer(404, "{}")
        self.manage(server, params, options(name="a/b ?é", state="absent"))
        assert server.received[0].path == "/_security/role_mapping/a%2Fb%20%3F%C3%A9"

    @pytest.mark.parametrize("name", ["", " ", "a,b"])
    def test_names_that_the_api_takes_for_others(
        self, server: Server, params: Params, options: Params, name: str
    ) -> None:
        with pytest.raises(ApiError, match="cannot be the name of a role mapping"):
            self.manage(server, params, options(name=name))
        assert server.received == []
