# Copyright: Stack TLS contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Entries whose value is the content of a file, such as credentials of a cloud: bytes, not text."""

from __future__ import annotations

import base64
import os
from typing import Any

from .._errors import FileError, KeystoreError
from .._io import require_file

FILE_ENTRY_ARGUMENTS: dict[str, Any] = {
    "type": "list",
    "elements": "dict",
    "default": [],
    "options": {
        "name": {"type": "str", "required": True},
        "path": {"type": "path"},
        "content": {"type": "str", "no_log": True},
    },
    "mutually_exclusive": [("path", "content")],
    "required_one_of": [("path", "content")],
}


def file_values(entries: list[dict[str, Any]]) -> dict[str, bytes]:
    """Names and contents.

    :raises KeystoreError: where a name occurs twice, or a content is not base64.
    :raises FileError: where a file is missing or cannot be read.
    """
    values: dict[str, bytes] = {}
    for entry in entries:
        name = entry["name"]
        if name in values:
            raise KeystoreError(f"{name}: named twice in 'file_entries'.", hint="Decide for one of them.")
        values[name] = _decoded(name, entry["content"]) if entry["path"] is None else _regular(entry["path"])
    return values


def _regular(path: str) -> bytes:
    if os.path.exists(path) and not os.path.isfile(path):
        raise FileError("is not a regular file.", path=path)
    return require_file(path)


def _decoded(name: str, content: str) -> bytes:
    try:
        return base64.b64decode("".join(content.split()), validate=True)
    except ValueError:
        raise KeystoreError(
            f"the content of the entry {name!r} is not base64.",
            hint="Encode it with the filter b64encode, or name a file on the host as 'path'.",
        ) from None
