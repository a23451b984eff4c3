#!/usr/bin/python
# Copyright: Stack TLS contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
module: certificate_retirement
short_description: Let a certificate authority sign no more for a distinguished name
version_added: 0.1.0
author:
  - Stack TLS contributors (@stacktls)
description:
  - For a client certificate whose private key somebody else may have. M(stacktls.elastic.certificate) refuses the name
    then, so nobody is given back by mistake what M(stacktls.elastic.identity_retirement) took away.
  - Tells which certificates of the name are valid still, out of the list of what was signed.
requirements:
  - cryptography >= 38.0
extends_documentation_fragment:
  - stacktls.elastic._attributes
options:
  path:
    description: Absolute path of the folder of the authority.
    type: path
    required: true
  dn:
    description: Distinguished name, as RFC 2253 text.
    type: str
    required: true
seealso:
  - module: stacktls.elastic.identity_retirement
  - module: stacktls.elastic.certificate_authority_rotation
"""

EXAMPLES = r"""
- name: Sign no more for the name
  stacktls.elastic.certificate_retirement:
    path: "{{ inventory_dir }}/stacktls-ca"
    dn: CN=orders,OU=applications
  delegate_to: localhost
  run_once: true
"""

RETURN = r"""
dn:
  description: The name, as Elasticsearch prints it.
  type: str
  returned: success
  sample: CN=orders
certificates:
  description:
    - Certificates of the name that are valid still, of an authority that is trusted still, each with the C(host) that
      it was signed for, C(serial_number), C(fingerprint_sha256), C(profile), C(issued_at) and C(not_after).
  type: list
  elements: dict
  returned: success
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.stacktls.elastic.plugins.module_utils._certificate_retirement import ARGUMENTS, retire_name
from ansible_collections.stacktls.elastic.plugins.module_utils._module import require_cryptography, run_module


def main() -> None:
    module = AnsibleModule(argument_spec=ARGUMENTS, supports_check_mode=True)
    require_cryptography(module)
    run_module(module, lambda: retire_name(module.params, check_mode=module.check_mode))


if __name__ == "__main__":
    main()
