# Copyright: Stack TLS contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The file of a store: shared options, its replacement, and the result that the modules return."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from typing import Any, Callable

from .._changes import FILE_ARGUMENTS, Replacement, attributes_of, journal_of, pending
from .._errors import FileError, KeystoreError
from .._io import Attributes, attribute_lines, attribute_names, parse_mode
from ._merge import Plan

ENTRY_ARGUMENTS: dict[str, Any] = {
    "entries": {"type": "dict", "default": {}, "no_log": True},
    "absent": {"type": "list", "elements": "str", "default": []},
    "purge": {"type": "bool", "default": False},
    **FILE_ARGUMENTS,
}
"""Options of every module for a secret store."""

NEW_FILE_MODE = 0o660


@dataclass(frozen=True)
class Change:
    """What becomes of a store.

    :param content: the file that the plan leads to; ``None`` where it leads to no change.
    :param lines: what the difference says before and after, besides the names of entries.
    """

    plan: Plan[Any]
    content: bytes | None = field(repr=False)
    lines: tuple[str, str] = ("", "")


def require_decided(wanted: Iterable[str], absent: Iterable[str]) -> None:
    """Whether no entry is to be there and not to be there.

    :raises KeystoreError: which names those that are.
    """
    both = sorted(set(wanted) & set(absent))
    if both:
        raise KeystoreError(f"{', '.join(both)}: named in 'entries' and in 'absent'.", hint="Decide for one of them.")


def replace(params: dict[str, Any], change: Change, *, check_mode: bool, inherit_owner: bool = False) -> dict[str, Any]:
    """Put the store's new content in place, and return the module's result.

    :param inherit_owner: whether a new file belongs to the user of its folder, not only to the group.
    :raises FileError: where the file cannot be written.
    """
    path, plan, journal = params["path"], change.plan, journal_of(params)
    is_new = change.content is not None and not os.path.exists(path)
    attributes = _attributes_of_new_file(params, inherit_owner) if is_new else attributes_of(params)
    replacement = Replacement(path, change.content, attributes, "keystore", default_mode=NEW_FILE_MODE)
    lines = attribute_lines(path, attributes)
    difference = _diff(path, lines, change)
    return {
        "changed": replacement.differs() if check_mode else replacement.apply(journal),
        "differences": [asdict(difference) for difference in plan.differences],
        "attributes": attribute_names(lines[1]),
        "entries": sorted(plan.after),
        "restart_pending": pending(journal),
        "diff": difference,
    }


def warn_of_readers(params: dict[str, Any], warn: Callable[[str], None]) -> None:
    """Say so where everybody on the host can read the file: without a password it hides nothing from them.

    It is not mended unasked, because the service may be one of those who read it.
    """
    path, mode = params["path"], parse_mode(params["mode"])
    if mode is None and os.path.exists(path):
        mode = os.stat(path).st_mode
    if mode is not None and mode & stat.S_IROTH:
        warn(f"{path} can be read by every user of the host. Give the option 'mode', such as '{NEW_FILE_MODE:04o}'.")


def _attributes_of_new_file(params: dict[str, Any], inherit_owner: bool) -> Attributes:
    """As asked for; without a group it is that of the folder, because the folder's group is the service's."""
    asked = attributes_of(params)
    folder = os.path.dirname(params["path"])
    if not os.path.isdir(folder):
        raise FileError(f"the folder {folder} does not exist.", path=params["path"], hint="Install the product first.")
    found = os.stat(folder)
    owner = asked.owner or (str(found.st_uid) if inherit_owner else None)
    return Attributes(owner, asked.group or str(found.st_gid), asked.mode)


def _diff(path: str, lines: tuple[str, str], change: Change) -> dict[str, str]:
    """Attributes and the like where they change, then names only; that a value changes is a mark behind its name."""
    plan = change.plan
    before, after = (of_file + of_store for of_file, of_store in zip(lines, change.lines))
    changed = {difference.name for difference in plan.differences if difference.change == "changed"}
    return {
        "before_header": path,
        "before": before + "".join(f"{name}\n" for name in sorted(plan.before)),
        "after_header": path,
        "after": after
        + "".join(f"{name} (changed)\n" if name in changed else f"{name}\n" for name in sorted(plan.after)),
    }
