# Copyright: Stack TLS contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What was changed on a host for a service and is not yet in force.

Every module that replaces a file of a service records the file as it was, before it writes. The service's next restart
settles the journal: it came back, then the old files become a dated backup; it did not, then they are put back. Because
the journal is on the host, a run that was interrupted between the change and the restart is resumed by the next one.

    <folder>/pending/journal.jsonl    one line a file: path, kind of change, attributes, name of the copy
    <folder>/pending/<number>         the file as it was
    <folder>/backups/<UTC time>/      a settled journal, same form
"""

from __future__ import annotations

import json
import os
import time
from dataclasses import asdict, dataclass

from ._errors import FileError
from ._io import Attributes, make_folder, read_file, remove_file, write_file

_JOURNAL = "journal.jsonl"
_BACKUPS_KEPT = 10

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


class Journal:
    """The journal of one service on one host; a folder that only root can read."""

    def __init__(self, folder: str) -> None:
        self.folder = folder
        self._pending = os.path.join(folder, "pending")

    def entries(self) -> list[Entry]:
        """What is recorded and not settled, in the order of the changes.

        :raises FileError: where the journal is damaged.
        """
        content = read_file(os.path.join(self._pending, _JOURNAL))
        try:
            return [Entry(**json.loads(line)) for line in (content or b"").decode().splitlines()]
        except (ValueError, TypeError) as error:
            raise FileError(
                "the journal of pending changes is damaged.",
                path=self._pending,
                hint="Its numbered files are the previous versions: put them back or remove the folder.",
            ) from error

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
        lines = "".join(json.dumps(asdict(each), sort_keys=True) + "\n" for each in [*entries, entry])
        write_file(os.path.join(self._pending, _JOURNAL), lines.encode(), Attributes(mode=0o600))

    def settle(self) -> str:
        """The changes are in force: keep the old files as a dated backup and return its folder."""
        return self._archive("")

    def roll_back(self) -> list[str]:
        """Put every file back as it was and return their paths, the last change first.

        :raises FileError: where a file cannot be put back; the journal then stays.
        """
        paths: list[str] = []
        for entry in reversed(self.entries()):
            if entry.path in paths:
                continue
            self._restore(entry)
            paths.append(entry.path)
        self._archive("-rolled-back")
        return paths

    def _copy(self, path: str, kind: str, number: int) -> Entry:
        make_folder(self.folder, Attributes(mode=0o700))
        make_folder(self._pending, Attributes(mode=0o700))
        content = read_file(path)
        if content is None:
            return Entry(path, kind)
        found = os.stat(path)
        name = f"{number:04d}"
        write_file(os.path.join(self._pending, name), content, Attributes(mode=0o600))
        return Entry(path, kind, name, found.st_uid, found.st_gid, found.st_mode & 0o7777)

    def _restore(self, entry: Entry) -> None:
        if not entry.copy:
            remove_file(entry.path)
            return
        content = read_file(os.path.join(self._pending, entry.copy))
        if content is None:
            raise FileError(f"the previous version {entry.copy} is missing in {self._pending}.", path=entry.path)
        write_file(entry.path, content, Attributes(str(entry.uid), str(entry.gid), entry.mode))

    def _archive(self, suffix: str) -> str:
        if not os.path.isdir(self._pending):
            return ""
        backups = os.path.join(self.folder, "backups")
        make_folder(backups, Attributes(mode=0o700))
        target = self._free_name(os.path.join(backups, time.strftime("%Y%m%dT%H%M%SZ", time.gmtime()) + suffix))
        os.rename(self._pending, target)
        self._prune(backups)
        return target

    @staticmethod
    def _free_name(path: str) -> str:
        number, candidate = 1, path
        while os.path.exists(candidate):
            number += 1
            candidate = f"{path}.{number}"
        return candidate

    @staticmethod
    def _prune(backups: str) -> None:
        """Keep the newest backups; old private keys should not stay around for ever."""
        for name in sorted(os.listdir(backups))[:-_BACKUPS_KEPT]:
            folder = os.path.join(backups, name)
            for file_name in os.listdir(folder):
                os.unlink(os.path.join(folder, file_name))
            os.rmdir(folder)
