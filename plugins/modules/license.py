#!/usr/bin/python
# Copyright: Stack TLS contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: license
short_description: Give a cluster a trial, the basic licence, or one that was bought
version_added: 0.1.0
author: Stack TLS contributors (@stacktls)
description:
  - Starts a trial, goes back to the basic licence, or installs a licence of Elastic, through the licence API of
    Elasticsearch.
  - Where features end, or terms have to be accepted, nothing is done without O(acknowledge=true). The error lists what
    Elasticsearch says of it.
  - With a basic licence the PKI realm does not work, so users and services that log in with client certificates are
    locked out. See M(stacktls.elastic.license_info).
extends_documentation_fragment:
  - stacktls.elastic._attributes
  - stacktls.elastic._attributes.api
  - stacktls.elastic._api
options:
  type:
    description:
      - Licence that Elasticsearch makes itself.
      - V(trial) permits everything for 30 days, once in each major version. V(basic) does not expire.
      - Exactly one of O(type) and O(license) is needed.
    type: str
    choices: [trial, basic]
  license:
    description: Content of the JSON file that Elastic issued.
    type: dict
  acknowledge:
    description: Agree that features end which the new licence does not permit, and to the terms of a trial.
    type: bool
    default: false
seealso:
  - module: stacktls.elastic.license_info
"""

EXAMPLES = r"""
- name: Start a trial
  stacktls.elastic.license:
    type: trial
    acknowledge: true
    url: https://es1.example.com:9200
    ca_path: /etc/elasticsearch/certs/ca.crt
    username: elastic
    password: "{{ elastic_password }}"

- name: Install the licence that was bought
  stacktls.elastic.license:
    license: "{{ lookup('ansible.builtin.file', 'elastic-license.json') }}"
    url: https://es1.example.com:9200
    username: elastic
    password: "{{ elastic_password }}"
"""

RETURN = r"""
type:
  description: Type of the licence afterwards, such as V(basic), V(trial), V(platinum) or V(enterprise).
  returned: success
  type: str
  sample: trial
status:
  description: Whether it is V(active), V(expired) or V(invalid).
  returned: success
  type: str
  sample: active
expiry_date:
  description: Until when it is valid; null where it does not expire, and in check mode where it would change.
  returned: success
  type: str
  sample: "2030-01-31T12:00:00.000Z"
uid:
  description: What tells one licence from another; empty in check mode where Elasticsearch would make it.
  returned: success
  type: str
  sample: 893361dc-9749-4997-93cb-802e3d7fa4a8
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.stacktls.elastic.plugins.module_utils._api import API_ARGUMENTS, API_RULES, run_api_module
from ansible_collections.stacktls.elastic.plugins.module_utils._license import manage_license


def main() -> None:
    """Run the module."""
    rules = {
        **API_RULES,
        "mutually_exclusive": [*API_RULES["mutually_exclusive"], ("type", "license")],
        "required_one_of": [("type", "license")],
    }
    module = AnsibleModule(
        argument_spec={
            **API_ARGUMENTS,
            "type": {"type": "str", "choices": ["trial", "basic"]},
            "license": {"type": "dict"},
            "acknowledge": {"type": "bool", "default": False},
        },
        supports_check_mode=True,
        **rules,
    )
    run_api_module(module, lambda client: manage_license(client, module.params, check_mode=module.check_mode))


if __name__ == "__main__":
    main()
