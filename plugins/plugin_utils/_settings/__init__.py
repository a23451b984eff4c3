# Copyright: Stack TLS contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Merges dotted settings into elasticsearch.yml and kibana.yml as people write them.

Pure functions over text. The file is never dumped anew: every change is an edit at an exact position, so comments,
order, line ends and everything that was not asked for stay as they are.

    document = parse(decode(content))
    merged = merge(document, flatten({"xpack.security.enabled": True}), absent=["http.port"])

Positions come from PyYAML, which managed hosts may lack; therefore all of this runs on the controller.
"""

from __future__ import annotations

from ._document import Document, decode, parse
from ._edits import MARKER, Edit, apply
from ._masking import masked
from ._merge import Merged, merge
from ._plan import Difference
from ._report import require_names, values_of
from ._values import Value, flatten

__all__ = [
    "MARKER",
    "Difference",
    "Document",
    "Edit",
    "Merged",
    "Value",
    "apply",
    "decode",
    "flatten",
    "masked",
    "merge",
    "parse",
    "require_names",
    "values_of",
]
