# Copyright: Stack TLS contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which spellings of a role are the same role."""

from __future__ import annotations

import pytest
from ansible_collections.stacktls.elastic.plugins.module_utils._api_object import as_json
from ansible_collections.stacktls.elastic.plugins.module_utils._role_descriptor import (
    canonical_descriptor,
    canonical_descriptors,
)

WRITTEN = {
    "cluster": "monitor",
    "index": [
        {"names": "b", "privileges": ["write", "read", "read"], "query": {"term": {"a": 1}}},
        {"names": ["a"], "privileges": "all", "field_security": {"grant": "*", "except": ["z", "y"]}},
    ],
    "run_as": [],
}
ANSWERED = {
    "cluster": ["monitor"],
    "indices": [
        {
            "names": ["a"],
            "privileges": ["all"],
            "field_security": {"grant": ["*"], "except": ["y", "z"]},
            "allow_restricted_indices": False,
        },
        {
            "names": ["b"],
            "privileges": ["read", "write"],
            "query": '{"term":{"a":1}}',
            "allow_restricted_indices": False,
        },
    ],
    "applications": [],
    "run_as": [],
    "metadata": {},
    "transient_metadata": {"enabled": True},
}


def test_what_is_written_is_what_elasticsearch_answers() -> None:
    assert canonical_descriptor(WRITTEN) == canonical_descriptor(ANSWERED)
    once = canonical_descriptor(WRITTEN)
    assert canonical_descriptor(once) == once


@pytest.mark.parametrize(
    "other",
    [
        {"cluster": ["manage"]},
        {"run_as": ["somebody"]},
        {"metadata": {"a": 1}},
        {"description": "words"},
        {"indices": [{"names": ["a"], "privileges": ["all"], "allow_restricted_indices": True}]},
        {"indices": [{"names": ["a"], "privileges": ["read"]}]},
        {"applications": [{"application": "a", "privileges": ["all"], "resources": ["*"]}]},
        {"remote_indices": [{"clusters": ["one"], "names": ["a"], "privileges": ["all"]}]},
        {"restriction": {"workflows": ["search_application_query"]}},
    ],
)
def test_what_differs(other: dict[str, object]) -> None:
    one = {"cluster": ["monitor"], "indices": [{"names": ["a"], "privileges": ["all"]}]}
    assert as_json(canonical_descriptor(one)) != as_json(canonical_descriptor({**one, **other}))


def test_empty_parts_of_global_privileges_say_nothing() -> None:
    given = {"application": {"manage": {"applications": "kibana-*"}}}
    answered = {"application": {"manage": {"applications": ["kibana-*"]}}, "role": {}}
    assert canonical_descriptor({"global": given}) == canonical_descriptor({"global": answered})
    assert canonical_descriptor({"global": {"role": {}}}) == {}


def test_a_query_that_is_no_json_stays() -> None:
    entry = {"names": ["a"], "privileges": ["read"], "query": "{{template"}
    assert canonical_descriptor({"indices": [entry]}) == {"indices": [entry]}


def test_true_is_not_one() -> None:
    assert as_json({"metadata": {"a": True}}) != as_json({"metadata": {"a": 1}})


@pytest.mark.parametrize("odd", ["text", None, ["a"], {"indices": "text"}, {"cluster": [1]}, {"x": {}}])
def test_what_is_no_role_is_left_for_elasticsearch_to_refuse(odd: object) -> None:
    assert canonical_descriptors({"a": odd}) == {"a": odd}
