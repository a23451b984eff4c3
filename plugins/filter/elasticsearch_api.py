# Copyright: Stack TLS contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How the API of Elasticsearch is reached from one of its nodes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from ansible.errors import AnsibleFilterError

DOCUMENTATION = r"""
name: elasticsearch_api
short_description: How the API of Elasticsearch is reached from one of its nodes
version_added: 0.1.0
author:
  - Stack TLS contributors (@stacktls)
description:
  - Makes options for the modules that ask Elasticsearch, where they run on a node that the role C(elasticsearch_tls)
    looks after. What that role found out in the same run counts, otherwise what it does by default.
  - Where the node requires certificates of its clients, its own is one.
options:
  _input:
    description: The variables of the node, C(hostvars[node]).
    type: dict
    required: true
  _url:
    description: Addresses of the cluster, where the role has not run.
    type: list
    elements: str
    required: true
"""

EXAMPLES = r"""
- name: Ask the first node for its licence
  stacktls.elastic.license_info:
  module_defaults:
    group/stacktls.elastic.api: "{{ hostvars['es1'] | stacktls.elastic.elasticsearch_api(['https://es1.example.com:9200'])
      | combine({'username': 'elastic', 'password': elastic_password}) }}"
  delegate_to: es1
"""

RETURN = r"""
_value:
  description:
    - The options C(url) and C(ca_path), and where the node requires them C(client_certificate_path), C(client_key_path)
      and C(client_key_passphrase). What does not apply is left out.
  type: dict
"""

_CONFIGURATION = "/etc/elasticsearch"


def elasticsearch_api(value: Any, url: Any) -> dict[str, Any]:
    """The options."""
    if not isinstance(value, Mapping):
        raise AnsibleFilterError(f"elasticsearch_api needs the variables of a node, not {type(value).__name__}.")
    found = value.get("elasticsearch_tls_api") or _by_default(value, url)
    options = dict(found)
    passphrase = value.get("elasticsearch_tls_key_passphrase")
    if options.get("client_key_path") and passphrase:
        options["client_key_passphrase"] = passphrase
    return {name: option for name, option in options.items() if option}


def _by_default(node: Mapping[str, Any], url: Any) -> dict[str, Any]:
    folder = node.get("elasticsearch_tls_certificates_path")
    if not folder:
        folder = f"{node.get('elasticsearch_tls_config_path') or _CONFIGURATION}/certs"
    options = {"url": url, "ca_path": f"{folder}/ca.crt"}
    if node.get("elasticsearch_tls_client_authentication") == "required":
        options.update(client_certificate_path=f"{folder}/http.crt", client_key_path=f"{folder}/http.key")
    return options


class FilterModule:
    """The filter of this file."""

    def filters(self) -> dict[str, Callable[[Any, Any], dict[str, Any]]]:
        """Filters by name."""
        return {"elasticsearch_api": elasticsearch_api}
