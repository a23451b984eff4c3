# Copyright: Stack TLS contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import base64
import hashlib
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
# Where things are in a file.
SALT, VECTOR = slice(40, 104), slice(108, 120)
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
        "version": "",
        "password": None,
        "new_password": None,
        "entries": {},
        "file_entries": [],
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


def manage(params, check_mode=False, warn=pytest.fail, **changes):
    return _elasticsearch_keystore.manage_elasticsearch_keystore({**params, **changes}, warn, check_mode=check_mode)


def place(params, content):
    path = Path(params["path"])
    path.write_bytes(content)
    path.chmod(0o660)


def put(params, entries, version=5, password=""):
    values = {name: value.encode() for name, value in entries.items()}
    place(params, encode(Store(version, values), password))


def given(name, content=""):
    return {"name": name, "path": None, "content": content}


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


@pytest.mark.parametrize(("told", "version"), [("9.4.3", 7), ("8.16.6", 6)])
def test_a_keystore_where_no_elasticsearch_is_installed_is_of_the_version_that_is_told(params, told, version):
    result = manage(params, home="/nonexistent", version=told, entries={"name": SECRET})
    assert opened(params).version == result["format_version"] == version


@pytest.mark.parametrize("content", [None, b"damaged"])
def test_what_is_no_version_of_elasticsearch_is_refused(params, content):
    if content:
        place(params, content)
    with pytest.raises(KeystoreError, match="'latest' is no version of Elasticsearch"):
        manage(params, version="latest", entries={"name": SECRET})


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
    place(params, encode(Store(5, {"some.file": b"\x00\xff", "é.name": b"\xfe"}), ""))
    manage(params, entries={"name": SECRET})
    assert opened(params).entries == {"some.file": b"\x00\xff", "é.name": b"\xfe", "name": SECRET.encode()}


def test_a_rewritten_keystore_has_the_same_key_and_another_vector(params):
    put(params, {"keystore.seed": "seed"})
    before = Path(params["path"]).read_bytes()
    manage(params, entries={"name": SECRET})
    manage(params, absent=["name"])
    after = Path(params["path"]).read_bytes()
    assert opened(params).entries == {"keystore.seed": b"seed"}
    assert before[SALT] == after[SALT]
    assert before[VECTOR] != after[VECTOR]


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
    ("before", "after", "lines"),
    [
        ("", "neu €", ("password: none\n", "password: set\n")),
        ("alt", "neu €", ("password: set\n", "password: set (changed)\n")),
        ("alt", "", ("password: set\n", "password: none\n")),
    ],
)
@pytest.mark.parametrize("wanted", [{}, {"entries": {"name": SECRET}}])
def test_four_steps_with_a_new_password(params, before, after, lines, wanted):
    put(params, {"keystore.seed": "seed"}, password=before)
    content = Path(params["path"]).read_bytes()
    changes = {"password": before, "new_password": after, **wanted}

    planned = manage(params, check_mode=True, **changes)
    assert Path(params["path"]).read_bytes() == content
    done = manage(params, **changes)

    assert {**planned, "restart_pending": True} == done
    assert (done["changed"], done["password_changed"]) == (True, True)
    assert done["differences"] == (ADDED if wanted else [])
    assert (done["diff"]["before"], done["diff"]["after"][: len(lines[1])]) == (lines[0] + "keystore.seed\n", lines[1])
    assert opened(params, after).entries.keys() == {"keystore.seed", *wanted.get("entries", {})}
    assert Path(params["path"]).read_bytes()[SALT] != content[SALT]

    content = Path(params["path"]).read_bytes()
    for check_mode in (True, False):
        again = manage(params, check_mode=check_mode, **changes)
        assert (again["changed"], again["password_changed"]) == (False, False)
    assert Path(params["path"]).read_bytes() == content


def test_an_entry_is_changed_after_the_password_was(params):
    put(params, {"keystore.seed": "seed"}, password="neu")
    result = manage(params, password="alt", new_password="neu", entries={"name": SECRET})
    assert (result["differences"], result["password_changed"]) == (ADDED, False)
    assert opened(params, "neu").entries["name"] == SECRET.encode()


def test_a_new_keystore_gets_the_new_password(params):
    result = manage(params, password="alt", new_password="neu", entries={"name": SECRET})
    assert (result["changed"], result["password_changed"]) == (True, False)
    assert opened(params, "neu").entries["name"] == SECRET.encode()


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"new_password": "wrong"}, "neither 'new_password' nor 'password' opens the keystore"),
        ({"new_password": "wrong", "password": "other"}, "neither 'new_password' nor 'password' opens the keystore"),
        ({"new_password": ""}, "neither 'new_password' nor 'password' opens the keystore"),
        ({"password": "right", "new_password": "two\rlines"}, "the password of a keystore cannot have a line break"),
        ({"password": "right", "new_password": "two\nlines"}, "the password of a keystore cannot have a line break"),
        ({"password": "right", "new_password": "\ud83d"}, "the password is not valid Unicode text"),
        ({"password": "\ud83d"}, "the password is not valid Unicode text"),
        ({}, "the keystore has a password and none was given"),
    ],
)
@pytest.mark.parametrize("check_mode", [True, False])
def test_a_password_that_cannot_be_leaves_the_file_alone(params, changes, message, check_mode):
    put(params, {"keystore.seed": "seed"}, password="right")
    before = Path(params["path"]).read_bytes()

    with pytest.raises(KeystoreError) as caught:
        manage(params, check_mode=check_mode, entries={"name": SECRET}, **changes)

    assert str(caught.value).startswith(f"{params['path']}: {message}")
    assert not [secret for secret in changes.values() if secret and secret in str(caught.value)]
    assert Path(params["path"]).read_bytes() == before


def test_a_new_keystore_needs_a_password_that_elasticsearch_can_be_given(params):
    with pytest.raises(KeystoreError, match="the password of a keystore cannot have a line break"):
        manage(params, password="two\nlines", entries={"name": SECRET})
    assert not os.path.exists(params["path"])


def derivations(monkeypatch):
    """A list that grows with each key that is derived."""
    made, derive = [], hashlib.pbkdf2_hmac

    def counting(*arguments):
        made.append(arguments)
        return derive(*arguments)

    monkeypatch.setattr(hashlib, "pbkdf2_hmac", counting)
    return made


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"entries": {"name": SECRET}}, 1),
        ({"entries": {"keystore.seed": "seed"}}, 1),
        ({"entries": {"keystore.seed": "seed"}, "new_password": "word"}, 1),
        ({"entries": {"name": SECRET}, "new_password": "word", "password": "other"}, 1),
        ({"new_password": "neu"}, 3),
    ],
)
def test_a_key_is_derived_no_more_often_than_needed(params, monkeypatch, changes, expected):
    put(params, {"keystore.seed": "seed"}, password="word")
    made = derivations(monkeypatch)
    manage(params, **{"password": "word", **changes})
    assert len(made) == expected


def test_file_entries(params, tmp_path):
    put(params, {"keystore.seed": "seed"})
    binary = bytes(range(256)) * 300
    (tmp_path / "some.bin").write_bytes(binary)
    encoded = base64.encodebytes(b"\xff\x00").decode()
    wanted = [
        {"name": "on.host", "path": str(tmp_path / "some.bin"), "content": None},
        {"name": "given", "path": None, "content": encoded},
        {"name": "empty", "path": None, "content": ""},
    ]

    for check_mode in (True, False):
        result = manage(params, check_mode=check_mode, file_entries=wanted, entries={"name": SECRET})
        assert [difference["name"] for difference in result["differences"]] == ["empty", "given", "name", "on.host"]
    assert not manage(params, file_entries=wanted, entries={"name": SECRET})["changed"]
    assert not manage(params, file_entries=wanted, entries={"name": SECRET}, purge=True)["changed"]

    values = {"on.host": binary, "given": b"\xff\x00", "empty": b"", "name": SECRET.encode()}
    assert opened(params).entries == {"keystore.seed": b"seed", **values}
    (tmp_path / "some.bin").write_bytes(b"another")
    assert manage(params, file_entries=wanted)["differences"] == [{"name": "on.host", "change": "changed"}]


def test_a_missing_file_is_named(params):
    put(params, {"keystore.seed": "seed"})
    with pytest.raises(FileError, match=r"^/nonexistent/file: no such file"):
        manage(params, file_entries=[{"name": "name", "path": "/nonexistent/file", "content": None}])


@pytest.mark.parametrize("check_mode", [True, False])
def test_a_keystore_that_everybody_reads_is_warned_of(params, check_mode):
    put(params, {"keystore.seed": "seed"})
    os.chmod(params["path"], 0o644)
    warnings = []
    manage(params, check_mode=check_mode, warn=warnings.append)
    assert warnings == [
        f"{params['path']} can be read by every user of the host. Give the option 'mode', such as '0660'."
    ]
    manage(params, check_mode=check_mode, mode="0660")


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"entries": {"name": None}}, "the value of the entry 'name' is not text"),
        ({"entries": {"na me": SECRET}}, "'na me' cannot be the name of an entry"),
        ({"entries": {"naïve": SECRET}}, "'naïve' cannot be the name of an entry"),
        ({"entries": {"": SECRET}}, "'' cannot be the name of an entry"),
        ({"entries": {"n" * 70_000: SECRET}}, "the name of an entry has 70000 characters, 65535 are possible"),
        ({"file_entries": [given("na me")]}, "'na me' cannot be the name of an entry"),
        ({"file_entries": [given("name", "geheim!")]}, "the content of the entry 'name' is not base64"),
        ({"file_entries": [given("name", "geheím")]}, "the content of the entry 'name' is not base64"),
        ({"file_entries": [given("name"), given("name")]}, "name: named twice in 'file_entries'"),
        ({"file_entries": [given("name")], "absent": ["name"]}, "name: named in 'entries' and in 'absent'"),
        (
            {"file_entries": [given("name")], "entries": {"name": SECRET}},
            "name: named in 'entries' and in 'file_entries'",
        ),
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
def test_a_keystore_of_version_3_is_changed_only_where_elasticsearch_is_known(params, check_mode):
    stores = json.loads((Path(__file__).parent / "elasticsearch_stores.json").read_text())
    place(params, base64.b64decode(stores["6.7.2"]["open"]))
    before = opened(params).entries

    assert not manage(params, check_mode=check_mode, entries={"empty": ""})["changed"]
    with pytest.raises(KeystoreError, match="version 3 can be read, but not be changed"):
        manage(params, check_mode=check_mode, home="/nonexistent", entries={"name": SECRET})
    assert opened(params).entries == before

    manage(params, entries={"name": SECRET})
    assert opened(params) == Store(5, {**before, "name": SECRET.encode()})


@pytest.mark.parametrize(
    ("present", "release", "after"), [(4, "9.4.3", 7), (5, "8.16.6", 6), (5, "7.17.9", 5), (4, "6.8.0", 4)]
)
def test_a_changed_keystore_is_of_the_version_that_elasticsearch_writes(params, tmp_path, present, release, after):
    put(params, {"keystore.seed": "seed"}, version=present, password="word")
    params.update(home=str(install(tmp_path / release, release)), password="word")

    assert manage(params)["format_version"] == present
    planned = manage(params, check_mode=True, entries={"name": SECRET})
    done = manage(params, entries={"name": SECRET})

    assert planned["format_version"] == done["format_version"] == opened(params, "word").version == after
    assert planned["diff"] == done["diff"]
    assert done["diff"]["before"].startswith(f"format: {present}\n") == (present != after)
    assert done["diff"]["after"].startswith(f"format: {after}\n") == (present != after)


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
