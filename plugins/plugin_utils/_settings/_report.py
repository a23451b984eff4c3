# Copyright: Stack TLS contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tells single settings of a file, and of one that may hold a secret only that it is there."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Union

from ...module_utils._service_token_form import name_of
from ._document import Document, Scalar, Sequence
from ._masking import MASK, is_secret, masked_text
from ._values import require_name

Reading = Union[str, list[str]]


def require_names(names: Iterable[str]) -> None:
    """Check the names of settings that are to be told.

    :raises SettingsError: where one is no name.
    """
    for name in names:
        require_name(name)


def values_of(document: Document, names: Iterable[str]) -> dict[str, Reading]:
    """The text of these settings, or the texts of a list, as they stand in the file.

    A setting that may hold a secret reads :data:`._masking.MASK`, unless it is empty; before it stands the name of a
    token of a service account, which is no secret. Left out is what the file does not have, and what is neither text
    nor a list of texts, such as an alias.
    """
    found = {name: _reading(document, name) for name in names}
    return {
        name: _hidden(reading) if reading and is_secret(name) else reading
        for name, reading in found.items()
        if reading is not None
    }


def _hidden(reading: Reading) -> str:
    token = name_of(reading) if isinstance(reading, str) else ""
    return f"{token}:{MASK}" if token else MASK


def _reading(document: Document, name: str) -> Reading | None:
    setting = document.settings.get(name)
    if setting is None:
        return None
    if isinstance(setting.value, Scalar):
        return masked_text(setting.value.text)
    if isinstance(setting.value, Sequence):
        return [masked_text(item.text) for item in setting.value.items if isinstance(item, Scalar)]
    return None
