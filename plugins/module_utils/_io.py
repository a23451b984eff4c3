# Copyright: Stack TLS contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The one place where files are read and written.

A file is written beside its target with its final owner and mode before the first byte of content, synced, and
renamed over the target: readers see the old file or the new one, and nobody sees a secret with a wider mode.
"""

from __future__ import annotations

import contextlib
import grp
import hashlib
import os
import pwd
import stat
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass

from ._errors import FileError

SECRET_MODE = 0o600
_WIDEST_MODE = 0o777
"""As a number: YAML reads 0600 as what it means, and 600 as a number that nobody means."""


@dataclass(frozen=True)
class Attributes:
    """Owner, group and mode of a file; ``None`` keeps what is there (or the default of a new file)."""

    owner: str | None = None
    group: str | None = None
    mode: int | None = None


def parse_mode(value: str | int | None) -> int | None:
    """The mode as a number: ``"0640"``, ``"640"`` and ``0o640`` mean the same.

    :raises FileError: where it is not an octal mode.
    """
    if value is None:
        return None
    try:
        mode = value if isinstance(value, int) else int(value, 8)
    except (TypeError, ValueError):  # a module's option of the type raw can be anything
        mode = -1
    if not 0 <= mode <= (_WIDEST_MODE if isinstance(value, int) else 0o7777):
        raise FileError(f"mode {value!r} is not an octal file mode.", hint="Write it as a string such as '0640'.")
    return mode


def read_file(path: str) -> bytes | None:
    """The content, or ``None`` where no file is.

    :raises FileError: where something is there that cannot be read as a file.
    """
    try:
        with open(path, "rb") as stream:
            return stream.read()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise FileError(f"cannot be read: {error.strerror}.", path=path) from error


def require_file(path: str) -> bytes:
    """The content of a file that must exist.

    :raises FileError: where it is missing or cannot be read.
    """
    content = read_file(path)
    if content is None:
        raise FileError("no such file.", path=path)
    return content


def digest(content: bytes | None) -> str:
    """SHA-256 of the content in hexadecimal, empty for a missing file."""
    return "" if content is None else hashlib.sha256(content).hexdigest()


def write_file(path: str, content: bytes, attributes: Attributes, *, default_mode: int = SECRET_MODE) -> None:
    """Put the content in place in one step.

    What ``attributes`` leaves open is taken from the present file, or for a new one from ``default_mode`` and the
    user and group of the process.

    :raises FileError: where the folder is missing, full or not writable; the present file is then untouched.
    """
    target = os.path.realpath(path)
    uid, gid, mode = _wanted(target, attributes, default_mode)
    try:
        with _staged(target) as (descriptor, temporary):
            os.fchmod(descriptor, SECRET_MODE)
            os.fchown(descriptor, uid, gid)
            os.fchmod(descriptor, mode)
            with os.fdopen(descriptor, "wb") as stream:
                stream.write(content)
                stream.flush()
                os.fsync(stream.fileno())
            os.replace(temporary, target)
        _sync_folder(os.path.dirname(target))
    except OSError as error:
        raise FileError(f"cannot be written: {error.strerror}.", path=path) from error


def remove_file(path: str) -> bool:
    """Remove the file; true where there was one.

    :raises FileError: where it cannot be removed.
    """
    try:
        os.unlink(path)
    except (FileNotFoundError, NotADirectoryError):
        return False
    except OSError as error:
        raise FileError(f"cannot be removed: {error.strerror}.", path=path) from error
    return True


def ids_of(attributes: Attributes) -> tuple[int | None, int | None]:
    """User id and group id that the names of owner and group stand for here.

    :raises FileError: where one is unknown on this host.
    """
    uid = None if attributes.owner is None else _user_id(attributes.owner)
    gid = None if attributes.group is None else _group_id(attributes.group)
    return uid, gid


def require_known(attributes: Attributes) -> None:
    """Check that owner and group exist.

    :raises FileError: where one is unknown on this host.
    """
    ids_of(attributes)


def attribute_lines(path: str, attributes: Attributes) -> tuple[str, str]:
    """Owner, group and mode of the present file as they are, and as asked: a line for each that differs.

    :raises FileError: where an owner or group is unknown on this host.
    """
    if not os.path.exists(path):
        return "", ""
    found = _in_words(*_wanted(path, Attributes(), SECRET_MODE))
    wanted = _in_words(*_wanted(path, attributes, SECRET_MODE))
    differing = [pair for pair in zip(found, wanted) if pair[0] != pair[1]]
    return "".join(before for before, _after in differing), "".join(after for _before, after in differing)


def attribute_names(lines: str) -> list[str]:
    """Which attributes these lines of :func:`attribute_lines` are about."""
    return [line.partition(":")[0] for line in lines.splitlines()]


def described_attributes(path: str) -> dict[str, str]:
    """Owner, group and mode of the present file, by name; the mode is octal text.

    :raises FileError: where they cannot be read.
    """
    try:
        found = os.stat(path)
    except OSError as error:
        raise FileError(f"cannot be looked at: {error.strerror}.", path=path) from error
    lines = _in_words(found.st_uid, found.st_gid, stat.S_IMODE(found.st_mode))
    return dict(line.rstrip("\n").split(": ", 1) for line in lines)


def attributes_differ(path: str, attributes: Attributes) -> bool:
    """Whether owner, group or mode of the present file are not as asked.

    :raises FileError: where an owner or group is unknown on this host.
    """
    return any(attribute_lines(path, attributes))


def apply_attributes(path: str, attributes: Attributes) -> bool:
    """Give the present file its owner, group and mode; true where something changed.

    :raises FileError: where that is not allowed, or the owner or group is unknown on this host.
    """
    if not attributes_differ(path, attributes):
        return False
    uid, gid, mode = _wanted(path, attributes, SECRET_MODE)
    try:
        os.chown(path, uid, gid)
        os.chmod(path, mode)
    except OSError as error:
        raise FileError(f"owner or mode cannot be set: {error.strerror}.", path=path) from error
    return True


def make_folder(path: str, attributes: Attributes, *, default_mode: int = 0o700) -> bool:
    """Make the folder (and its parents) where it is missing; true where it was.

    The attributes are given to the folder itself, its new parents belong to the process.

    :raises FileError: where it cannot be made.
    """
    path = os.path.normpath(path)  # behind a final slash there is no name to make
    if os.path.isdir(path):
        return False
    try:
        os.makedirs(os.path.dirname(path) or "/", mode=0o755, exist_ok=True)
        os.mkdir(path, 0o700)
    except OSError as error:
        if os.path.isdir(path):
            return False  # made by another process meanwhile
        raise FileError(f"folder cannot be made: {error.strerror}.", path=path) from error
    mode = default_mode if attributes.mode is None else attributes.mode
    apply_attributes(path, Attributes(attributes.owner, attributes.group, mode))
    return True


def _wanted(path: str, attributes: Attributes, default_mode: int) -> tuple[int, int, int]:
    """User id, group id and mode the file should have."""
    try:
        found = os.stat(path)
        uid, gid, mode = found.st_uid, found.st_gid, stat.S_IMODE(found.st_mode)
    except FileNotFoundError:
        uid, gid, mode = os.geteuid(), os.getegid(), default_mode
    wanted_uid, wanted_gid = ids_of(attributes)
    return (
        uid if wanted_uid is None else wanted_uid,
        gid if wanted_gid is None else wanted_gid,
        mode if attributes.mode is None else attributes.mode,
    )


def _in_words(uid: int, gid: int, mode: int) -> tuple[str, str, str]:
    owner = group = ""
    with contextlib.suppress(KeyError):
        owner = pwd.getpwuid(uid).pw_name
    with contextlib.suppress(KeyError):
        group = grp.getgrgid(gid).gr_name
    return f"owner: {owner or uid}\n", f"group: {group or gid}\n", f"mode: {mode:04o}\n"


def _user_id(owner: str) -> int:
    try:
        return int(owner) if owner.isdigit() else pwd.getpwnam(owner).pw_uid
    except KeyError:
        raise FileError(f"user {owner!r} does not exist on this host.", hint="Install the package first.") from None


def _group_id(group: str) -> int:
    try:
        return int(group) if group.isdigit() else grp.getgrnam(group).gr_gid
    except KeyError:
        raise FileError(f"group {group!r} does not exist on this host.", hint="Install the package first.") from None


@contextlib.contextmanager
def _staged(target: str) -> Iterator[tuple[int, str]]:
    """A new file beside the target that is gone afterwards, unless it was renamed."""
    folder, name = os.path.split(target)
    descriptor, temporary = tempfile.mkstemp(prefix=f".{name}.", suffix=".new", dir=folder)
    try:
        yield descriptor, temporary
    finally:
        with contextlib.suppress(OSError):
            os.close(descriptor)
        with contextlib.suppress(FileNotFoundError):
            os.unlink(temporary)


def _sync_folder(folder: str) -> None:
    """Make the rename itself durable."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
