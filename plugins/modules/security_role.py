#!/usr/bin/python
# Copyright: Stack TLS contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: security_role
short_description: Manage a role of Elasticsearch
version_added: 0.1.0
author: Stack TLS contributors (@stacktls)
description:
  - Says what the users who have the role may do, through the role API of Elasticsearch.
  - Compares what is there with what is wanted and writes only where they differ. Strings are taken for lists of one,
    and the order of privileges, names and entries is of no account.
  - The role has just what is given. What is not given is taken away, metadata and description aside.
  - Roles of Elasticsearch itself are refused. Roles that are defined in files can be neither read nor changed this way.
extends_documentation_fragment:
  - stacktls.elastic._attributes
  - stacktls.elastic._attributes.api
  - stacktls.elastic._api
options:
  name:
    description: Name of the role.
    type: str
    required: true
  state:
    description: Whether the role is there.
    type: str
    choices: [present, absent]
    default: present
  cluster:
    description: Privileges on the cluster, such as V(monitor).
    type: list
    elements: str
    default: []
  indices:
    description:
      - Privileges on indices and data streams, each with C(names) and C(privileges), and where needed C(query),
        C(field_security) and C(allow_restricted_indices).
      - Security of documents and fields needs a licence that permits it.
    type: list
    elements: dict
    default: []
  remote_indices:
    description: Privileges on indices of remote clusters, each as in O(indices) and with C(clusters).
    type: list
    elements: dict
    default: []
  remote_cluster:
    description: Privileges on remote clusters, each with C(clusters) and C(privileges). Since version 8.15.
    type: list
    elements: dict
    default: []
  applications:
    description: Privileges in applications such as Kibana, each with C(application), C(privileges) and C(resources).
    type: list
    elements: dict
    default: []
  global:
    description: Privileges on what is global, in the form of the API.
    type: dict
    default: {}
  run_as:
    description: Users as whom its users may make requests.
    type: list
    elements: str
    default: []
  metadata:
    description: What else is to be kept with the role. What is there is kept where this is not given.
    type: dict
  description:
    description: What the role is for. What is there is kept where this is not given. Since version 8.15.
    type: str
seealso:
  - module: stacktls.elastic.role_mapping
  - module: stacktls.elastic.api_key
"""

EXAMPLES = r"""
- name: What a Filebeat needs to write events
  stacktls.elastic.security_role:
    name: filebeat_writer
    description: Events of Filebeat, written and never read
    cluster: [monitor, read_ilm, read_pipeline]
    indices:
      - names: [filebeat-*]
        privileges: [create_doc, view_index_metadata, auto_configure]
    url: https://es1.example.com:9200
    ca_path: /etc/elasticsearch/certs/ca.crt
    username: elastic
    password: "{{ elastic_password }}"

- name: Readers of public documents, without the names of customers
  stacktls.elastic.security_role:
    name: public_reader
    indices:
      - names: [sales-*]
        privileges: [read]
        query:
          term:
            public: true
        field_security:
          grant: ["*"]
          except: [customer.*]
    url: [https://es1.example.com:9200, https://es2.example.com:9200]
    api_key: "{{ elastic_api_key }}"

- name: Take it away
  stacktls.elastic.security_role:
    name: public_reader
    state: absent
    url: https://es1.example.com:9200
    api_key: "{{ elastic_api_key }}"
"""

RETURN = r"""
role:
  description:
    - The role as it is afterwards, or would be in check mode, in the form of the API without what is so by default.
    - Null where there is none.
  returned: success
  type: dict
  sample:
    cluster: [monitor]
    indices:
      - names: [filebeat-*]
        privileges: [auto_configure, create_doc]
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.stacktls.elastic.plugins.module_utils._api import API_ARGUMENTS, API_RULES, run_api_module
from ansible_collections.stacktls.elastic.plugins.module_utils._security_role import manage_security_role


def main() -> None:
    """Run the module."""
    module = AnsibleModule(
        argument_spec={
            **API_ARGUMENTS,
            "name": {"type": "str", "required": True},
            "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
            "cluster": {"type": "list", "elements": "str", "default": []},
            "indices": {"type": "list", "elements": "dict", "default": []},
            "remote_indices": {"type": "list", "elements": "dict", "default": []},
            "remote_cluster": {"type": "list", "elements": "dict", "default": []},
            "applications": {"type": "list", "elements": "dict", "default": []},
            "global": {"type": "dict", "default": {}},
            "run_as": {"type": "list", "elements": "str", "default": []},
            "metadata": {"type": "dict"},
            "description": {"type": "str"},
        },
        supports_check_mode=True,
        **API_RULES,
    )
    run_api_module(module, lambda client: manage_security_role(client, module.params, check_mode=module.check_mode))


if __name__ == "__main__":
    main()
