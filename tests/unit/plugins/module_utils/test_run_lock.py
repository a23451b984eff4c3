# Copyright: Stack TLS contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who holds the lock."""

from __future__ import annotations

import json
import os
import stat

import pytest
from ansible_collections.stacktls.elastic.plugins.module_utils import _run_lock
from ansible_collections.stacktls.elastic.plugins.module_utils._run_lock import keep_lock


def run(number, purpose="renewal"):
    """Who asks."""
    return {"machine": "controller", "boot": "b", "pid": number, "began": str(number), "purpose": purpose}


@pytest.fixture
def lock(tmp_path):
    path = str(tmp_path / "run.lock")

    def call(holder, check_mode=False, **given):
        params = {"path": path, "state": "present", "force": False, "replaces": {}, "holder": holder, **given}
        return keep_lock(params, check_mode=check_mode)

    call.path = path
    return call


def test_the_first_gets_it_and_the_second_learns_whose_it_is(lock):
    assert lock(run(1)) == {"changed": True, "holder": run(1)}
    assert lock(run(2)) == {"changed": False, "holder": run(1)}
    assert stat.S_IMODE(os.stat(lock.path).st_mode) == 0o600
    assert os.listdir(os.path.dirname(lock.path)) == ["run.lock"]


def test_the_same_run_may_take_it_again(lock):
    lock(run(1))
    assert lock(run(1, purpose="rotation")) == {"changed": False, "holder": run(1)}


def test_it_is_given_back_by_its_holder_only(lock):
    lock(run(1))
    assert lock(run(2), state="absent") == {"changed": False, "holder": run(1)}
    assert lock(run(1), state="absent") == {"changed": True, "holder": {}}
    assert lock(run(2))["changed"]


def test_of_a_run_that_is_gone_it_is_taken_over(lock):
    lock(run(1))
    assert lock(run(2), replaces=run(1)) == {"changed": True, "holder": run(2)}


def test_it_is_not_taken_from_another_than_the_one_that_is_gone(lock):
    lock(run(3))
    assert lock(run(2), replaces=run(1)) == {"changed": False, "holder": run(3)}


def test_force_takes_it(lock):
    lock(run(1))
    assert lock(run(2), force=True) == {"changed": True, "holder": run(2)}


def test_check_mode_leaves_no_file(lock):
    assert lock(run(1), check_mode=True)["changed"]
    assert not os.path.exists(lock.path)


@pytest.mark.parametrize("content", ["", "{", "[]"])
def test_a_damaged_file_holds_nobody(lock, content):
    with open(lock.path, "w") as stream:
        stream.write(content)
    assert lock(run(1)) == {"changed": True, "holder": run(1)}


def test_of_two_that_begin_at_once_one_gets_it(lock, monkeypatch):
    """The other one comes between the look and the taking."""
    link = os.link

    def later(source, target):
        with open(target, "w") as stream:
            json.dump(run(2), stream)
        link(source, target)

    monkeypatch.setattr(_run_lock.os, "link", later)
    assert lock(run(1)) == {"changed": False, "holder": run(2)}
