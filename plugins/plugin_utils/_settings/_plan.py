# Copyright: Stack TLS contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Finds what has to change in a settings file, and refuses what would lose something."""

from __future__ import annotations

from collections.abc import Iterable
from collections.abc import Mapping as AbstractMapping
from dataclasses import dataclass

from ...module_utils._errors import SettingsError
from ._document import MERGE_KEY, Alias, Document, Entry, Mapping, Node, Sequence, Setting
from ._values import Value, is_same, prefixes, require_name

_BELOW = ".*"


@dataclass(frozen=True)
class Difference:
    """A setting that was ``added``, ``changed`` or ``removed``."""

    name: str
    change: str


@dataclass(frozen=True)
class Plan:
    """Which settings have to be touched."""

    added: dict[str, Value]
    changed: dict[str, Value]
    removed: frozenset[str]

    @property
    def wanted(self) -> dict[str, Value]:
        """What is added and what is changed."""
        return {**self.added, **self.changed}

    @property
    def differences(self) -> tuple[Difference, ...]:
        """What the plan does, sorted by name."""
        changes = {
            **dict.fromkeys(self.added, "added"),
            **dict.fromkeys(self.changed, "changed"),
            **dict.fromkeys(self.removed, "removed"),
        }
        return tuple(Difference(name, change) for name, change in sorted(changes.items()))


def plan_for(document: Document, wanted: AbstractMapping[str, Value], absent: Iterable[str]) -> Plan:
    """Compare the file with what is wanted.

    :raises SettingsError: where the two exclude each other, or a change would touch more than the setting it is for.
    """
    removed = frozenset(name for pattern in absent for name in _matches(document, pattern, wanted))
    staying = {name: setting for name, setting in document.settings.items() if name not in removed}
    added = {name: value for name, value in wanted.items() if name not in staying}
    changed = {
        name: value for name, value in wanted.items() if name in staying and not is_same(staying[name].value, value)
    }
    for name in added:
        _require_visible(document, name)
        _require_free(document, name, staying)
    for name in changed:
        if isinstance(staying[name].value, Mapping):
            raise _is_a_map(document, name, staying[name].entry)
    plan = Plan(added, changed, removed)
    if plan.differences:
        _require_editable(document, plan)
    return plan


def _matches(document: Document, pattern: str, wanted: AbstractMapping[str, Value]) -> list[str]:
    """The settings of the file that should be absent."""
    below = pattern.endswith(_BELOW)
    name = require_name(pattern[: -len(_BELOW)] if below else pattern)
    if not below and name in wanted:
        raise SettingsError(f"the setting {name} is both wanted and absent.", hint="Name it once.")
    _require_visible(document, pattern)
    if below:
        return [each for each in document.settings if each.startswith(f"{name}.") and each not in wanted]
    if name in document.settings:
        return [name]
    _require_none_below(document, name, document.settings)
    return []


def _require_free(document: Document, name: str, staying: dict[str, Setting]) -> None:
    """A new setting must not meet a map of its name, or a value where it needs a map."""
    _require_none_below(document, name, staying)
    for above in prefixes(name):
        setting = staying.get(above)
        if setting and not isinstance(setting.value, Mapping):
            raise SettingsError(
                f"{document.position(setting.entry.start)}: {above} has a value of its own, so {name} cannot be set"
                " below it.",
                hint=f"Remove {above} from the file, or name it in 'absent'.",
            )


def _require_none_below(document: Document, name: str, settings: dict[str, Setting]) -> None:
    for setting in settings.values():
        if setting.entry.name.startswith(f"{name}."):
            raise _is_a_map(document, name, setting.entry)


def _is_a_map(document: Document, name: str, entry: Entry) -> SettingsError:
    return SettingsError(
        f"{document.position(entry.start)}: {name} is a map here, not a single value.",
        hint=f"Name the settings below it, or '{name}.*' in 'absent' to remove them all.",
    )


def _require_visible(document: Document, name: str) -> None:
    """The setting must not be hidden behind an alias or a merge key."""
    for above in ["", *prefixes(name)]:
        merged = document.settings.get(f"{above}.{MERGE_KEY}" if above else MERGE_KEY)
        aliased = document.settings.get(above)
        if merged:
            raise _not_followed(document, merged.entry, name, f"merge key '{MERGE_KEY}'")
        if aliased and isinstance(aliased.value, Alias):
            raise _not_followed(document, aliased.entry, name, "alias")


def _not_followed(document: Document, entry: Entry, name: str, what: str) -> SettingsError:
    return SettingsError(
        f"{document.position(entry.start)}: {name} may come from the {what} here, which Elasticsearch does not follow.",
        hint="Write the settings out in its place.",
    )


def _require_editable(document: Document, plan: Plan) -> None:
    """What has to be touched must stand in the file in a form that can be edited without loss."""
    root = document.root
    if root and (root.flow or root.decorated):
        raise SettingsError(
            f"{document.position(root.start)}: the whole file is one map in braces, or has an anchor or a tag.",
            hint="Write one 'name: value' a line.",
        )
    for name in [*plan.changed, *plan.removed]:
        setting = document.settings[name]
        document.after_colon(setting.entry)
        for node in (setting.entry.key, *setting.maps, *_descendants(setting.value)):
            if isinstance(node, Alias) or node.decorated:
                raise SettingsError(
                    f"{document.position(node.start)}: an anchor, an alias or a tag stands here, so {name} cannot be"
                    " changed without touching more than it.",
                    hint="Write the setting as a plain 'name: value' first.",
                )


def _descendants(node: Node) -> list[Node]:
    """The node and everything inside it."""
    if isinstance(node, Sequence):
        return [node, *(each for item in node.items for each in _descendants(item))]
    if isinstance(node, Mapping):
        return [node, *(each for entry in node.entries for each in (entry.key, *_descendants(entry.value)))]
    return [node]
