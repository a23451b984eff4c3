# Copyright: Stack TLS contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Variables of hosts that the roles of this collection cannot use."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict
from typing import Any

from ansible.errors import AnsibleFilterError

from ..plugin_utils._variables import catalogue, named, variable_findings

DOCUMENTATION = r"""
name: variable_findings
short_description: Variables of hosts that the roles of this collection cannot use
version_added: 0.1.0
author:
  - Stack TLS contributors (@stacktls)
description:
  - Looks at the variables of hosts as the inventory and the command line give them, without templating them, and tells
    those that have no value, and names that begin like those of this collection and are none of them.
  - A variable that is only another one, such as V({{ vault_passphrase }}), is without a value where that one is.
options:
  _input:
    description: The variables of all hosts, C(hostvars).
    type: dict
    required: true
  _hosts:
    description: Names of the hosts to look at.
    type: list
    elements: str
    required: true
"""

EXAMPLES = r"""
- name: Show what is amiss
  ansible.builtin.debug:
    msg: "{{ hostvars | stacktls.elastic.variable_findings(groups['elasticsearch']) }}"
    # [{'level': 'warning', 'subject': 'stacktls_ca_pasphrase', 'host': 'es1', 'service': 'inventory',
    #   'found': 'is no variable of this collection, so nobody reads it.',
    #   'hint': 'Did you mean stacktls_ca_passphrase? Otherwise remove it.'}]
"""

RETURN = r"""
_value:
  description:
    - Findings, once for all hosts that have it. Each has C(level), C(host), C(service), C(subject), C(found) and
      C(hint), as the filter P(stacktls.elastic.findings_table#filter) wants them. The host is the first one of several.
  type: list
  elements: dict
"""


def findings_of(value: Any, hosts: Any) -> list[dict[str, str]]:
    """The findings as dictionaries."""
    if not isinstance(value, Mapping) or isinstance(hosts, (str, Mapping)) or not isinstance(hosts, Iterable):
        raise AnsibleFilterError("variable_findings needs hostvars, and a list of names of hosts.")
    raw = getattr(value, "raw_get", value.__getitem__)
    return [
        {
            **asdict(finding),
            "found": f"{finding.found} It is so on {named(having)}." if len(having) > 1 else finding.found,
            "host": having[0],
            "service": "inventory",
        }
        for finding, having in variable_findings({host: raw(host) for host in hosts}, catalogue())
    ]


class FilterModule:
    """The filter of this file."""

    def filters(self) -> dict[str, Callable[[Any, Any], list[dict[str, str]]]]:
        """Filters by name."""
        return {"variable_findings": findings_of}
