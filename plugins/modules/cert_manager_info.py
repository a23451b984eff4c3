#!/usr/bin/python
# Copyright: Stack TLS contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
module: cert_manager_info
short_description: Wait until an Issuer or a Certificate of cert-manager is ready, or tell why it is not
version_added: 0.1.0
author:
  - Stack TLS contributors (@stacktls)
description:
  - Waits for the condition C(Ready) of the last change of an object.
  - Where it does not come, the error has cert-manager's own words, from the object, its requests and its Warning
    events.
extends_documentation_fragment:
  - stacktls.elastic._attributes.info
  - stacktls.elastic._kubernetes
options:
  kind:
    description: Kind of the object.
    type: str
    choices: [Certificate, Issuer, ClusterIssuer]
    default: Certificate
  name:
    description: Name of the object.
    type: str
    required: true
  namespace:
    description: Its namespace; a ClusterIssuer has none.
    type: str
    default: default
  timeout:
    description: How many seconds cert-manager has.
    type: int
    default: 60
seealso:
  - module: stacktls.elastic.eck_certificate_info
"""

EXAMPLES = r"""
- name: Wait for a certificate
  stacktls.elastic.cert_manager_info:
    name: quickstart-es-cert
    namespace: elastic
"""

RETURN = r"""
secret_name:
  description: Secret that a Certificate is in; empty for issuers.
  type: str
  returned: success
  sample: quickstart-es-cert
not_after:
  description: When a Certificate expires; empty for issuers.
  type: str
  returned: success
  sample: "2027-01-31T12:00:00Z"
renewal_time:
  description: When cert-manager renews a Certificate; empty for issuers.
  type: str
  returned: success
  sample: "2026-12-31T12:00:00Z"
revision:
  description: How often a Certificate was issued; V(0) for issuers.
  type: int
  returned: success
  sample: 1
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.stacktls.elastic.plugins.module_utils._cert_manager_info import (
    MODULE_ARGUMENTS,
    manage_cert_manager_info,
)
from ansible_collections.stacktls.elastic.plugins.module_utils._kubernetes import connect
from ansible_collections.stacktls.elastic.plugins.module_utils._module import run_module


def main() -> None:
    module = AnsibleModule(**MODULE_ARGUMENTS, supports_check_mode=True)
    run_module(module, lambda: manage_cert_manager_info(module.params, connect(module.params)))


if __name__ == "__main__":
    main()
