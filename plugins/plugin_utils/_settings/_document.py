# Copyright: Stack TLS contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A settings file as a tree whose every part knows its place in the text."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Union

import yaml

from ...module_utils._errors import SettingsError

_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_BYTE_ORDER_MARK = "\ufeff"
_LINE_BREAK = re.compile(r"\r\n|[\r\n]")
_COMMENT = re.compile("#[^\r\n\x85\u2028\u2029]*")
_COLON = re.compile(r"[ \t]*:")
_NOT_YAML = re.compile("[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")

MERGE_KEY = "<<"


@dataclass(frozen=True)
class Scalar:
    """One value.

    :param text: what it reads.
    :param style: how it is quoted: nothing, ``'``, ``"``, ``|`` or ``>``.
    :param plain: its type follows from its text: it has neither quotes nor a tag.
    :param decorated: it has an anchor or a tag.
    """

    start: int
    end: int
    text: str
    style: str = ""
    plain: bool = True
    decorated: bool = False


@dataclass(frozen=True)
class Alias:
    """A reference to an anchor."""

    start: int
    end: int
    name: str


@dataclass(frozen=True)
class Sequence:
    """A list: in brackets (flow) or one item a line."""

    start: int
    end: int
    items: tuple[Node, ...]
    flow: bool
    decorated: bool


@dataclass(frozen=True)
class Entry:
    """One key of a map and its value.

    :param name: the full dotted name, from the top of the file.
    """

    name: str
    key: Scalar
    value: Node

    @property
    def start(self) -> int:
        """Where its key starts."""
        return self.key.start

    @property
    def end(self) -> int:
        """Where its value ends."""
        return max(self.key.end, self.value.end)


@dataclass(frozen=True)
class Mapping:
    """A map: in braces (flow) or one entry a line."""

    start: int
    end: int
    entries: tuple[Entry, ...]
    flow: bool
    decorated: bool


Node = Union[Scalar, Alias, Sequence, Mapping]


@dataclass(frozen=True)
class Comment:
    """A comment, from its ``#`` to its last visible character."""

    start: int
    end: int
    text: str


@dataclass(frozen=True)
class Setting:
    """A leaf of the tree: a setting as the product knows it.

    :param maps: the maps that it stands in, outermost first.
    """

    entry: Entry
    maps: tuple[Mapping, ...]

    @property
    def value(self) -> Node:
        """Its value; a map only where that is empty."""
        return self.entry.value


@dataclass(frozen=True)
class Document:
    """A parsed settings file.

    :param root: ``None`` where the file holds no setting.
    :param end: where more can be added at the end: before an explicit document end.
    """

    text: str
    root: Mapping | None
    comments: tuple[Comment, ...]
    end: int
    settings: dict[str, Setting]

    @property
    def newline(self) -> str:
        """The line end that the file uses."""
        found = _LINE_BREAK.search(self.text)
        return found.group() if found else "\n"

    def position(self, index: int) -> str:
        """The place as people count: ``line 3, column 7``."""
        return _position(self.text, index)

    def line_start(self, index: int) -> int:
        """Where the line of that place starts."""
        start = max(self.text.rfind("\n", 0, index), self.text.rfind("\r", 0, index)) + 1
        return start + 1 if start == 0 and self.text.startswith(_BYTE_ORDER_MARK) else start

    def line_end(self, index: int) -> int:
        """Where the line of that place ends, behind its line break."""
        found = _LINE_BREAK.search(self.text, index)
        return found.end() if found else len(self.text)

    def after_colon(self, entry: Entry) -> int:
        """The place behind the colon of ``key: value``.

        :raises SettingsError: where the entry is in one of the rarer forms of YAML, such as ``? key``.
        """
        found = _COLON.match(self.text, entry.key.end)
        if not found:
            raise SettingsError(
                f"{self.position(entry.start)}: {entry.name} is not written as 'name: value', so it cannot be changed.",
                hint="Write it in that form first.",
            )
        return found.end()

    def comments_in(self, start: int, end: int) -> list[str]:
        """The comments that start in a stretch of the text."""
        return [comment.text for comment in self.comments if start <= comment.start < end]


def decode(content: bytes) -> str:
    """The text of a settings file.

    :raises SettingsError: where it is not UTF-8, as Elasticsearch and Kibana read it.
    """
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError as error:
        before = content[: error.start].decode("utf-8")
        raise SettingsError(
            f"{_position(before, len(before))}: byte 0x{content[error.start]:02x} is not valid UTF-8.",
            hint="Elasticsearch and Kibana read UTF-8; save the file in that encoding.",
        ) from None


def parse(text: str) -> Document:
    """Read a settings file.

    :raises SettingsError: where it is not one YAML document with a map of settings, each of them once.
    """
    unprintable = _NOT_YAML.search(text)
    if unprintable:
        raise _invalid(text, unprintable.start(), f"character {unprintable.group()!r} is not allowed")
    builder = _Builder(text)
    try:
        root, end = builder.document()
    except yaml.MarkedYAMLError as error:
        # Their own text quotes the file, which may hold secrets.
        words = ", ".join(part for part in (error.context, error.problem) if part)
        raise _invalid(text, error.problem_mark.index if error.problem_mark else 0, words) from None
    settings: dict[str, Setting] = {}
    for setting in _leaves(root):
        first = settings.setdefault(setting.entry.name, setting)
        if first is not setting:
            raise _twice(text, first.entry.name, first.entry.start, setting.entry.start)
    return Document(text, root, tuple(builder.comments()), end, settings)


@dataclass
class _Builder:
    """Builds the tree out of PyYAML's events."""

    text: str
    _events: Iterator[Any] = field(init=False)
    _opaque: list[tuple[int, int]] = field(init=False, default_factory=list)
    _anchors: set[str] = field(init=False, default_factory=set)

    def __post_init__(self) -> None:
        # A line break instead of the byte order mark: it keeps all positions and means nothing.
        text = "\n" + self.text[1:] if self.text.startswith(_BYTE_ORDER_MARK) else self.text
        self._events = yaml.parse(text, Loader=_LOADER)

    def document(self) -> tuple[Mapping | None, int]:
        """The top map and the place where the document ends."""
        next(self._events)
        if isinstance(next(self._events), yaml.StreamEndEvent):
            return None, len(self.text)
        node = self._node(next(self._events), "")
        document_end = next(self._events)
        another = next(self._events)
        if not isinstance(another, yaml.StreamEndEvent):
            raise SettingsError(
                f"{_position(self.text, _index(another.start_mark))}: a second YAML document starts here.",
                hint="Elasticsearch and Kibana read one; move its settings into the first and remove the '---'.",
            )
        end = _index(document_end.start_mark) if document_end.explicit else len(self.text)
        if isinstance(node, Mapping):
            return node, end
        if isinstance(node, Scalar) and node.start == node.end:
            return None, end
        raise SettingsError(
            f"{_position(self.text, node.start)}: the top of the file is not a map of settings.",
            hint="Write each setting as 'name: value'.",
        )

    def comments(self) -> Iterator[Comment]:
        """The comments: every ``#`` that is not inside a value or a key."""
        position = 0
        for start, end in [*sorted(self._opaque), (len(self.text), len(self.text))]:
            for found in _COMMENT.finditer(self.text, position, max(position, start)):
                text = found.group().rstrip()
                yield Comment(found.start(), found.start() + len(text), text)
            position = max(position, end)

    def _node(self, event: Any, name: str) -> Node:
        start, end = _index(event.start_mark), _index(event.end_mark)
        if isinstance(event, yaml.AliasEvent):
            return self._alias(str(event.anchor), start, end)
        if event.anchor:
            self._anchors.add(event.anchor)
        decorated = bool(event.anchor or event.tag)
        if isinstance(event, yaml.ScalarEvent):
            return self._scalar(event, start, end, decorated)
        if isinstance(event, yaml.SequenceStartEvent):
            items, closing = self._items(name)
            end = closing if event.flow_style else _end_of(items, end)
            return Sequence(start, end, items, bool(event.flow_style), decorated)
        entries, closing = self._entries(name)
        end = closing if event.flow_style else _end_of(entries, end)
        return Mapping(start, end, entries, bool(event.flow_style), decorated)

    def _alias(self, name: str, start: int, end: int) -> Alias:
        if name not in self._anchors:
            raise _invalid(self.text, start, f"the alias *{name} has no anchor; quote a value that starts with *")
        self._opaque.append((start, end))
        return Alias(start, end, name)

    def _scalar(self, event: Any, start: int, end: int, decorated: bool) -> Scalar:
        style, opaque = event.style or "", start
        if style in ("|", ">"):
            end = start + len(self.text[start:end].rstrip(" \t\r\n"))
            first_break = _LINE_BREAK.search(self.text, start, end)
            opaque = first_break.end() if first_break else end
        self._opaque.append((opaque, end))
        return Scalar(start, end, event.value, style, bool(event.implicit[0]), decorated)

    def _items(self, name: str) -> tuple[tuple[Node, ...], int]:
        items: list[Node] = []
        while not isinstance(event := next(self._events), yaml.SequenceEndEvent):
            items.append(self._node(event, name))
        return tuple(items), _index(event.end_mark)

    def _entries(self, name: str) -> tuple[tuple[Entry, ...], int]:
        entries: dict[str, Entry] = {}
        while not isinstance(event := next(self._events), yaml.MappingEndEvent):
            key = self._node(event, name)
            if not isinstance(key, Scalar):
                raise _invalid(self.text, key.start, "the name of a setting must be plain text")
            full_name = f"{name}.{key.text}" if name else key.text
            if key.text in entries:
                raise _twice(self.text, full_name, entries[key.text].start, key.start)
            entries[key.text] = Entry(full_name, key, self._node(next(self._events), full_name))
        return tuple(entries.values()), _index(event.end_mark)


def _leaves(mapping: Mapping | None, above: tuple[Mapping, ...] = ()) -> Iterator[Setting]:
    """Every setting, in the order of the file."""
    if mapping is None:
        return
    maps = (*above, mapping)
    for entry in mapping.entries:
        if isinstance(entry.value, Mapping) and entry.value.entries:
            yield from _leaves(entry.value, maps)
        else:
            yield Setting(entry, maps)


def _end_of(children: tuple[Any, ...], empty: int) -> int:
    """Where a collection without brackets ends: with its last child."""
    return int(children[-1].end) if children else empty


def _index(mark: Any) -> int:
    """The place of a mark; the type stubs of PyYAML allow that there is none, its parser always sets it."""
    return int(mark.index)


def _position(text: str, index: int) -> str:
    breaks = [found.end() for found in _LINE_BREAK.finditer(text, 0, index)]
    start = breaks[-1] if breaks else int(text.startswith(_BYTE_ORDER_MARK))
    return f"line {len(breaks) + 1}, column {max(index - start, 0) + 1}"


def _invalid(text: str, index: int, words: str) -> SettingsError:
    return SettingsError(
        f"{_position(text, index)}: not valid YAML: {words}.", hint="Correct the file by hand, then run again."
    )


def _twice(text: str, name: str, first: int, second: int) -> SettingsError:
    return SettingsError(
        f"{name} is set twice: {_position(text, first)}, and {_position(text, second)}.",
        hint="Keep one of the two: it is not certain which of them counts.",
    )
