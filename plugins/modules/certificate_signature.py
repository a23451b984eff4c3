#!/usr/bin/python
# Copyright: Stack TLS contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: certificate_signature
short_description: Sign certificate signing requests with a certificate authority
version_added: 0.1.0
author:
  - Stack TLS contributors (@stacktls)
description:
  - Signs requests with an authority that M(stacktls.elastic.certificate_authority) keeps on the same machine. For
    hosts that Ansible manages, M(stacktls.elastic.certificate) does it all; this is for requests of other machines, and
    it is what that module runs on its O(stacktls.elastic.certificate#module:ca_host).
  - Nothing is taken from a request but its public key, after its signature has proved that its author has the private
    one. Subject, names, purposes and dates come from the task.
  - Each run signs again. What was signed is written down beside the authority.
requirements:
  - cryptography >= 38.0
extends_documentation_fragment:
  - stacktls.elastic._attributes
attributes:
  diff_mode:
    description: Has no difference to show, because it changes no file but the list of what was signed.
    support: N/A
  idempotent:
    description: A second run with the same options changes nothing.
    support: none
    details: Each run issues new certificates.
options:
  ca_path:
    description: Absolute path of the folder of the authority.
    type: path
    required: true
  ca_passphrase:
    description: Passphrase of its private key.
    type: str
  host:
    description: For whom the certificates are; a note in the list of what was signed.
    type: str
    default: ""
  requests:
    description:
      - The requests, which are signed all or none.
      - Without any, the module only tells the certificates of the authority.
    type: list
    elements: dict
    default: []
    suboptions:
      name:
        description: Name of the certificate in results and errors.
        type: str
        default: certificate
      request:
        description: The signing request in PEM form.
        type: str
        required: true
      subject:
        description: Subject as RFC 2253 or RFC 4514 text. Mutually exclusive with O(requests[].common_name).
        type: str
      common_name:
        description: Subject that has a common name only.
        type: str
      subject_alt_names:
        description: Host names and IP addresses. Required for certificates of servers.
        type: list
        elements: str
        default: []
      profile:
        description: Purposes of the certificate.
        type: str
        choices: [server, client, both]
        default: server
      key_type:
        description: What kind of key the request has to be for. Any, where this is not given.
        type: str
        choices: [ec-p256, ec-p384, ec-p521, rsa-2048, rsa-3072, rsa-4096, ed25519]
      not_before:
        description: When the certificate becomes valid, as a date or a span before now.
        type: str
        default: -1h
      not_after:
        description: When it expires, as a date or a span after now, but not later than the authority.
        type: str
        default: +397d
seealso:
  - module: stacktls.elastic.certificate
  - module: stacktls.elastic.certificate_authority
"""

EXAMPLES = r"""
- name: Sign the request of an appliance
  stacktls.elastic.certificate_signature:
    ca_path: "{{ inventory_dir }}/ca"
    ca_passphrase: "{{ vault_ca_passphrase }}"
    host: balancer
    requests:
      - request: "{{ lookup('ansible.builtin.file', 'balancer.csr') }}"
        common_name: elastic.example.com
        subject_alt_names: [elastic.example.com]
  delegate_to: localhost
  run_once: true
  register: signed
"""

RETURN = r"""
ca_certificates:
  description: The certificate of the authority and those above it, in PEM form; empty where there is none yet.
  type: str
  returned: success
trusted_certificates:
  description: Authorities that hosts trust beside it while one takes the place of another, in PEM form; mostly empty.
  type: str
  returned: success
retired_subjects:
  description: Distinguished names that nothing is signed for any more, and since when each.
  type: dict
  returned: success
  sample: {CN=orders: "2026-01-31T09:00:00Z"}
certificates:
  description:
    - The certificates in the order of the requests, each with what M(stacktls.elastic.certificate) tells of one.
    - Empty in check mode.
  type: list
  elements: dict
  returned: success
  contains:
    name:
      description: Name in the task.
      type: str
    content:
      description: The certificate in PEM form.
      type: str
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.stacktls.elastic.plugins.module_utils._certificate_signature import ARGUMENTS, sign_requests
from ansible_collections.stacktls.elastic.plugins.module_utils._module import require_cryptography, run_module


def main() -> None:
    module = AnsibleModule(argument_spec=ARGUMENTS, supports_check_mode=True)
    require_cryptography(module)
    run_module(module, lambda: sign_requests(module.params, check_mode=module.check_mode))


if __name__ == "__main__":
    main()
