# Copyright: Stack TLS contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Put back what a run replaced.

It is a change like any other: what is there now goes into the journal first, and the service's next restart settles it,
or undoes it where the service does not come back. So nothing is lost by it, and a run that was cut off is resumed.
"""

from __future__ import annotations

import json
import os
from dataclasses import dataclass, field

from ._errors import FileError
from ._io import digest, read_file
from ._journal import BEFORE_ROLLBACK, ROLLBACK_FAILED, ROLLED_BACK, Backup, Entry, Journal
from ._settings_file import seal, unseal


@dataclass(frozen=True)
class Change:
    """One file that is not what it was.

    :param kinds: what it is to its service, see ``_journal.KINDS``.
    :param before: the file as it is now, in words; empty where there is none.
    :param after: the same for the earlier version.
    """

    entry: Entry
    kinds: tuple[str, ...]
    before: str
    after: str


@dataclass(frozen=True)
class Plan:
    """What there is to put back.

    :param source: the journal that holds the earlier version; ``None`` where nothing is to be put back.
    :param pending: the changes were not in force yet.
    """

    source: Backup | None = None
    pending: bool = False
    changes: list[Change] = field(default_factory=list)

    @property
    def kinds(self) -> list[str]:
        """What is put back, sorted."""
        return sorted({kind for change in self.changes for kind in change.kinds})

    @property
    def no_way_back(self) -> str:
        """Why what would be put back is of no use any more; empty where it is."""
        return self.source.no_way_back if self.source and self.changes else ""


def plan(journal: Journal, name: str = "") -> Plan:
    """Compare the files with what they were before the last run that changed them.

    :param name: folder of a backup; the newest where it is empty.
    :raises FileError: where there is no such backup, or one of its files is missing.
    """
    source = _named(journal, name) if name else _last(journal)
    if source is None:
        return Plan()
    return Plan(source, source == journal.pending, _changes(source))


def require_way_back(wanted: Plan) -> None:
    """Refuse what is of no use any more.

    :raises FileError: where the run that replaced the files said so.
    """
    if wanted.source and wanted.no_way_back:
        raise FileError(
            f"these earlier files are of no use any more. {wanted.no_way_back}",
            path=wanted.source.folder,
            hint="Nothing was changed. The option force puts them back all the same.",
        )


def put_back(journal: Journal, wanted: Plan) -> None:
    """Make the files what they were. What they are now is recorded as a pending change.

    :raises FileError: where that is not possible; what was put back already is in the journal.
    """
    if not wanted.changes or wanted.source is None:
        return
    source = Backup(journal.settle()) if wanted.pending else wanted.source
    journal.mark_as_rollback(source.name)
    for change in wanted.changes:
        for kind in change.kinds:
            journal.record(change.entry.path, kind)
        source.put_back(change.entry)


def sealed_settings(wanted: Plan, key: str) -> str:
    """The settings files that would be put back, sealed on the host for the controller; see :func:`unsealed`."""
    found: dict[str, dict[str, str]] = {}
    for change in wanted.changes:
        if wanted.source and change.kinds == ("settings",):
            contents = {"before": read_file(change.entry.path), "after": wanted.source.content(change.entry)}
            found[change.entry.path] = {
                name: (content or b"").decode("utf-8", "surrogateescape") for name, content in contents.items()
            }
    return seal(json.dumps(found).encode(), key)


def unsealed(sealed: str, key: str) -> dict[str, dict[str, bytes]]:
    """Contents of settings files as they are (``before``) and were (``after``), by their paths."""
    found: dict[str, dict[str, str]] = json.loads(unseal(sealed, key))
    return {
        path: {name: text.encode("utf-8", "surrogateescape") for name, text in texts.items()}
        for path, texts in found.items()
    }


def replaced(journal: Journal) -> dict[str, str]:
    """Where the files are that pending changes replaced, by their paths."""
    folder = journal.pending.folder
    return {entry.path: os.path.join(folder, entry.copy) for entry in journal.entries() if entry.copy}


def _named(journal: Journal, name: str) -> Backup:
    known = {backup.name: backup for backup in journal.backups()}
    if name not in known:
        raise FileError(
            f"there is no backup {name!r}.",
            path=journal.folder,
            hint=f"There are: {', '.join(sorted(known)) or 'none'}.",
        )
    return known[name]


def _last(journal: Journal) -> Backup | None:
    """The journal of the last run, unless its files are back already."""
    if journal.entries():
        begun = journal.rollback_of()
        return _named(journal, begun) if begun else journal.pending
    settled = [backup for backup in journal.backups() if backup.end != ROLLBACK_FAILED]
    if not settled or settled[-1].end in (ROLLED_BACK, BEFORE_ROLLBACK):
        return None
    return settled[-1]


def _changes(source: Backup) -> list[Change]:
    """The last change first, a file once."""
    entries = source.entries()
    first = {entry.path: entry for entry in reversed(entries)}
    found = []
    for path in dict.fromkeys(entry.path for entry in reversed(entries)):
        kinds = tuple(dict.fromkeys(entry.kind for entry in entries if entry.path == path))
        change = Change(first[path], kinds, _now(path), _then(source, first[path]))
        if change.before != change.after:
            found.append(change)
    return found


def _now(path: str) -> str:
    content = read_file(path)
    if content is None:
        return ""
    found = os.stat(path)
    return _in_words(content, found.st_uid, found.st_gid, found.st_mode & 0o7777)


def _then(source: Backup, entry: Entry) -> str:
    content = source.content(entry)
    return "" if content is None else _in_words(content, entry.uid, entry.gid, entry.mode)


def _in_words(content: bytes, uid: int, gid: int, mode: int) -> str:
    """A file without its content, which may be a secret."""
    return f"sha256: {digest(content)}\nuid: {uid}\ngid: {gid}\nmode: {mode:04o}\n"
