# Copyright: Stack TLS contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""That a record says what an inspection would find is looked at in every test of test_certificate.py."""

from __future__ import annotations

import os
import stat
import zipfile
from datetime import datetime, timedelta, timezone
from pathlib import Path
from types import SimpleNamespace

import pytest
from ansible_collections.stacktls.elastic.plugins.module_utils import _certificate_record as record
from ansible_collections.stacktls.elastic.plugins.module_utils._certificate_arguments import (
    MODULE_ARGUMENTS,
    identities_of,
)
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

NOW = datetime(2026, 6, 1, 12, tzinfo=timezone.utc)
DAY = timedelta(days=1)
DEFAULTS = {name: option.get("default") for name, option in MODULE_ARGUMENTS["argument_spec"].items()}
SECRET = "passphrase-of-the-test"


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.setattr(record, "FOLDER", str(tmp_path / "cache" / "records"))
    monkeypatch.setattr(record, "code_identity", lambda: "this code")
    return tmp_path


@pytest.fixture
def task(folder):
    """What the module gets for one identity whose files are there."""
    (folder / "a.crt").write_text("certificate")
    (folder / "a.key").write_text("key")
    return {
        **DEFAULTS,
        "certificate_path": str(folder / "a.crt"),
        "private_key_path": str(folder / "a.key"),
        "private_key_passphrase": SECRET,
        "exchange": {"a": {"issuers": "issuers"}},
    }


def keep(task, until=NOW + 30 * DAY):
    (options,) = identities_of(task)
    result = {
        "name": "a",
        "changed": False,
        "reasons": [],
        "certificate": {"subject": "CN=a", "days_left": 60},
        "files": [],
        "kinds": [],
        "waiting": False,
        "diff": {},
    }
    record.Record.now(options, task["exchange"]["a"]).keep(record.Steady(result, until, NOW + 60 * DAY), NOW)


def recalled(task, now=NOW):
    (options,) = identities_of(task)
    return record.Record(options, task["exchange"]["a"]).recall(now)


def kept_file():
    (path,) = Path(record.FOLDER).iterdir()
    return path


def test_what_was_kept_is_recalled_with_the_days_that_are_left(task):
    keep(task)
    assert recalled(task)["certificate"] == {"subject": "CN=a", "days_left": 60}
    assert recalled(task, NOW + 10.5 * DAY)["certificate"]["days_left"] == 49


def test_there_is_nothing_before_anything_was_kept(task):
    assert recalled(task) is None


@pytest.mark.parametrize("moment", [NOW - timedelta(seconds=1), NOW + 30 * DAY])
def test_it_stands_from_then_until_something_is_due(task, moment):
    keep(task)
    assert recalled(task, moment) is None


def test_what_is_due_already_is_not_kept(task):
    keep(task, until=NOW)
    assert not os.path.exists(record.FOLDER)


@pytest.mark.parametrize(
    "change",
    [
        lambda task, folder: (folder / "a.crt").write_text("another"),
        lambda task, folder: (folder / "a.key").unlink(),
        lambda task, folder: (folder / "a.key").chmod(0o604),
        lambda task, folder: task.update(private_key_passphrase="another-passphrase"),
        lambda task, folder: task.update(subject_alt_names=["another.example.com"]),
        lambda task, folder: task.update(owner="0", mode="0600"),
        lambda task, folder: task.update(owner="nobody-has-this-name"),
        lambda task, folder: task.update(renew_before="99%"),
        lambda task, folder: task.update(force=True),
        lambda task, folder: task["exchange"].update(a={"issuers": "others"}),
        lambda task, folder: task.update(ca_certificates_path=str(folder / "ca.crt")),
        lambda task, folder: os.chmod(record.FOLDER, 0o750),
        lambda task, folder: kept_file().write_text("[]"),
    ],
)
def test_whatever_differs_takes_an_inspection(task, folder, change):
    keep(task)
    assert recalled(task) is not None
    change(task, folder)
    assert recalled(task) is None


def test_other_code_takes_an_inspection(task, monkeypatch):
    keep(task)
    monkeypatch.setattr(record, "code_identity", lambda: "newer code")
    assert recalled(task) is None


def test_a_file_that_changes_during_the_inspection_is_not_vouched_for(task, folder):
    (options,) = identities_of(task)
    noted = record.Record.now(options, task["exchange"]["a"])
    (folder / "a.key").write_text("another")
    noted.keep(record.Steady({"certificate": {}}, NOW + DAY, NOW + DAY), NOW)
    assert recalled(task) is None


def test_brought_files_of_the_host_are_looked_at(task, folder):
    source = folder / "source.pem"
    source.write_text("brought")
    task.update(signer="brought", remote_source=True, source_certificate_path=str(source))
    keep(task)
    assert recalled(task) is not None
    source.write_text("another")
    assert recalled(task) is None


def test_a_certificate_that_was_brought_counts_and_one_that_was_signed_does_not(task):
    keep(task)
    task["exchange"]["a"]["certificate"] = "signed"
    assert recalled(task) is not None
    task["signer"] = "brought"
    keep(task)
    task["exchange"]["a"]["certificate"] = "another"
    assert recalled(task) is None


def test_the_record_is_for_nobody_else_and_holds_no_secret(task):
    keep(task)
    assert stat.S_IMODE(os.stat(record.FOLDER).st_mode) == 0o700
    assert stat.S_IMODE(kept_file().stat().st_mode) == 0o600
    assert SECRET not in kept_file().read_text()


def test_a_folder_that_cannot_be_made_only_costs_time(task, folder):
    (folder / "cache").write_text("in the way")
    keep(task)
    assert recalled(task) is None


def test_the_module_answers_by_it_only_where_no_restart_is_pending(task, folder):
    keep(task, until=datetime.now(timezone.utc) + DAY)
    task["phase"] = "inspect"
    assert record.recall(task)["restart_pending"] is False
    assert record.recall({**task, "phase": "install"}) is None


def test_code_is_told_by_the_archive_that_ansible_sent(tmp_path, monkeypatch):
    def sent(name, **contents):
        path = tmp_path / name
        with zipfile.ZipFile(path, "w") as archive:
            for entry, text in contents.items():
                archive.writestr(entry, text)
        monkeypatch.setitem(vars(record), "__loader__", SimpleNamespace(archive=str(path)))
        return record.code_identity()

    ours = "ansible_collections/module.py"
    first = sent("1.zip", **{ours: "code", "sitecustomize.py": "1"})
    assert first == sent("2.zip", **{ours: "code", "sitecustomize.py": "2"})
    assert first != sent("3.zip", **{ours: "other", "sitecustomize.py": "1"})
    monkeypatch.setitem(vars(record), "__loader__", None)
    assert record.code_identity() == ""


def test_without_an_archive_nothing_is_kept_or_recalled(task, monkeypatch):
    keep(task)
    monkeypatch.setattr(record, "code_identity", lambda: "")
    assert recalled(task) is None
    kept_file().unlink()
    keep(task)
    assert list(Path(record.FOLDER).iterdir()) == []


RECORDS = st.from_regex(r'\{"since": ?[0-9"x]+, ?"until": ?[0-9]+.*', fullmatch=True)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(content=st.one_of(st.binary(max_size=80), RECORDS.map(str.encode)))
def test_no_damage_makes_it_fail(task, content):
    keep(task)
    kept_file().write_bytes(content)
    assert recalled(task) is None
