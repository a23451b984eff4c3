#!/usr/bin/python
# Copyright: Stack TLS contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: user_password
short_description: Set the password of a user of Elasticsearch
version_added: 0.1.0
author: Stack TLS contributors (@stacktls)
description:
  - Sets the password of a built-in user, such as V(elastic) or V(kibana_system), or of one in the native realm.
  - Logs in as that user with O(new_password) first. Where Elasticsearch accepts it, in whatever realm, nothing is
    changed; where it does not, the password is changed with the login of the options O(username), O(api_key), O(token)
    or a client certificate.
  - That login may be the user itself with its former password, which is not used any more after the change. Any other
    login needs the cluster privilege C(manage_security).
  - A user that is disabled cannot log in, so its password is set in each run.
  - Where the password has to be changed, the audit log of Elasticsearch, if it is enabled, tells of a failed login.
extends_documentation_fragment:
  - stacktls.elastic._attributes
  - stacktls.elastic._attributes.api
  - stacktls.elastic._api
options:
  name:
    description: The user whose password is set.
    type: str
    required: true
  new_password:
    description: The password to be set. Elasticsearch accepts no fewer than 6 characters.
    type: str
    required: true
  force:
    description:
      - Set the password even where Elasticsearch accepts it already. Such a task is changed in each run.
      - Elasticsearch accepts for V(elastic) what its keystore has as C(bootstrap.password), as long as no password was
        set. That is not a password that the cluster has; it is worth nothing on a node that lacks the entry.
    type: bool
    default: false
attributes:
  idempotent:
    description: A second run with the same options changes nothing.
    support: partial
    details: With O(force=true), and for a user that is disabled, the password is set in each run.
seealso:
  - name: Change passwords API
    description: What sets the password.
    link: https://www.elastic.co/docs/api/doc/elasticsearch/operation/operation-security-change-password
  - module: stacktls.elastic.authenticate_info
  - module: stacktls.elastic.elasticsearch_keystore
"""

EXAMPLES = r"""
- name: Give kibana_system its password
  stacktls.elastic.user_password:
    url: https://es1.example.com:9200
    ca_path: /etc/elasticsearch/certs/ca.crt
    username: elastic
    password: "{{ vault_elastic_password }}"
    name: kibana_system
    new_password: "{{ vault_kibana_system_password }}"

- name: Replace the password of elastic itself
  stacktls.elastic.user_password:
    url: https://es1.example.com:9200
    ca_path: /etc/elasticsearch/certs/ca.crt
    username: elastic
    password: "{{ vault_former_elastic_password }}"
    name: elastic
    new_password: "{{ vault_elastic_password }}"

- name: Make a password of what is only the bootstrap password yet
  stacktls.elastic.user_password:
    url: https://es1.example.com:9200
    username: elastic
    password: "{{ vault_elastic_password }}"
    name: elastic
    new_password: "{{ vault_elastic_password }}"
    force: true
"""

RETURN = r"""
username:
  description: The user.
  returned: success
  type: str
  sample: kibana_system
diff:
  description: Whether the password was another one. No password is shown.
  returned: success
  type: dict
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.stacktls.elastic.plugins.module_utils._api import (
    API_ARGUMENTS,
    API_RULES,
    run_api_module,
)
from ansible_collections.stacktls.elastic.plugins.module_utils._user_password import set_user_password


def main() -> None:
    """Run the module."""
    module = AnsibleModule(
        argument_spec={
            **API_ARGUMENTS,
            "name": {"type": "str", "required": True},
            "new_password": {"type": "str", "required": True, "no_log": True},
            "force": {"type": "bool", "default": False},
        },
        supports_check_mode=True,
        **API_RULES,
    )
    run_api_module(module, lambda client: set_user_password(client, module.params, check_mode=module.check_mode))


if __name__ == "__main__":
    main()
