# Copyright: Stack TLS contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The cache outside the repository: whole files or none, one builder at a time, hashes of inputs."""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from stacklib.shell import say

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_SCRATCH = "unfinished-"


def folder() -> Path:
    """The stack's folder in the cache; it holds test keys, so it is private."""
    root = Path(os.environ.get("STACKTLS_CACHE") or Path.home() / ".cache" / "stacktls")
    path = root / "stack"
    path.mkdir(mode=0o700, parents=True, exist_ok=True)
    return path


@contextmanager
def locked(name: str) -> Iterator[None]:
    """Hold the named lock; the kernel frees it when the process ends, however it ends."""
    with (folder() / f"{name}.lock").open("w") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say(f"waiting for another process that works on: {name}")
            fcntl.flock(handle, fcntl.LOCK_EX)
        yield


@contextmanager
def scratch() -> Iterator[Path]:
    """A folder for unfinished work, gone afterwards."""
    path = Path(tempfile.mkdtemp(prefix=_SCRATCH, dir=folder()))
    try:
        yield path
    finally:
        shutil.rmtree(path, ignore_errors=True)


def discard_unfinished() -> None:
    """Remove what killed builders left; only a builder that holds the lock may do so."""
    for left in folder().glob(f"{_SCRATCH}*"):
        shutil.rmtree(left, ignore_errors=True)


def write(path: Path, content: bytes, mode: int = 0o644) -> None:
    """Put a file in place at once, and only if its content or mode differs."""
    if path.is_file() and path.read_bytes() == content and path.stat().st_mode & 0o777 == mode:
        return
    handle, name = tempfile.mkstemp(dir=path.parent)
    with os.fdopen(handle, "wb") as stream:
        stream.write(content)
    os.chmod(name, mode)
    os.replace(name, path)


def digest(parts: Iterable[str | Path]) -> str:
    """One short hash over texts, files and folders: their names, modes and contents."""
    result = hashlib.sha256()
    for part in parts:
        if isinstance(part, str):
            result.update(f"text {part}\0".encode())
            continue
        for path in sorted(part.rglob("*")) if part.is_dir() else [part]:
            if path.is_file():
                name = path.relative_to(part) if path != part else path.name
                result.update(f"file {name} {path.stat().st_mode & 0o111:o}\0".encode())
                result.update(hashlib.sha256(path.read_bytes()).digest())
    return result.hexdigest()[:24]
