# Copyright: Stack TLS contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Hides what could be a secret before a settings file is shown."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ._document import Document, Entry, Mapping, Node, Sequence
from ._edits import Edit, apply

MASK = "********"

_SECRET_NAME = re.compile(
    r"""
    (?: ^ | .* \. )
    (?:
        [^.]* (?: password | passwd | passphrase | secret | token | credential | authorization
                | encryption_?key | only_?key | api_?key | access_?key | private_?key ) s?
      | secure_ .*
      | cloud \. auth
      | (?: secrets | headers | custom_?headers | proxy_?headers ) (?: \. .* )?
    )
    """,
    re.VERBOSE | re.IGNORECASE,
)
_NAME_IN_COMMENT = re.compile(r"""([\w.\-]+)["']?\s*[:=]\s*(?=\S)""")
_URL_PASSWORD = re.compile(r"(?<=://)[^/\s]+(?=@)")
_PRIVATE_KEY = re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----.*?(?:-----END [A-Z ]*PRIVATE KEY-----|\Z)", re.DOTALL)


def masked(document: Document) -> str:
    """The text with the values of all settings that could hold a secret hidden, in comments too."""
    edits = [_hide(entry) for entry in _secrets(document.root)]
    hidden = [(edit.start, edit.end) for edit in edits]
    for comment in document.comments:
        names = (found for found in _NAME_IN_COMMENT.finditer(comment.text) if is_secret(found[1]))
        secret = next(names, None)
        if secret and not any(start <= comment.start < end for start, end in hidden):
            edits.append(Edit(comment.start + secret.end(), comment.end, MASK))
    return masked_text(apply(document.text, sorted(edits, key=lambda edit: edit.start)))


def masked_text(text: str) -> str:
    """The text without what is a secret under any name: private keys, and passwords in addresses."""
    return _PRIVATE_KEY.sub(MASK, _URL_PASSWORD.sub(MASK, text))


def is_secret(name: str) -> bool:
    """Whether the setting of this name may hold a secret itself, rather than the path of a file with one."""
    return bool(_SECRET_NAME.fullmatch(name))


def _secrets(node: Node | None) -> Iterator[Entry]:
    """The settings with a secret name and a value, wherever they stand."""
    if isinstance(node, Sequence):
        for item in node.items:
            yield from _secrets(item)
    elif isinstance(node, Mapping):
        for entry in node.entries:
            if isinstance(entry.value, Mapping) or not is_secret(entry.name):
                yield from _secrets(entry.value)
            elif entry.value.start < entry.value.end:
                yield entry


def _hide(entry: Entry) -> Edit:
    value = entry.value
    if isinstance(value, Sequence) and not value.flow:
        return Edit(entry.key.end, value.end, f": {MASK}")
    return Edit(value.start, value.end, MASK)
