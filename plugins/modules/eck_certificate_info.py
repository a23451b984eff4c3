#!/usr/bin/python
# Copyright: Stack TLS contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
module: eck_certificate_info
short_description: Wait for what the ECK operator made of a resource, verify it and return what is public of it
version_added: 0.1.0
author:
  - Stack TLS contributors (@stacktls)
description:
  - Reads the certificate that a resource of ECK presents, and the authorities that clients verify it with, out of the
    operator's Secret C(NAME-[es|kb|apm|ent|agent|ls|ems|epr]-http-certs-public).
  - Waits until they are what the resource asks for. Where it names a Secret, the operator has to have taken its
    certificate over, or to have issued with its authority; otherwise the authority is that of
    C(NAME-*-http-ca-internal), of which only the certificate is read. Chain, dates and names are verified, and for
    Elasticsearch also the authority of the transport layer where the resource names one.
  - Warning events of the operator that are newer than the last change of the resource and its Secret become an error
    with the operator's words.
  - Pods need not run; that is the health of the resource, which is not looked at.
extends_documentation_fragment:
  - stacktls.elastic._attributes.info
  - stacktls.elastic._kubernetes
options:
  kind:
    description: Kind of the resource, such as V(Elasticsearch), V(Kibana), V(ApmServer) or V(Logstash).
    type: str
    required: true
  name:
    description: Name of the resource.
    type: str
    required: true
  namespace:
    description: Its namespace.
    type: str
    default: default
  subject_alt_names:
    description:
      - Names that the certificate must have, beside C(NAME-*-http.NAMESPACE.svc), those that the resource asks for,
        and, where the operator issues it, the addresses of its load balancer.
    type: list
    elements: str
    default: []
  candidate:
    description:
      - Name of a Secret that is checked in place of what the operator made, before the resource names it.
      - What the operator or clients would refuse is an error.
    type: str
  candidate_kind:
    description:
      - What O(candidate) is to be. V(client) is for C(clientCertificateSecretName); V(any) is one of the first two,
        as its entries say.
    type: str
    choices: [certificate, authority, client, any]
    default: any
  timeout:
    description: How many seconds the operator has.
    type: int
    default: 60
seealso:
  - module: stacktls.elastic.eck_certificate
"""

EXAMPLES = r"""
- name: Read what the operator made
  stacktls.elastic.eck_certificate_info:
    kind: Elasticsearch
    name: hulk
    namespace: elastic
  register: hulk

- name: Give its authority to clients outside of the cluster
  ansible.builtin.copy:
    content: "{{ hulk.ca_certificates }}"
    dest: /etc/app/elasticsearch-ca.crt
    mode: "0644"

- name: Check a Secret of somebody else before the cluster uses it
  stacktls.elastic.eck_certificate_info:
    kind: Elasticsearch
    name: hulk
    namespace: elastic
    candidate: hulk-es-cert
"""

RETURN = r"""
tls:
  description: Whether the resource is served with TLS.
  type: bool
  returned: success
origin:
  description:
    - Who makes its certificate.
    - V(operator) is the operator with an authority of its own, and V(authority) the operator with the one in
      RV(secret_name). V(certificate) is somebody else; it is in RV(secret_name). V(disabled) is nobody.
  type: str
  returned: success
  choices: [operator, authority, certificate, disabled]
secret_name:
  description: Secret that the resource names; empty where it names none.
  type: str
  returned: success
certificate:
  description:
    - The certificate; its fields are those of RV(stacktls.elastic.certificate#module:certificate). Empty without TLS.
  type: dict
  returned: success
certificates:
  description: The certificate and the authorities that are presented with it, in PEM form.
  type: str
  returned: success
ca_certificates:
  description:
    - The authorities that clients are to trust, in PEM form. Empty where a certificate of a public authority was
      brought.
  type: str
  returned: success
authorities:
  description: The same, each with the fields of RV(certificate).
  type: list
  elements: dict
  returned: success
transport_ca_certificates:
  description: The authorities of the transport layer of Elasticsearch, in PEM form, for remote clusters.
  type: str
  returned: success
client_authentication:
  description: Whether clients have to present certificates.
  type: bool
  returned: success
service:
  description: The service that clients use.
  type: dict
  returned: success
  contains:
    name:
      description: Its name.
      type: str
      sample: hulk-es-http
    type:
      description: Its type; empty where it is not there yet.
      type: str
      sample: LoadBalancer
    addresses:
      description: Where its load balancer is reached, as names of a certificate; empty while nobody gave it an address.
      type: list
      elements: str
      sample: ["IP:160.46.176.15"]
    names:
      description: Every name by which clients in the cluster reach it.
      type: list
      elements: str
      sample: ["DNS:hulk-es-http", "DNS:hulk-es-http.default.svc"]
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.stacktls.elastic.plugins.module_utils._eck_certificate_info import (
    MODULE_ARGUMENTS,
    manage_eck_certificate_info,
)
from ansible_collections.stacktls.elastic.plugins.module_utils._kubernetes import connect
from ansible_collections.stacktls.elastic.plugins.module_utils._module import require_cryptography, run_module


def main() -> None:
    module = AnsibleModule(**MODULE_ARGUMENTS, supports_check_mode=True)
    require_cryptography(module)
    run_module(module, lambda: manage_eck_certificate_info(module.params, connect(module.params)))


if __name__ == "__main__":
    main()
