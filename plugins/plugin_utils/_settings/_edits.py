# Copyright: Stack TLS contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Turns a plan into edits at exact positions of the text."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from difflib import SequenceMatcher

from ._document import Comment, Document, Entry, Mapping, Node, Scalar, Sequence
from ._plan import Plan
from ._values import ScalarValue, Value, is_same, render

MARKER = "# Managed by stacktls.elastic"
"""The comment above the settings that the collection added; once in a file."""


@dataclass(frozen=True)
class Edit:
    """One stretch of the text and what takes its place."""

    start: int
    end: int
    text: str


def apply(text: str, edits: Iterable[Edit]) -> str:
    """The text with the edits made; they are ascending and apart from each other."""
    parts: list[str] = []
    position = 0
    for edit in edits:
        parts += [text[position : edit.start], edit.text]
        position = edit.end
    return "".join([*parts, text[position:]])


def edits_for(document: Document, plan: Plan) -> tuple[Edit, ...]:
    """The edits that carry out a plan whose settings are all written in a form that can be edited."""
    return _Editor(document, plan).edits()


@dataclass
class _Editor:
    document: Document
    plan: Plan
    _edits: list[Edit] = field(default_factory=list)

    def edits(self) -> tuple[Edit, ...]:
        if self.document.root:
            self._edit_lines(self.document.root)
        if self.plan.added:
            self._append()
        return tuple(sorted(self._edits, key=lambda edit: (edit.start, edit.end)))

    def _edit_lines(self, mapping: Mapping) -> None:
        """Edit a map that has one entry a line."""
        for entry in mapping.entries:
            if self._is_gone(entry):
                self._cut_lines(entry.start, entry.end)
            else:
                self._edit_entry(entry, owner=entry, flow=False)

    def _edit_braces(self, mapping: Mapping, owner: Entry) -> None:
        """Edit a map in braces, of which something stays."""
        entries = mapping.entries
        stay = [index for index, entry in enumerate(entries) if not self._is_gone(entry)]
        cut_from = entries[0].start
        for index in stay:
            self._cut(cut_from, entries[index].start, owner)
            self._edit_entry(entries[index], owner, flow=True)
            cut_from = entries[min(index + 1, len(entries) - 1)].start
        self._cut(entries[stay[-1]].end, entries[-1].end, owner)

    def _edit_entry(self, entry: Entry, owner: Entry, flow: bool) -> None:
        """Edit an entry that stays; ``owner`` is the entry with lines of its own that it is part of."""
        if entry.name in self.plan.changed:
            self._replace(entry, self.plan.changed[entry.name], owner, flow)
        elif isinstance(entry.value, Mapping) and entry.value.entries:
            if entry.value.flow:
                self._edit_braces(entry.value, owner)
            else:
                self._edit_lines(entry.value)

    def _is_gone(self, entry: Entry) -> bool:
        """Whether nothing of the entry stays: a map goes with the last setting in it."""
        if isinstance(entry.value, Mapping) and entry.value.entries:
            return all(self._is_gone(child) for child in entry.value.entries)
        return entry.name in self.plan.removed

    def _replace(self, entry: Entry, wanted: Value, owner: Entry, flow: bool) -> None:
        """Give an entry another value where it stands."""
        old, text = entry.value, render(wanted, flow=flow)
        if isinstance(old, Sequence) and not old.flow:
            if isinstance(wanted, list) and wanted and self._edit_items(old, wanted):
                return
            self._replace_stretch(self.document.after_colon(entry), old.end, f" {text}", owner)
        elif old.start == old.end:
            place = self.document.after_colon(entry)
            self._replace_stretch(place, place, f" {text}", owner)
        else:
            self._replace_stretch(old.start, old.end, text, owner)

    def _edit_items(self, sequence: Sequence, wanted: list[ScalarValue]) -> bool:
        """Edit a list that has one item a line item by item; false where it is not written that simply."""
        items = sequence.items
        dashes = [dash for dash in map(self._dash, items) if dash is not None]
        if len(dashes) < len(items):
            return False
        texts = [render(value) for value in wanted]
        present = [next((render(value) for value in wanted if is_same(item, value)), None) for item in items]
        indent = self.document.text[self.document.line_start(dashes[0]) : dashes[0]]
        for tag, first, last, first_new, last_new in SequenceMatcher(None, present, texts, False).get_opcodes():
            if tag == "equal":
                continue
            pairs = min(last - first, last_new - first_new)
            for item, text in zip(items[first : first + pairs], texts[first_new:]):
                self._edits.append(Edit(item.start, item.end, text))
            for dash, item in zip(dashes[first + pairs : last], items[first + pairs : last]):
                self._cut_lines(dash, item.end)
            lines = [f"{indent}- {text}" for text in texts[first_new + pairs : last_new]]
            if lines and first + pairs:
                self._insert_lines(self.document.line_end(items[first + pairs - 1].end), lines)
            elif lines:
                self._insert_lines(self.document.line_start(dashes[0]), lines)
        return True

    def _dash(self, item: Node) -> int | None:
        """The place of an item's dash; ``None`` where the item is not one value on the line of its dash."""
        if not isinstance(item, Scalar) or item.start == item.end or item.style in ("|", ">"):
            return None
        before = self.document.text[self.document.line_start(item.start) : item.start].rstrip()
        return self.document.line_start(item.start) + len(before) - 1 if before.strip() == "-" else None

    def _cut_lines(self, start: int, end: int) -> None:
        """Remove whole lines; their comments stay, each on a line of its own."""
        first, last = self.document.line_start(start), self.document.line_end(end)
        self._edits.append(Edit(first, last, self._comment_lines(first, last, self.document.text[first:start])))

    def _cut(self, start: int, end: int, owner: Entry) -> None:
        """Remove a part of a line."""
        if start < end:
            self._replace_stretch(start, end, "", owner)

    def _replace_stretch(self, start: int, end: int, text: str, owner: Entry) -> None:
        """Replace a part of an entry; the comments in it stay above the entry."""
        self._edits.append(Edit(start, end, text))
        place = self.document.line_start(owner.start)
        lines = self._comment_lines(start, end, self.document.text[place : owner.start])
        if lines:
            self._edits.append(Edit(place, place, lines))

    def _comment_lines(self, start: int, end: int, indent: str) -> str:
        comments = self.document.comments_in(start, end)
        return "".join(f"{indent}{comment}{self.document.newline}" for comment in comments)

    def _append(self) -> None:
        """Add the new settings at the end of those that were added before, or at the end of the file."""
        text, root = self.document.text, self.document.root
        indent = text[self.document.line_start(root.start) : root.start] if root else ""
        lines = [f"{indent}{render(name, flow=True)}: {render(value)}" for name, value in self.plan.added.items()]
        place = self._managed_end()
        if place is None:
            place = self.document.end
            blank = [] if _ends_blank(text[:place]) else [""]
            lines = [*blank, f"{indent}{MARKER}", *lines]
        self._insert_lines(place, lines)

    def _managed_end(self) -> int | None:
        """Where the settings below the marker end: before a blank line; ``None`` without a marker of its own line."""
        entries = self.document.root.entries if self.document.root else ()
        marker = next((comment for comment in self.document.comments if self._is_marker(comment, entries)), None)
        if marker is None:
            return None
        place = self.document.line_end(marker.end)
        for entry in entries:
            gap = self.document.text[place : self.document.line_start(entry.start)]
            if entry.start > marker.end and not _has_blank_line(gap):
                place = self.document.line_end(entry.end)
        return place

    def _is_marker(self, comment: Comment, entries: tuple[Entry, ...]) -> bool:
        """Whether the comment is the marker, on a line of its own between the settings at the top."""
        before = self.document.text[self.document.line_start(comment.start) : comment.start]
        inside = any(entry.start < comment.start < entry.end for entry in entries)
        return comment.text == MARKER and not before.strip() and not inside

    def _insert_lines(self, place: int, lines: list[str]) -> None:
        """Insert whole lines at the start of a line, or at the end of the text."""
        newline = self.document.newline
        before = "" if place == self.document.line_start(place) else newline
        self._edits.append(Edit(place, place, before + "".join(f"{line}{newline}" for line in lines)))


def _ends_blank(text: str) -> bool:
    """Whether the text is empty or ends with an empty line."""
    visible = text.lstrip("\ufeff").strip()
    return not visible or (text.endswith(("\n", "\r")) and not text.splitlines()[-1].strip())


def _has_blank_line(text: str) -> bool:
    return any(not line.strip() for line in text.splitlines())
