#!/usr/bin/python
# Copyright: Stack TLS contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
module: certificate
short_description: Keep a certificate on a host, signed by the certificate authority on the controller
version_added: 0.1.0
author:
  - Stack TLS contributors (@stacktls)
description:
  - Compares the certificate on the managed host with what is asked for, and issues a new one where they differ or where
    it expires soon. The result tells every reason. Where nothing is due, only owner, group, mode and chain are looked
    after.
  - The private key is made on the managed host and never leaves it. The host sends a signing request; the authority on
    the controller (see M(stacktls.elastic.certificate_authority)) takes nothing from it but the public key. Subject,
    names, purposes and dates come from the task.
  - Key, certificate, authorities and PKCS#12 file are put in place together, after the new certificate was checked.
    Until then the old files are in force. Their folder is made with mode V(0750) where it is missing.
  - This is an action plugin. Its part on the managed host runs as a module of the same name.
requirements:
  - cryptography >= 38.0 on the controller and on the managed host
extends_documentation_fragment:
  - stacktls.elastic._attributes
  - stacktls.elastic._files
options:
  certificate_path:
    description: PEM file for the certificate, followed by the authorities between it and the root.
    type: path
  private_key_path:
    description: PEM file for the private key, in PKCS#8 form. Required with O(certificate_path).
    type: path
  private_key_passphrase:
    description:
      - Passphrase that encrypts O(private_key_path).
      - Where it does not open the present file, a new key and certificate are made.
    type: str
  pkcs12_path:
    description:
      - PKCS#12 file for key, certificate and all authorities, in place of the PEM files or in addition to them.
      - Where it is the only one, the private key is nowhere else.
    type: path
  pkcs12_password:
    description:
      - Password of O(pkcs12_path). The empty text is a password, too.
      - Where it is not given, the file is neither encrypted nor authenticated.
      - Where it does not open the present file, a new key and certificate are made.
    type: str
  pkcs12_friendly_name:
    description: Name of the entry in O(pkcs12_path), which Java calls its alias.
    type: str
    default: certificate
  ca_certificates_path:
    description: PEM file for the certificates of the authority up to the root, for those who verify others with it.
    type: path
  mode:
    description:
      - Mode of O(private_key_path) and O(pkcs12_path) as a quoted octal number.
      - Existing files keep their mode where this is not given; new ones get V('0640').
    type: raw
  certificate_mode:
    description:
      - Mode of O(certificate_path) and O(ca_certificates_path) as a quoted octal number.
      - Existing files keep their mode where this is not given; new ones get V('0644').
    type: raw
  kind:
    description: What the certificate is to the service; recorded in O(journal).
    type: str
    choices: [certificate, client_certificate]
    default: certificate
  ca_certificates_kind:
    description: What O(ca_certificates_path) is to the service; recorded in O(journal).
    type: str
    choices: [trust, realm_trust]
    default: trust
  subject:
    description:
      - Subject as RFC 2253 or RFC 4514 text, such as V(CN=kibana-client,OU=ops,O=Example).
      - Mutually exclusive with O(common_name); one of the two is required.
    type: str
  common_name:
    description: Subject that has a common name only.
    type: str
  subject_alt_names:
    description:
      - Host names and IP addresses. C(DNS:) and C(IP:) may be written before them.
      - Names outside ASCII are encoded for the DNS. A wildcard must be the whole first label.
      - Required for certificates of servers, because clients look for the name of the host nowhere else.
    type: list
    elements: str
    default: []
  profile:
    description: Purposes of the certificate.
    type: str
    choices: [server, client, both]
    default: server
  key_type:
    description: Kind of the private key.
    type: str
    choices: [ec-p256, ec-p384, ec-p521, rsa-2048, rsa-3072, rsa-4096, ed25519]
    default: ec-p256
  consumer:
    description: The product that reads the files. What it is known not to read is refused.
    type: str
    choices: [generic, elasticsearch, kibana]
    default: generic
  validity_days:
    description:
      - How long a new certificate is valid, but not longer than the authority itself.
      - A change of it does not replace a present certificate.
    type: int
    default: 397
  renew_at_days_left:
    description:
      - Issue a new certificate when so many days are left. A third of its lifetime where this is not given.
    type: int
  backdate_minutes:
    description: How long before now a new certificate becomes valid, for peers whose clock is behind.
    type: int
    default: 60
  force:
    description: Issue a new certificate in any case.
    type: bool
    default: false
  ca_path:
    description: Absolute path, on the controller, of the folder that M(stacktls.elastic.certificate_authority) keeps.
    type: path
    required: true
  ca_passphrase:
    description: Passphrase of the authority's private key. It stays on the controller and is used for signing only.
    type: str
  phase:
    description: Internal. The action sets it; a value in a task is ignored.
    type: str
    choices: [inspect, install, discard]
    default: inspect
  ca_certificates:
    description: Internal, like O(phase). Certificates of the authority.
    type: str
    default: ""
  issued_certificate:
    description: Internal, like O(phase). The certificate that was signed.
    type: str
seealso:
  - module: stacktls.elastic.certificate_authority
  - plugin: stacktls.elastic.distinguished_name
    plugin_type: filter
"""

EXAMPLES = r"""
- name: Certificate of Elasticsearch's HTTP interface
  stacktls.elastic.certificate:
    certificate_path: /etc/elasticsearch/certs/http.crt
    private_key_path: /etc/elasticsearch/certs/http.key
    ca_certificates_path: /etc/elasticsearch/certs/ca.crt
    owner: root
    group: elasticsearch
    common_name: es1.example.com
    subject_alt_names:
      - es1.example.com
      - 192.0.2.11
    consumer: elasticsearch
    journal: /var/lib/stacktls/elasticsearch
    ca_path: "{{ inventory_dir }}/ca"
    ca_passphrase: "{{ vault_ca_passphrase }}"

- name: Client certificate that Kibana presents to Elasticsearch, as PKCS#12
  stacktls.elastic.certificate:
    pkcs12_path: /etc/kibana/certs/client.p12
    pkcs12_password: "{{ vault_kibana_pkcs12_password }}"
    key_type: rsa-3072
    owner: root
    group: kibana
    subject: CN=kibana-client,O=Example
    profile: client
    kind: client_certificate
    consumer: kibana
    journal: /var/lib/stacktls/kibana
    ca_path: "{{ inventory_dir }}/ca"
    ca_passphrase: "{{ vault_ca_passphrase }}"
"""

RETURN = r"""
reasons:
  description: Why a certificate was issued, or in check mode would be; empty where none was.
  type: list
  elements: dict
  returned: success
  contains:
    code:
      description: For programs.
      type: str
      choices:
        - authority_missing
        - missing
        - damaged
        - passphrase
        - key_mismatch
        - pkcs12_mismatch
        - subject
        - names
        - usages
        - key_type
        - issuer
        - expiring
        - expired
        - not_yet_valid
        - forced
    text:
      description: For people.
      type: str
  sample:
    - code: expiring
      text: the certificate expires in 20 days, and is renewed at 132
certificate:
  description:
    - The certificate that is in force now; in check mode the present one.
    - Empty in check mode where there is none.
  type: dict
  returned: success
  contains:
    subject:
      description: Subject, as Elasticsearch prints it.
      type: str
      sample: CN=kibana-client, OU=ops, O=Example
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
    not_before:
      description: When it became valid, in UTC.
      type: str
      sample: "2026-01-31T09:00:00Z"
    not_after:
      description: When it expires, in UTC.
      type: str
      sample: "2027-03-04T10:00:00Z"
    days_left:
      description: Whole days until then.
      type: int
      sample: 396
    subject_alt_names:
      description: Names with their kind.
      type: list
      elements: str
      sample: ["DNS:es1.example.com", "IP:192.0.2.11"]
    key_type:
      description: Kind of the private key.
      type: str
      sample: ec-p256
    profile:
      description: One of the values of O(profile), or V(other).
      type: str
      sample: server
files:
  description: Files that were written, or whose owner or mode was changed.
  type: list
  elements: str
  returned: success
  sample: [/etc/elasticsearch/certs/http.key, /etc/elasticsearch/certs/http.crt]
kinds:
  description:
    - What the files with new content are to the service; see O(kind) and O(ca_certificates_kind).
    - A service has no need to be told of another owner or mode.
  type: list
  elements: str
  returned: success
  sample: [certificate, trust]
restart_pending:
  description: Whether the journal holds changes, of this or an earlier run, that are not yet in force.
  type: bool
  returned: success
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.stacktls.elastic.plugins.module_utils._certificate import HostCertificate
from ansible_collections.stacktls.elastic.plugins.module_utils._certificate_options import MODULE_ARGUMENTS
from ansible_collections.stacktls.elastic.plugins.module_utils._module import require_cryptography, run_module


def main() -> None:
    module = AnsibleModule(**MODULE_ARGUMENTS, supports_check_mode=True)
    require_cryptography(module)
    run_module(
        module,
        lambda: HostCertificate(module.params, check_mode=module.check_mode).run(module.params["phase"]),
    )


if __name__ == "__main__":
    main()
