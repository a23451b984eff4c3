# Copyright: Stack TLS contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How the token of a service account is written: itself, or a document of the API."""

from __future__ import annotations

import base64
import json

from ._secret_destination import Form

_PREFIX = b"\x00\x01\x00\x01"
"""Version and kind of a token, before its name and its secret."""


def read_token(text: str) -> str | None:
    """The token out of one of its forms; ``None`` where the text has none."""
    return next((candidate for candidate in (text.strip(), _of_document(text)) if name_of(candidate)), None)


def name_of(token: str) -> str:
    """Account and name of the token, such as ``elastic/kibana/kb1``, which are no secret; empty where it is none."""
    try:
        content = base64.urlsafe_b64decode(token + "=" * (-len(token) % 4))
    except ValueError:
        return ""
    name, colon, secret = content.removeprefix(_PREFIX).partition(b":")
    is_token = content.startswith(_PREFIX) and colon and secret and name.count(b"/") == 2
    return name.decode("ascii", "replace") if is_token else ""


def _document(token: str) -> str:
    """What applications expect that read the answer of the API."""
    return json.dumps({"name": name_of(token).rpartition("/")[2], "value": token}) + "\n"


def _of_document(text: str) -> str:
    try:
        content = json.loads(text)
    except ValueError:
        return ""
    return str(content.get("value", "")) if isinstance(content, dict) else ""


FORM = Form(
    title="token of a service account",
    read=read_token,
    write={"token": str, "json": _document},
    identity=name_of,
)
"""How tokens of service accounts are written."""
