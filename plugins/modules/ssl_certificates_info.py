#!/usr/bin/python
# Copyright: Stack TLS contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: ssl_certificates_info
short_description: Tell which certificates each node of a cluster has loaded, and how long they last
version_added: 0.1.0
author: Stack TLS contributors (@stacktls)
description:
  - Asks every node of O(url) for the certificates that its SSL settings have loaded, those of authorities included. A
    node speaks for itself only, so name all of them.
  - This is what is in force. What is in the files, M(stacktls.elastic.certificate_info) tells, and what is shown to
    clients, M(stacktls.elastic.tls_endpoint_info).
  - A node that cannot be reached has its error in the result. The module fails where no node answers, or where one
    refuses the login.
extends_documentation_fragment:
  - stacktls.elastic._attributes.info
  - stacktls.elastic._attributes.api
  - stacktls.elastic._api
options:
  url:
    description: Addresses of the nodes, such as V(https://es1.example.com:9200). Each is asked.
    type: list
    elements: str
    required: true
  expiring_days:
    description: A certificate with fewer days left counts as one that expires soon.
    type: int
    default: 30
seealso:
  - module: stacktls.elastic.certificate_info
  - module: stacktls.elastic.tls_endpoint_info
"""

EXAMPLES = r"""
- name: Ask all nodes what they have loaded
  stacktls.elastic.ssl_certificates_info:
    url: [https://es1.example.com:9200, https://es2.example.com:9200, https://es3.example.com:9200]
    ca_path: /etc/elasticsearch/certs/ca.crt
    username: remote_monitoring_user
    password: "{{ vault_monitoring_password }}"
  register: loaded

- name: Stop where a certificate expires soon
  ansible.builtin.assert:
    that: not loaded.expiring and not loaded.expired
"""

RETURN = r"""
nodes:
  description: What each address of O(url) says, in this order.
  returned: success
  type: list
  elements: dict
  contains:
    url:
      description: The address.
      type: str
    name:
      description: Name of the node.
      type: str
      sample: es1
    error:
      description: Why there is no answer; empty where there is one.
      type: str
    certificates:
      description: Certificates that the node has loaded, sorted by path, alias and serial number.
      type: list
      elements: dict
      contains:
        path:
          description: The file, relative to the folder of the settings; null where Java's own are meant.
          type: str
          sample: certs/http.crt
        format:
          description: Either V(PEM), V(PKCS12) or V(jks).
          type: str
          sample: PEM
        alias:
          description: Name of the entry in the file, where that has names.
          type: str
        subject_dn:
          description: Subject.
          type: str
          sample: CN=es1
        issuer:
          description: Subject of the authority that signed it.
          type: str
          sample: CN=Elastic Stack CA
        serial_number:
          description: Serial number in hexadecimal.
          type: str
          sample: 0a2b3c4d
        has_private_key:
          description: Whether the node has its private key, as with its own certificates.
          type: bool
        not_after:
          description: When it expires, in UTC.
          type: str
          sample: "2027-03-04T10:00:00Z"
        days_left:
          description: Whole days until then; negative afterwards.
          type: int
          sample: 396
        expired:
          description: Whether it has expired.
          type: bool
        expiring:
          description: Whether it has fewer than O(expiring_days) days left, and has not expired.
          type: bool
expired:
  description: Whether any certificate of any node has expired.
  returned: success
  type: bool
expiring:
  description: Whether any certificate of any node expires soon.
  returned: success
  type: bool
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.stacktls.elastic.plugins.module_utils._api import (
    API_ARGUMENTS,
    API_RULES,
    ApiClient,
    run_api_module,
)
from ansible_collections.stacktls.elastic.plugins.module_utils._ssl_certificates_info import gather_ssl_certificates


def main() -> None:
    """Run the module."""
    module = AnsibleModule(
        argument_spec={**API_ARGUMENTS, "expiring_days": {"type": "int", "default": 30}},
        supports_check_mode=True,
        **API_RULES,
    )
    params = module.params

    def connect(url: str) -> ApiClient:
        return ApiClient({**params, "url": [url]})

    run_api_module(module, lambda _client: gather_ssl_certificates(params["url"], connect, params["expiring_days"]))


if __name__ == "__main__":
    main()
