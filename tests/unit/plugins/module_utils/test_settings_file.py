# Copyright: Stack TLS contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import base64
import json
import os
import stat

import pytest
from ansible_collections.stacktls.elastic.plugins.module_utils._errors import FileError, SettingsError
from ansible_collections.stacktls.elastic.plugins.module_utils._io import digest
from ansible_collections.stacktls.elastic.plugins.module_utils._settings_file import run, seal, unseal

BEFORE = "\ufeff# für 😀\r\na: 1\r\n".encode()
AFTER = "\ufeff# für 😀\r\na: 22\r\nb: ü\r\n".encode()
EDITS = [(13, 14, "22"), (16, 16, "b: ü\r\n")]


@pytest.fixture
def path(tmp_path):
    path = tmp_path / "etc" / "kibana.yml"
    path.parent.mkdir()
    path.write_bytes(BEFORE)
    path.chmod(0o640)
    return path


def params(path, exchange, **options):
    defaults = {"create": False, "owner": None, "group": None, "mode": None, "journal": None, "version_files": []}
    return {**defaults, **options, "path": str(path), "_exchange": exchange}


def change(edits=tuple(EDITS), before=BEFORE, after=AFTER):
    return {"edits": json.dumps(edits), "before": digest(before), "after": digest(after)}


def test_a_sealed_text_says_nothing_without_its_key():
    content = b"elasticsearch.password: geheim\n" * 3
    sealed = seal(content, "a" * 64)
    assert unseal(sealed, "a" * 64) == content
    assert unseal(sealed, "b" * 64) != content
    assert b"geheim" not in base64.b64decode(sealed)
    assert seal(b"\0" * 64, "a" * 64) != seal(b"\0" * 64, "b" * 64)


def test_inspection_gives_the_file_sealed(path):
    result = run(params(path, {"key": "k"}))
    inspected = result["inspected"]
    assert not result["changed"]
    assert unseal(inspected.pop("content"), "k") == BEFORE
    assert inspected == {"digest": digest(BEFORE), "attributes": ("", ""), "restart_pending": False, "version": ""}


def test_inspection_compares_the_mode(path):
    path.chmod(0o640)
    inspected = run(params(path, {"key": "k"}, mode="0600"))["inspected"]
    assert inspected["attributes"] == ("mode: 0640\n", "mode: 0600\n")


@pytest.mark.parametrize("present", [True, False])
def test_an_unknown_group_is_an_error_before_anything_is_done(path, present):
    if not present:
        path.unlink()
    with pytest.raises(FileError, match="group 'nobody-here' does not exist on this host"):
        run(params(path, {"key": "k"}, create=True, group="nobody-here"))


def test_a_missing_file_is_an_error_unless_it_may_be_made(path):
    path.unlink()
    with pytest.raises(FileError, match=r"kibana.yml: no such file. Install the product first, or set 'create: true'"):
        run(params(path, {"key": "k"}))
    inspected = run(params(path, {"key": "k"}, create=True, mode="0600"))["inspected"]
    assert inspected == {"content": "", "digest": "", "attributes": ("", ""), "restart_pending": False, "version": ""}


def test_a_missing_folder_is_an_error_before_anything_is_done(tmp_path):
    with pytest.raises(FileError, match=r"the folder .*nowhere does not exist"):
        run(params(tmp_path / "nowhere" / "kibana.yml", {"key": "k"}, create=True))


def test_a_folder_is_not_a_settings_file(tmp_path):
    with pytest.raises(FileError, match="cannot be read: Is a directory"):
        run(params(tmp_path, {"key": "k"}))


def test_edits_count_characters(path):
    assert run(params(path, change())) == {"changed": True, "restart_pending": False}
    assert path.read_bytes() == AFTER
    assert stat.S_IMODE(path.stat().st_mode) == 0o640


def test_the_journal_keeps_the_file_as_it_was(path, tmp_path):
    journal = tmp_path / "journal"
    assert run(params(path, change(), journal=str(journal))) == {"changed": True, "restart_pending": True}
    assert (journal / "pending" / "0000").read_bytes() == BEFORE
    assert json.loads((journal / "pending" / "journal.jsonl").read_text())["kind"] == "settings"
    assert run(params(path, {"key": "k"}, journal=str(journal)))["inspected"]["restart_pending"]


def test_only_the_mode_is_changed_where_there_are_no_edits(path, tmp_path):
    journal = tmp_path / "journal"
    result = run(params(path, change([], BEFORE, BEFORE), mode="0600", journal=str(journal)))
    assert result == {"changed": True, "restart_pending": False}
    assert (path.read_bytes(), stat.S_IMODE(path.stat().st_mode)) == (BEFORE, 0o600)


def test_a_new_file_can_be_read_by_its_group_only(path):
    path.unlink()
    exchange = {"edits": json.dumps([(0, 0, "a: 1\n")]), "before": "", "after": digest(b"a: 1\n")}
    assert run(params(path, exchange, create=True))["changed"]
    assert (path.read_bytes(), stat.S_IMODE(path.stat().st_mode)) == (b"a: 1\n", 0o660)


def test_a_file_that_somebody_changed_meanwhile_is_left_alone(path):
    path.write_bytes(b"theirs: 1\n")
    with pytest.raises(
        SettingsError, match=r"kibana.yml: somebody else changed the file meanwhile.*Run the task again"
    ):
        run(params(path, change()))
    assert path.read_bytes() == b"theirs: 1\n"
    path.unlink()
    with pytest.raises(SettingsError, match="somebody else"):
        run(params(path, change()))
    assert not path.exists()


def test_edits_that_lead_elsewhere_are_not_made(path):
    with pytest.raises(SettingsError, match="did not lead to the merged file, so nothing was written"):
        run(params(path, change(EDITS[:1])))
    assert path.read_bytes() == BEFORE
    assert os.listdir(path.parent) == ["kibana.yml"]


@pytest.mark.parametrize("exchange", [None, {}])
def test_without_its_action_plugin_it_does_nothing(path, exchange):
    with pytest.raises(SettingsError, match="works only through its action plugin"):
        run(params(path, exchange))
