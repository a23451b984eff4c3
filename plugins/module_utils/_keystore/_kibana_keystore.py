# Copyright: Stack TLS contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The work of the module ``kibana_keystore``."""

from __future__ import annotations

import json
import re
from typing import Any, Callable

from .._errors import KeystoreError, located
from .._io import read_file
from ._kibana import decode, encode
from ._merge import Wanted, check_names, merge, text
from ._store_file import ENTRY_ARGUMENTS, Change, replace, require_decided, warn_of_readers

ARGUMENTS: dict[str, Any] = {
    "path": {"type": "path", "default": "/etc/kibana/kibana.keystore"},
    **ENTRY_ARGUMENTS,
}

_NAME = re.compile(r"[^\s\x00-\x1f\x7f]+")


def manage_kibana_keystore(params: dict[str, Any], warn: Callable[[str], None], *, check_mode: bool) -> dict[str, Any]:
    """Make the keystore what the parameters ask for, and return the module's result.

    Values are compared as JSON, in which 1, "1" and true differ.

    :raises KeystoreError: where it cannot be opened, or an entry cannot be what is asked for.
    :raises FileError: where the file cannot be read or written.
    """
    path, entries = params["path"], params["entries"]
    with located(path):
        wanted = Wanted(
            {name: _json(name, value) for name, value in entries.items()}, params["absent"], params["purge"]
        )
        check_names(entries, _NAME, "Give the name of a setting.")
        require_decided(entries, params["absent"])
        content = read_file(path)
        present = {} if content is None else decode(content)
        plan = merge({name: json.dumps(value) for name, value in present.items()}, wanted)
        after = {name: json.loads(value) for name, value in plan.after.items()}
        change = Change(plan, encode(after) if plan.differences else None)
    warn_of_readers(params, warn)
    return replace(params, change, check_mode=check_mode)


def _json(name: str, value: Any) -> str:
    """Lists and mappings as they are; all else is text, because Kibana wants the digits of a password as text."""
    try:
        return json.dumps(value if isinstance(value, (list, dict)) else text(name, value), allow_nan=False)
    except ValueError:
        raise KeystoreError(f"the value of the entry {name!r} is not JSON.") from None
