# Copyright: Stack TLS contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The names under which a service is published."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict
from typing import Any

from ansible.errors import AnsibleFilterError

from ..plugin_utils._published_names import SETTINGS
from ..plugin_utils._published_names import published_names as find_published_names

DOCUMENTATION = r"""
name: published_names
short_description: The names under which Elasticsearch or Kibana tells others to reach it
version_added: 0.1.0
author:
  - Stack TLS contributors (@stacktls)
description:
  - Finds in settings the host names and addresses that the certificate of the HTTP layer must have.
  - Elasticsearch publishes the first of C(http.publish_host), C(http.host), C(network.publish_host) and C(network.host)
    that is set; C(node.name) counts where it is a host name with a dot.
  - Of Kibana it is the host of an C(https) address in C(server.publicBaseUrl), and C(server.host) where that is a name.
  - What cannot be known before the service starts (V(_site_), V(${HOSTNAME}), V(0.0.0.0)) and what other machines do
    not use (V(localhost), V(127.0.0.1)) comes with a C(note).
options:
  _input:
    description:
      - Settings by their dotted names, each a text or a list of texts, such as
        RV(stacktls.elastic.settings#module:reported). Other settings are passed over.
    type: dict
    required: true
"""

EXAMPLES = r"""
- name: Show the names that the certificate of a node must have
  ansible.builtin.debug:
    msg: "{{ {'network.host': ['_local_', 'es1.example.com']} | stacktls.elastic.published_names }}"
    # [{'setting': 'network.host', 'name': '_local_', 'note': 'the node finds out the address when it starts'},
    #  {'setting': 'network.host', 'name': 'es1.example.com', 'note': ''}]
"""

RETURN = r"""
_value:
  description:
    - A dictionary for each with C(setting), C(name) and C(note). The note is empty where a certificate can be checked
      for the name; otherwise it says why not.
  type: list
  elements: dict
"""


def published_names(value: Any) -> list[dict[str, str]]:
    """The names with their settings and notes."""
    if not isinstance(value, Mapping):
        raise AnsibleFilterError(f"published_names needs settings by name, not {type(value).__name__}.")
    for name in SETTINGS:
        if not _is_reading(value.get(name, "")):
            raise AnsibleFilterError(f"published_names needs text or a list of texts for {name}.")
    return [asdict(published) for published in find_published_names(value)]


def _is_reading(value: Any) -> bool:
    return isinstance(value, str) or (isinstance(value, list) and all(isinstance(item, str) for item in value))


class FilterModule:
    """The filter of this file."""

    def filters(self) -> dict[str, Callable[[Any], list[dict[str, str]]]]:
        """Filters by name."""
        return {"published_names": published_names}
