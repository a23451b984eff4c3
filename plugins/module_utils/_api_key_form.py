# Copyright: Stack TLS contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How the secret of an API key is written: ``id:key``, its base64, or a document of the API."""

from __future__ import annotations

import base64
import json
import re

from ._secret_destination import Form

_PAIR = re.compile(r"([!-9;-~]+):([!-9;-~]+)")


def read_pair(text: str) -> str | None:
    """The pair out of any of its forms; ``None`` where the text has none."""
    for candidate in (text.strip(), _decoded(text.strip()), _of_document(text)):
        if _PAIR.fullmatch(candidate):
            return candidate
    return None


def id_of(pair: str) -> str:
    """The id of the key, which is no secret."""
    return pair.partition(":")[0]


def _encoded(pair: str) -> str:
    return base64.b64encode(pair.encode()).decode()


def _decoded(text: str) -> str:
    try:
        return base64.b64decode(text, validate=True).decode()
    except ValueError:
        return ""


def _document(pair: str) -> str:
    """What applications expect that read the answer of the API."""
    identity, _colon, key = pair.partition(":")
    return json.dumps({"id": identity, "api_key": key, "encoded": _encoded(pair)}) + "\n"


def _of_document(text: str) -> str:
    try:
        content = json.loads(text)
    except ValueError:
        return ""
    return f"{content.get('id', '')}:{content.get('api_key', '')}" if isinstance(content, dict) else ""


FORM = Form(
    title="API key",
    read=read_pair,
    write={"pair": str, "encoded": _encoded, "json": _document},
    identity=id_of,
)
"""How API keys are written."""
