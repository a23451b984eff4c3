#!/usr/bin/python
# Copyright: Stack TLS contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
module: eck_certificate
short_description: Keep a Kubernetes Secret with a certificate for ECK, whoever signs it
version_added: 0.1.0
author:
  - Stack TLS contributors (@stacktls)
description:
  - Compares the certificate in a Secret with what is asked for, and issues a new one where they differ or where it
    expires soon, as M(stacktls.elastic.certificate) does with files. The result tells every reason.
  - The Secret has the form that the ECK operator reads. V(ca.crt), V(tls.crt) and V(tls.key) with O(kind=certificate);
    V(ca.crt) and V(ca.key) with O(kind=authority), with which the operator issues certificates itself.
  - The private key is made by the module on the host that runs the task, and goes nowhere but to the Kubernetes API.
    While somebody else signs, it is in a Secret beside the other one, with V(-pending) at the end of its name.
  - What the operator or clients would refuse is refused before it is applied. Key and certificate have to belong
    together, the key must not be encrypted, certificates have to be valid, and all authorities up to the root have to
    be there.
  - This is an action plugin. Its part on the host runs as a module of the same name.
extends_documentation_fragment:
  - stacktls.elastic._attributes
  - stacktls.elastic._issuing
  - stacktls.elastic._kubernetes
options:
  name:
    description: Name of the Secret, for C(spec.http.tls.certificate.secretName).
    type: str
    required: true
  namespace:
    description: Its namespace, which has to be that of the resource.
    type: str
    default: default
  labels:
    description:
      - Labels of the Secret, beside C(app.kubernetes.io/managed-by=stacktls.elastic), by which this collection knows
        its own, and C(eck.k8s.elastic.co/watched=true), without which restricted operators do not see it.
      - Labels that others set are kept.
    type: dict
    default: {}
  kind:
    description:
      - What the Secret is for.
      - V(certificate) is what a resource presents. The operator passes it on as it is.
      - V(authority) is what the operator issues certificates with, also those of the transport layer. It must come from
        O(signer=self_signed) or O(signer=brought).
    type: str
    choices: [certificate, authority]
    default: certificate
  replace:
    description:
      - Whether a Secret that this collection did not make may be overwritten. One that agrees with the task is left
        as it is in any case.
      - Secrets of cert-manager, the operator or another controller are never overwritten.
    type: bool
    default: false
  public_authority:
    description:
      - Whether the root is one that every client knows. Then the Secret has no V(ca.crt), and the chain need not have
        the root.
    type: bool
    default: false
  subject_alt_names:
    description:
      - Host names and IP addresses. C(DNS:) and C(IP:) may be written before them.
      - Clients in the cluster need C(NAME-es-http.NAMESPACE.svc); see
        RV(stacktls.elastic.eck_certificate_info#module:service).
      - A certificate that somebody else issues may have more names, and a wildcard covers those below it.
      - An authority has none.
    type: list
    elements: str
    default: []
  profile:
    description:
      - Purposes of the certificate.
      - V(client) is for C(clientCertificateSecretName). Its key is PKCS#8, which all components read, and the Secret
        is of the type V(kubernetes.io/tls).
    type: str
    choices: [server, client, both]
    default: server
  key_type:
    description: Kind of the private key. The operator reads no others.
    type: str
    choices: [ec-p256, ec-p384, ec-p521, rsa-2048, rsa-3072, rsa-4096]
    default: ec-p256
  not_after:
    description:
      - When a new certificate expires, but not later than the authority itself.
      - A date, or a span after now such as V(+397d) or V(+12h). The units are w, d, h, m and s.
      - V(+397d) by default, and V(+3650d) for O(kind=authority).
      - A change of it does not replace a present certificate.
    type: str
  signer:
    description:
      - Who issues the certificate.
      - V(authority) is one of M(stacktls.elastic.certificate_authority), in O(ca_path) or in O(ca_private_key).
      - V(command) runs O(signer_command) on the controller.
      - V(csr_only) leaves the signing request in O(requests_path) on the controller for a person. Later runs look for
        the answer there. The present certificate stays in force meanwhile.
      - V(self_signed) lets the key sign its own certificate.
      - V(brought) takes key and certificate from the C(source_) options.
    type: str
    choices: [authority, command, csr_only, self_signed, brought]
    default: authority
  source_passphrase:
    description:
      - Passphrase of the private key or password of the PKCS#12 file that is brought.
      - It protects the source only. No key in a Secret may be encrypted, because the operator cannot open it.
    type: str
  phase:
    description: Internal. The action sets it; a value in a task is ignored.
    type: str
    choices: [inspect, install, discard]
    default: inspect
  exchange:
    description: Internal, like O(phase). What the controller sends.
    type: dict
    default: {}
  secrets:
    description: Internal, like O(phase). A private key that is brought from the controller.
    type: dict
    default: {}
seealso:
  - module: stacktls.elastic.certificate
  - module: stacktls.elastic.certificate_authority
  - module: stacktls.elastic.eck_certificate_info
"""

EXAMPLES = r"""
- name: Certificate of a cluster, from our own authority
  stacktls.elastic.eck_certificate:
    name: quickstart-es-cert
    namespace: elastic
    common_name: quickstart-es-http
    subject_alt_names:
      - quickstart-es-http.elastic.svc
      - quickstart-es-http.elastic.svc.cluster.local
      - es.example.com
    ca_path: "{{ inventory_dir }}/ca"
    ca_passphrase: "{{ vault_ca_passphrase }}"

- name: Self-signed certificate, as Elastic's example makes it with OpenSSL
  stacktls.elastic.eck_certificate:
    name: quickstart-es-cert
    common_name: quickstart-es-http
    subject_alt_names: [quickstart-es-http.default.svc]
    key_type: rsa-4096
    not_after: +365d
    signer: self_signed

- name: Certificate that somebody else made
  stacktls.elastic.eck_certificate:
    name: my-cert
    subject_alt_names: [es.example.com]
    signer: brought
    source_certificate_path: es-fullchain.pem
    source_chain_path: company-root.pem
    source_private_key: "{{ vault_es_private_key }}"

- name: Authority that the operator issues certificates with
  stacktls.elastic.eck_certificate:
    name: my-ca
    kind: authority
    common_name: Elastic on Kubernetes CA
    key_type: rsa-3072
    signer: self_signed

- name: Client certificate that Kibana presents to Elasticsearch
  stacktls.elastic.eck_certificate:
    name: kibana-client-cert
    common_name: kibana
    profile: client
    key_type: rsa-3072
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
        - missing
        - damaged
        - passphrase
        - key_form
        - key_mismatch
        - surplus
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
    - code: missing
      text: there is no Secret elastic/quickstart-es-cert
      found: ""
      wanted: ""
certificate:
  description:
    - The certificate that the Secret holds now; in check mode the present one, empty where there is none.
    - Its fields are those of RV(stacktls.elastic.certificate#module:certificate).
  type: dict
  returned: success
ca_certificates:
  description: V(ca.crt) of the Secret, in PEM form; empty where it has none.
  type: str
  returned: success
secret:
  description: The Secret.
  type: dict
  returned: success
  contains:
    name:
      description: Its name.
      type: str
      sample: quickstart-es-cert
    namespace:
      description: Its namespace.
      type: str
      sample: elastic
    entries:
      description: Names of what it holds.
      type: list
      elements: str
      sample: [ca.crt, tls.crt, tls.key]
    managed:
      description:
        - Whether this collection keeps it. One that somebody else made and that agrees with the task is left alone.
      type: bool
waiting:
  description: Whether a signing request waits for its answer; see O(signer=csr_only).
  type: bool
  returned: success
"""

from datetime import datetime, timezone

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.stacktls.elastic.plugins.module_utils._eck_certificate import manage_eck_certificate
from ansible_collections.stacktls.elastic.plugins.module_utils._eck_certificate_arguments import MODULE_ARGUMENTS
from ansible_collections.stacktls.elastic.plugins.module_utils._kubernetes import connect
from ansible_collections.stacktls.elastic.plugins.module_utils._module import require_cryptography, run_module


def main() -> None:
    module = AnsibleModule(**MODULE_ARGUMENTS, supports_check_mode=True)
    require_cryptography(module)
    now = datetime.now(timezone.utc)
    run_module(
        module,
        lambda: manage_eck_certificate(module.params, connect(module.params), now, check_mode=module.check_mode),
    )


if __name__ == "__main__":
    main()
