# Copyright: Stack TLS contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The managed host's half of ``settings``: give the file to the controller, take the edits back.

A settings file often holds secrets that are no business of the run. So it travels to the controller sealed with a key
that is used once, which keeps it out of what connections log, and only the edits travel back.
"""

from __future__ import annotations

import base64
import hashlib
import json
import os
from typing import Any

from ._changes import FILE_ARGUMENTS, Replacement, attributes_of, journal_of, pending
from ._errors import FileError, SettingsError
from ._io import attribute_lines, digest, read_file, require_known
from ._product_version import told_version

ARGUMENTS: dict[str, Any] = {
    "path": {"type": "path", "required": True},
    "settings": {"type": "dict", "default": {}},
    "absent": {"type": "list", "elements": "str", "default": []},
    "create": {"type": "bool", "default": False},
    "report": {"type": "list", "elements": "str", "default": []},
    "version_files": {"type": "list", "elements": "path", "default": []},
    "_exchange": {"type": "dict", "no_log": True},
    **FILE_ARGUMENTS,
}
"""Options of the module and its action plugin; the plugin itself fills ``_exchange``, as the functions here say."""

NEW_FILE_MODE = 0o660


def seal(content: bytes, key: str) -> str:
    """The content as text that says nothing without the key; use a key once."""
    return base64.b64encode(_combine(content, key)).decode("ascii")


def unseal(sealed: str, key: str) -> bytes:
    """The content that was sealed with the key."""
    return _combine(base64.b64decode(sealed), key)


def run(params: dict[str, Any]) -> dict[str, Any]:
    """Do what the action plugin asks for: inspect the file first, or change it.

    :raises SettingsError: where there is no action plugin that asks.
    """
    exchange = params["_exchange"] or {}
    if "key" in exchange:
        return {"changed": False, "inspected": inspect(params, exchange["key"])}
    if "edits" in exchange:
        return change(params, json.loads(exchange["edits"]), exchange["before"], exchange["after"])
    raise SettingsError(
        "this module works only through its action plugin.", hint="Call it as stacktls.elastic.settings in a task."
    )


def inspect(params: dict[str, Any], key: str) -> dict[str, Any]:
    """The file as it is, sealed with the key, for the controller.

    :raises FileError: where it cannot be read, or is missing and may not be made.
    """
    path, attributes = params["path"], attributes_of(params)
    content = read_file(path)
    if content is None and not params["create"]:
        raise FileError(
            "no such file.", path=path, hint="Install the product first, or set 'create: true' to start a new file."
        )
    if content is None and not os.path.isdir(os.path.dirname(path)):
        raise FileError(f"the folder {os.path.dirname(path)} does not exist.", path=path)
    require_known(attributes)
    return {
        "content": seal(content or b"", key),
        "digest": digest(content),
        "attributes": attribute_lines(path, attributes),
        "restart_pending": pending(journal_of(params)),
        "version": told_version(params["version_files"]),
    }


def change(params: dict[str, Any], edits: list[tuple[int, int, str]], before: str, after: str) -> dict[str, Any]:
    """Make the edits in the file, provided that it is still what was inspected.

    :param edits: stretches of the characters of the file and what takes their place, ascending.
    :param before: digest of the file that was inspected.
    :param after: digest that the edits must lead to.
    :raises SettingsError: where it is not; nothing is written then.
    """
    path, journal = params["path"], journal_of(params)
    content = read_file(path)
    if digest(content) != before:
        raise SettingsError(
            "somebody else changed the file meanwhile, so nothing was written.", path=path, hint="Run the task again."
        )
    edited = _edit(content or b"", edits)
    if digest(edited) != after:
        raise SettingsError("the edits did not lead to the merged file, so nothing was written.", path=path)
    replacement = Replacement(path, edited, attributes_of(params), "settings", default_mode=NEW_FILE_MODE)
    return {"changed": replacement.apply(journal), "restart_pending": pending(journal)}


def _edit(content: bytes, edits: list[tuple[int, int, str]]) -> bytes:
    """The content with stretches of its characters replaced, from the last one to the first."""
    text = content.decode("utf-8")
    for start, end, replacement in reversed(edits):
        text = text[:start] + replacement + text[end:]
    return text.encode("utf-8")


def _combine(content: bytes, key: str) -> bytes:
    """The content exclusive-or a stream of bytes that only the key gives."""
    stream = hashlib.shake_256(key.encode("ascii")).digest(len(content))
    return bytes(left ^ right for left, right in zip(content, stream))
