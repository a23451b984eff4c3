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
from ansible_collections.stacktls.elastic.plugins.module_utils._keystore._kibana import decode, encode
from ansible_collections.stacktls.elastic.plugins.module_utils._keystore._kibana_keystore import (
    manage_kibana_keystore,
)

PASSWORD = "elasticsearch.ssl.keystore.password"
SECRET = "geheim"


@pytest.fixture
def params(tmp_path):
    folder = tmp_path / "config"
    folder.mkdir()
    return {
        "path": str(folder / "kibana.keystore"),
        "entries": {},
        "absent": [],
        "purge": False,
        "owner": None,
        "group": None,
        "mode": None,
        "journal": str(tmp_path / "journal"),
    }


def manage(params, check_mode=False, warn=pytest.fail, **changes):
    return manage_kibana_keystore({**params, **changes}, warn, check_mode=check_mode)


def put(params, entries):
    path = Path(params["path"])
    path.write_bytes(encode(entries))
    path.chmod(0o660)


def opened(params):
    return decode(Path(params["path"]).read_bytes())


def test_four_steps(params):
    put(params, {"server.port": 5601, "elasticsearch.password": "old"})
    wanted = {"entries": {PASSWORD: SECRET}, "absent": ["elasticsearch.password", "elasticsearch.username"]}

    planned = manage(params, check_mode=True, **wanted)
    assert opened(params) == {"server.port": 5601, "elasticsearch.password": "old"}
    assert not os.path.exists(params["journal"])

    done = manage(params, **wanted)
    content = Path(params["path"]).read_bytes()
    assert opened(params) == {"server.port": 5601, PASSWORD: SECRET}
    assert Journal(params["journal"]).kinds() == ["keystore"]

    assert (planned["restart_pending"], done["restart_pending"]) == (False, True)
    assert {**planned, "restart_pending": True} == done
    assert done["changed"]
    assert done["differences"] == [
        {"name": "elasticsearch.password", "change": "removed"},
        {"name": PASSWORD, "change": "added"},
    ]
    assert done["entries"] == [PASSWORD, "server.port"]

    for check_mode in (True, False):
        again = manage(params, check_mode=check_mode, **wanted)
        assert not again["changed"]
        assert again["differences"] == []
    assert Path(params["path"]).read_bytes() == content


def test_a_number_in_the_store_becomes_text(params):
    put(params, {PASSWORD: 12345})

    result = manage(params, entries={PASSWORD: "12345"})

    assert result["differences"] == [{"name": PASSWORD, "change": "changed"}]
    assert opened(params) == {PASSWORD: "12345"}
    assert result["diff"]["after"] == f"{PASSWORD} (changed)\n"


def test_values_that_are_not_text_stay(params):
    foreign = {"list": ["a", 1, None], "mapping": {"b": {"c": 1.5}}, "flag": True, "nothing": None, "number": 2**70}
    put(params, foreign)

    manage(params, entries={PASSWORD: SECRET})

    assert opened(params) == {**foreign, PASSWORD: SECRET}


def test_a_list_is_stored_as_one_and_compared_with_its_types(params):
    keys = "xpack.encryptedSavedObjects.keyRotation.decryptionOnlyKeys"
    put(params, {keys: [True]})
    wanted = {"entries": {keys: [1, {"key": "ä"}]}}

    assert manage(params, **wanted)["differences"] == [{"name": keys, "change": "changed"}]
    assert opened(params) == wanted["entries"]
    assert not manage(params, **wanted)["changed"]
    put(params, {keys: [True]})
    assert manage(params, entries={keys: [1]})["changed"]


def test_a_number_that_is_given_is_stored_as_text(params):
    manage(params, entries={PASSWORD: 12345})
    assert opened(params) == {PASSWORD: "12345"}


def test_the_empty_password_is_stored(params):
    assert manage(params, entries={PASSWORD: ""})["differences"] == [{"name": PASSWORD, "change": "added"}]
    assert opened(params) == {PASSWORD: ""}
    assert not manage(params, entries={PASSWORD: ""})["changed"]


def test_non_ascii_and_large_values(params):
    entries = {PASSWORD: "pässwörd € \U0001f511", "large": "x" * 70_000}
    manage(params, entries=entries)
    assert opened(params) == entries
    assert not manage(params, entries=entries)["changed"]


@pytest.mark.parametrize("wanted", [{}, {"absent": [PASSWORD]}, {"purge": True}])
def test_nothing_to_put_in_a_missing_keystore(params, wanted):
    result = manage(params, path="/nonexistent/kibana.keystore", **wanted)
    assert not result["changed"]
    assert (result["differences"], result["entries"]) == ([], [])


def test_the_difference_tells_another_mode(params):
    put(params, {PASSWORD: SECRET})
    os.chmod(params["path"], 0o644)
    warnings = []
    manage(params, check_mode=True, warn=warnings.append)
    assert warnings == [
        f"{params['path']} can be read by every user of the host. Give the option 'mode', such as '0660'."
    ]
    for check_mode in (True, False):
        result = manage(params, check_mode=check_mode, mode="0600")
        assert (result["changed"], result["differences"]) == (True, [])
        assert result["diff"]["before"] == f"mode: 0644\n{PASSWORD}\n"
        assert result["diff"]["after"] == f"mode: 0600\n{PASSWORD}\n"
    again = manage(params, mode="0600")
    assert (again["changed"], again["diff"]["before"]) == (False, f"{PASSWORD}\n")


def test_an_unknown_owner_is_an_error_in_check_mode_too(params):
    for check_mode in (True, False):
        with pytest.raises(FileError, match="user 'nobody-here' does not exist on this host"):
            manage(params, check_mode=check_mode, entries={PASSWORD: SECRET}, owner="nobody-here")
    assert not os.path.exists(params["path"])


def test_a_new_keystore_belongs_to_the_group_of_its_folder(params):
    os.chown(os.path.dirname(params["path"]), -1, 4321)
    manage(params, entries={PASSWORD: SECRET})
    found = os.stat(params["path"])
    assert (found.st_gid, stat.S_IMODE(found.st_mode)) == (4321, 0o660)


def test_purge_leaves_only_what_is_listed(params):
    put(params, {PASSWORD: SECRET, "other": "foreign"})
    assert manage(params, entries={PASSWORD: SECRET}, purge=True)["entries"] == [PASSWORD]
    assert manage(params, purge=True)["entries"] == []
    assert opened(params) == {}


@pytest.mark.parametrize(
    ("content", "changes", "message"),
    [
        (b"server.port: 5601\n", {}, "is not a Kibana keystore"),
        (encode({"other": "foreign"})[:-8], {}, "the keystore cannot be decrypted"),
        (encode({}), {"entries": {PASSWORD: True}}, f"the value of the entry '{PASSWORD}' is not text"),
        (encode({}), {"entries": {"": SECRET}}, "'' cannot be the name of an entry"),
        (encode({}), {"entries": {PASSWORD: [float("nan")]}}, f"the value of the entry '{PASSWORD}' is not JSON"),
        (encode({}), {"absent": [PASSWORD]}, f"{PASSWORD}: named in 'entries' and in 'absent'"),
    ],
)
@pytest.mark.parametrize("check_mode", [True, False])
def test_what_is_refused_leaves_the_file_alone(params, content, changes, message, check_mode):
    Path(params["path"]).write_bytes(content)

    with pytest.raises(KeystoreError) as caught:
        manage(params, check_mode=check_mode, **{"entries": {PASSWORD: SECRET}, **changes})

    assert str(caught.value).startswith(f"{params['path']}: {message}")
    assert SECRET not in str(caught.value)
    assert Path(params["path"]).read_bytes() == content


@pytest.mark.parametrize("check_mode", [True, False])
def test_a_new_keystore_needs_its_folder(params, check_mode):
    with pytest.raises(FileError, match="the folder /nonexistent does not exist"):
        manage(params, check_mode=check_mode, path="/nonexistent/kibana.keystore", entries={PASSWORD: SECRET})


def test_the_result_tells_no_secret(params):
    put(params, {"other": "other-secret"})
    result = json.dumps(manage(params, entries={PASSWORD: SECRET}))
    assert SECRET not in result
    assert "other-secret" not in result
