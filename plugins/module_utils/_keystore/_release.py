# Copyright: Stack TLS contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which version of the keystore an installed Elasticsearch writes."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from functools import partial

from .._errors import KeystoreError

Release = tuple[int, int]
"""The first two numbers of a version of Elasticsearch."""

ReleaseSource = Callable[[], Release]
"""Tells the release when it is needed.

:raises KeystoreError: where it is not known.
"""

_WRITTEN_SINCE: tuple[tuple[Release, int], ...] = (((8, 18), 7), ((8, 14), 6), ((8, 0), 5), ((7, 1), 4))
_VERSION = re.compile(r"(\d+)\.(\d+)([.-].*)?")
_SERVER_JAR = re.compile(r"elasticsearch-(\d+)\.(\d+)\.\d+(-.+)?\.jar")


def format_version(release: Release) -> int:
    """The version of the keystore that this release writes.

    :raises KeystoreError: where the release is too old.
    """
    for since, version in _WRITTEN_SINCE:
        if release >= since:
            return version
    raise KeystoreError(
        f"no keystore can be made for Elasticsearch {release[0]}.{release[1]}, because it is too old.",
        hint="Make it with 'elasticsearch-keystore create'.",
    )


def release_source(version: str, home: str) -> ReleaseSource:
    """What tells the release when it is needed: the version, where one is given, or else what is installed in a folder.

    :raises KeystoreError: where what is given is no version.
    """
    if not version:
        return partial(installed_release, home)
    told = _VERSION.fullmatch(version)
    if not told:
        raise KeystoreError(f"{version!r} is no version of Elasticsearch.", hint="A version is like 9.4.3.")
    release = int(told[1]), int(told[2])
    return lambda: release


def version_after(present: int, release: ReleaseSource) -> int:
    """The version of a keystore that was changed: that of the installed release, as if its own tool had done it.

    An Elasticsearch that finds an older version upgrades it when it starts. In the layout of the packages it may
    not write the folder, and does not start then. Where nothing is known of the release, the version stays.
    """
    try:
        return max(present, format_version(release()))
    except KeystoreError:
        return present


def version_lines(before: int, after: int) -> tuple[str, str]:
    """What the difference says of the version; nothing where it stays."""
    return ("", "") if before == after else (f"format: {before}\n", f"format: {after}\n")


def installed_release(home: str) -> Release:
    """The release that is installed in this folder.

    :raises KeystoreError: where there is none.
    """
    folder = os.path.join(home, "lib")
    names = os.listdir(folder) if os.path.isdir(folder) else []
    found = [match for match in map(_SERVER_JAR.fullmatch, names) if match]
    if not found:
        raise KeystoreError(
            f"there is no keystore yet, and no Elasticsearch in {home} that tells which version to make.",
            hint="Install Elasticsearch first, set 'home' to the folder it is installed in, or set 'version'.",
        )
    # After an upgrade that left something behind the older one is the safe choice: newer releases read it.
    return min((int(match[1]), int(match[2])) for match in found)
