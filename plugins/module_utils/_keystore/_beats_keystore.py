# Copyright: Stack TLS contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The work of the module ``beats_keystore``."""

from __future__ import annotations

import os
import re
from typing import Any

from .._errors import KeystoreError, located
from .._io import SECRET_MODE, read_file
from ._beats import decode, encode
from ._merge import Wanted, check_names, merge, texts
from ._store_file import ENTRY_ARGUMENTS, Change, replace, require_decided

ARGUMENTS: dict[str, Any] = {
    "beat": {"type": "str"},
    "path": {"type": "path"},
    **{name: option for name, option in ENTRY_ARGUMENTS.items() if name != "mode"},
}

_DATA = "/var/lib"
_BEAT = re.compile(r"[a-z0-9][a-z0-9_-]*")
_NAME = re.compile(r"[^\s\x00-\x1f\x7f${}:]+")
"""What ``${NAME}`` can stand for: a colon begins a default there, and Beats trim white space."""


def manage_beats_keystore(params: dict[str, Any], *, check_mode: bool) -> dict[str, Any]:
    """Make the keystore what the parameters ask for, and return the module's result.

    Its mode is 0600 in the end, whatever it was: a Beat does not start with another one.

    :raises KeystoreError: where it cannot be opened, or an entry cannot be what is asked for.
    :raises FileError: where the file cannot be read or written.
    """
    path = params["path"] or _default_path(params["beat"])
    with located(path):
        wanted = _wanted(params)
        content = read_file(path)
        plan = merge({} if content is None else decode(content), wanted)
        change = Change(plan, encode(plan.after) if plan.differences else None)
    file_params = {**params, "path": path, "mode": SECRET_MODE}
    return {**replace(file_params, change, check_mode=check_mode, inherit_owner=True), "path": path}


def _default_path(beat: str) -> str:
    """The keystore of a Beat that was installed by its package."""
    if not beat or not _BEAT.fullmatch(beat):
        raise KeystoreError(f"{beat!r} is not the name of a Beat.", hint="It is 'filebeat', 'metricbeat' or the like.")
    return os.path.join(_DATA, beat, f"{beat}.keystore")


def _wanted(params: dict[str, Any]) -> Wanted[bytes]:
    entries = texts(params["entries"])
    require_decided(entries, params["absent"])
    check_names(entries, _NAME, "Settings refer to it as '${NAME}': no white space, '$', '{', '}' or ':' can be in it.")
    return Wanted({name: value.encode("utf-8") for name, value in entries.items()}, params["absent"], params["purge"])
