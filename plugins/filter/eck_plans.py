# Copyright: Stack TLS contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the role eck_tls has to do for its resources."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from ansible.errors import AnsibleFilterError

from ..module_utils._eck._manifest import tls_patch
from ..module_utils._errors import StackTlsError
from ..plugin_utils._eck_plans import plans_of, with_plan

DOCUMENTATION = r"""
name: eck_plans
short_description: What the role eck_tls has to do for each resource of ECK
version_added: 0.1.0
author:
  - Stack TLS contributors (@stacktls)
description:
  - Checks the resources of the role P(stacktls.elastic.eck_tls#role) before anything is changed, and says what each
    needs.
  - Fields that the API of ECK does not have for a kind are an error, because Kubernetes would drop them without a word.
options:
  _input:
    description: The resources; see the variable C(eck_tls_resources) of the role.
    type: list
    elements: dict
    required: true
  namespace:
    description: Namespace of those that name none.
    type: str
    default: default
  domain:
    description: Domain of the cluster's DNS.
    type: str
    default: cluster.local
"""

EXAMPLES = r"""
- name: Show what would be done
  ansible.builtin.debug:
    msg: "{{ eck_tls_resources | stacktls.elastic.eck_plans }}"
"""

RETURN = r"""
_value:
  description: Names of objects, options of Secrets, and the TLS part of each resource.
  type: list
  elements: dict
"""


def eck_plans(value: Any, namespace: str = "default", domain: str = "cluster.local") -> list[dict[str, Any]]:
    """The plan of each resource."""
    if isinstance(value, (str, Mapping)) or not hasattr(value, "__iter__"):
        raise AnsibleFilterError(f"eck_tls_resources must be a list of resources, not {type(value).__name__}.")
    try:
        plans = plans_of(list(value), namespace, domain)
    except StackTlsError as error:
        raise AnsibleFilterError(f"eck_tls_resources: {error}") from error
    for plan in plans:
        if plan["definition"]:
            with_plan(tls_patch, plan["definition"], plan)
    return plans


class FilterModule:
    """The filter of this file."""

    def filters(self) -> dict[str, Callable[..., list[dict[str, Any]]]]:
        """Filters by name."""
        return {"eck_plans": eck_plans}
