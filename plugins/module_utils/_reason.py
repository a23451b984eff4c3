# Copyright: Stack TLS contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Why something is replaced: one form for certificates, trust and issued secrets."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Reason:
    """A code for programs and a text for people.

    :param found: what is there, where that can be told: text, a list of names, or what an API says.
    :param wanted: what should be there.
    """

    code: str
    text: str
    found: Any = ""
    wanted: Any = ""


def missing(path: str) -> Reason:
    """There is no such file."""
    return Reason("missing", f"{path} does not exist")
