#!/usr/bin/python
# Copyright: Stack TLS contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: truststore
short_description: Keep the authorities that a service trusts in a PEM bundle or a PKCS#12 file
version_added: 0.1.0
author: Stack TLS contributors (@stacktls)
description:
  - Puts certificates of authorities into one file, each once. Where the file holds exactly these, in the protection
    asked for, it stays as it is, whoever made it and in whatever order.
  - A PEM bundle has a comment line above each certificate that names its subject, its expiry and its SHA-256
    fingerprint. Elasticsearch, Kibana, Beats, curl and whatever else reads PEM ignore such lines.
  - A PKCS#12 file is one that Java accepts as a truststore. Each certificate has a name of its own and the attribute
    C(2.16.840.1.113894.746875.1.1) (trusted key usage), without which Java finds no trusted certificate in it. The
    module writes it itself on the managed host with any supported C(cryptography); nothing has to be made on the
    controller, and neither Java nor C(keytool) nor C(openssl) is started.
  - A file that cannot be read, or not with O(password), is replaced. A file that holds a private key is never replaced,
    because that may be the only place of the key.
requirements:
  - cryptography >= 38.0 on the managed host
extends_documentation_fragment:
  - stacktls.elastic._attributes
  - stacktls.elastic._files
  - stacktls.elastic._files.folder
options:
  path:
    description: Absolute path of the file. Its folder must exist.
    type: path
    required: true
  format:
    description:
      - What kind of file to keep.
      - V(pem) is for settings such as C(xpack.security.http.ssl.certificate_authorities), V(pkcs12) for those such as
        C(xpack.security.http.ssl.truststore.path).
    type: str
    choices: [pem, pkcs12]
    default: pem
  certificates:
    description: Certificates in PEM form, one or several in each element.
    type: list
    elements: str
    default: []
  certificate_paths:
    description:
      - Files on the managed host with one or several certificates in PEM form.
      - O(certificates), O(certificate_paths) and O(pkcs12_sources) may be given together. One of them is needed,
        because a service that trusts nobody reaches nobody.
    type: list
    elements: path
    default: []
  pkcs12_sources:
    description:
      - PKCS#12 files on the managed host whose authorities are wanted, such as the C(elastic-certificates.p12) of
        C(elasticsearch-certutil) or the C(transport.p12) with which Elasticsearch configures itself.
      - Trusted entries and the certificates above that of a private key count. The certificate of a private key itself
        is passed over where it is not one of an authority. Private keys are not taken over.
      - A certificate that is neither is refused; see O(allow_leaf_certificates).
      - A Java keystore of the type JKS is refused. Export its authorities with C(keytool -exportcert -rfc), and name
        that file in O(certificate_paths).
    type: list
    elements: dict
    default: []
    suboptions:
      path:
        description: The file.
        type: path
        required: true
      password:
        description:
          - Its password.
          - Without it, and without O(pkcs12_sources[].password_entry), the empty password is tried. A file that is not
            protected needs none, and opens whatever is given.
        type: str
      password_entry:
        description:
          - Entry of the keystore of Elasticsearch that has the password, such as
            V(xpack.security.transport.ssl.truststore.secure_password). See O(elasticsearch_keystore_path).
          - Where the keystore has no such entry, the empty password is tried.
        type: str
  elasticsearch_keystore_path:
    description: Keystore of Elasticsearch on the managed host. It is read where a password is to be found in it.
    type: path
    default: /etc/elasticsearch/elasticsearch.keystore
  elasticsearch_keystore_password:
    description: Password of O(elasticsearch_keystore_path), where it has one.
    type: str
  password:
    description:
      - Password of a PKCS#12 file. The empty text is a password, too.
      - Where it is not given, the file is neither encrypted nor authenticated.
      - Where it does not open the present file, that is replaced.
    type: str
  encryption:
    description:
      - How O(password) protects a PKCS#12 file.
      - V(aes-256) and V(aes-128) are PBES2 with AES-CBC and a SHA-256 MAC.
      - V(3des) is for readers that know nothing else, such as Java before 8u301, or Kibana with a password that is not
        ASCII. It is triple DES with a SHA-1 MAC. Java itself opens no PKCS#12 file whose password is not ASCII.
    type: str
    choices: [aes-256, aes-128, 3des]
    default: aes-256
  purge:
    description:
      - Whether the file should hold the given authorities only.
      - With V(false) they are added to those that are there; a file that cannot be read is then an error.
    type: bool
    default: true
  allow_leaf_certificates:
    description:
      - Whether a certificate that is not one of an authority may be trusted.
      - It is refused otherwise, because in most cases the file of a server was given by mistake.
    type: bool
    default: false
  kind:
    description: What the file is to the service; recorded in O(journal).
    type: str
    choices: [trust, realm_trust]
    default: trust
  mode:
    description:
      - Mode of the file as a quoted octal number such as V('0640').
      - An existing file keeps its mode where this is not given; a new one gets V('0644'), since nothing in it is
        secret.
    type: raw
notes:
  - An authority that is expired, or not valid yet, is kept with a warning.
  - Passwords that are read from the keystore of Elasticsearch are not part of results, differences or messages.
seealso:
  - name: The command elasticsearch-certutil
    description: What makes such PKCS#12 files.
    link: https://www.elastic.co/docs/reference/elasticsearch/command-line-tools/certutil
  - module: stacktls.elastic.elasticsearch_keystore
  - module: stacktls.elastic.certificate
  - module: stacktls.elastic.certificate_authority
  - module: stacktls.elastic.restart
"""

EXAMPLES = r"""
- name: Trust two authorities while one replaces the other
  stacktls.elastic.truststore:
    path: /etc/elasticsearch/certs/ca.crt
    certificates:
      - "{{ lookup('ansible.builtin.file', 'old-ca.crt') }}"
      - "{{ lookup('ansible.builtin.file', 'new-ca.crt') }}"
    owner: root
    group: elasticsearch
    mode: "0640"
    journal: /var/lib/stacktls/elasticsearch

- name: Keep a truststore for xpack.security.transport.ssl.truststore.path
  stacktls.elastic.truststore:
    path: /etc/elasticsearch/certs/trust.p12
    format: pkcs12
    password: "{{ truststore_password }}"
    certificate_paths:
      - /etc/elasticsearch/certs/ca.crt
    group: elasticsearch
    mode: "0640"

- name: Trust the authorities that the nodes trust already, and the new one
  stacktls.elastic.truststore:
    path: /etc/elasticsearch/certs/transport-ca.crt
    pkcs12_sources:
      - path: /etc/elasticsearch/elastic-certificates.p12
        password_entry: xpack.security.transport.ssl.truststore.secure_password
    certificate_paths:
      - /etc/elasticsearch/certs/ca.crt
    group: elasticsearch
    mode: "0640"
    journal: /var/lib/stacktls/elasticsearch

- name: Add the authority of the company to what a PKI realm trusts already
  stacktls.elastic.truststore:
    path: /etc/elasticsearch/certs/realm-ca.crt
    certificates:
      - "{{ company_root }}"
    purge: false
    kind: realm_trust
"""

RETURN = r"""
reasons:
  description:
    - Why the file was replaced or, in check mode, would be.
    - Empty where it holds what it should, whether or not its owner or mode change.
  returned: success
  type: list
  elements: dict
  contains:
    code:
      description:
        - V(missing), V(damaged) and V(passphrase) where nothing can be read.
        - V(lacking) and V(surplus) where other authorities should be in it.
        - V(encryption) where it is protected in another way, V(not_trusted) where Java does not see all authorities.
      type: str
      sample: lacking
    text:
      description: The same for people.
      type: str
      sample: the truststore lacks 'CN=Stack CA, O=Example'
attributes:
  description: Which of V(owner), V(group) and V(mode) of the file were changed or, in check mode, would be.
  returned: success
  type: list
  elements: str
  sample: [mode]
authorities:
  description: What is trusted afterwards, in the order of the file where it is written.
  returned: success
  type: list
  elements: dict
  contains:
    subject:
      description: Subject, as Elasticsearch prints it.
      type: str
      sample: CN=Stack CA, O=Example
    not_after:
      description: When it expires, in UTC.
      type: str
      sample: "2036-01-29T10:00:00Z"
    fingerprint_sha256:
      description: SHA-256 of the certificate in hexadecimal.
      type: str
      sample: 5d1e0a0c3e1c7c0f6b8d0c2b5a4f3e2d1c0b9a8f7e6d5c4b3a2f1e0d9c8b7a6f
restart_pending:
  description: Whether O(journal) holds changes, of this run or an earlier one, that are not yet in force.
  returned: success
  type: bool
diff:
  description:
    - A line for each authority, before and after.
    - Where owner, group or mode differ, they are told in the first lines.
  returned: success
  type: dict
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.stacktls.elastic.plugins.module_utils._module import require_cryptography, run_module
from ansible_collections.stacktls.elastic.plugins.module_utils._truststore import ARGUMENTS, manage_truststore


def main() -> None:
    module = AnsibleModule(argument_spec=ARGUMENTS, supports_check_mode=True)
    require_cryptography(module)
    run_module(module, lambda: manage_truststore(module.params, module.warn, check_mode=module.check_mode))


if __name__ == "__main__":
    main()
