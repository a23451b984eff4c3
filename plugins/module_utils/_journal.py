# Copyright: Stack TLS contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What was changed on a host for a service and is not yet in force.

Every module that replaces a file of a service records the file as it was, before it writes. The service's next restart
settles the journal: it came back, then the old files become a dated backup; it did not, then they are put back. Because
the journal is on the host, a run that was interrupted between the change and the restart is resumed by the next one.

    <folder>/pending/journal.jsonl         one line a file: path, kind of change, attributes, name of the copy
    <folder>/pending/<number>              the file as it was
    <folder>/pending/rollback              where a person puts an earlier version back: the name of that backup
    <folder>/backups/<UTC time>[-<end>][.<n>]/  a settled journal, same form; <end> as below, <n> if the time is taken
    <folder>/backups/<UTC time>/run        the run that the changes belong to, where it has a name
    <folder>/backups/<UTC time>/no-way-back  why the earlier files are of no use any more, where they are not
"""

from __future__ import annotations

import json
import os
import time
from dataclasses import asdict, dataclass, replace

from ._errors import FileError
from ._io import Attributes, make_folder, read_file, remove_file, write_file

_JOURNAL = "journal.jsonl"
_MARKER = "rollback"
_RUN = "run"
_NO_WAY_BACK = "no-way-back"
_BACKUPS_KEPT = 10

ROLLED_BACK = "rolled-back"
"""End of a backup's name: the service did not come back, so its files are those in force."""
BEFORE_ROLLBACK = "before-rollback"
"""End of a backup's name: a person put an earlier version back; the files are what that replaced."""
ROLLBACK_FAILED = "rollback-failed"
"""End of a backup's name: the same, and the service did not come back with the earlier version."""

KINDS = ("settings", "keystore", "certificate", "client_certificate", "trust", "realm_trust")
"""What a file is to its service; the table in ``_effects`` says what each kind of change needs."""


@dataclass(frozen=True)
class Entry:
    """One file as it was before the first change since the last settling.

    :param path: the file.
    :param kind: one of :data:`KINDS`.
    :param copy: name of its copy in the journal's folder; empty where the file did not exist.
    """

    path: str
    kind: str
    copy: str = ""
    uid: int = 0
    gid: int = 0
    mode: int = 0


@dataclass(frozen=True)
class Backup:
    """A settled journal, or the pending one.

    :param folder: where it is.
    """

    folder: str

    @property
    def name(self) -> str:
        """Its folder's name, which begins with the UTC time of its settling."""
        return os.path.basename(self.folder)

    @property
    def end(self) -> str:
        """One of the ends above, or empty where the changes stayed in force."""
        return self.name.partition(".")[0].partition("-")[2]

    @property
    def run(self) -> str:
        """The run that the changes belong to; empty where it has no name."""
        return self._note(_RUN)

    @property
    def no_way_back(self) -> str:
        """Why its files are of no use any more, such as a login that has ended; empty where they are."""
        return self._note(_NO_WAY_BACK)

    def note_no_way_back(self, reason: str) -> None:
        """Remember that its files are of no use any more.

        :raises FileError: where that cannot be written.
        """
        write_file(os.path.join(self.folder, _NO_WAY_BACK), reason.encode(), Attributes(mode=0o600))

    def entries(self) -> list[Entry]:
        """What is recorded, in the order of the changes.

        :raises FileError: where the journal is damaged.
        """
        content = read_file(os.path.join(self.folder, _JOURNAL))
        try:
            return [Entry(**json.loads(line)) for line in (content or b"").decode().splitlines()]
        except (ValueError, TypeError) as error:
            raise FileError(
                "this journal of changes is damaged.",
                path=self.folder,
                hint="Its numbered files are the previous versions: put them back or remove the folder.",
            ) from error

    def write(self, entries: list[Entry]) -> None:
        """Record these in place of what is recorded."""
        lines = "".join(json.dumps(asdict(each), sort_keys=True) + "\n" for each in entries)
        write_file(os.path.join(self.folder, _JOURNAL), lines.encode(), Attributes(mode=0o600))

    def remove(self) -> None:
        """It is not needed any more."""
        for name in os.listdir(self.folder):
            os.unlink(os.path.join(self.folder, name))
        os.rmdir(self.folder)

    def content(self, entry: Entry) -> bytes | None:
        """The file as it was; ``None`` where there was none.

        :raises FileError: where the copy is missing.
        """
        if not entry.copy:
            return None
        content = read_file(os.path.join(self.folder, entry.copy))
        if content is None:
            raise FileError(f"the previous version {entry.copy} is missing in {self.folder}.", path=entry.path)
        return content

    def put_back(self, entry: Entry) -> None:
        """Make the file what it was.

        :raises FileError: where that is not possible.
        """
        content = self.content(entry)
        if content is None:
            remove_file(entry.path)
            return
        write_file(entry.path, content, Attributes(str(entry.uid), str(entry.gid), entry.mode))

    def _note(self, name: str) -> str:
        return (read_file(os.path.join(self.folder, name)) or b"").decode(errors="replace")


class Journal:
    """The journal of one service on one host; a folder that only root can read.

    :param run: name that a settled journal gets, the same for all services that a run changes.
    """

    def __init__(self, folder: str, run: str = "") -> None:
        self.folder = folder
        self._run = run
        self._pending = os.path.join(folder, "pending")
        self._backups = os.path.join(folder, "backups")

    @property
    def pending(self) -> Backup:
        """What is recorded and not settled."""
        return Backup(self._pending)

    def entries(self) -> list[Entry]:
        """What is recorded and not settled, in the order of the changes.

        :raises FileError: where the journal is damaged.
        """
        return self.pending.entries()

    def backups(self) -> list[Backup]:
        """The settled journals, the oldest first."""
        names = sorted(os.listdir(self._backups), key=_age) if os.path.isdir(self._backups) else []
        return [Backup(os.path.join(self._backups, name)) for name in names]

    def former(self, path: str) -> bytes:
        """A file as it was before the changes that are not in force; empty where none of them made or replaced it.

        :raises FileError: where the journal is damaged.
        """
        earlier = (self.pending.content(entry) for entry in self.entries() if entry.path == path)
        return next(filter(None, earlier), b"")

    def kinds(self) -> list[str]:
        """The kinds of change that are pending, sorted."""
        return sorted({entry.kind for entry in self.entries()})

    def record(self, path: str, kind: str) -> None:
        """Remember the file as it is now; the first version since the last settling wins.

        :raises FileError: where the copy cannot be made; nothing may be changed then.
        """
        entries = self.entries()
        if any((entry.path, entry.kind) == (path, kind) for entry in entries):
            return
        known = [entry for entry in entries if entry.path == path]
        entry = Entry(**{**asdict(known[0]), "kind": kind}) if known else self._copy(path, kind, len(entries))
        self.pending.write([*entries, entry])

    def mark_as_rollback(self, name: str) -> None:
        """What is recorded from now on puts the files of the backup of this name back.

        :raises FileError: where the mark cannot be written.
        """
        self._make_pending()
        write_file(os.path.join(self._pending, _MARKER), name.encode(), Attributes(mode=0o600))

    def settle(self, no_way_back: str = "") -> str:
        """The changes are in force: keep the old files as a dated backup and return its folder.

        What one run brings into force step by step is one backup, with the files as they were before its first step.

        :param no_way_back: why the earlier files are of no use any more.
        """
        if not os.path.isdir(self._pending):
            return ""
        if no_way_back:
            self.pending.note_no_way_back(no_way_back)
        if self.rollback_of():
            return self._archive(BEFORE_ROLLBACK)
        newest = next(reversed(self.backups()), None)
        if newest and self._run and (newest.end, newest.run) == ("", self._run):
            return self._join(newest)
        return self._archive("")

    def roll_back(self) -> list[str]:
        """Put every file back as it was and return their paths, the last change first.

        :raises FileError: where a file cannot be put back; the journal then stays.
        """
        paths: list[str] = []
        for entry in reversed(self.entries()):
            if entry.path in paths:
                continue
            self.pending.put_back(entry)
            paths.append(entry.path)
        self._archive(ROLLBACK_FAILED if self.rollback_of() else ROLLED_BACK)
        return paths

    def rollback_of(self) -> str:
        """Name of the backup that the pending changes put back; empty where they are no rollback."""
        return (read_file(os.path.join(self._pending, _MARKER)) or b"").decode(errors="replace")

    def _make_pending(self) -> None:
        make_folder(self.folder, Attributes(mode=0o700))
        make_folder(self._pending, Attributes(mode=0o700))

    def _copy(self, path: str, kind: str, number: int) -> Entry:
        self._make_pending()
        content = read_file(path)
        if content is None:
            return Entry(path, kind)
        found = os.stat(path)
        name = f"{number:04d}"
        write_file(os.path.join(self._pending, name), content, Attributes(mode=0o600))
        return Entry(path, kind, name, found.st_uid, found.st_gid, found.st_mode & 0o7777)

    def _archive(self, end: str) -> str:
        if not os.path.isdir(self._pending):
            return ""
        if self._run:
            write_file(os.path.join(self._pending, _RUN), self._run.encode(), Attributes(mode=0o600))
        make_folder(self._backups, Attributes(mode=0o700))
        target = os.path.join(self._backups, self._new_name(end))
        os.rename(self._pending, target)
        self._prune()
        return target

    def _join(self, earlier: Backup) -> str:
        """Add what is pending to the backup of an earlier step of the same run, and return its folder."""
        entries = earlier.entries()
        first = {entry.path: entry for entry in reversed(entries)}
        for entry in self.entries():
            if any((each.path, each.kind) == (entry.path, entry.kind) for each in entries):
                continue
            content = None if entry.path in first else self.pending.content(entry)
            kept = first.get(entry.path, entry)
            if content is not None:
                kept = replace(entry, copy=f"{len(entries):04d}")
                write_file(os.path.join(earlier.folder, kept.copy), content, Attributes(mode=0o600))
            entries.append(replace(kept, kind=entry.kind))
        earlier.write(entries)
        if self.pending.no_way_back:
            earlier.note_no_way_back(self.pending.no_way_back)
        self.pending.remove()
        return earlier.folder

    def _new_name(self, end: str) -> str:
        moment = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime())
        numbers = [number for known, number in map(_age, (backup.name for backup in self.backups())) if known == moment]
        name = "-".join(filter(None, (moment, end)))
        return f"{name}.{max(numbers) + 1}" if numbers else name

    def _prune(self) -> None:
        """Keep the newest backups; old private keys should not stay around for ever."""
        for backup in self.backups()[:-_BACKUPS_KEPT]:
            backup.remove()


def _age(name: str) -> tuple[str, int]:
    """What backups are in order by: their time, and within a second their number."""
    rest, _dot, number = name.partition(".")
    return rest.partition("-")[0], int(number) if number.isdigit() else 1
