# Copyright: Stack TLS contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest
from ansible_collections.stacktls.elastic.plugins.module_utils import _journal
from ansible_collections.stacktls.elastic.plugins.module_utils._changes import Replacement, pending
from ansible_collections.stacktls.elastic.plugins.module_utils._errors import FileError
from ansible_collections.stacktls.elastic.plugins.module_utils._io import Attributes
from ansible_collections.stacktls.elastic.plugins.module_utils._journal import Journal


@pytest.fixture
def journal(tmp_path):
    return Journal(str(tmp_path / "journal"))


def replace(path, content, journal, kind="settings"):
    return Replacement(str(path), content, Attributes(), kind).apply(journal)


def test_roll_back_restores_content_attributes_and_absence(tmp_path, journal):
    old = tmp_path / "old"
    old.write_bytes(b"before")
    os.chown(old, 1, 2)
    os.chmod(old, 0o640)
    replace(old, b"after", journal)
    replace(old, b"later", journal, "keystore")
    replace(tmp_path / "new", b"new", journal, "certificate")
    assert journal.kinds() == ["certificate", "keystore", "settings"]

    assert journal.roll_back() == [str(tmp_path / "new"), str(old)]

    found = os.stat(old)
    assert old.read_bytes() == b"before"
    assert (found.st_uid, found.st_gid, stat.S_IMODE(found.st_mode)) == (1, 2, 0o640)
    assert not (tmp_path / "new").exists()
    assert not pending(journal)
    assert os.listdir(tmp_path / "journal" / "backups")[0].endswith("-rolled-back")


def test_settled_journal_becomes_a_backup_that_only_root_reads(tmp_path, journal):
    path = tmp_path / "a"
    path.write_bytes(b"before")
    replace(path, b"after", journal)
    assert pending(journal)
    backup = journal.settle()
    assert not pending(journal)
    assert Path(backup, "0000").read_bytes() == b"before"
    for folder, _folders, files in os.walk(tmp_path / "journal"):
        assert stat.S_IMODE(os.stat(folder).st_mode) == 0o700
        for name in files:
            assert stat.S_IMODE(os.stat(os.path.join(folder, name)).st_mode) == 0o600


def test_steps_of_one_run_are_one_backup(tmp_path):
    first, second = tmp_path / "a", tmp_path / "b"
    first.write_bytes(b"before")
    second.write_bytes(b"b before")
    journal = Journal(str(tmp_path / "journal"), "R1")
    replace(first, b"step 1", journal)
    replace(tmp_path / "new", b"step 1", journal, "certificate")
    folder = journal.settle()
    replace(first, b"step 2", journal)
    replace(first, b"step 2 again", journal, "keystore")
    replace(second, b"b step 2", journal)
    replace(tmp_path / "new", b"step 2", journal, "trust")
    assert journal.settle() == folder
    assert journal.entries() == []
    (backup,) = journal.backups()
    found = {(entry.path, entry.kind): backup.content(entry) for entry in backup.entries()}
    assert found == {
        (str(first), "settings"): b"before",
        (str(tmp_path / "new"), "certificate"): None,
        (str(first), "keystore"): b"before",
        (str(second), "settings"): b"b before",
        (str(tmp_path / "new"), "trust"): None,
    }
    assert len(os.listdir(folder)) == len(["journal.jsonl", "run", "a", "b"])

    another = Journal(str(tmp_path / "journal"), "R2")
    replace(first, b"another run", another)
    assert another.settle() != folder


def test_a_step_without_a_way_back_is_remembered_of_the_whole_run(tmp_path):
    journal = Journal(str(tmp_path / "journal"), "R1")
    replace(tmp_path / "a", b"step 1", journal)
    journal.settle("the login is gone.")
    replace(tmp_path / "a", b"step 2", journal, "keystore")
    journal.settle()
    replace(tmp_path / "b", b"step 3", journal)
    folder = journal.settle("and the other one.")
    (backup,) = journal.backups()
    assert (backup.folder, backup.no_way_back) == (folder, "and the other one.")

    another = Journal(str(tmp_path / "journal"), "R2")
    replace(tmp_path / "a", b"another run", another)
    another.settle()
    assert [each.no_way_back for each in another.backups()] == ["and the other one.", ""]


def test_settling_nothing_leaves_nothing(tmp_path, journal):
    assert journal.settle("the login is gone.") == ""
    assert not (tmp_path / "journal").exists()


def test_same_content_is_not_recorded(tmp_path, journal):
    (tmp_path / "a").write_bytes(b"same")
    assert not replace(tmp_path / "a", b"same", journal)
    assert not pending(journal)
    assert not pending(None)


def test_missing_folder_changes_nothing(tmp_path, journal):
    with pytest.raises(FileError, match=r"the folder .*/none does not exist"):
        replace(tmp_path / "none" / "a", b"x", journal)
    assert not pending(journal)


def test_damaged_journal_is_refused_in_words(tmp_path, journal):
    replace(tmp_path / "a", b"x", journal)
    (tmp_path / "journal" / "pending" / "journal.jsonl").write_bytes(b'{"path": 1')
    with pytest.raises(FileError, match="journal of changes is damaged"):
        journal.entries()


def test_backups_of_one_second_are_in_their_order(tmp_path, journal, monkeypatch):
    monkeypatch.setattr(_journal.time, "strftime", lambda form, moment: "20261129T095708Z")
    monkeypatch.setattr(_journal, "_BACKUPS_KEPT", 20)
    folders = []
    for number in range(12):
        if number == 1:
            journal.mark_as_rollback("yesterday")
        replace(tmp_path / "a", str(number).encode(), journal)
        folders.append(journal.settle())
    assert [backup.folder for backup in journal.backups()] == folders
    assert [backup.end for backup in journal.backups()[:3]] == ["", "before-rollback", ""]


def test_only_the_newest_backups_stay(tmp_path, journal, monkeypatch):
    monkeypatch.setattr(_journal, "_BACKUPS_KEPT", 2)
    for number in range(4):
        replace(tmp_path / "a", str(number).encode(), journal)
        journal.settle()
    kept = sorted(os.listdir(tmp_path / "journal" / "backups"))
    assert len(kept) == 2
