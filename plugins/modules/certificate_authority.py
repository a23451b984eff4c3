#!/usr/bin/python
# Copyright: Stack TLS contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
module: certificate_authority
short_description: Keep a certificate authority in a folder
version_added: 0.1.0
author:
  - Stack TLS contributors (@stacktls)
description:
  - Makes a certificate authority where there is none, or brings an existing one, so that
    M(stacktls.elastic.certificate) can sign with it. Delegate the task to the machine that signs, usually the
    controller.
  - A new authority is a root, or with O(issuer_path) an intermediate one below another authority on the same machine.
  - A present authority is checked and kept. It is never made again, whatever is wrong with it; where it cannot be used,
    because it is expired, damaged, incomplete or protected by another passphrase, the module fails and says which file
    is concerned. What it was asked to be and is not, it says in a warning.
  - The folder holds C(ca.crt) (the certificate, then those above it up to the root), C(ca.key) (PKCS#8, encrypted with
    AES-256, mode 0600) and C(issued.jsonl) (one line for each certificate that was signed).
requirements:
  - cryptography >= 38.0
extends_documentation_fragment:
  - stacktls.elastic._attributes
  - stacktls.elastic._authority
seealso:
  - module: stacktls.elastic.certificate
"""

EXAMPLES = r"""
- name: Make a certificate authority on the controller
  stacktls.elastic.certificate_authority:
    path: "{{ inventory_dir }}/ca"
    passphrase: "{{ vault_ca_passphrase }}"
    common_name: Elastic Stack CA
    key_type: rsa-3072  # Kibana reads no PKCS#12 file of an authority with another kind of key
  delegate_to: localhost
  run_once: true

- name: Sign with an intermediate authority of the company
  stacktls.elastic.certificate_authority:
    path: "{{ inventory_dir }}/ca"
    passphrase: "{{ vault_ca_passphrase }}"
    import_certificate: /secure/elastic-ca.crt
    import_chain: /secure/company-root.crt
    import_private_key: /secure/elastic-ca.key
    import_passphrase: "{{ vault_company_passphrase }}"
  delegate_to: localhost
  run_once: true

- name: Take over the authority that elasticsearch-certutil made
  stacktls.elastic.certificate_authority:
    path: "{{ inventory_dir }}/ca"
    passphrase: "{{ vault_ca_passphrase }}"
    import_pkcs12: "{{ inventory_dir }}/files/elastic-stack-ca.p12"
    import_passphrase: "{{ vault_certutil_password }}"
  delegate_to: localhost
  run_once: true

- name: Take an authority out of the vault
  stacktls.elastic.certificate_authority:
    path: "{{ inventory_dir }}/ca"
    passphrase: "{{ vault_ca_passphrase }}"
    import_certificate: "{{ inventory_dir }}/files/elastic-ca.crt"
    import_private_key_content: "{{ vault_elastic_ca_key }}"
  delegate_to: localhost
  run_once: true

- name: Make a root
  stacktls.elastic.certificate_authority:
    path: /srv/root-ca
    passphrase: "{{ vault_root_passphrase }}"
    common_name: Example Root
    path_length: 1
  delegate_to: localhost
  run_once: true

- name: Make an authority below it that signs for the hosts of the stack only
  stacktls.elastic.certificate_authority:
    path: /srv/stack-ca
    passphrase: "{{ vault_ca_passphrase }}"
    common_name: Elastic Stack CA
    issuer_path: /srv/root-ca
    issuer_passphrase: "{{ vault_root_passphrase }}"
    not_after: +1095d
    path_length: 0
    name_constraints_permitted:
      - DNS:elastic.example.com
      - IP:10.20.0.0/16
  delegate_to: localhost
  run_once: true
"""

RETURN = r"""
kept:
  description: Whether the authority was there already, and nothing about its files had to be changed.
  type: bool
  returned: success
  sample: true
certificate:
  description: The certificate of the authority and those above it, in PEM form.
  type: str
  returned: success, except in check mode where the authority would be made
certificate_path:
  description: The file that holds them.
  type: str
  returned: success
  sample: /etc/ansible/ca/ca.crt
subject:
  description: Subject, as Elasticsearch prints it.
  type: str
  returned: success
  sample: CN=Elastic Stack CA
issuer:
  description: Subject of the authority above it; the same as RV(subject) for a root.
  type: str
  returned: success, except in check mode where the authority would be made
  sample: CN=Elastic Stack CA
key_type:
  description: Kind of the private key.
  type: str
  returned: success
  sample: ec-p256
path_length:
  description: How many authorities may follow below it, nothing for any number.
  type: int
  returned: success
  sample: 0
name_constraints_permitted:
  description: For which names it may sign; empty where none is prescribed.
  type: list
  elements: str
  returned: success
  sample: ["DNS:elastic.example.com"]
name_constraints_excluded:
  description: For which names it may not sign.
  type: list
  elements: str
  returned: success
  sample: []
key_usage:
  description: What it may do with its key.
  type: list
  elements: str
  returned: success
  sample: [keyCertSign, cRLSign]
serial_number:
  description: Serial number in hexadecimal.
  type: str
  returned: success, except in check mode where the authority would be made
  sample: 0A2B3C4D
fingerprint_sha256:
  description: SHA-256 of the certificate in hexadecimal.
  type: str
  returned: success, except in check mode where the authority would be made
  sample: 5d1e0a0c3e1c7c0f6b8d0c2b5a4f3e2d1c0b9a8f7e6d5c4b3a2f1e0d9c8b7a6f
not_before:
  description: When it becomes valid, in UTC.
  type: str
  returned: success, except in check mode where the authority would be made
  sample: "2026-01-31T09:00:00Z"
not_after:
  description: When it expires, in UTC.
  type: str
  returned: success, except in check mode where the authority would be made
  sample: "2036-01-29T10:00:00Z"
days_left:
  description: Whole days until then.
  type: int
  returned: success, except in check mode where the authority would be made
  sample: 3649
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.stacktls.elastic.plugins.module_utils._certificate_authority import (
    manage_certificate_authority,
)
from ansible_collections.stacktls.elastic.plugins.module_utils._certificate_authority_options import MODULE_ARGUMENTS
from ansible_collections.stacktls.elastic.plugins.module_utils._module import require_cryptography, run_module


def main() -> None:
    module = AnsibleModule(**MODULE_ARGUMENTS, supports_check_mode=True)
    require_cryptography(module)
    run_module(module, lambda: manage_certificate_authority(module.params, module.warn, check_mode=module.check_mode))


if __name__ == "__main__":
    main()
