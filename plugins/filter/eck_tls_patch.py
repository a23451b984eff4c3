# Copyright: Stack TLS contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The TLS part of a resource of ECK as a patch."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from ..module_utils._eck._manifest import tls_patch
from ..plugin_utils._eck_plans import with_plan

DOCUMENTATION = r"""
name: eck_tls_patch
short_description: What has to change in the TLS part of a resource of ECK
version_added: 0.1.0
author:
  - Stack TLS contributors (@stacktls)
description:
  - Compares a resource with one of the plans that P(stacktls.elastic.eck_plans#filter) makes, and returns a JSON
    merge patch (RFC 7396). It is empty where the resource is as wanted, whatever empty fields the operator wrote into
    it.
extends_documentation_fragment:
  - stacktls.elastic._eck_plan
options:
  _input:
    description: The resource as the cluster has it; empty where it does not exist.
    type: dict
    required: true
"""

EXAMPLES = r"""
- name: Change the TLS part of a resource, and nothing else
  kubernetes.core.k8s:
    state: patched
    merge_type: [merge]
    api_version: "{{ plan.api_version }}"
    kind: "{{ plan.kind }}"
    name: "{{ plan.name }}"
    namespace: "{{ plan.namespace }}"
    definition: "{{ resource | stacktls.elastic.eck_tls_patch(plan) }}"
"""

RETURN = r"""
_value:
  description: The patch.
  type: dict
"""


def eck_tls_patch(value: Any, plan: Mapping[str, Any], only: list[str] | None = None) -> dict[str, Any]:
    """The merge patch, empty where nothing differs."""
    return with_plan(tls_patch, value, plan, only)


class FilterModule:
    """The filter of this file."""

    def filters(self) -> dict[str, Callable[..., dict[str, Any]]]:
        """Filters by name."""
        return {"eck_tls_patch": eck_tls_patch}
