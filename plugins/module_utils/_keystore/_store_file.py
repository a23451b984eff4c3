# Copyright: Stack TLS contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The file of a store: shared options, its replacement, and the result that the modules return."""

from __future__ import annotations

import os
from dataclasses import asdict
from typing import Any

from .._changes import FILE_ARGUMENTS, Replacement, attributes_of, journal_of, pending
from .._errors import FileError, KeystoreError
from .._io import Attributes, attribute_lines
from ._merge import Plan, texts

ENTRY_ARGUMENTS: dict[str, Any] = {
    "entries": {"type": "dict", "default": {}, "no_log": True},
    "absent": {"type": "list", "elements": "str", "default": []},
    "purge": {"type": "bool", "default": False},
    **FILE_ARGUMENTS,
}
"""Options of every module for a secret store."""

NEW_FILE_MODE = 0o660


def wanted_texts(params: dict[str, Any]) -> dict[str, str]:
    """The wanted entries as text.

    :raises KeystoreError: where a value is not text, or an entry is to be there and not to be there.
    """
    both = sorted(set(params["entries"]) & set(params["absent"]))
    if both:
        raise KeystoreError(f"{', '.join(both)}: named in 'entries' and in 'absent'.", hint="Decide for one of them.")
    return texts(params["entries"])


def replace(params: dict[str, Any], plan: Plan[Any], content: bytes | None, *, check_mode: bool) -> dict[str, Any]:
    """Put the store's new content in place, and return the module's result.

    :param content: the file that the plan leads to; ``None`` where it leads to no change.
    :raises FileError: where the file cannot be written.
    """
    path, journal = params["path"], journal_of(params)
    is_new = content is not None and not os.path.exists(path)
    attributes = _attributes_of_new_file(params) if is_new else attributes_of(params)
    replacement = Replacement(path, content, attributes, "keystore", default_mode=NEW_FILE_MODE)
    difference = _diff(replacement, plan)
    return {
        "changed": replacement.differs() if check_mode else replacement.apply(journal),
        "differences": [asdict(difference) for difference in plan.differences],
        "entries": sorted(plan.after),
        "restart_pending": pending(journal),
        "diff": difference,
    }


def _attributes_of_new_file(params: dict[str, Any]) -> Attributes:
    """As asked for; without a group it is that of the folder, because the folder's group is the service's."""
    asked = attributes_of(params)
    folder = os.path.dirname(params["path"])
    if not os.path.isdir(folder):
        raise FileError(f"the folder {folder} does not exist.", path=params["path"], hint="Install the product first.")
    return Attributes(asked.owner, asked.group or str(os.stat(folder).st_gid), asked.mode)


def _diff(replacement: Replacement, plan: Plan[Any]) -> dict[str, str]:
    """Owner, group and mode where they change, then names only; that a value changes is a mark behind its name."""
    before, after = attribute_lines(replacement.path, replacement.attributes)
    changed = {difference.name for difference in plan.differences if difference.change == "changed"}
    return {
        "before_header": replacement.path,
        "before": before + "".join(f"{name}\n" for name in sorted(plan.before)),
        "after_header": replacement.path,
        "after": after
        + "".join(f"{name} (changed)\n" if name in changed else f"{name}\n" for name in sorted(plan.after)),
    }
