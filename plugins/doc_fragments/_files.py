# Copyright: Stack TLS contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Options of the modules that write a service's files."""

from __future__ import annotations


class ModuleDocFragment:
    """Fragment ``_files``."""

    DOCUMENTATION = r"""
options:
  owner:
    description: User that owns the file. An existing file keeps its owner where this is not given.
    type: str
  group:
    description: Group of the file. An existing file keeps its group where this is not given.
    type: str
  mode:
    description:
      - Mode of the file as a quoted octal number such as V('0660').
      - An existing file keeps its mode where this is not given; a new one gets V('0660').
    type: raw
  journal:
    description:
      - Folder on the managed host that remembers what was changed for a service and is not yet in force.
      - The previous version of each file that changes goes there first. M(stacktls.elastic.restart) settles it.
    type: path
"""

    # For those of them that may run before their folder is made.
    FOLDER = r"""
options:
  folder_expected:
    description:
      - Whether an earlier task of the play makes the folder. Then check mode takes it as made where it is missing, and
        tells what would be; otherwise it is an error in check mode as well.
    type: bool
    default: false
"""
