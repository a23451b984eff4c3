# Copyright: Stack TLS contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A new resource of ECK with its TLS part."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from ..module_utils._eck._manifest import with_tls
from ..plugin_utils._eck_plans import with_plan

DOCUMENTATION = r"""
name: eck_manifest
short_description: A new resource of ECK with its TLS part
version_added: 0.1.0
author:
  - Stack TLS contributors (@stacktls)
description:
  - Puts the TLS part of a plan, which P(stacktls.elastic.eck_plans#filter) makes, into the manifest of a resource
    that does not exist yet.
extends_documentation_fragment:
  - stacktls.elastic._eck_plan
options:
  _input:
    description: The manifest.
    type: dict
    required: true
"""

EXAMPLES = r"""
- name: Create a resource
  kubernetes.core.k8s:
    definition: "{{ plan.definition | stacktls.elastic.eck_manifest(plan) }}"
"""

RETURN = r"""
_value:
  description: The manifest.
  type: dict
"""


def eck_manifest(value: Any, plan: Mapping[str, Any], only: list[str] | None = None) -> dict[str, Any]:
    """The manifest with the TLS part in it."""
    return with_plan(with_tls, value, plan, only)


class FilterModule:
    """The filter of this file."""

    def filters(self) -> dict[str, Callable[..., dict[str, Any]]]:
        """Filters by name."""
        return {"eck_manifest": eck_manifest}
