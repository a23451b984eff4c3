#!/usr/bin/python
# Copyright: Stack TLS contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: cluster_preflight_info
short_description: Tell what of a cluster would keep a run from its end
version_added: 0.1.0
author: Stack TLS contributors (@stacktls)
description:
  - Asks an Elasticsearch node whether it accepts the login, whether the login may do what a run needs, and how the
    cluster is.
  - Does not fail for what it finds, nor where nobody answers, so that a report can have it all. The playbook
    C(preflight) makes one of several hosts.
extends_documentation_fragment:
  - stacktls.elastic._attributes.info
  - stacktls.elastic._attributes.api
  - stacktls.elastic._api
options:
  privileges:
    description:
      - Cluster privileges that the login has to have, such as V(manage_security) for role mappings.
      - V(monitor) is always among them.
    type: list
    elements: str
    default: []
  health:
    description:
      - The worst status with which nodes are restarted; V(any) where it does not count.
      - For a cluster with one data node V(green) is V(yellow), because replicas find no place there.
    type: str
    choices: [green, yellow, any]
    default: green
  restarts:
    description: Whether a node is going to restart, so that a cluster that is V(red) stands in the way.
    type: bool
    default: false
seealso:
  - module: stacktls.elastic.preflight_info
  - module: stacktls.elastic.cluster_health_info
  - module: stacktls.elastic.license_info
  - name: Has privileges API
    description: How Elasticsearch is asked what a login may do.
    link: https://www.elastic.co/docs/api/doc/elasticsearch/operation/operation-security-has-privileges
"""

EXAMPLES = r"""
- name: Look whether the cluster is ready
  stacktls.elastic.cluster_preflight_info:
    url: https://es1.example.com:9200
    ca_path: /etc/elasticsearch/certs/ca.crt
    username: elastic
    password: "{{ elastic_password }}"
    privileges: [manage_security]
  register: ready

- name: Stop where it is not
  ansible.builtin.assert:
    that: ready.findings | selectattr('level', 'eq', 'error') | length == 0
"""

RETURN = r"""
findings:
  description: What is amiss.
  returned: success
  type: list
  elements: dict
  contains:
    level:
      description:
        - V(error) where the run would fail, as with a login that is not accepted. V(warning) where it may, as with a
          node that does not answer.
      type: str
      sample: error
    subject:
      description: The node, the login or the cluster.
      type: str
      sample: the login
    found:
      description: What is wrong with it.
      type: str
      sample: Elasticsearch does not accept user 'elastic' with this password (HTTP 401).
    hint:
      description: What to do.
      type: str
      sample: Check username and password.
health:
  description:
    - The health of the cluster, with C(cluster_name), C(status), C(number_of_nodes) and what else
      M(stacktls.elastic.cluster_health_info) returns.
  returned: success, null where the cluster did not tell it
  type: dict
  sample: {cluster_name: production, status: green, number_of_nodes: 3}
"""

from dataclasses import asdict

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.stacktls.elastic.plugins.module_utils._api import API_ARGUMENTS, API_RULES, ApiClient
from ansible_collections.stacktls.elastic.plugins.module_utils._cluster import HEALTH
from ansible_collections.stacktls.elastic.plugins.module_utils._cluster_preflight import Needs, look
from ansible_collections.stacktls.elastic.plugins.module_utils._module import require_cryptography


def main() -> None:
    """Run the module."""
    module = AnsibleModule(
        argument_spec={
            **API_ARGUMENTS,
            "privileges": {"type": "list", "elements": "str", "default": []},
            "health": {"type": "str", "choices": list(HEALTH), "default": "green"},
            "restarts": {"type": "bool", "default": False},
        },
        supports_check_mode=True,
        **API_RULES,
    )
    if module.params["client_pkcs12_path"]:
        require_cryptography(module)
    needs = Needs(*(module.params[name] for name in ("privileges", "health", "restarts")))
    found = look(lambda: ApiClient(module.params), needs)
    health = asdict(found.health) if found.health else None
    module.exit_json(changed=False, findings=[asdict(each) for each in found.findings], health=health)


if __name__ == "__main__":
    main()
