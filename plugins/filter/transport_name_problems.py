# Copyright: Stack TLS contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What would keep the nodes of a cluster from each other where they compare names."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from ansible.errors import AnsibleFilterError

from ..module_utils._errors import StackTlsError
from ..plugin_utils._published_names import transport_name_problems as find_problems

DOCUMENTATION = r"""
name: transport_name_problems
short_description: Why nodes of Elasticsearch that compare names would not accept each other
version_added: 0.1.0
author:
  - Stack TLS contributors (@stacktls)
description:
  - With C(xpack.security.transport.ssl.verification_mode) V(full) a node accepts another one only if its certificate
    has the name or address that it is reached by. That is the first of C(transport.publish_host), C(transport.host),
    C(network.publish_host) and C(network.host) that is set, and before the nodes know each other what
    C(discovery.seed_hosts) says.
  - Where the node finds out its address when it starts (V(_site_), V(0.0.0.0)), any address among the names will do.
options:
  _input:
    description: Settings of the node by their dotted names, each a text or a list of texts. Others are passed over.
    type: dict
    required: true
  _names:
    description: Subject alternative names of the certificate of the node.
    type: list
    elements: str
    required: true
  _all_names:
    description: Those of all nodes.
    type: list
    elements: str
    required: true
"""

EXAMPLES = r"""
- name: Stop where the nodes would not find each other
  ansible.builtin.assert:
    that: problems | length == 0
    fail_msg: "{{ problems | join('; ') }}"
  vars:
    problems: >-
      {{ {'network.host': 'es1.example.com', 'discovery.seed_hosts': ['192.0.2.11:9300']}
         | stacktls.elastic.transport_name_problems(['es1.example.com'], ['es1.example.com', 'es2.example.com']) }}
    # ['discovery.seed_hosts names 192.0.2.11, and no certificate of a node has that name']
"""

RETURN = r"""
_value:
  description: A sentence for each; empty where nothing is amiss.
  type: list
  elements: str
"""


def transport_name_problems(value: Any, names: Any, all_names: Any) -> list[str]:
    """The sentences."""
    if not isinstance(value, Mapping):
        raise AnsibleFilterError(f"transport_name_problems needs settings by name, not {type(value).__name__}.")
    try:
        return find_problems(value, _texts(names), _texts(all_names))
    except StackTlsError as error:
        raise AnsibleFilterError(f"transport_name_problems: {error}") from error


def _texts(value: Any) -> list[str]:
    texts = list(value) if isinstance(value, Iterable) and not isinstance(value, (str, Mapping)) else [None]
    if not all(isinstance(text, str) for text in texts):
        raise AnsibleFilterError("transport_name_problems needs lists of names that are text.")
    return texts


class FilterModule:
    """The filter of this file."""

    def filters(self) -> dict[str, Callable[[Any, Any, Any], list[str]]]:
        """Filters by name."""
        return {"transport_name_problems": transport_name_problems}
