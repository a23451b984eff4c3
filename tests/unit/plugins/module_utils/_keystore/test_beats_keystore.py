# Copyright: Stack TLS contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import json
import os
import stat
from pathlib import Path

import pytest
from ansible_collections.stacktls.elastic.plugins.module_utils._errors import FileError, KeystoreError
from ansible_collections.stacktls.elastic.plugins.module_utils._journal import Journal
from ansible_collections.stacktls.elastic.plugins.module_utils._keystore import _beats_keystore
from ansible_collections.stacktls.elastic.plugins.module_utils._keystore._beats import decode, encode

NAME = "ES_API_KEY"
SECRET = "geheim"
ADDED = [{"name": NAME, "change": "added"}]


@pytest.fixture
def params(tmp_path):
    folder = tmp_path / "data"
    folder.mkdir()
    return {
        "beat": None,
        "path": str(folder / "filebeat.keystore"),
        "entries": {},
        "absent": [],
        "purge": False,
        "owner": None,
        "group": None,
        "journal": str(tmp_path / "journal"),
    }


def manage(params, check_mode=False, **changes):
    return _beats_keystore.manage_beats_keystore({**params, **changes}, check_mode=check_mode)


def put(params, entries, mode=0o600):
    path = Path(params["path"])
    path.write_bytes(encode({name: value.encode() for name, value in entries.items()}))
    path.chmod(mode)


def opened(params):
    return {name: value.decode() for name, value in decode(Path(params["path"]).read_bytes()).items()}


def mode_of(params):
    return stat.S_IMODE(os.stat(params["path"]).st_mode)


def test_four_steps(params):
    put(params, {"OTHER": "foreign", "OLD": "old"})
    wanted = {"entries": {NAME: SECRET}, "absent": ["OLD", "OLDER"]}

    planned = manage(params, check_mode=True, **wanted)
    assert opened(params) == {"OTHER": "foreign", "OLD": "old"}
    assert not os.path.exists(params["journal"])

    done = manage(params, **wanted)
    content = Path(params["path"]).read_bytes()
    assert opened(params) == {"OTHER": "foreign", NAME: SECRET}
    assert Journal(params["journal"]).kinds() == ["keystore"]

    assert (planned["restart_pending"], done["restart_pending"]) == (False, True)
    assert {**planned, "restart_pending": True} == done
    assert done["changed"]
    assert done["differences"] == [*ADDED, {"name": "OLD", "change": "removed"}]
    assert done["entries"] == [NAME, "OTHER"]
    assert done["path"] == params["path"]

    for check_mode in (True, False):
        again = manage(params, check_mode=check_mode, **wanted)
        assert not again["changed"]
        assert again["differences"] == []
    assert Path(params["path"]).read_bytes() == content


def test_the_keystore_of_a_package(params, monkeypatch, tmp_path):
    monkeypatch.setattr(_beats_keystore, "_DATA", str(tmp_path))
    (tmp_path / "filebeat").mkdir()
    result = manage(params, beat="filebeat", path=None, entries={NAME: SECRET})
    assert result["path"] == str(tmp_path / "filebeat" / "filebeat.keystore")
    assert opened(result) == {NAME: SECRET}


@pytest.mark.parametrize("mode", [0o644, 0o640, 0o660, 0o400, 0o700])
def test_a_beat_refuses_other_modes_so_they_are_mended(params, mode):
    put(params, {NAME: SECRET}, mode)
    for check_mode, found in ((True, mode), (False, 0o600)):
        result = manage(params, check_mode=check_mode, entries={NAME: SECRET})
        assert (result["changed"], result["differences"], result["attributes"]) == (True, [], ["mode"])
        assert result["diff"]["before"] == f"mode: {mode:04o}\n{NAME}\n"
        assert result["diff"]["after"] == f"mode: 0600\n{NAME}\n"
        assert mode_of(params) == found
    assert not manage(params, entries={NAME: SECRET})["changed"]


def test_a_changed_keystore_of_another_mode_is_mended_too(params):
    put(params, {NAME: "old"}, 0o664)
    manage(params, entries={NAME: SECRET})
    assert mode_of(params) == 0o600


def test_a_new_keystore_belongs_to_the_owner_and_group_of_its_folder(params):
    os.chown(os.path.dirname(params["path"]), 1234, 4321)
    manage(params, entries={NAME: SECRET})
    found = os.stat(params["path"])
    assert (found.st_uid, found.st_gid, mode_of(params)) == (1234, 4321, 0o600)


def test_owner_and_group_stay_and_can_be_given(params):
    put(params, {})
    os.chown(params["path"], 1234, 4321)
    manage(params, entries={NAME: SECRET})
    assert os.stat(params["path"]).st_uid == 1234
    assert manage(params, owner="0", group="0")["changed"]
    assert (os.stat(params["path"]).st_uid, os.stat(params["path"]).st_gid) == (0, 0)


def test_digits_empty_text_and_non_ascii(params):
    entries = {"digits": 12345, "quoted": "0123", "empty": "", "accents": "pässwörd <&> €", "large": "x" * 70_000}
    manage(params, entries=entries)
    assert opened(params) == {name: str(value) for name, value in entries.items()}
    assert not manage(params, entries=entries)["changed"]


def test_binary_values_of_others_stay(params):
    Path(params["path"]).write_bytes(encode({"OTHER": b"\xff\x00"}))
    manage(params, entries={NAME: SECRET})
    assert decode(Path(params["path"]).read_bytes()) == {"OTHER": b"\xff\x00", NAME: SECRET.encode()}


def test_purge_leaves_only_what_is_listed(params):
    put(params, {NAME: SECRET, "OTHER": "foreign"})
    assert manage(params, entries={NAME: SECRET}, purge=True)["entries"] == [NAME]
    assert manage(params, purge=True)["entries"] == []
    assert opened(params) == {}


@pytest.mark.parametrize("wanted", [{}, {"absent": [NAME]}, {"purge": True}])
def test_nothing_to_put_in_a_missing_keystore(params, wanted):
    result = manage(params, path="/nonexistent/filebeat.keystore", **wanted)
    assert not result["changed"]
    assert (result["differences"], result["entries"]) == ([], [])


@pytest.mark.parametrize("name", ["", " ES", "a b", "a:b", "${a}", "a}", "a\n", "a\x00"])
@pytest.mark.parametrize("check_mode", [True, False])
def test_names_that_no_setting_can_refer_to_are_refused(params, name, check_mode):
    with pytest.raises(KeystoreError, match="cannot be the name of an entry") as caught:
        manage(params, check_mode=check_mode, entries={name: SECRET})
    assert SECRET not in str(caught.value)
    assert not os.path.exists(params["path"])


@pytest.mark.parametrize(
    ("content", "changes", "message"),
    [
        (b"filebeat.inputs: []\n", {}, "is not a Beats keystore"),
        (encode({"other": b"foreign"})[:-8], {}, "the keystore cannot be decrypted"),
        (encode({}), {"entries": {NAME: True}}, f"the value of the entry '{NAME}' is not text"),
        (encode({}), {"absent": [NAME]}, f"{NAME}: named in 'entries' and in 'absent'"),
    ],
)
@pytest.mark.parametrize("check_mode", [True, False])
def test_what_is_refused_leaves_the_file_alone(params, content, changes, message, check_mode):
    Path(params["path"]).write_bytes(content)

    with pytest.raises(KeystoreError) as caught:
        manage(params, check_mode=check_mode, **{"entries": {NAME: SECRET}, **changes})

    assert str(caught.value).startswith(f"{params['path']}: {message}")
    assert SECRET not in str(caught.value)
    assert Path(params["path"]).read_bytes() == content


@pytest.mark.parametrize("check_mode", [True, False])
def test_a_beat_must_be_installed_and_have_a_name(params, check_mode):
    with pytest.raises(FileError, match="the folder /nonexistent does not exist"):
        manage(params, check_mode=check_mode, path="/nonexistent/filebeat.keystore", entries={NAME: SECRET})
    with pytest.raises(KeystoreError, match=r"'../file' is not the name of a Beat"):
        manage(params, check_mode=check_mode, path=None, beat="../file")


def test_the_result_tells_no_secret(params):
    put(params, {"OTHER": "other-secret"})
    result = json.dumps(manage(params, entries={NAME: SECRET}))
    assert SECRET not in result
    assert "other-secret" not in result
