# Copyright: Stack TLS contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which version of a product is installed, as a file of its package tells it: nothing has to be started for that."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable

from ._io import read_file

_WELCOME = re.compile(rb"# Welcome to \S.* (\d+\.\d+\.\d+\S*)")
"""How README.md begins in the packages and archives of every Beat (beats: dev-tools/packaging/templates/common)."""


def told_version(paths: Iterable[str]) -> str:
    """The version in the first of these files that tells one; empty where none does.

    :raises FileError: where a file is there and cannot be read.
    """
    return next(filter(None, (_version_in(read_file(path) or b"") for path in paths)), "")


def _version_in(content: bytes) -> str:
    found = _WELCOME.match(content)
    return found[1].decode("ascii", "replace") if found else _version_of_package(content)


def _version_of_package(content: bytes) -> str:
    """The version of a package.json, as Kibana has one in its home."""
    try:
        package = json.loads(content)
    except ValueError:
        return ""
    version = package.get("version") if isinstance(package, dict) else None
    return version if isinstance(version, str) else ""
