# Copyright: Stack TLS contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A lock that one run of a playbook holds, in a file that says whose it is."""

from __future__ import annotations

import json
import os
from typing import Any

from ._errors import FileError
from ._io import SECRET_MODE, Attributes, read_file, remove_file, write_file

ARGUMENTS: dict[str, Any] = {
    "path": {"type": "path", "required": True},
    "purpose": {"type": "str", "default": ""},
    "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
    "force": {"type": "bool", "default": False},
    "holder": {"type": "dict", "default": {}},
    "replaces": {"type": "dict", "default": {}},
}
"""What the module accepts; the action fills ``holder``, and ``replaces`` with a holder that is gone."""


def keep_lock(params: dict[str, Any], *, check_mode: bool) -> dict[str, Any]:
    """Take the lock, or give it back; returns the module's result, with who holds it in ``holder``.

    :raises FileError: where the folder is missing or cannot be written.
    """
    path, wanted = params["path"], params["holder"]
    found = _holder(path)
    if params["state"] == "absent":
        mine = found is not None and is_same_run(found, wanted)
        if mine and not check_mode:
            remove_file(path)
        return {"changed": mine, "holder": {} if mine else found or {}}
    if found is not None and is_same_run(found, wanted):
        return {"changed": False, "holder": found}
    if found is not None and not (params["force"] or found == params["replaces"]):
        return {"changed": False, "holder": found}
    if not check_mode:
        wanted = _taken(path, wanted, found)
    return {"changed": is_same_run(wanted, params["holder"]), "holder": wanted}


def _taken(path: str, wanted: dict[str, Any], found: dict[str, Any] | None) -> dict[str, Any]:
    """Whoever holds it then: of two that try at once, one gets it."""
    content = json.dumps(wanted, sort_keys=True).encode() + b"\n"
    if found is not None:
        write_file(path, content, Attributes(mode=SECRET_MODE))
        return _holder(path) or wanted
    staged = f"{path}.{os.getpid()}"
    write_file(staged, content, Attributes(mode=SECRET_MODE))
    try:
        os.link(staged, path)  # fails where there is one, and shows the whole file or none
    except FileExistsError:
        return _holder(path) or wanted
    except OSError as error:
        raise FileError(f"cannot be written: {error.strerror}.", path=path) from error
    finally:
        remove_file(staged)
    return wanted


def _holder(path: str) -> dict[str, Any] | None:
    content = read_file(path)
    if content is None:
        return None
    try:
        found = json.loads(content)
    except ValueError:
        found = None
    return found if isinstance(found, dict) else {}


def is_same_run(one: dict[str, Any], other: dict[str, Any]) -> bool:
    """Whether both holders are the same run, whatever it says of its purpose."""
    return all(one.get(name) == other.get(name) for name in ("machine", "boot", "pid", "began"))
