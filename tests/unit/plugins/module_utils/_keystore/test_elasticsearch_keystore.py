# Copyright: Stack TLS contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import base64
import json
import os
import stat
from pathlib import Path

import pytest
from ansible_collections.stacktls.elastic.plugins.module_utils._errors import FileError, KeystoreError
from ansible_collections.stacktls.elastic.plugins.module_utils._journal import Journal
from ansible_collections.stacktls.elastic.plugins.module_utils._keystore import _elasticsearch_keystore
from ansible_collections.stacktls.elastic.plugins.module_utils._keystore._elasticsearch import Store, decode, encode

SECRET = "geheim"
ADDED = [{"name": "name", "change": "added"}]


@pytest.fixture
def home(tmp_path):
    """An installation whose keystores are quickly opened."""
    return install(tmp_path / "home", "8.13.4")


@pytest.fixture
def params(tmp_path, home):
    folder = tmp_path / "config"
    folder.mkdir()
    return {
        "path": str(folder / "elasticsearch.keystore"),
        "home": str(home),
        "password": None,
        "entries": {},
        "absent": [],
        "purge": False,
        "owner": None,
        "group": None,
        "mode": None,
        "journal": str(tmp_path / "journal"),
    }


def install(home, release):
    (home / "lib").mkdir(parents=True)
    (home / "lib" / f"elasticsearch-{release}.jar").touch()
    return home


def manage(params, check_mode=False, **changes):
    return _elasticsearch_keystore.manage_elasticsearch_keystore({**params, **changes}, check_mode=check_mode)


def put(params, entries, version=5, password=""):
    values = {name: value.encode() for name, value in entries.items()}
    Path(params["path"]).write_bytes(encode(Store(version, values), password))


def opened(params, password=""):
    return decode(Path(params["path"]).read_bytes(), password)


def test_four_steps(params):
    put(params, {"keystore.seed": "seed", "other": "foreign"})
    wanted = {"entries": {"name": SECRET}}

    planned = manage(params, check_mode=True, **wanted)
    assert opened(params).entries == {"keystore.seed": b"seed", "other": b"foreign"}
    assert not os.path.exists(params["journal"])

    done = manage(params, **wanted)
    content = Path(params["path"]).read_bytes()
    assert opened(params).entries == {"keystore.seed": b"seed", "other": b"foreign", "name": SECRET.encode()}
    assert Journal(params["journal"]).kinds() == ["keystore"]

    assert (planned["restart_pending"], done["restart_pending"]) == (False, True)
    assert {**planned, "restart_pending": True} == done
    assert done["changed"]
    assert done["differences"] == ADDED
    assert done["entries"] == ["keystore.seed", "name", "other"]
    assert done["format_version"] == 5

    for check_mode in (True, False):
        again = manage(params, check_mode=check_mode, **wanted)
        assert not again["changed"]
        assert again["differences"] == []
        assert again["restart_pending"]
    assert Path(params["path"]).read_bytes() == content


@pytest.mark.parametrize(("release", "version"), [("9.4.3", 7), ("8.16.6", 6), ("8.13.4", 5)])
def test_a_new_keystore_is_of_the_version_that_elasticsearch_writes_and_has_a_seed(params, tmp_path, release, version):
    home = install(tmp_path / release, release)

    result = manage(params, home=str(home), entries={"name": SECRET})

    store = opened(params)
    assert store.version == result["format_version"] == version
    assert result["entries"] == ["keystore.seed", "name"]
    assert store.entries["name"] == SECRET.encode()
    seed = store.entries["keystore.seed"].decode()
    assert len(seed) == 20
    assert set(seed) <= set(_elasticsearch_keystore._SEED_CHARACTERS)


def test_no_two_seeds_are_alike(params):
    seeds = set()
    for _run in range(3):
        manage(params, entries={"name": SECRET})
        seeds.add(opened(params).entries["keystore.seed"])
        os.unlink(params["path"])
    assert len(seeds) == 3


def test_a_new_keystore_belongs_to_the_group_of_its_folder(params):
    folder = os.path.dirname(params["path"])
    os.chown(folder, -1, 4321)

    manage(params, entries={"name": SECRET})

    found = os.stat(params["path"])
    assert (found.st_uid, found.st_gid, stat.S_IMODE(found.st_mode)) == (os.geteuid(), 4321, 0o660)


def test_attributes_alone(params):
    put(params, {"keystore.seed": "seed"})
    os.chmod(params["path"], 0o600)
    content = Path(params["path"]).read_bytes()

    for check_mode, mode in ((True, 0o600), (False, 0o640)):
        result = manage(params, check_mode=check_mode, mode="0640", group="4321")
        assert result["changed"]
        assert result["differences"] == []
        assert stat.S_IMODE(os.stat(params["path"]).st_mode) == mode
    assert not manage(params, mode="0640", group="4321")["changed"]
    assert Path(params["path"]).read_bytes() == content


def test_a_changed_keystore_keeps_owner_group_and_mode(params):
    put(params, {"keystore.seed": "seed"})
    os.chown(params["path"], 1234, 4321)
    os.chmod(params["path"], 0o640)

    manage(params, entries={"name": SECRET})

    found = os.stat(params["path"])
    assert (found.st_uid, found.st_gid, stat.S_IMODE(found.st_mode)) == (1234, 4321, 0o640)


@pytest.mark.parametrize("wanted", [{}, {"absent": ["name"]}, {"purge": True}])
def test_nothing_to_put_in_a_missing_keystore(params, wanted):
    params["home"] = params["path"] = "/nonexistent/elasticsearch.keystore"
    result = manage(params, **wanted)

    assert not result["changed"]
    assert (result["differences"], result["entries"], result["format_version"]) == ([], [], None)
    assert not os.path.exists(params["path"])


def test_purge_spares_what_elasticsearch_needs(params):
    put(params, {"keystore.seed": "seed", "bootstrap.password": "first", "other": "foreign", "name": "old"})

    result = manage(params, entries={"name": SECRET}, purge=True)

    assert result["differences"] == [{"name": "name", "change": "changed"}, {"name": "other", "change": "removed"}]
    assert opened(params).entries == {"keystore.seed": b"seed", "bootstrap.password": b"first", "name": SECRET.encode()}
    assert result["diff"]["before"] == "bootstrap.password\nkeystore.seed\nname\nother\n"
    assert result["diff"]["after"] == "bootstrap.password\nkeystore.seed\nname (changed)\n"


def test_the_bootstrap_password_goes_where_that_is_asked_for(params):
    put(params, {"keystore.seed": "seed", "bootstrap.password": "first"})
    manage(params, absent=["bootstrap.password"], purge=True)
    assert opened(params).entries == {"keystore.seed": b"seed"}


def test_digits_empty_text_and_non_ascii(params):
    entries = {"digits": 12345, "quoted": "0123", "empty": "", "accents": "pässwörd €", "large": "x" * 70_000}
    manage(params, entries=entries)

    stored = dict(opened(params).entries)
    del stored["keystore.seed"]
    assert stored == {name: str(value).encode() for name, value in entries.items()}
    assert not manage(params, entries=entries)["changed"]
    assert manage(params, absent=["empty"])["differences"] == [{"name": "empty", "change": "removed"}]


def test_a_file_entry_stays_as_it_is(params):
    Path(params["path"]).write_bytes(encode(Store(5, {"some.file": b"\x00\xff", "é.name": b"\xfe"}), ""))
    manage(params, entries={"name": SECRET})
    assert opened(params).entries == {"some.file": b"\x00\xff", "é.name": b"\xfe", "name": SECRET.encode()}


def test_a_rewritten_keystore_has_a_new_salt(params):
    put(params, {"keystore.seed": "seed"})
    before = Path(params["path"]).read_bytes()
    manage(params, entries={"name": SECRET})
    manage(params, absent=["name"])
    after = Path(params["path"]).read_bytes()
    assert opened(params).entries == {"keystore.seed": b"seed"}
    assert before[40:104] != after[40:104]


def test_the_password_stays(params):
    put(params, {"keystore.seed": "seed"}, password="pässword")

    assert manage(params, password="pässword", entries={"name": SECRET})["changed"]

    assert opened(params, "pässword").entries == {"keystore.seed": b"seed", "name": SECRET.encode()}


def test_a_new_keystore_gets_the_password(params):
    manage(params, password="word", entries={"name": SECRET})
    assert opened(params, "word").entries["name"] == SECRET.encode()


def test_an_empty_password_is_none(params):
    manage(params, password="", entries={"name": SECRET})
    assert opened(params).entries["name"] == SECRET.encode()


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"entries": {"name": None}}, "the value of the entry 'name' is not text"),
        ({"entries": {"na me": SECRET}}, "'na me' cannot be the name of an entry"),
        ({"entries": {"naïve": SECRET}}, "'naïve' cannot be the name of an entry"),
        ({"entries": {"": SECRET}}, "'' cannot be the name of an entry"),
        ({"entries": {"name": SECRET}, "absent": ["name"]}, "name: named in 'entries' and in 'absent'"),
        ({"absent": ["keystore.seed"]}, "keystore.seed cannot be removed"),
        ({"entries": {"name": SECRET}, "password": SECRET}, "a password was given, but the keystore has none"),
    ],
)
@pytest.mark.parametrize("check_mode", [True, False])
def test_what_is_refused_leaves_the_file_alone(params, changes, message, check_mode):
    put(params, {"keystore.seed": "seed"})
    before = Path(params["path"]).read_bytes()

    with pytest.raises(KeystoreError) as caught:
        manage(params, check_mode=check_mode, **changes)

    assert str(caught.value).startswith(f"{params['path']}: {message}")
    assert SECRET not in str(caught.value)
    assert Path(params["path"]).read_bytes() == before
    assert not os.path.exists(params["journal"])


@pytest.mark.parametrize("check_mode", [True, False])
def test_a_damaged_keystore_is_refused_and_left_alone(params, check_mode):
    put(params, {"keystore.seed": "seed"})
    damaged = Path(params["path"]).read_bytes()[:-3]
    Path(params["path"]).write_bytes(damaged)

    with pytest.raises(KeystoreError, match="the keystore is damaged") as caught:
        manage(params, check_mode=check_mode, entries={"name": SECRET})

    assert caught.value.path == params["path"]
    assert Path(params["path"]).read_bytes() == damaged


@pytest.mark.parametrize("check_mode", [True, False])
def test_a_keystore_of_version_3_is_read_but_not_changed(params, check_mode):
    stores = json.loads((Path(__file__).parent / "elasticsearch_stores.json").read_text())
    Path(params["path"]).write_bytes(base64.b64decode(stores["6.7.2"]["open"]))

    assert not manage(params, check_mode=check_mode, entries={"empty": ""})["changed"]
    with pytest.raises(KeystoreError, match="version 3 can be read, but not be changed"):
        manage(params, check_mode=check_mode, entries={"name": SECRET})


@pytest.mark.parametrize("check_mode", [True, False])
def test_a_new_keystore_needs_its_folder_and_elasticsearch(params, check_mode):
    with pytest.raises(FileError, match="the folder /nonexistent does not exist"):
        manage(params, check_mode=check_mode, path="/nonexistent/elasticsearch.keystore", entries={"name": SECRET})
    with pytest.raises(KeystoreError, match="no Elasticsearch in /nonexistent") as caught:
        manage(params, check_mode=check_mode, home="/nonexistent", entries={"name": SECRET})
    assert caught.value.path == params["path"]


def test_the_result_tells_no_secret(params):
    put(params, {"keystore.seed": "seed-secret", "other": "other-secret"})
    result = json.dumps(manage(params, entries={"name": SECRET}))
    assert not [secret for secret in (SECRET, "seed-secret", "other-secret") if secret in result]
