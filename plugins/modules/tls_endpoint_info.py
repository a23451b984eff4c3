#!/usr/bin/python
# Copyright: Stack TLS contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: tls_endpoint_info
short_description: Tell what endpoints say of themselves in a TLS handshake
version_added: 0.1.0
author: Stack TLS contributors (@stacktls)
description:
  - Makes TLS handshakes from the managed host and returns the certificates that are sent, whether they are trusted,
    what was agreed on, and whether client certificates are asked for.
  - What is wrong with an endpoint is told and is no failure, also where it speaks plain HTTP, something else, or
    nothing.
  - Nothing is sent but handshakes, and one C(HEAD /) in the clear where a handshake is not answered. An endpoint that
    is as it should be is connected once; most others two or three times.
  - Whether client certificates are asked for, and the certificates above the first one, are seen with CPython only,
    whose C(ssl) tells the messages of a handshake although its documentation does not say so. Other Pythons leave
    RV(endpoints[].client_authentication) at V(unknown).
requirements:
  - cryptography >= 38.0
extends_documentation_fragment:
  - stacktls.elastic._attributes.info
options:
  endpoints:
    description:
      - Hosts with their ports, such as V(es1.example.com:9200) or V([2001:db8::1]:9200), or URLs such as
        V(https://my-deployment.es.eu-west-1.aws.found.io), as the console of Elastic Cloud shows them. A URL without a
        port means 443, and its path does not matter.
      - They are looked at side by side.
    type: list
    elements: str
    required: true
  server_name:
    description: Host name to ask for (SNI) and to verify, where it is not the one to connect to.
    type: str
  ca_path:
    description:
      - PEM file on the managed host with the CA certificates that are trusted.
      - Without it and O(ca_certificates) the CAs of the system are trusted; with either of them only those.
    type: path
  ca_certificates:
    description: CA certificates that are trusted, in PEM form. Mutually exclusive with O(ca_path).
    type: str
  client_certificate_path:
    description:
      - PEM file on the managed host with a client certificate and its intermediates, to see whether it is accepted.
      - Mutually exclusive with O(client_pkcs12_path).
    type: path
  client_key_path:
    description: PEM file with its private key. By default O(client_certificate_path).
    type: path
  client_key_passphrase:
    description: Opens the private key where that is encrypted. The key is decrypted in memory.
    type: str
  client_pkcs12_path:
    description: PKCS#12 file on the managed host with a client certificate. The key is decrypted in memory.
    type: path
  client_pkcs12_password:
    description: Password of O(client_pkcs12_path), also the empty one.
    type: str
  probe_protocols:
    description: Whether to find out which versions of TLS are spoken, with a connection for each.
    type: bool
    default: false
  timeout:
    description: Seconds that each connection may take, with all that is said over it.
    type: int
    default: 10
seealso:
  - module: stacktls.elastic.certificate_info
  - module: stacktls.elastic.authenticate_info
"""

EXAMPLES = r"""
- name: Look at all nodes
  stacktls.elastic.tls_endpoint_info:
    endpoints: "{{ groups['elasticsearch'] | map('regex_replace', '$', ':9200') }}"
    ca_path: /etc/elasticsearch/certs/ca.crt
  register: nodes

- name: Stop where one is not as it should be
  ansible.builtin.assert:
    that:
      - item.verified is true
      - item.certificates[0].days_left > 30
      - item.client_authentication in ["optional", "required"]
    fail_msg: "{{ item.endpoint }}: {{ item.problem or item.verification_problem }}"
  loop: "{{ nodes.endpoints }}"
  loop_control:
    label: "{{ item.endpoint }}"

- name: Look at a deployment in Elastic Cloud, whose certificates the CAs of the system vouch for
  stacktls.elastic.tls_endpoint_info:
    endpoints: ["https://my-deployment.es.eu-west-1.aws.found.io"]
  register: deployment

- name: See whether Elasticsearch accepts the certificate of Kibana, and which versions of TLS it speaks
  stacktls.elastic.tls_endpoint_info:
    endpoints: [es1.example.com:9200]
    ca_path: /etc/kibana/certs/ca.crt
    client_certificate_path: /etc/kibana/certs/kibana.crt
    client_key_path: /etc/kibana/certs/kibana.key
    client_key_passphrase: "{{ vault_kibana_passphrase }}"
    probe_protocols: true
"""

RETURN = r"""
endpoints:
  description: What was found, one for each of O(endpoints) in their order.
  returned: success
  type: list
  elements: dict
  contains:
    endpoint:
      description: The endpoint as it was given.
      type: str
      sample: es1.example.com:9200
    host:
      description: Host name or address that was connected to.
      type: str
      sample: es1.example.com
    port:
      description: Port that was connected to.
      type: int
      sample: 9200
    server_name:
      description: Name that was asked for and verified.
      type: str
      sample: es1.example.com
    state:
      description:
        - Either V(tls); V(plain_http); V(other), which is another protocol; V(silent) or V(closed), where a connection
          got no answer or was closed without one; or V(refused), V(timeout), V(unresolved) or V(unreachable), where
          there was no connection.
      type: str
      sample: tls
    problem:
      description:
        - What is wrong, in words; empty where a handshake came to its end, or only a client certificate was missing.
      type: str
      sample: ""
    verified:
      description: Whether certificate, chain and name are trusted; null where no certificate was seen.
      type: bool
    verification_problem:
      description: Why not, in words. Where several things are wrong, OpenSSL tells the first.
      type: str
      sample: "it is not for the name es1.example.com, it is for es1, localhost."
    name_covered:
      description: Whether RV(endpoints[].server_name) is among the names of the certificate.
      type: bool
    chain_in_order:
      description: Whether each of the certificates that were sent is signed by the next one.
      type: bool
    protocol:
      description: Version of TLS that was agreed on.
      type: str
      sample: TLSv1.3
    cipher:
      description: Cipher suite that was agreed on, as OpenSSL calls it.
      type: str
      sample: TLS_AES_256_GCM_SHA384
    alpn:
      description: Protocol that the server chose out of V(h2) and V(http/1.1); null where it chose none.
      type: str
    protocols:
      description:
        - For V(TLSv1), V(TLSv1.1), V(TLSv1.2) and V(TLSv1.3) whether it is spoken; null where the endpoint did not say.
        - Whether this host could use them does not matter.
      returned: with O(probe_protocols), otherwise null
      type: dict
      sample: {TLSv1: false, TLSv1.1: false, TLSv1.2: true, TLSv1.3: true}
    client_authentication:
      description:
        - Either V(none), V(optional) or V(required), as Elasticsearch calls it; V(asked) where the endpoint asks for a
          client certificate and does not show what it does without; or V(unknown).
        - A server that takes anybody in the handshake and refuses requests afterwards has V(optional).
      type: str
      sample: optional
    client_certificate_authorities:
      description: Subjects of the authorities whose client certificates it accepts; empty where it names none.
      type: list
      elements: str
      sample: [CN=Elastic Stack CA]
    client_certificate_accepted:
      description: Whether the given client certificate is accepted; null where none was given, or it did not show.
      type: bool
    client_certificate_problem:
      description: Why not, in words.
      type: str
      sample: "the server refused it: the server's alert is certificate unknown."
    certificates:
      description: The certificates as they were sent, the one of the server first.
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
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.stacktls.elastic.plugins.module_utils._module import require_cryptography, run_module
from ansible_collections.stacktls.elastic.plugins.module_utils._tls_endpoint_info import (
    MODULE_ARGUMENTS,
    gather_endpoint_info,
)


def main() -> None:
    module = AnsibleModule(**MODULE_ARGUMENTS, supports_check_mode=True)
    require_cryptography(module)
    run_module(module, lambda: gather_endpoint_info(module.params))


if __name__ == "__main__":
    main()
