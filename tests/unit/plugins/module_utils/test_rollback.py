# Copyright: Stack TLS contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest
from ansible_collections.stacktls.elastic.plugins.module_utils import _journal
from ansible_collections.stacktls.elastic.plugins.module_utils._changes import Replacement
from ansible_collections.stacktls.elastic.plugins.module_utils._errors import FileError
from ansible_collections.stacktls.elastic.plugins.module_utils._io import Attributes
from ansible_collections.stacktls.elastic.plugins.module_utils._journal import Journal
from ansible_collections.stacktls.elastic.plugins.module_utils._rollback import (
    plan,
    put_back,
    replaced,
    require_way_back,
)


class Host:
    """Some files of a service, its journal, and a clock that goes on with every run."""

    def __init__(self, folder, monkeypatch):
        self.folder = folder
        self.second = 0
        self.journal = Journal(str(folder / "journal"), "run 0")
        monkeypatch.setattr(_journal.time, "strftime", lambda *_: f"20261123T1015{self.second:02d}Z")

    def path(self, name):
        return self.folder / name

    def change(self, kind="settings", **contents):
        for name, content in contents.items():
            Replacement(str(self.path(name)), content.encode(), Attributes(), kind).apply(self.journal)

    def settle(self, no_way_back=""):
        self.second += 1
        name = os.path.basename(self.journal.settle(no_way_back))
        self.journal = Journal(self.journal.folder, f"run {self.second}")  # what comes next is another run's
        return name

    def roll_back(self, name=""):
        """What the module does; the paths that it says it changes."""
        wanted = plan(self.journal, name)
        put_back(self.journal, wanted)
        return sorted(os.path.basename(change.entry.path) for change in wanted.changes)

    def contents(self):
        return {each.name: each.read_text() for each in sorted(self.folder.iterdir()) if each.is_file()}


@pytest.fixture
def host(tmp_path, monkeypatch):
    return Host(tmp_path, monkeypatch)


def test_files_are_what_they_were_before_the_last_run_and_only_then(host):
    host.change(a="1", b="1")
    host.settle()
    host.change(a="2", c="2")
    host.settle()
    assert host.roll_back() == ["a", "c"]
    assert host.contents() == {"a": "1", "b": "1"}
    assert host.journal.kinds() == ["settings"]


def test_owner_and_mode_come_back_also_alone(host):
    host.change(a="1")
    host.settle()
    os.chown(host.path("a"), 1, 2)
    os.chmod(host.path("a"), 0o640)
    host.change(a="2")
    host.settle()
    host.path("a").write_text("1")
    os.chmod(host.path("a"), 0o666)
    assert host.roll_back() == ["a"]
    found = os.stat(host.path("a"))
    assert (found.st_uid, found.st_gid, stat.S_IMODE(found.st_mode)) == (1, 2, 0o640)


def test_a_second_time_changes_nothing_and_does_not_go_back_further(host):
    for number in (1, 2, 3):
        host.change(a=str(number))
        host.settle()
    assert host.roll_back() == ["a"]
    assert host.settle().endswith("-before-rollback")
    assert host.roll_back() == []
    assert host.contents() == {"a": "2"}
    host.change(a="4")
    host.settle()
    assert host.roll_back() == ["a"]
    assert host.contents() == {"a": "2"}


def test_a_service_that_refuses_the_earlier_version_gets_the_present_one_and_it_can_be_tried_again(host):
    host.change(a="1")
    host.settle()
    host.change(a="2")
    host.settle()
    host.roll_back()
    host.second += 1
    host.journal.roll_back()  # as the module restart does
    assert host.contents() == {"a": "2"}
    assert host.roll_back() == ["a"]
    assert host.contents() == {"a": "1"}


def test_what_a_failed_run_undid_itself_is_not_undone_again(host):
    host.change(a="1")
    host.settle()
    host.change(a="2")
    host.second += 1
    host.journal.roll_back()
    assert host.roll_back() == []
    assert host.contents() == {"a": "1"}


def test_a_run_that_was_cut_off_is_the_last_run(host):
    host.change(a="1")
    host.settle()
    host.change(a="2")
    host.change(kind="keystore", a="3")
    assert plan(host.journal).pending
    assert host.roll_back() == ["a"]
    assert host.contents() == {"a": "1"}
    assert host.journal.kinds() == ["keystore", "settings"]  # the service may run with them already
    host.settle()
    assert host.roll_back() == []


def test_a_rollback_that_was_cut_off_is_gone_on_with(host):
    host.change(a="1", b="1")
    host.settle()
    host.change(a="2", b="2")
    host.settle()
    wanted = plan(host.journal)
    host.journal.mark_as_rollback(wanted.source.name)
    host.journal.record(str(host.path("b")), "settings")
    wanted.source.put_back(wanted.changes[0].entry)
    assert host.roll_back() == ["a"]
    assert host.contents() == {"a": "1", "b": "1"}
    assert host.roll_back() == []
    assert host.settle().endswith("-before-rollback")
    assert host.contents() == {"a": "1", "b": "1"}


def test_what_is_in_force_until_the_restart_can_be_found(host):
    host.change(a="1")
    host.settle()
    host.change(a="2", b="2")
    host.settle()
    host.roll_back()
    copies = replaced(host.journal)
    assert {Path(path).name: Path(copy).read_text() for path, copy in copies.items()} == {"a": "2", "b": "2"}


def test_a_backup_can_be_named(host):
    host.change(a="1")
    first = host.settle()
    host.change(a="2")
    host.settle()
    assert host.roll_back(first) == ["a"]
    assert host.contents() == {}


def test_what_is_of_no_use_any_more_is_refused_in_the_words_of_its_run(host):
    host.change(a="1")
    first = host.settle()
    host.change(a="2")
    host.settle("The login is gone.")
    with pytest.raises(FileError, match=r"of no use any more\. The login is gone\..*force"):
        require_way_back(plan(host.journal))
    require_way_back(plan(host.journal, first))
    host.path("a").write_text("1")
    require_way_back(plan(host.journal))  # there is nothing to put back


def test_an_unknown_backup_is_refused_with_those_that_are_there(host):
    host.change(a="1")
    known = host.settle()
    with pytest.raises(FileError, match=rf"there is no backup '2'.*{known}"):
        plan(host.journal, "2")


def test_nothing_is_touched_where_a_copy_is_missing(host):
    host.change(a="1", b="1")
    host.settle()
    host.change(a="2", b="2")
    backup = host.settle()
    (host.folder / "journal/backups" / backup / "0001").unlink()
    with pytest.raises(FileError, match="previous version 0001 is missing"):
        plan(host.journal)
    assert host.contents() == {"a": "2", "b": "2"}


def test_files_that_are_what_they_were_leave_no_mark(host):
    host.change(a="1")
    host.settle()
    host.change(a="2")
    host.settle()
    host.path("a").write_text("1")
    assert host.roll_back() == []
    host.change(a="3")
    assert not host.settle().endswith("-before-rollback")


def test_the_run_is_remembered_and_contents_are_not_shown(host):
    host.change(a="geheim")
    host.settle()
    wanted = plan(host.journal)
    assert wanted.source.run == "run 0"
    assert "geheim" not in repr(wanted)
    assert wanted.changes[0].before.startswith("sha256: ")
