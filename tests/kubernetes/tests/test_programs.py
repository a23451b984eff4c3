# Copyright: Stack TLS contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Building: whole entries in the cache or none, made once, and none removed that somebody uses."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest
from controlplane import programs
from stacklib import cache
from stacklib.shell import StackError


@pytest.fixture
def built(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """A cache of its own, and a build that writes a file and takes no time."""
    made: list[Path] = []

    def compile_them(target: Path) -> None:
        target.mkdir()
        (target / programs.ETCD).write_text("program")
        made.append(target)

    monkeypatch.setenv("STACKTLS_CACHE", str(tmp_path))
    monkeypatch.setattr(programs, "_compile", compile_them)
    monkeypatch.setattr(programs, "_download", lambda: None)
    monkeypatch.setattr(programs, "_copy_definitions", lambda target: target.mkdir())
    return made


def entries() -> list[str]:
    return sorted(path.name for path in cache.folder().iterdir() if path.is_dir())


def test_it_is_built_once(built: list[Path]) -> None:
    made = programs.build()
    assert programs.build() == made
    assert (len(built), entries()) == (1, [made.folder.name])
    assert made.program(programs.ETCD).read_text() == "program"


def test_a_failed_build_leaves_nothing(built: list[Path], monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(_target: Path) -> None:
        raise StackError("no network")

    monkeypatch.setattr(programs, "_copy_definitions", fail)
    with pytest.raises(StackError, match="no network"):
        programs.build()
    assert (len(built), entries()) == (1, [])


def test_what_a_killed_build_left_goes(built: list[Path]) -> None:
    (cache.folder() / "kubernetes-unfinished-x/bin").mkdir(parents=True)
    made = programs.build()
    assert entries() == [made.folder.name]


def test_unfinished_work_is_not_taken_for_that_of_images(built: list[Path], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(programs, "_copy_definitions", lambda target: (cache.discard_unfinished(), target.mkdir()))
    assert programs.build().program(programs.ETCD).exists()


def test_older_ones_go_unless_their_programs_run(built: list[Path], monkeypatch: pytest.MonkeyPatch) -> None:
    used, unused, state = (
        cache.folder() / name for name in (f"kubernetes-{'a' * 24}", f"kubernetes-{'b' * 24}", "kubernetes")
    )
    for folder in (used, unused, state):
        (folder / "bin").mkdir(parents=True)
    program = used / "bin" / programs.ETCD
    shutil.copy(shutil.which("sleep") or "", program)
    with subprocess.Popen([program, "60"]) as process:
        made = programs.build()
        process.kill()
    assert entries() == sorted([state.name, used.name, made.folder.name])


def test_other_sources_make_another_entry(built: list[Path], monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    first = programs.build()
    shutil.copytree(programs.FOLDER, tmp_path / "programs")
    monkeypatch.setattr(programs, "FOLDER", tmp_path / "programs")
    assert programs.build() == first
    (tmp_path / "programs/go.sum").write_text("other")
    assert programs.build() != first
    assert len(built) == 2
