# Copyright: Stack TLS contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import pytest
from ansible_collections.stacktls.elastic.plugins.module_utils._errors import KeystoreError
from ansible_collections.stacktls.elastic.plugins.module_utils._keystore._merge import (
    Difference,
    Wanted,
    merge,
    texts,
)
from hypothesis import given
from hypothesis import strategies as st

names = st.sampled_from(["a", "b", "c", "d", "seed"])
stores = st.dictionaries(names, st.text(max_size=2))
wanted_stores = st.builds(Wanted, entries=stores, absent=st.lists(names), purge=st.booleans()).filter(
    lambda wanted: not set(wanted.entries) & set(wanted.absent)
)


@given(stores, wanted_stores)
def test_the_outcome_is_as_wanted_and_stays_so(present, wanted):
    plan = merge(present, wanted, kept=["seed"])
    after = plan.after

    assert {name: after[name] for name in wanted.entries} == dict(wanted.entries)
    assert not set(wanted.absent) & set(after)
    for name in set(present) - set(wanted.entries) - set(wanted.absent):
        assert (name in after) == (name == "seed" or not wanted.purge)
        assert name not in after or after[name] == present[name]
    assert set(after) <= {*present, *wanted.entries}
    assert merge(after, wanted, kept=["seed"]).differences == []


@given(stores, wanted_stores)
def test_the_differences_lead_from_one_to_the_other(present, wanted):
    plan = merge(present, wanted)
    replayed = dict(present)
    for difference in plan.differences:
        if difference.change == "removed":
            del replayed[difference.name]
        else:
            assert (difference.name in replayed) == (difference.change == "changed")
            assert replayed.get(difference.name) != plan.after[difference.name]
            replayed[difference.name] = plan.after[difference.name]

    assert replayed == plan.after
    assert [each.name for each in plan.differences] == sorted(each.name for each in plan.differences)


def test_empty_is_not_missing():
    assert merge({}, Wanted({"a": ""})).differences == [Difference("a", "added")]
    assert merge({"a": "x"}, Wanted({"a": ""})).differences == [Difference("a", "changed")]
    assert merge({"a": ""}, Wanted({}, absent=["a"])).differences == [Difference("a", "removed")]


def test_a_number_is_not_its_digits():
    assert merge({"a": 12345}, Wanted({"a": "12345"})).differences == [Difference("a", "changed")]


def test_numbers_become_text():
    assert texts({"a": 12345, "b": "", "c": "é"}) == {"a": "12345", "b": "", "c": "é"}


@pytest.mark.parametrize("value", [None, True, 1.5, ["geheim"], {"geheim": 1}, "geheim\ud800"])
def test_other_values_are_refused_without_being_told(value):
    with pytest.raises(KeystoreError, match=r"the value of the entry 'some\.name' is not") as caught:
        texts({"some.name": value})
    assert "geheim" not in str(caught.value)
