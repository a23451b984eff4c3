# Copyright: Stack TLS contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where the secrets go, and what can be said of them without telling them."""

from __future__ import annotations

import json
import re
import stat
import sys

import pytest
from ansible_collections.stacktls.elastic.plugins.module_utils._api_key_form import FORM
from ansible_collections.stacktls.elastic.plugins.module_utils._errors import FileError, HookError, KeystoreError
from ansible_collections.stacktls.elastic.plugins.module_utils._keystore import _kibana
from ansible_collections.stacktls.elastic.plugins.module_utils._keystore._beats import decode, encode
from ansible_collections.stacktls.elastic.plugins.module_utils._secret_destination import Held, destination_of

SECRET = "VuaCfGcBCdbkQm-e5aOx:ui2lp2axTNmsyakw9tvNnw"
ENCODED = "VnVhQ2ZHY0JDZGJrUW0tZTVhT3g6dWkybHAyYXhUTm1zeWFrdzl0dk5udw=="
IDENTITY = "VuaCfGcBCdbkQm-e5aOx"


@pytest.fixture
def destination(tmp_path):
    """A destination, with the options of the module as Ansible gives them."""

    def make(check_mode=False, **given):
        options = {
            "path": None,
            "format": "pair",
            "owner": None,
            "group": None,
            "mode": "0600",
            "journal": str(tmp_path / "journal"),
            "beats_keystore_path": None,
            "beats_keystore_entry": "ES_API_KEY",
            "store_command": None,
            "store_timeout": 20,
            "return_secret": False,
            "folder_expected": False,
            "state": "present",
        }
        return destination_of({**options, **given}, FORM, check_mode=check_mode)

    return make


@pytest.mark.parametrize(
    "text",
    [
        SECRET,
        f"{SECRET}\n",
        ENCODED,
        json.dumps({"id": IDENTITY, "name": "a", "api_key": SECRET.split(":")[1]}),
    ],
)
def test_every_form_is_read(text):
    assert FORM.read(text) == SECRET
    assert FORM.identity(SECRET) == IDENTITY


@pytest.mark.parametrize("text", ["", "words", "a:b:c", "two words:here", "[]", "{}", "ZGFtYWdlZA==", "/w==", "a:"])
def test_what_is_no_key(text):
    assert FORM.read(text) is None


@pytest.mark.parametrize("form", ["pair", "encoded", "json"])
def test_every_form_that_is_written_is_read(form):
    assert FORM.read(FORM.write[form](SECRET)) == SECRET


class TestFile:
    @pytest.fixture
    def path(self, tmp_path):
        return tmp_path / "key"

    def test_a_secret_is_stored_and_found(self, destination, path):
        place = destination(path=str(path))
        assert [reason["code"] for reason in place.inspect().reasons] == ["missing"]
        stored = place.store(SECRET)
        assert (stored.files, stored.kinds, stored.restart_pending) == ([str(path)], ["keystore"], True)
        assert (path.read_text(), stat.S_IMODE(path.stat().st_mode)) == (SECRET, 0o600)
        found = place.inspect()
        assert (found.known, found.identity, found.files, found.kinds) == (True, IDENTITY, [], [])
        assert SECRET.split(":")[1] not in repr((stored, found))

    def test_mode_and_form_are_mended(self, destination, path):
        path.write_text(SECRET)
        path.chmod(0o644)
        found = destination(path=str(path)).inspect()
        assert (found.files, found.kinds) == ([str(path)], [])
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        announced = destination(check_mode=True, path=str(path), format="encoded").inspect()
        assert (announced.files, path.read_text()) == ([str(path)], SECRET)
        found = destination(path=str(path), format="encoded").inspect()
        assert (found.kinds, path.read_text()) == (["keystore"], ENCODED)

    def test_what_holds_no_key_stays_until_there_is_one(self, destination, path):
        path.write_text("of another use")
        path.chmod(0o644)
        found = destination(path=str(path)).inspect()
        assert ([reason["code"] for reason in found.reasons], found.files) == (["damaged"], [])
        assert stat.S_IMODE(path.stat().st_mode) == 0o644

    def test_it_is_removed(self, destination, path):
        path.write_text(SECRET)
        assert destination(check_mode=True, path=str(path)).remove().files == [str(path)]
        assert path.exists()
        assert destination(path=str(path)).remove().files == [str(path)]
        assert not path.exists()
        assert destination(path=str(path)).remove().files == []

    def test_what_is_to_be_removed_is_only_looked_at(self, destination, path):
        path.write_text(SECRET)
        path.chmod(0o644)
        found = destination(path=str(path), state="absent").inspect()
        assert (found.identity, found.place, found.files) == (IDENTITY, str(path), [])
        assert stat.S_IMODE(path.stat().st_mode) == 0o644
        found = destination(path="/nowhere/key", state="absent").inspect()
        assert [reason["code"] for reason in found.reasons] == ["missing"]

    def test_check_mode_takes_a_folder_as_made_where_an_earlier_task_makes_it(self, destination, tmp_path):
        path = str(tmp_path / "later/key")
        assert destination(check_mode=True, path=path, folder_expected=True).inspect().known
        for options in ({"check_mode": True}, {"folder_expected": True}):
            with pytest.raises(FileError, match="later does not exist"):
                destination(path=path, **options).inspect()

    @pytest.mark.parametrize(
        ("given", "words"),
        [({"path": "/nowhere/key"}, "the folder /nowhere does not exist"), ({"owner": "no-such-user"}, "no-such-user")],
    )
    def test_what_could_not_be_stored_is_refused_beforehand(self, destination, path, given, words):
        with pytest.raises(FileError, match=words):
            destination(**{"path": str(path), **given}).inspect()


class TestBeatsKeystore:
    @pytest.fixture
    def path(self, tmp_path):
        return tmp_path / "beat.keystore"

    def test_an_entry_is_stored_and_found(self, destination, path):
        path.write_bytes(encode({"OTHER": b"entry"}))
        place = destination(beats_keystore_path=str(path))
        assert [reason["code"] for reason in place.inspect().reasons] == ["missing"]
        assert place.store(SECRET).kinds == ["keystore"]
        assert decode(path.read_bytes()) == {"OTHER": b"entry", "ES_API_KEY": SECRET.encode()}
        found = place.inspect()
        assert (found.identity, found.files) == (IDENTITY, [])

    def test_a_missing_keystore_is_made(self, destination, path):
        place = destination(beats_keystore_path=str(path))
        assert place.inspect().reasons[0]["text"] == f"the entry ES_API_KEY of {path} is not there"
        place.store(SECRET)
        assert stat.S_IMODE(path.stat().st_mode) == 0o600

    def test_an_entry_without_a_key(self, destination, path):
        path.write_bytes(encode({"ES_API_KEY": b"changeme"}))
        found = destination(beats_keystore_path=str(path)).inspect()
        assert found.reasons[0]["text"] == f"the entry ES_API_KEY of {path} is no API key"

    def test_it_is_removed(self, destination, path):
        path.write_bytes(encode({"OTHER": b"entry", "ES_API_KEY": SECRET.encode()}))
        assert destination(beats_keystore_path=str(path)).remove().files == [str(path)]
        assert decode(path.read_bytes()) == {"OTHER": b"entry"}
        assert destination(beats_keystore_path=str(path)).remove().files == []

    def test_a_damaged_keystore_is_left_alone(self, destination, path):
        path.write_bytes(b"v1 of another use")
        with pytest.raises(KeystoreError, match=str(path)):
            destination(beats_keystore_path=str(path)).inspect()


class TestKibanaKeystore:
    def test_an_entry_is_stored_and_found(self, destination, tmp_path):
        path = tmp_path / "kibana.keystore"
        path.write_bytes(_kibana.encode({"other": 1}))
        place = destination(kibana_keystore_path=str(path), kibana_keystore_entry="a.token")
        assert [reason["code"] for reason in place.inspect().reasons] == ["missing"]
        assert place.store(SECRET).kinds == ["keystore"]
        assert _kibana.decode(path.read_bytes()) == {"other": 1, "a.token": SECRET}
        found = place.inspect()
        assert (found.identity, found.files) == (IDENTITY, [])
        assert place.remove().files == [str(path)]
        assert _kibana.decode(path.read_bytes()) == {"other": 1}

    def test_an_entry_that_is_no_text(self, destination, tmp_path):
        path = tmp_path / "kibana.keystore"
        path.write_bytes(_kibana.encode({"a.token": 1}))
        found = destination(kibana_keystore_path=str(path), kibana_keystore_entry="a.token").inspect()
        assert [reason["code"] for reason in found.reasons] == ["damaged"]


class TestCommand:
    def test_it_gets_the_secret(self, destination, tmp_path):
        script = f"import sys; open({str(tmp_path / 'store')!r}, 'w').write(sys.stdin.read())"
        place = destination(store_command=[sys.executable, "-c", script])
        assert place.inspect() == place.store(SECRET) == place.remove() == Held(place=place.inspect().place)
        assert (tmp_path / "store").read_text() == SECRET

    def test_it_gets_the_form_that_is_asked_for(self, destination, tmp_path):
        script = f"import sys; open({str(tmp_path / 'store')!r}, 'w').write(sys.stdin.read())"
        destination(store_command=[sys.executable, "-c", script], format="encoded").store(SECRET)
        assert (tmp_path / "store").read_text() == ENCODED

    def test_its_complaint_in_another_form_is_told_without_the_secret(self, destination):
        with pytest.raises(HookError) as caught:
            script = "import sys; sys.exit(sys.stdin.read())"
            destination(store_command=[sys.executable, "-c", script], format="encoded").store(SECRET)
        assert ENCODED not in str(caught.value)

    def test_its_complaint_is_told_without_the_secret(self, destination):
        script = "import sys; key = sys.stdin.read(); sys.exit(key + key.split(':')[1])"
        with pytest.raises(HookError) as caught:
            destination(store_command=[sys.executable, "-c", script]).store(SECRET)
        assert "ended with status 1: ****" in str(caught.value)
        assert SECRET.split(":")[1] not in str(caught.value)

    def test_a_missing_program_matters_only_where_it_is_needed(self, destination):
        with pytest.raises(HookError, match="no such program"):
            destination(store_command=["/nowhere/put"]).inspect()
        assert not destination(store_command=["/nowhere/put"], state="absent").inspect().known

    def test_its_place_tells_the_program_and_not_its_arguments(self, destination):
        places = {
            destination(store_command=["put", *arguments], state="absent").inspect().place
            for arguments in (["a", "b"], ["a b"], ["a"], ["a"])
        }
        assert len(places) == 3
        assert all(re.fullmatch("put sha256:[0-9a-f]{16}", place) for place in places)


@pytest.mark.parametrize(("returned", "expected"), [(False, ""), (True, "a variable")])
def test_no_destination_on_a_host(destination, returned, expected):
    place = destination(return_secret=returned)
    assert place.inspect() == place.store(SECRET) == place.remove() == Held(place=expected)


def test_entries_of_a_keystore_are_places_of_their_own(destination, tmp_path):
    path = str(tmp_path / "beat.keystore")
    entries = [destination(beats_keystore_path=path, beats_keystore_entry=entry).inspect() for entry in ("A", "B")]
    assert [found.place for found in entries] == [f"{path} A", f"{path} B"]
