# Copyright: Stack TLS contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import os
import stat

import pytest
from ansible_collections.stacktls.elastic.plugins.module_utils import _io
from ansible_collections.stacktls.elastic.plugins.module_utils._errors import FileError
from ansible_collections.stacktls.elastic.plugins.module_utils._io import Attributes


def mode_of(path):
    return stat.S_IMODE(os.stat(path).st_mode)


@pytest.mark.parametrize(("given", "expected"), [("0640", 0o640), ("640", 0o640), (0o640, 0o640), (None, None)])
def test_mode_is_octal(given, expected):
    assert _io.parse_mode(given) == expected


@pytest.mark.parametrize("given", ["u=rw", "0888", "", "-1", "77777", -1, 0o10000, [], 0.5])
def test_other_modes_are_refused(given):
    with pytest.raises(FileError, match="octal"):
        _io.parse_mode(given)


def test_new_file_is_private_by_default(tmp_path):
    _io.write_file(str(tmp_path / "a"), b"x", Attributes())
    assert mode_of(tmp_path / "a") == 0o600


def test_mode_is_set_before_the_content(tmp_path, monkeypatch):
    """A reader who races the writer never sees a secret with a wider mode than the final one."""
    seen = []
    real = os.fdopen

    def spy(descriptor, *args):
        found = os.fstat(descriptor)
        seen.append((stat.S_IMODE(found.st_mode), found.st_gid, found.st_size))
        return real(descriptor, *args)

    monkeypatch.setattr(os, "fdopen", spy)
    _io.write_file(str(tmp_path / "a"), b"x", Attributes(group="daemon", mode=0o640))
    assert seen == [(0o640, _io._group_id("daemon"), 0)]


def test_present_attributes_are_kept(tmp_path):
    path = tmp_path / "a"
    path.write_bytes(b"old")
    os.chown(path, 1, 2)
    os.chmod(path, 0o664)
    _io.write_file(str(path), b"new", Attributes())
    found = os.stat(path)
    assert (path.read_bytes(), found.st_uid, found.st_gid, mode_of(path)) == (b"new", 1, 2, 0o664)


def test_link_is_followed_and_stays(tmp_path):
    (tmp_path / "real").write_bytes(b"old")
    (tmp_path / "link").symlink_to("real")
    _io.write_file(str(tmp_path / "link"), b"new", Attributes())
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "real").read_bytes() == b"new"


def test_failed_write_leaves_the_old_file_and_no_rest(tmp_path, monkeypatch):
    path = tmp_path / "a"
    path.write_bytes(b"old")

    def full(_descriptor):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(FileError, match="No space left on device"):
        _io.write_file(str(path), b"new", Attributes())
    assert path.read_bytes() == b"old"
    assert os.listdir(tmp_path) == ["a"]


@pytest.mark.parametrize("attributes", [Attributes(owner="nobody-here"), Attributes(group="nobody-here")])
def test_unknown_owner_is_named(tmp_path, attributes):
    with pytest.raises(FileError, match="'nobody-here' does not exist on this host"):
        _io.write_file(str(tmp_path / "a"), b"x", attributes)
    assert os.listdir(tmp_path) == []


def test_missing_folder_is_named(tmp_path):
    with pytest.raises(FileError, match=r"/none/a: cannot be written: No such file or directory"):
        _io.write_file(str(tmp_path / "none" / "a"), b"x", Attributes())


def test_folder_in_place_of_a_file_is_refused(tmp_path):
    with pytest.raises(FileError, match="Is a directory"):
        _io.read_file(str(tmp_path))


def test_missing_file_reads_as_none(tmp_path):
    assert _io.read_file(str(tmp_path / "a")) is None
    with pytest.raises(FileError, match="no such file"):
        _io.require_file(str(tmp_path / "a"))


def test_attributes_are_applied_once(tmp_path):
    path = str(tmp_path / "a")
    _io.write_file(path, b"x", Attributes())
    wanted = Attributes(owner="daemon", mode=0o640)
    assert _io.attributes_differ(path, wanted)
    assert _io.attribute_lines(path, wanted) == ("owner: root\nmode: 0600\n", "owner: daemon\nmode: 0640\n")
    assert _io.apply_attributes(path, wanted)
    assert not _io.apply_attributes(path, wanted)
    assert not _io.attributes_differ(path, wanted)


@pytest.mark.parametrize("slash", ["", "/"])
def test_folder_is_made_once(tmp_path, slash):
    path = str(tmp_path / "a" / "b") + slash
    assert _io.make_folder(path, Attributes(group="daemon", mode=0o750))
    assert not _io.make_folder(path, Attributes())
    assert mode_of(path) == 0o750


def test_folder_that_another_process_makes_meanwhile(tmp_path, monkeypatch):
    path = tmp_path / "a" / "b"
    monkeypatch.setattr(os, "makedirs", lambda _parents, **_options: path.mkdir(parents=True))
    assert not _io.make_folder(str(path), Attributes())
