#!/usr/bin/python
# Copyright: Stack TLS contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
module: identity_retirement
short_description: Make a certificate useless in Elasticsearch
version_added: 0.1.0
author:
  - Stack TLS contributors (@stacktls)
description:
  - Takes away all that a client certificate may do, for one whose private key somebody else may have.
  - Role mappings that are for its distinguished name alone are disabled. Those that are for others, too, by a list or a
    pattern, get an exception for it. API keys that its user made, and those of O(api_key_names), are invalidated.
  - The PKI realm of Elasticsearch reads no revocation lists. So the certificate goes on to log in, without a role,
    until it expires or its authority is not trusted any more. The playbook C(stacktls.elastic.rotate_ca) sees to that.
requirements:
  - cryptography >= 38.0
extends_documentation_fragment:
  - stacktls.elastic._attributes
  - stacktls.elastic._attributes.api
  - stacktls.elastic._api
options:
  dn:
    description: Distinguished name of the certificate, as RFC 2253 text.
    type: str
    required: true
  realm_name:
    description: Name of the PKI realm.
    type: str
    required: true
  pki_username:
    description: The user that the realm takes it for, where that is not its common name.
    type: str
  api_key_names:
    description: Names of further API keys of whoever had the certificate; V(orders-*) is all that begin so.
    type: list
    elements: str
    default: []
seealso:
  - module: stacktls.elastic.role_mapping
  - module: stacktls.elastic.certificate
"""

EXAMPLES = r"""
- name: Let nobody do anything with a stolen certificate
  stacktls.elastic.identity_retirement:
    url: https://es1.example.com:9200
    ca_path: /etc/elasticsearch/certs/ca.crt
    username: elastic
    password: "{{ vault_elastic_password }}"
    dn: CN=orders,OU=applications
    realm_name: realm1
    api_key_names: [orders]
"""

RETURN = r"""
dn:
  description: The name, as Elasticsearch prints it.
  type: str
  returned: success
  sample: CN=orders
pki_username:
  description: The user whose API keys were looked for.
  type: str
  returned: success
  sample: orders
role_mappings:
  description: Role mappings that were changed, each with its C(name) and whether it is still C(enabled), for others.
  type: list
  elements: dict
  returned: success
  sample:
    - name: orders
      enabled: false
api_keys:
  description: API keys that were invalidated, each with C(id) and C(name).
  type: list
  elements: dict
  returned: success
  sample:
    - id: VuaCfGcBCdbkQm-e5aOx
      name: orders
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.stacktls.elastic.plugins.module_utils._api import API_ARGUMENTS, API_RULES, run_api_module
from ansible_collections.stacktls.elastic.plugins.module_utils._identity_retirement import ARGUMENTS, retire_identity
from ansible_collections.stacktls.elastic.plugins.module_utils._module import require_cryptography


def main() -> None:
    module = AnsibleModule(argument_spec={**API_ARGUMENTS, **ARGUMENTS}, supports_check_mode=True, **API_RULES)
    require_cryptography(module)
    run_api_module(module, lambda client: retire_identity(client, module.params, check_mode=module.check_mode))


if __name__ == "__main__":
    main()
