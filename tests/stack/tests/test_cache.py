# Copyright: Stack TLS contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whole files or none, and hashes that see every change."""

from __future__ import annotations

from pathlib import Path

import pytest
from stacklib import cache
from stacklib.archives import Archive
from stacklib.shell import StackError


@pytest.fixture(autouse=True)
def _cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STACKTLS_CACHE", str(tmp_path / "cache"))


def test_the_cache_is_private() -> None:
    assert cache.folder().stat().st_mode & 0o777 == 0o700


def test_a_file_is_written_only_when_it_differs(tmp_path: Path) -> None:
    path = tmp_path / "file"
    cache.write(path, b"one", 0o600)
    first = path.stat()
    cache.write(path, b"one", 0o600)
    assert path.stat().st_ino == first.st_ino
    cache.write(path, b"two", 0o644)
    assert (path.read_bytes(), path.stat().st_mode & 0o777) == (b"two", 0o644)
    assert list(path.parent.glob("tmp*")) == []


def test_a_digest_sees_names_contents_and_modes(tmp_path: Path) -> None:
    path = tmp_path / "folder" / "file"
    path.parent.mkdir()
    path.write_text("a")
    seen = {cache.digest([path.parent])}
    path.write_text("b")
    seen.add(cache.digest([path.parent]))
    path.chmod(0o755)
    seen.add(cache.digest([path.parent]))
    path.rename(path.with_name("other"))
    seen.add(cache.digest([path.parent]))
    seen.add(cache.digest([path.parent, "text"]))
    assert len(seen) == 5


def test_an_archive_is_made_once_and_replaces_older_ones() -> None:
    made = []

    def make(target: Path) -> None:
        made.append(target)
        target.write_text("tar")

    old = Archive("base", "a" * 24, make).path()
    other = Archive("base-more", "a" * 24, make).path()
    new = Archive("base", "b" * 24, make)
    assert new.path() == new.path()
    assert len(made) == 3
    assert (old.exists(), other.exists(), new.path().read_text()) == (False, True, "tar")


def test_a_failed_archive_leaves_nothing() -> None:
    def make(target: Path) -> None:
        target.write_text("half")
        raise StackError("no network")

    with pytest.raises(StackError):
        Archive("base", "a" * 24, make).path()
    assert list(cache.folder().iterdir()) == []


def test_what_a_killed_builder_left_is_removed() -> None:
    left = cache.folder() / "unfinished-x"
    left.mkdir()
    (left / "half").write_text("half")
    kept = cache.folder() / "base.tar"
    kept.write_text("tar")
    cache.discard_unfinished()
    assert list(cache.folder().iterdir()) == [kept]
