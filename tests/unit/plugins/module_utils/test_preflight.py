# Copyright: Stack TLS contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import os
from types import SimpleNamespace

import pytest
from ansible_collections.stacktls.elastic.plugins.module_utils import _preflight


@pytest.mark.parametrize(
    ("skew", "level", "said"),
    [
        (0, None, ""),
        (-31, None, ""),  # a slow connection is not a wrong clock
        (40, "warning", "is 40 s ahead of that of the controller."),
        (9000, "warning", "is 9000 s ahead of"),
        (-40, "warning", "is 40 s behind that of the controller."),
        (-3700, "error", "is 3700 s behind that of the controller. New certificates are not valid here yet."),
    ],
)
def test_clock(skew, level, said):
    found = list(_preflight.clock(1_000_000 + skew, 1_000_000, 3600, 30))
    assert [each.level for each in found] == ([level] if level else [])
    assert all(said in each.found for each in found)


@pytest.mark.parametrize(
    ("megabytes", "free", "told"),
    [
        (2000, 100.0, None),
        (2000, 99.5, "has 99 MB left, and 100 MB are wanted."),
        (500, 50.0, None),  # a tenth of it
        (500, 49.0, "has 49 MB left, and 50 MB are wanted."),
        (1, 0.05, "has 51 kB left, and 102 kB are wanted."),
        (1, 0.0, "has 0 MB left, and 102 kB are wanted."),
    ],
)
def test_room_is_told_once_for_a_file_system_and_for_folders_to_come(tmp_path, monkeypatch, megabytes, free, told):
    usage = SimpleNamespace(total=megabytes * 1024**2, free=int(free * 1024**2))
    monkeypatch.setattr(_preflight.shutil, "disk_usage", lambda _path: usage)
    folders = [str(tmp_path / "not" / "there"), str(tmp_path)]
    found = list(_preflight.room(folders, None))
    assert [(each.subject, each.found) for each in found] == ([] if told is None else [(folders[0], told)])


def test_room_that_somebody_asks_for_is_wanted_of_any_file_system(tmp_path):
    folders = [str(tmp_path / "not" / "there"), str(tmp_path)]
    assert list(_preflight.room(folders, 1)) == []
    (found,) = _preflight.room(folders, 10**9)
    assert found.subject == folders[0]
    assert "and 1000000000 MB are wanted" in found.found


def test_a_file_system_for_reading_only(tmp_path, monkeypatch):
    real = os.statvfs(tmp_path)
    monkeypatch.setattr(_preflight.os, "statvfs", lambda _path: os.statvfs_result([*real[:8], os.ST_RDONLY, real[9]]))
    (found,) = _preflight.room([str(tmp_path)], 1)
    assert "mounted read-only" in found.found


def test_files(tmp_path):
    (tmp_path / "there").write_text("x")
    found = list(_preflight.files([str(tmp_path / name) for name in ("there", "missing", "")]))
    assert [each.found for each in found] == [
        "cannot be read: No such file or directory.",
        "cannot be read: Is a directory.",
    ]


def test_accounts():
    found = list(_preflight.accounts(["root", "0", "nobody-here"], ["root", "no-group"]))
    assert [f"{each.subject} {each.found}" for each in found] == [
        "user nobody-here does not exist.",
        "group no-group does not exist.",
    ]


def test_names():
    (found,) = _preflight.names(["localhost", "127.0.0.1", "no-such-host.invalid"])
    assert found.subject == "no-such-host.invalid"
    assert "cannot be resolved on this host" in found.found


def test_services_that_do_not_run():
    states = {"es": "active", "kibana": "inactive", "filebeat": "failed", "starting": "activating"}
    found = list(_preflight.running(states))
    assert [(each.level, f"{each.subject} {each.found}") for each in found] == [
        ("warning", "service kibana does not run (inactive)."),
        ("warning", "service filebeat does not run (failed)."),
    ]


def test_a_command_has_to_be_there(tmp_path):
    program = tmp_path / "restart"
    program.write_text("#!/bin/sh\n")
    assert [each.subject for each in _preflight.commands([[str(program), "es1"], ["sh"], []])] == [f"command {program}"]
    program.chmod(0o755)
    assert list(_preflight.commands([[str(program)]])) == []
