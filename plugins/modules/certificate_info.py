#!/usr/bin/python
# Copyright: Stack TLS contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: certificate_info
short_description: Tell what files of certificates and keys hold
version_added: 0.1.0
author: Stack TLS contributors (@stacktls)
description:
  - Reads certificates, chains, bundles of authorities, private keys and PKCS#12 files on the managed host, and says
    what they hold and what is wrong with them.
  - A file that is missing, damaged or protected is told as its RV(files[].state) and is no failure, unless O(fail_on)
    asks for that.
  - Files of one task are looked at together, so a private key and its certificate may stand in two of them.
requirements:
  - cryptography >= 38.0
extends_documentation_fragment:
  - stacktls.elastic._attributes.info
options:
  paths:
    description: Files on the managed host, in PEM, DER or PKCS#12 form. Mutually exclusive with O(content).
    type: list
    elements: path
  content:
    description: PEM text in place of files.
    type: str
  passphrases:
    description:
      - Passphrases of encrypted private keys and PKCS#12 files. Each is tried on every file that is protected.
      - The empty password of PKCS#12 files is tried as well.
    type: list
    elements: str
    default: []
  ca_path:
    description: PEM file on the managed host with authorities that complete the chains of the certificates.
    type: path
  names:
    description: Host names and addresses that the certificates should be valid for.
    type: list
    elements: str
    default: []
  valid_at:
    description:
      - Moments at which the certificates should be valid, each under a name of your choice.
      - A moment is a date in UTC such as V(2027-01-31) or V(2027-01-31T12:00:00Z), or with a sign before it a span of
        time from now in weeks, days, hours, minutes and seconds, such as V(+30d) or V(-1d12h).
    type: dict
    default: {}
  fail_on:
    description: States of a file that are a failure.
    type: list
    elements: str
    choices: [missing, unreadable, damaged, locked]
    default: []
seealso:
  - module: stacktls.elastic.certificate
  - module: stacktls.elastic.tls_endpoint_info
  - plugin: stacktls.elastic.certificate_info
    plugin_type: filter
"""

EXAMPLES = r"""
- name: Look at the certificate of the HTTP layer and its private key
  stacktls.elastic.certificate_info:
    paths:
      - /etc/elasticsearch/certs/http.crt
      - /etc/elasticsearch/certs/http.key
    ca_path: /etc/elasticsearch/certs/ca.crt
    names: [es1.example.com]
    valid_at:
      in_a_month: +30d
    fail_on: [missing, unreadable, damaged]
  register: http

- name: Stop where they are of no use
  ansible.builtin.assert:
    that:
      - http.files[0].certificates[0].valid_at.in_a_month
      - http.files[0].certificates[0].has_private_key
      - http.files[0].certificates[0].chain_complete
      - http.files[0].certificates[0].names_not_covered | length == 0
      - not http.files[1].private_key_exposed

- name: Look into a PKCS#12 file
  stacktls.elastic.certificate_info:
    paths: [/etc/kibana/certs/kibana.p12]
    passphrases: ["{{ vault_kibana_passphrase }}"]
"""

RETURN = r"""
files:
  description: What was found, one for each file in their order.
  returned: success
  type: list
  elements: dict
  contains:
    path:
      description: The file; null for O(content).
      type: str
      sample: /etc/elasticsearch/certs/http.crt
    state:
      description:
        - Either V(ok), V(missing), V(unreadable), V(damaged) or V(locked).
        - Damaged is also a file that holds nothing of this kind.
        - Locked means that none of O(passphrases) opens the file or the private key in it. Certificates beside an
          encrypted private key in PEM form are described all the same.
      type: str
      sample: ok
    problem:
      description: Why the state is not V(ok), in words.
      type: str
      sample: ""
    format:
      description: Either V(pem), V(der) or V(pkcs12); null where it could not be read.
      type: str
      sample: pem
    kind:
      description:
        - Either V(certificate), V(chain) (a certificate, then authorities), V(authorities), V(certificates) (of several
          owners), V(private_key) or V(identity) (a private key with certificates); null where it could not be read.
      type: str
      sample: chain
    encrypted:
      description: Whether a passphrase protects the private key or the PKCS#12 file.
      type: bool
    protection:
      description:
        - How a PKCS#12 file is protected, V(aes-256), V(aes-128), V(3des), V(none) or V(other), also where it could not
          be opened; null for other formats.
      type: str
    owner:
      description: User that owns the file; null where there is no file.
      type: str
      sample: root
    group:
      description: Group of the file; null where there is no file.
      type: str
      sample: elasticsearch
    mode:
      description: Mode of the file; null where there is no file.
      type: str
      sample: "0640"
    private_key_exposed:
      description: Whether every user of the host may read a private key in the file, encrypted or not.
      type: bool
    private_key:
      description: The private key in the file; null where there is none.
      type: dict
      contains:
        key_type:
          description: Kind of the key; null where it could not be opened.
          type: str
          sample: ec-p256
        encrypted:
          description: Whether a passphrase protects it.
          type: bool
        matches:
          description: Whether one of the certificates of this task is of this key; null where it could not be opened.
          type: bool
    certificates:
      description: The certificates in the file, in their order.
      type: list
      elements: dict
      contains:
        subject:
          description: Subject, as Elasticsearch prints it.
          type: str
          sample: CN=es1.example.com
        issuer:
          description: Subject of the authority that signed it.
          type: str
          sample: CN=Elastic Stack CA
        serial_number:
          description: Serial number in hexadecimal.
          type: str
          sample: 0A2B3C4D
        fingerprint_sha256:
          description: SHA-256 of the certificate in hexadecimal.
          type: str
          sample: 5d1e0a0c3e1c7c0f6b8d0c2b5a4f3e2d1c0b9a8f7e6d5c4b3a2f1e0d9c8b7a6f
        fingerprint_sha1:
          description: SHA-1 of the certificate in hexadecimal, as older tools print it.
          type: str
          sample: 0c3e1c7c0f6b8d0c2b5a4f3e2d1c0b9a8f7e6d5c
        not_before:
          description: When it becomes valid, in UTC.
          type: str
          sample: "2026-01-31T09:00:00Z"
        not_after:
          description: When it expires, in UTC.
          type: str
          sample: "2027-03-04T10:00:00Z"
        days_left:
          description: Whole days until then; negative afterwards.
          type: int
          sample: 396
        subject_alt_names:
          description: The names that it is valid for.
          type: list
          elements: str
          sample: ["DNS:es1.example.com", "IP:192.0.2.11"]
        key_type:
          description: Kind of its key.
          type: str
          sample: ec-p256
        profile:
          description: Either V(server), V(client), V(both) or V(other), by its extended key usages.
          type: str
          sample: server
        signature_hash:
          description: Hash that its issuer signed; null where the signature has one of its own, as with Ed25519.
          type: str
          sample: sha256
        self_signed:
          description: Whether its own key signed it, as with a root.
          type: bool
        ca:
          description: Whether it is one of an authority.
          type: bool
        path_length:
          description: How many authorities may stand below it; null where that is not limited.
          type: int
        key_usages:
          description: Key usages by their names in RFC 5280; empty where it is not limited.
          type: list
          elements: str
          sample: [digitalSignature]
        extended_key_usages:
          description:
            - Extended key usages by their names in RFC 5280 or object identifiers; empty where it is not limited.
          type: list
          elements: str
          sample: [serverAuth]
        friendly_name:
          description: Its name in a PKCS#12 file (in Java the alias); empty where it has none.
          type: str
        has_private_key:
          description: Whether one of the files of this task holds its private key, and that could be opened.
          type: bool
        chain_complete:
          description: Whether its issuers, up to a self-signed root, stand in the same file or in O(ca_path).
          type: bool
        names_not_covered:
          description: Those of O(names) that it is not valid for.
          type: list
          elements: str
        valid_at:
          description: For each of O(valid_at) whether it is valid then.
          type: dict
          sample: {in_a_month: true}
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.stacktls.elastic.plugins.module_utils._certificate_info import (
    MODULE_ARGUMENTS,
    gather_certificate_info,
)
from ansible_collections.stacktls.elastic.plugins.module_utils._module import require_cryptography, run_module


def main() -> None:
    module = AnsibleModule(**MODULE_ARGUMENTS, supports_check_mode=True)
    require_cryptography(module)
    run_module(module, lambda: gather_certificate_info(module.params))


if __name__ == "__main__":
    main()
