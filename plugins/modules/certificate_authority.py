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
  - A present authority is checked and kept. It is never made again, whatever is wrong with it; where it cannot be used,
    because it is expired, damaged, incomplete or protected by another passphrase, the module fails and says which file
    is concerned.
  - The folder holds C(ca.crt) (the certificate, then those above it up to the root), C(ca.key) (PKCS#8, encrypted with
    AES-256, mode 0600) and C(issued.jsonl) (one line for each certificate that was signed).
requirements:
  - cryptography >= 38.0
extends_documentation_fragment:
  - stacktls.elastic._attributes
options:
  path:
    description: Absolute path of the folder. A new one gets the mode V(0700).
    type: path
    required: true
  passphrase:
    description:
      - Passphrase of C(ca.key).
      - A private key that is not encrypted yet is encrypted with it.
    type: str
  allow_unencrypted_key:
    description: Accept a private key without a passphrase.
    type: bool
    default: false
  common_name:
    description: Common name of a new authority. Mutually exclusive with O(subject).
    type: str
  subject:
    description: Subject of a new authority as RFC 2253 text, such as V(CN=Stack CA,O=Example).
    type: str
  key_type:
    description:
      - Private key of a new authority; V(ec-p256) where this is not given.
      - Like the subject, it is a wish for a new authority only. A present one that differs is kept, with a warning
        unless it was imported.
    type: str
    choices: [ec-p256, ec-p384, ec-p521, rsa-2048, rsa-3072, rsa-4096, ed25519]
  validity_days:
    description: How long a new authority is valid.
    type: int
    default: 3650
  import_certificate:
    description:
      - PEM file, on the same machine, with the certificate of an existing authority. Those above it may follow in the
        same file.
      - Once the authority is in O(path), this file and the private key may be removed. While it exists, a new
        certificate or chain in it is taken over, if it is one of the same private key.
    type: path
  import_chain:
    description: PEM file with the certificates above O(import_certificate), up to the self-signed root.
    type: path
  import_private_key:
    description: PEM file, on the same machine, with the private key that belongs to O(import_certificate).
    type: path
  import_passphrase:
    description: Passphrase of O(import_private_key), where it is encrypted.
    type: str
seealso:
  - module: stacktls.elastic.certificate
"""

EXAMPLES = r"""
- name: Make a certificate authority on the controller
  stacktls.elastic.certificate_authority:
    path: "{{ inventory_dir }}/ca"
    passphrase: "{{ vault_ca_passphrase }}"
    common_name: Elastic Stack CA
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
"""

RETURN = r"""
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

from typing import Any

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.stacktls.elastic.plugins.module_utils._certificate_authority import (
    manage_certificate_authority,
)
from ansible_collections.stacktls.elastic.plugins.module_utils._module import require_cryptography, run_module
from ansible_collections.stacktls.elastic.plugins.module_utils._pki._keys import KEY_TYPES

MODULE_ARGUMENTS: dict[str, Any] = {
    "argument_spec": {
        "path": {"type": "path", "required": True},
        "passphrase": {"type": "str", "no_log": True},
        "allow_unencrypted_key": {"type": "bool", "default": False},
        "common_name": {"type": "str"},
        "subject": {"type": "str"},
        "key_type": {"type": "str", "choices": list(KEY_TYPES), "no_log": False},
        "validity_days": {"type": "int", "default": 3650},
        "import_certificate": {"type": "path"},
        "import_chain": {"type": "path"},
        "import_private_key": {"type": "path", "no_log": False},
        "import_passphrase": {"type": "str", "no_log": True},
    },
    "mutually_exclusive": [("common_name", "subject")],
    "required_together": [("import_certificate", "import_private_key")],
    "required_by": {"import_chain": ["import_certificate"], "import_passphrase": ["import_private_key"]},
}


def main() -> None:
    module = AnsibleModule(**MODULE_ARGUMENTS, supports_check_mode=True)
    require_cryptography(module)
    run_module(module, lambda: manage_certificate_authority(module.params, module.warn, check_mode=module.check_mode))


if __name__ == "__main__":
    main()
