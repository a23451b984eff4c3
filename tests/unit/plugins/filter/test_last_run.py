# Copyright: Stack TLS contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import pytest
from ansible.errors import AnsibleFilterError
from ansible_collections.stacktls.elastic.plugins.filter.last_run import last_run


def report(service, state="settled", run="B", backup="20261102T000000Z", paths=("/a",)):
    return {"service": service, "state": state, "run": run, "backup": backup, "paths": list(paths)}


EARLIER = report("es1", run="A", backup="20261101T000000Z")
LATER = [report("es2", backup="20261102T000100Z"), report("kb1", backup="20261102T000300Z")]
CUT_OFF = report("kb2", "pending", "", "pending")
UNTOUCHED = report("es3", "none", "", "", ())
BACK_ALREADY = report("es4", backup="20261103T000000Z", run="C", paths=())


def test_only_what_the_newest_run_changed_is_named():
    assert last_run([EARLIER, *LATER, UNTOUCHED, BACK_ALREADY]) == ["es2", "kb1"]


def test_nothing_is_named_where_nothing_was_changed():
    assert last_run([UNTOUCHED, BACK_ALREADY]) == []
    assert last_run([]) == []


def test_an_earlier_run_can_be_asked_for():
    assert last_run([EARLIER, *LATER], "A") == ["es1"]


def test_unfinished_changes_are_the_last_run_where_no_other_can_be():
    assert last_run([UNTOUCHED, CUT_OFF]) == ["kb2"]


def test_a_person_chooses_where_a_run_was_cut_off_and_others_were_not():
    with pytest.raises(AnsibleFilterError, match=r"kb2\. .* A: es1; B: es2, kb1\. .*'unfinished'"):
        last_run([EARLIER, *LATER, CUT_OFF])
    assert last_run([EARLIER, *LATER, CUT_OFF], "unfinished") == ["kb2"]
    assert last_run([EARLIER, *LATER, CUT_OFF], "B") == ["kb2", "es2", "kb1"]


def test_a_run_that_changed_nothing_is_refused_with_those_that_did():
    with pytest.raises(AnsibleFilterError, match=r"by the run 'Z'\. These did: A: es1; B: es2, kb1\."):
        last_run([EARLIER, *LATER], "Z")


@pytest.mark.parametrize("wrong", ["text", None, {}, [1], [{"service": "es1"}]])
def test_anything_else_is_refused_in_words(wrong):
    with pytest.raises(AnsibleFilterError, match="needs a list of results"):
        last_run(wrong)
