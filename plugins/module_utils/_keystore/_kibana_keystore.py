# Copyright: Stack TLS contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The work of the module ``kibana_keystore``."""

from __future__ import annotations

from typing import Any

from .._errors import located
from .._io import read_file
from ._kibana import decode, encode
from ._merge import Wanted, merge
from ._store_file import ENTRY_ARGUMENTS, replace, wanted_texts

ARGUMENTS: dict[str, Any] = {
    "path": {"type": "path", "default": "/etc/kibana/kibana.keystore"},
    **ENTRY_ARGUMENTS,
}


def manage_kibana_keystore(params: dict[str, Any], *, check_mode: bool) -> dict[str, Any]:
    """Make the keystore what the parameters ask for, and return the module's result.

    :raises KeystoreError: where it cannot be opened, or an entry cannot be what is asked for.
    :raises FileError: where the file cannot be read or written.
    """
    path = params["path"]
    with located(path):
        wanted: Wanted[Any] = Wanted(wanted_texts(params), params["absent"], params["purge"])
        present = read_file(path)
        plan = merge({} if present is None else decode(present), wanted)
        content = encode(plan.after) if plan.differences else None
    return replace(params, plan, content, check_mode=check_mode)
