# Copyright: Stack TLS contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The folders of the files of an identity."""

from __future__ import annotations

import os

from ._certificate_arguments import OUTPUTS, Options
from ._errors import FileError
from ._io import Attributes, make_folder

_MODE = 0o750


def make_folders(options: Options) -> None:
    """Make the folders of the files where they are missing.

    :raises FileError: where one cannot be made.
    """
    attributes = Attributes(options["owner"], options["group"], _MODE)
    for path in filter(None, (options[name] for name in OUTPUTS)):
        require_folder_above(path)
        make_folder(os.path.dirname(path), attributes)


def require_folder_above(path: str) -> None:
    """Check that the folder of a file could be made where it is missing; the one above it comes with the product.

    :raises FileError: where it could not.
    """
    above = os.path.dirname(os.path.dirname(path))
    if not os.path.isdir(above):
        raise FileError(f"the folder {above} does not exist.", path=path, hint="Is the product installed?")
