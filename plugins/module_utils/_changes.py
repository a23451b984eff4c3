# Copyright: Stack TLS contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Compare a file with what it should be, and replace it: shared by every module that owns a file."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import Any

from ._errors import FileError
from ._io import (
    Attributes,
    apply_attributes,
    attributes_differ,
    parse_mode,
    read_file,
    require_known,
    write_file,
)
from ._journal import Journal

FILE_ARGUMENTS: dict[str, Any] = {
    "owner": {"type": "str"},
    "group": {"type": "str"},
    "mode": {"type": "raw"},
    "journal": {"type": "path"},
}
"""Options of every module that writes files of a service; documented in the fragment ``_files``."""


def attributes_of(params: dict[str, Any]) -> Attributes:
    """Owner, group and mode out of a module's parameters."""
    return Attributes(params["owner"], params["group"], parse_mode(params["mode"]))


def journal_of(params: dict[str, Any]) -> Journal | None:
    """The journal out of a module's parameters."""
    return Journal(params["journal"]) if params["journal"] else None


@dataclass(frozen=True)
class Replacement:
    """A file and the content and attributes it should have.

    :param content: ``None`` keeps the content and looks at the attributes only.
    :param kind: see :data:`._journal.KINDS`.
    """

    path: str
    content: bytes | None
    attributes: Attributes
    kind: str
    default_mode: int = 0o600

    def content_differs(self) -> bool:
        """Whether the content would be replaced."""
        return self.content is not None and read_file(self.path) != self.content

    def differs(self) -> bool:
        """Whether content, owner, group or mode would change.

        :raises FileError: where owner or group is unknown on this host, whether it would change anything or not.
        """
        require_known(self.attributes)
        return self.content_differs() or attributes_differ(self.path, self.attributes)

    def apply(self, journal: Journal | None) -> bool:
        """Make it so; true where something changed. The previous version goes into the journal first.

        :raises FileError: where that is not possible; the present file is then untouched.
        """
        if self.content is None or not self.content_differs():
            return apply_attributes(self.path, self.attributes)
        folder = os.path.dirname(self.path)
        if not os.path.isdir(folder):
            raise FileError(f"the folder {folder} does not exist.", path=self.path)
        if journal is not None:
            journal.record(self.path, self.kind)
        write_file(self.path, self.content, self.attributes, default_mode=self.default_mode)
        return True


def pending(journal: Journal | None) -> bool:
    """Whether changes of this or an earlier run wait for the service's restart."""
    return journal is not None and bool(journal.entries())
