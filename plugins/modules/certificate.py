#!/usr/bin/python
# Copyright: Stack TLS contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
module: certificate
short_description: Keep the certificates of a host, whoever signs them
version_added: 0.1.0
author:
  - Stack TLS contributors (@stacktls)
description:
  - Compares the certificates on the managed host with what is asked for, and issues new ones where they differ or where
    they expire soon. The result tells every reason. Where nothing is due, only owner, group, mode, chain and the form
    of the PKCS#12 file are looked after.
  - The private key is made on the managed host and never leaves it, unless it is brought. The host sends a signing
    request; our own authority (see M(stacktls.elastic.certificate_authority)) takes nothing from it but the public key.
    Subject, names, purposes and dates come from the task.
  - Key, certificate, authorities and PKCS#12 file are put in place together, after the new certificate was checked.
    Until then the old files are in force. Their folder is made with mode V(0750) where it is missing.
  - This is an action plugin. Its part on the managed host runs as a module of the same name.
requirements:
  - cryptography >= 38.0 on the controller and on the managed host
extends_documentation_fragment:
  - stacktls.elastic._attributes
  - stacktls.elastic._issuing
options:
  identities:
    description:
      - Certificates of this host, where the task keeps several.
      - Each has the options of this module. What one does not give is taken from the option of the same name beside
        O(identities), so that what they have in common is said once.
      - All are inspected in one round trip, and what is due is put in place together in a second one.
    type: list
    elements: dict
    default: []
    suboptions:
      name:
        description:
          - Name of the identity in results, errors and files; by default that of its first file without extension.
        type: str
      certificate_path: &certificate_path
        description: PEM file for the certificate, followed by the authorities between it and the root.
        type: path
      private_key_path: &private_key_path
        description: PEM file for the private key, in PKCS#8 form. Required with O(certificate_path).
        type: path
      private_key_passphrase: &private_key_passphrase
        description:
          - Passphrase that encrypts the private key in O(private_key_path) and O(combined_path).
          - Where it does not open the present file, a new key and certificate are made.
        type: str
      combined_path: &combined_path
        description:
          - PEM file for the private key, the certificate and the authorities between it and the root, one after
            another.
        type: path
      pkcs12_path: &pkcs12_path
        description:
          - PKCS#12 file for key, certificate and all authorities, in place of PEM files or in addition to them.
          - Where it is the only one, the private key is nowhere else.
        type: path
      pkcs12_password: &pkcs12_password
        description:
          - Password of O(pkcs12_path). The empty text is a password, too.
          - Where it is not given, the file is neither encrypted nor authenticated.
          - Where it does not open the present file, a new key and certificate are made.
        type: str
      pkcs12_friendly_name: &pkcs12_friendly_name
        description: Name of the entry in O(pkcs12_path), which Java calls its alias.
        type: str
      pkcs12_encryption: &pkcs12_encryption
        description:
          - How O(pkcs12_path) is encrypted where it has a password.
          - V(3des) is for readers that know nothing newer, and for passwords outside ASCII that Kibana has to read.
          - Where the present file is encrypted otherwise, it is written again; key and certificate stay.
        type: str
        choices: [aes-256, aes-128, 3des]
      ca_certificates_path: &ca_certificates_path
        description:
          - PEM file for the certificates of the authority up to the root, for those who verify others with it.
          - Identities with the same issuer may share it.
        type: path
      trusted_certificates: &trusted_certificates
        description:
          - PEM text with certificates of further authorities that O(ca_certificates_path) is to hold, for peers that
            have their certificates from somebody else.
        type: str
      owner: &owner
        description: Owner of the files, by name or number. Existing files keep theirs where this is not given.
        type: str
      group: &group
        description: Group of the files, by name or number. Existing files keep theirs where this is not given.
        type: str
      mode: &mode
        description:
          - Mode of the files that hold a private key, as a quoted octal number.
          - Existing files keep their mode where this is not given; new ones get V('0640').
        type: raw
      certificate_mode: &certificate_mode
        description:
          - Mode of O(certificate_path) and O(ca_certificates_path) as a quoted octal number.
          - Existing files keep their mode where this is not given; new ones get V('0644').
        type: raw
      journal: &journal
        description:
          - Folder on the host where the replaced files are kept until M(stacktls.elastic.restart) has brought the
            change into force.
          - Without it, there is no way back.
        type: path
      kind: &kind
        description: What the certificate is to the service; recorded in O(journal).
        type: str
        choices: [certificate, client_certificate]
      ca_certificates_kind: &ca_certificates_kind
        description: What O(ca_certificates_path) is to the service; recorded in O(journal).
        type: str
        choices: [trust, realm_trust]
      subject:
        description: See O(subject).
        type: str
      common_name:
        description: See O(common_name).
        type: str
      subject_alt_names: &subject_alt_names
        description:
          - Host names and IP addresses. C(DNS:) and C(IP:) may be written before them.
          - Names outside ASCII are encoded for the DNS. A wildcard must be the whole first label.
          - Required for certificates of servers, because clients look for the name of the host nowhere else.
          - A certificate that somebody else issues may have more names, and a wildcard covers those below it.
        type: list
        elements: str
      profile: &profile
        description: Purposes of the certificate.
        type: str
        choices: [server, client, both]
      key_type: &key_type
        description: Kind of the private key.
        type: str
        choices: [ec-p256, ec-p384, ec-p521, rsa-2048, rsa-3072, rsa-4096, ed25519]
      consumer: &consumer
        description: The product that reads the files. What it is known not to read is refused.
        type: str
        choices: [generic, elasticsearch, kibana]
      not_before:
        description: See O(not_before).
        type: str
      not_after: &not_after
        description:
          - When a new certificate expires, but not later than the authority itself.
          - A date, or a span after now such as V(+397d) or V(+12h). The units are w, d, h, m and s.
          - A change of it does not replace a present certificate.
        type: str
      renew_before:
        description: See O(renew_before).
        type: str
      force:
        description: See O(force).
        type: bool
      folder_expected: &folder_expected
        description:
          - Whether an earlier task of the play makes the folder above that of the files. Then check mode takes it as
            made where it is missing, and tells what would be; otherwise it is an error in check mode as well.
        type: bool
      signer: &signer
        description:
          - Who issues the certificate.
          - V(authority) is one of M(stacktls.elastic.certificate_authority), in O(ca_path) or in O(ca_private_key).
          - V(command) runs O(signer_command) on the controller.
          - V(csr_only) leaves the signing request in O(requests_path) on the controller for a person. The key waits
            on its host. Later runs look for the answer there, and put it in place when it lies there. The present
            certificate stays in force meanwhile.
          - V(brought) takes key and certificate from the C(source_) options.
          - Answers and brought files are checked before they are put in place. They have to be of the right key, and
            say what the task asks for; all authorities up to the root must be there, in any order, and be valid.
        type: str
        choices: [authority, command, csr_only, brought]
      ca_path:
        description: See O(ca_path).
        type: path
      ca_host:
        description: See O(ca_host).
        type: str
      ca_private_key:
        description: See O(ca_private_key).
        type: str
      ca_passphrase:
        description: See O(ca_passphrase).
        type: str
      issuer_certificates:
        description: See O(issuer_certificates).
        type: str
      signer_command:
        description: See O(signer_command).
        type: list
        elements: str
      signer_environment:
        description: See O(signer_environment).
        type: dict
      signer_timeout:
        description: See O(signer_timeout).
        type: int
      requests_path:
        description: See O(requests_path).
        type: path
      source_certificate_path:
        description: See O(source_certificate_path).
        type: path
      source_certificate:
        description: See O(source_certificate).
        type: str
      source_chain_path:
        description: See O(source_chain_path).
        type: path
      source_private_key_path:
        description: See O(source_private_key_path).
        type: path
      source_private_key:
        description: See O(source_private_key).
        type: str
      source_pkcs12_path:
        description: See O(source_pkcs12_path).
        type: path
      source_passphrase: &source_passphrase
        description:
          - Passphrase of the private key or password of the PKCS#12 file that is brought.
          - It protects the source only. What is written is protected by O(private_key_passphrase) and
            O(pkcs12_password).
        type: str
      source_passphrase_entry: &source_passphrase_entry
        description:
          - Name of the entry of the Elasticsearch keystore on the managed host that has this passphrase, such as
            V(xpack.security.http.ssl.keystore.secure_password), in place of O(source_passphrase).
          - Where there is no such entry, the source has the empty passphrase or none. Needs O(remote_source).
        type: str
      elasticsearch_keystore_path: &elasticsearch_keystore_path
        description: That keystore.
        type: path
      elasticsearch_keystore_password: &elasticsearch_keystore_password
        description: Its password, where it has one.
        type: str
      remote_source:
        description: See O(remote_source).
        type: bool
  certificate_path: *certificate_path
  private_key_path: *private_key_path
  private_key_passphrase: *private_key_passphrase
  combined_path: *combined_path
  pkcs12_path: *pkcs12_path
  pkcs12_password: *pkcs12_password
  pkcs12_friendly_name:
    <<: *pkcs12_friendly_name
    default: certificate
  pkcs12_encryption:
    <<: *pkcs12_encryption
    default: aes-256
  ca_certificates_path: *ca_certificates_path
  trusted_certificates: *trusted_certificates
  owner: *owner
  group: *group
  mode: *mode
  certificate_mode: *certificate_mode
  journal: *journal
  kind:
    <<: *kind
    default: certificate
  ca_certificates_kind:
    <<: *ca_certificates_kind
    default: trust
  subject_alt_names:
    <<: *subject_alt_names
    default: []
  profile:
    <<: *profile
    default: server
  key_type:
    <<: *key_type
    default: ec-p256
  consumer:
    <<: *consumer
    default: generic
  not_after:
    <<: *not_after
    default: +397d
  folder_expected:
    <<: *folder_expected
    default: false
  signer:
    <<: *signer
    default: authority
  source_passphrase: *source_passphrase
  source_passphrase_entry: *source_passphrase_entry
  elasticsearch_keystore_path:
    <<: *elasticsearch_keystore_path
    default: /etc/elasticsearch/elasticsearch.keystore
  elasticsearch_keystore_password: *elasticsearch_keystore_password
  phase:
    description: Internal. The action sets it; a value in a task is ignored.
    type: str
    choices: [inspect, install, discard]
    default: inspect
  exchange:
    description: Internal, like O(phase). What the controller sends for each identity.
    type: dict
    default: {}
  secrets:
    description: Internal, like O(phase). Private keys that are brought from the controller.
    type: dict
    default: {}
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

- name: Two certificates of a node, from two authorities
  stacktls.elastic.certificate:
    identities:
      - name: http
        certificate_path: /etc/elasticsearch/certs/http.crt
        private_key_path: /etc/elasticsearch/certs/http.key
        ca_certificates_path: /etc/elasticsearch/certs/http-ca.crt
        ca_path: "{{ inventory_dir }}/http-ca"
        ca_passphrase: "{{ vault_http_ca_passphrase }}"
      - name: transport
        certificate_path: /etc/elasticsearch/certs/transport.crt
        private_key_path: /etc/elasticsearch/certs/transport.key
        ca_certificates_path: /etc/elasticsearch/certs/transport-ca.crt
        profile: both
        ca_path: "{{ inventory_dir }}/transport-ca"
        ca_passphrase: "{{ vault_transport_ca_passphrase }}"
    common_name: es1.example.com
    subject_alt_names: [es1.example.com, 192.0.2.11]
    group: elasticsearch
    consumer: elasticsearch
    journal: /var/lib/stacktls/elasticsearch

- name: Let step-ca sign
  stacktls.elastic.certificate:
    certificate_path: /etc/elasticsearch/certs/http.crt
    private_key_path: /etc/elasticsearch/certs/http.key
    common_name: es1.example.com
    subject_alt_names: [es1.example.com]
    not_after: +30d
    signer: command
    signer_command: [/usr/local/bin/sign-with-step-ca]
    signer_environment:
      STEP_TOKEN: "{{ vault_step_token }}"
    issuer_certificates: "{{ lookup('ansible.builtin.file', 'step-root.crt') }}"

- name: Leave signing requests for the people who run the company's authority
  stacktls.elastic.certificate:
    certificate_path: /etc/elasticsearch/certs/http.crt
    private_key_path: /etc/elasticsearch/certs/http.key
    common_name: es1.example.com
    subject_alt_names: [es1.example.com]
    signer: csr_only
    requests_path: "{{ inventory_dir }}/requests"

- name: Put a certificate in place that somebody else made
  stacktls.elastic.certificate:
    certificate_path: /etc/kibana/certs/server.crt
    private_key_path: /etc/kibana/certs/server.key
    subject_alt_names: [kibana.example.com]
    signer: brought
    source_certificate_path: kibana-fullchain.pem
    source_private_key: "{{ vault_kibana_private_key }}"
"""

RETURN = r"""
reasons:
  description: Why certificates were issued, or in check mode would be; empty where none was.
  type: list
  elements: dict
  returned: success
  contains:
    identity:
      description: Name of the identity.
      type: str
    code:
      description: For programs.
      type: str
      choices:
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
        - brought
        - forced
    text:
      description: For people.
      type: str
    found:
      description: What was there, where that can be told; names are a list.
      type: raw
    wanted:
      description: What should be there, likewise.
      type: raw
  sample:
    - identity: http
      code: expiring
      text: the certificate expires in 20 days, and is renewed at 132 days
      found: "2026-12-14T09:00:00Z"
      wanted: ""
certificate:
  description:
    - The certificate that is in force now; in check mode the present one. Where the task keeps several, that of the
      first.
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
waiting:
  description: Whether a signing request waits for its answer; see O(signer=csr_only).
  type: bool
  returned: success
identities:
  description:
    - What is true of each identity, with its C(name), C(changed), and the values above for it alone.
    - Where one waits, also C(request_path) and C(answer_path), and the C(request) itself in PEM form.
  type: list
  elements: dict
  returned: success
restart_pending:
  description: Whether the journal holds changes, of this or an earlier run, that are not yet in force.
  type: bool
  returned: success
"""

from typing import Any

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.stacktls.elastic.plugins.module_utils._certificate_arguments import MODULE_ARGUMENTS
from ansible_collections.stacktls.elastic.plugins.module_utils._certificate_record import recall
from ansible_collections.stacktls.elastic.plugins.module_utils._module import require_cryptography, run_module


def main() -> None:
    module = AnsibleModule(**MODULE_ARGUMENTS, supports_check_mode=True)
    run_module(module, lambda: recall(module.params) or manage(module))


def manage(module: AnsibleModule) -> dict[str, Any]:
    """What the record cannot answer."""
    require_cryptography(module)
    # Not imported before it is needed: that would take longer than all that is done without it.
    from ansible_collections.stacktls.elastic.plugins.module_utils._certificate_first import first_requests

    asked = first_requests(module.params, check_mode=module.check_mode)
    if asked is not None:
        return asked
    from ansible_collections.stacktls.elastic.plugins.module_utils._certificates import manage_certificates

    return manage_certificates(module.params, check_mode=module.check_mode)


if __name__ == "__main__":
    main()
