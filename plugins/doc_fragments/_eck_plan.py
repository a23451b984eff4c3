# Copyright: Stack TLS contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Options of the filters that apply a plan to a resource of ECK."""

from __future__ import annotations


class ModuleDocFragment:
    """Fragment ``_eck_plan``."""

    DOCUMENTATION = r"""
options:
  plan:
    description: The plan.
    type: dict
    required: true
  only:
    description: Names of the fields of the plan that count, all by default.
    type: list
    elements: str
"""
