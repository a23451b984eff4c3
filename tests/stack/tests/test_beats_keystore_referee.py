# Copyright: Stack TLS contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The keystore of a Beat and ours, in both directions, by the library that all Beats use."""

from __future__ import annotations

import base64
import hashlib
import json
import string
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.stacktls.elastic.plugins.module_utils._keystore._beats import decode
from ansible_collections.stacktls.elastic.plugins.module_utils._keystore._beats_keystore import manage_beats_keystore
from stacklib import cache

pytestmark = pytest.mark.stack

SOURCE = Path(__file__).resolve().parent.parent / "beats_keystore"
ENTRIES = {"ES_API_KEY": "id:pässwörd <&> € \U0001f511", "digits": "0123", "empty": "", "large": "x" * 70_000}


@dataclass(frozen=True)
class Beat:
    """The library behind a small program, and a keystore."""

    program: Path
    path: Path

    def run(self, command: str, given: Any = None, *, status: int = 0) -> str:
        text = "" if given is None else json.dumps(given)
        result = subprocess.run(
            [self.program, command, self.path], input=text, capture_output=True, text=True, check=False
        )
        assert result.returncode == status, result.stderr
        return result.stdout if status == 0 else result.stderr

    def values(self) -> dict[str, bytes]:
        return {name: base64.b64decode(value) for name, value in json.loads(self.run("show")).items()}

    def write(self, values: dict[str, bytes]) -> None:
        self.run("write", {name: base64.b64encode(value).decode() for name, value in values.items()})

    def manage(self, **params: Any) -> None:
        defaults = {
            "beat": None,
            "path": str(self.path),
            "entries": {},
            "absent": [],
            "purge": False,
            "owner": None,
            "group": None,
            "journal": None,
        }
        assert manage_beats_keystore({**defaults, **params}, check_mode=False)["changed"]


@pytest.fixture(scope="session")
def program() -> Path:
    """Built once for each state of its source."""
    sources = sorted(path for path in SOURCE.iterdir() if path.suffix in (".go", ".mod", ".sum"))
    digest = hashlib.sha256(b"".join(path.read_bytes() for path in sources)).hexdigest()[:24]
    built = cache.folder() / f"beats-keystore-{digest}"
    with cache.locked("beats-keystore"):
        if not built.exists():
            for old in built.parent.glob("beats-keystore-*"):
                old.unlink()
            subprocess.run(["go", "build", "-mod=readonly", "-o", built, "."], cwd=SOURCE, check=True)
    return built


@pytest.fixture
def beat(program: Path, tmp_path: Path) -> Beat:
    return Beat(program, tmp_path / "filebeat.keystore")


def test_a_beat_reads_a_keystore_that_we_made(beat: Beat) -> None:
    beat.manage(entries=ENTRIES)
    assert beat.values() == {name: value.encode() for name, value in ENTRIES.items()}


def test_we_change_a_keystore_that_a_beat_made(beat: Beat) -> None:
    beat.write({"OTHER": b"\xff\x00", "EMPTY": b"", "OLD": b"old"})
    assert decode(beat.path.read_bytes()) == {"OTHER": b"\xff\x00", "EMPTY": b"", "OLD": b"old"}

    beat.manage(entries={"digits": 12345}, absent=["OLD"])

    assert beat.values() == {"OTHER": b"\xff\x00", "EMPTY": b"", "digits": b"12345"}
    beat.write({"digits": b"54321"})
    assert decode(beat.path.read_bytes())["digits"] == b"54321"


@pytest.mark.parametrize("mode", [0o644, 0o640, 0o660, 0o400])
def test_a_mode_that_a_beat_refuses_is_mended(beat: Beat, mode: int) -> None:
    beat.manage(entries={"NAME": "value"})
    beat.path.chmod(mode)
    assert "can only be writable and readable by the owner" in beat.run("show", status=1)
    beat.manage(entries={"NAME": "value"})
    assert beat.values() == {"NAME": b"value"}


def test_settings_refer_to_every_name_that_we_allow(beat: Beat) -> None:
    marks = [mark for mark in string.punctuation if mark not in "${}:"]
    entries = {f"A{mark}b.C": f"value ${{x}} of {mark}" for mark in [*marks, "ä", "\U0001f511"]}
    beat.manage(entries=entries)

    settings = {f"s{number:02}": f"${{{name}}}" for number, name in enumerate(entries)}
    resolved = json.loads(beat.run("resolve", settings))

    assert list(resolved.values()) == list(entries.values())


def test_references_with_text_around_are_another_matter(beat: Beat) -> None:
    beat.manage(entries={"EMPTY": "", "COMMA": "a,b"})
    assert json.loads(beat.run("resolve", {"s": "${EMPTY}", "t": "${COMMA}"})) == {"s": "", "t": "a,b"}
    assert "can not resolve reference: EMPTY" in beat.run("resolve", {"s": "<${EMPTY}>"}, status=1)
    assert "can not convert 'object' into 'string'" in beat.run("resolve", {"s": "<${COMMA}>"}, status=1)
