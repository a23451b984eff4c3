#!/usr/bin/python
# Copyright: Stack TLS contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: authenticate_info
short_description: Ask Elasticsearch whom it sees, and whether it is who it should be
version_added: 0.1.0
author: Stack TLS contributors (@stacktls)
description:
  - Logs in and returns as whom Elasticsearch sees the request, with the realm and the roles.
  - Fails where that is not as expected. So it proves, with the very certificate that a service uses, that the service
    will be let in, before its old credentials are taken away.
requirements:
  - cryptography >= 38.0 on the managed host with O(kibana_keystore_path)
extends_documentation_fragment:
  - stacktls.elastic._attributes.info
  - stacktls.elastic._attributes.api
  - stacktls.elastic._api
options:
  expected_realm:
    description: Name of the realm that must have done the login.
    type: str
  expected_realm_type:
    description: Type of that realm, such as V(pki), V(native) or V(file).
    type: str
  expected_roles:
    description: Exactly the roles that the user must have, in any order. An empty list expects none.
    type: list
    elements: str
  wait:
    description:
      - Seconds to wait until the expectations hold, for a service that restarts or a role mapping that was just made.
      - A certificate that is not trusted ends the waiting at once.
    type: int
    default: 0
  kibana_keystore_path:
    description:
      - Keystore of Kibana on the managed host that holds the token to log in with, in place of O(token). It is shown to
        nobody.
    type: path
  kibana_keystore_entry:
    description: Name of the entry.
    type: str
    default: elasticsearch.serviceAccountToken
seealso:
  - module: stacktls.elastic.role_mapping
  - module: stacktls.elastic.service_token
"""

EXAMPLES = r"""
- name: Prove that Kibana will be let in with its certificate
  stacktls.elastic.authenticate_info:
    url: https://es1.example.com:9200
    ca_path: /etc/kibana/certs/ca.crt
    client_certificate_path: /etc/kibana/certs/kibana-client.crt
    client_key_path: /etc/kibana/certs/kibana-client.key
    client_key_passphrase: "{{ kibana_key_passphrase }}"
    expected_realm: realm1
    expected_realm_type: pki
    expected_roles: [kibana_system]
    wait: 30

- name: Prove that Kibana will be let in with the token in its keystore
  stacktls.elastic.authenticate_info:
    url: https://es1.example.com:9200
    ca_path: /etc/kibana/certs/ca.crt
    kibana_keystore_path: /etc/kibana/kibana.keystore
    expected_realm_type: _service_account

- name: See who an API key is
  stacktls.elastic.authenticate_info:
    url: https://es1.example.com:9200
    api_key: "{{ elastic_api_key }}"
  register: identity
"""

RETURN = r"""
username:
  description: The user.
  returned: success
  type: str
  sample: kibana-client
realm:
  description: The realm that did the login.
  returned: success
  type: dict
  contains:
    name:
      description: Its name.
      returned: success
      type: str
    type:
      description: Its type.
      returned: success
      type: str
  sample:
    name: realm1
    type: pki
authentication_type:
  description: How the login was done, such as V(realm), V(api_key) or V(token).
  returned: success
  type: str
  sample: realm
roles:
  description: Roles of the user, sorted.
  returned: success
  type: list
  elements: str
  sample: [kibana_system]
metadata:
  description: What else Elasticsearch knows of the user. The PKI realm gives C(pki_dn), the distinguished name.
  returned: success
  type: dict
  sample:
    pki_dn: CN=kibana-client
enabled:
  description: Whether the user is enabled.
  returned: success
  type: bool
  sample: true
"""

from dataclasses import asdict
from typing import Any

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.stacktls.elastic.plugins.module_utils._api import (
    API_ARGUMENTS,
    API_RULES,
    ApiClient,
    run_api_module,
)
from ansible_collections.stacktls.elastic.plugins.module_utils._authenticate_info import (
    Expectation,
    authenticate,
    stored_token,
)
from ansible_collections.stacktls.elastic.plugins.module_utils._module import require_cryptography

_OTHER_LOGINS = [("kibana_keystore_path", other) for other in ("username", "api_key", "token")]


def main() -> None:
    """Run the module."""
    rules = {**API_RULES, "mutually_exclusive": [*API_RULES["mutually_exclusive"], *_OTHER_LOGINS]}
    module = AnsibleModule(
        argument_spec={
            **API_ARGUMENTS,
            "expected_realm": {"type": "str"},
            "expected_realm_type": {"type": "str"},
            "expected_roles": {"type": "list", "elements": "str"},
            "wait": {"type": "int", "default": 0},
            "kibana_keystore_path": {"type": "path", "no_log": False},
            "kibana_keystore_entry": {
                "type": "str",
                "default": "elasticsearch.serviceAccountToken",
                "no_log": False,
            },
        },
        supports_check_mode=True,
        **rules,
    )
    params = module.params
    if params["kibana_keystore_path"]:
        require_cryptography(module)
    expectation = Expectation(params["expected_realm"], params["expected_realm_type"], params["expected_roles"])

    def work(client: ApiClient) -> dict[str, Any]:
        return {"changed": False, **asdict(authenticate(client, expectation, params["wait"]))}

    def stored() -> dict[str, Any]:
        if not params["kibana_keystore_path"]:
            return {}
        return {"token": stored_token(params["kibana_keystore_path"], params["kibana_keystore_entry"])}

    run_api_module(module, work, stored)


if __name__ == "__main__":
    main()
