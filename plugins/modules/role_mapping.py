#!/usr/bin/python
# Copyright: Stack TLS contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: role_mapping
short_description: Manage a role mapping of Elasticsearch
version_added: 0.1.0
author: Stack TLS contributors (@stacktls)
description:
  - Gives roles to the users that match rules, through the role mapping API of Elasticsearch.
  - Compares what is there with what is wanted and writes only where they differ. The order of roles is of no account.
  - Role mappings that are defined in files or by an operator can be neither read nor changed this way.
extends_documentation_fragment:
  - stacktls.elastic._attributes
  - stacktls.elastic._attributes.api
  - stacktls.elastic._api
options:
  name:
    description: Name of the role mapping. It has no effect on who gets what.
    type: str
    required: true
  state:
    description: Whether the role mapping is there.
    type: str
    choices: [present, absent]
    default: present
  roles:
    description:
      - Roles that the matching users get. Elasticsearch does not mind whether they exist.
      - Exactly one of O(roles) and O(role_templates) is needed with O(state=present).
    type: list
    elements: str
  role_templates:
    description:
      - Mustache templates that make names of roles out of what is known of the user.
      - Each is a map with C(template) and, where it makes a list of names, C(format) V(json).
    type: list
    elements: dict
  rules:
    description:
      - Rules that a user has to match, in the form of the API, such as C(field), C(any), C(all) and C(except).
      - Exactly one of O(rules) and O(dn) is needed with O(state=present).
    type: dict
  dn:
    description:
      - Distinguished names of which a user must have one. Short for O(rules) with one C(field).
      - This does not ask which realm the user comes from. Where several realms know distinguished names, use O(rules).
    type: list
    elements: str
  enabled:
    description: Whether the role mapping is in force.
    type: bool
    default: true
  metadata:
    description: What else is to be kept with the role mapping. What is there is kept where this is not given.
    type: dict
seealso:
  - module: stacktls.elastic.authenticate_info
"""

EXAMPLES = r"""
- name: Let the Kibana server in with its client certificate
  stacktls.elastic.role_mapping:
    name: kibana-client
    roles: [kibana_system]
    rules:
      all:
        - field:
            dn: CN=kibana-client
        - field:
            realm.name: realm1
    url: https://es1.example.com:9200
    ca_path: /etc/elasticsearch/certs/ca.crt
    username: elastic
    password: "{{ elastic_password }}"

- name: Give two machines a role by their names alone
  stacktls.elastic.role_mapping:
    name: collectors
    roles: [collector]
    dn:
      - CN=collector-1,OU=ops,O=Example
      - CN=collector-2,OU=ops,O=Example
    url: [https://es1.example.com:9200, https://es2.example.com:9200]
    api_key: "{{ elastic_api_key }}"

- name: Take it away
  stacktls.elastic.role_mapping:
    name: collectors
    state: absent
    url: https://es1.example.com:9200
    api_key: "{{ elastic_api_key }}"
"""

RETURN = r"""
role_mapping:
  description: The role mapping as it is afterwards, or would be in check mode.
  returned: success
  type: dict
  contains:
    enabled:
      description: Whether it is in force.
      returned: when O(state=present)
      type: bool
    roles:
      description: Roles, sorted.
      returned: when O(state=present) and O(roles) is given
      type: list
      elements: str
    role_templates:
      description: Templates of names of roles.
      returned: when O(state=present) and O(role_templates) is given
      type: list
      elements: dict
    rules:
      description: Rules that a user has to match.
      returned: when O(state=present)
      type: dict
    metadata:
      description: What else is kept with it.
      returned: when O(state=present)
      type: dict
  sample:
    enabled: true
    metadata: {}
    roles: [kibana_system]
    rules:
      field:
        dn: CN=kibana-client
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.stacktls.elastic.plugins.module_utils._api import API_ARGUMENTS, API_RULES, run_api_module
from ansible_collections.stacktls.elastic.plugins.module_utils._role_mapping import manage_role_mapping


def main() -> None:
    """Run the module."""
    rules = {
        **API_RULES,
        "mutually_exclusive": [*API_RULES["mutually_exclusive"], ("roles", "role_templates"), ("rules", "dn")],
        "required_if": [
            ("state", "present", ("roles", "role_templates"), True),
            ("state", "present", ("rules", "dn"), True),
        ],
    }
    module = AnsibleModule(
        argument_spec={
            **API_ARGUMENTS,
            "name": {"type": "str", "required": True},
            "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
            "roles": {"type": "list", "elements": "str"},
            "role_templates": {"type": "list", "elements": "dict"},
            "rules": {"type": "dict"},
            "dn": {"type": "list", "elements": "str"},
            "enabled": {"type": "bool", "default": True},
            "metadata": {"type": "dict"},
        },
        supports_check_mode=True,
        **rules,
    )
    run_api_module(module, lambda client: manage_role_mapping(client, module.params, check_mode=module.check_mode))


if __name__ == "__main__":
    main()
