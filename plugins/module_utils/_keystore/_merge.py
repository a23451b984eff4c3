# Copyright: Stack TLS contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the entries of a store become, and how that differs from what they were; the same for every kind of store."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

from .._errors import KeystoreError

Value = TypeVar("Value")


@dataclass(frozen=True)
class Wanted(Generic[Value]):
    """What a store should have.

    :param absent: names that it should not have.
    :param purge: whether it should not have any other names either.
    """

    entries: Mapping[str, Value] = field(repr=False)
    absent: Collection[str] = ()
    purge: bool = False


@dataclass(frozen=True)
class Difference:
    """One entry that changes.

    :param change: ``added``, ``changed`` or ``removed``.
    """

    name: str
    change: str


@dataclass(frozen=True)
class Plan(Generic[Value]):
    """The entries as they are and as they should be, each in the order of the store."""

    before: Mapping[str, Value] = field(repr=False)
    after: Mapping[str, Value] = field(repr=False)

    @property
    def differences(self) -> list[Difference]:
        """What changes, by name; values are compared, never told."""
        before, after = self.before, self.after
        removed = [Difference(name, "removed") for name in before.keys() - after.keys()]
        added = [Difference(name, "added") for name in after.keys() - before.keys()]
        both = before.keys() & after.keys()
        changed = [Difference(name, "changed") for name in both if before[name] != after[name]]
        return sorted([*removed, *added, *changed], key=lambda difference: difference.name)


def merge(present: Mapping[str, Value], wanted: Wanted[Value], kept: Collection[str] = ()) -> Plan[Value]:
    """What has to become of the present entries; new ones come last.

    :param kept: names that a purge spares.
    """

    def stays(name: str) -> bool:
        return name in wanted.entries or (name not in wanted.absent and (name in kept or not wanted.purge))

    return Plan(present, {**{name: value for name, value in present.items() if stays(name)}, **wanted.entries})


def check_names(names: Iterable[str], allowed: re.Pattern[str], hint: str) -> None:
    """Whether entries can have these names.

    :raises KeystoreError: where one cannot; it says which and gives the hint.
    """
    for name in names:
        if not allowed.fullmatch(name):
            raise KeystoreError(f"{name!r} cannot be the name of an entry.", hint=hint)


def texts(entries: Mapping[str, Any]) -> dict[str, str]:
    """The values as text, for a number is text too: a password of digits that YAML took for a number.

    :raises KeystoreError: where a value is not text; it names the entry and never the value.
    """
    return {name: text(name, value) for name, value in entries.items()}


def text(name: str, value: Any) -> str:
    """One value as text, see :func:`texts`.

    :raises KeystoreError: where it is not text; it names the entry and never the value.
    """
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    if not isinstance(value, str):
        raise KeystoreError(
            f"the value of the entry {name!r} is not text.",
            hint="Put it in quotes; to remove an entry, list its name in 'absent'.",
        )
    try:
        value.encode("utf-8")
    except UnicodeEncodeError:
        raise KeystoreError(f"the value of the entry {name!r} is not valid Unicode text.") from None
    return value
