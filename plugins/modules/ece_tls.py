#!/usr/bin/python
# Copyright: Stack TLS contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: ece_tls
short_description: Give the Cloud UI or the proxies of Elastic Cloud Enterprise a certificate
version_added: 0.1.0
author: Stack TLS contributors (@stacktls)
description:
  - Compares the certificate chain that a service of Elastic Cloud Enterprise (ECE) has with the one that it should
    have, and replaces it through the platform's API, C(/api/v1/platform/configuration/security/tls/{ui|proxy}). Where
    both are equal, nothing is sent but one question.
  - Key and certificates may be given in any order and in one file or several. They are sent as ECE asks for it, which
    is private key, certificate, intermediates, root; the key as PKCS#1 (C(BEGIN RSA PRIVATE KEY)), whatever form it
    has.
  - Everything that can be known to be wrong is found before anything is sent. The key is one of RSA and belongs to the
    certificate, the authorities up to a self-signed root are there and may sign, all are valid now, none but the root
    is signed with SHA-1, and the names are those that clients come by.
  - After the change the API has to show the new chain, and each of O(probe_addresses) the new certificate.
  - The module was written from Elastic's documentation and is tested with a stand-in of the API, not with an ECE.
requirements:
  - cryptography >= 38.0
extends_documentation_fragment:
  - stacktls.elastic._attributes
options:
  service:
    description:
      - V(ui) is the Cloud UI, which serves the API as well. V(proxy) are the proxies, through which the deployments are
        reached.
    type: str
    choices: [ui, proxy]
    required: true
  private_key_path:
    description:
      - PEM file on the host of the task with the RSA private key, as PKCS#1 or PKCS#8.
      - Without it and O(private_key) the key is looked for beside the certificate.
    type: path
  private_key:
    description: The private key as PEM text. Mutually exclusive with O(private_key_path).
    type: str
  private_key_passphrase:
    description: Opens the private key where that is encrypted. It is decrypted in memory; ECE gets it as it has to be.
    type: str
  certificate_path:
    description:
      - PEM file on the host of the task with the certificate. It may hold the authorities above it and the key, too.
      - One of O(certificate_path) and O(certificate) is needed.
    type: path
  certificate:
    description: The same as PEM text.
    type: str
  chain_paths:
    description:
      - PEM files on the host of the task with the authorities above the certificate, up to the self-signed root, in any
        order. Certificates that do not belong to the chain are left out.
    type: list
    elements: path
    default: []
  chain:
    description: Such authorities as PEM text.
    type: str
  domain:
    description:
      - Domain below which the deployments have their names, such as V(ece.example.com). The certificate of the proxies
        then has to have C(*.ece.example.com), and a wildcard for each of O(subdomains).
      - For the proxies O(domain) or O(names) is needed.
    type: str
  subdomains:
    description:
      - Below which of these there are names, too. C(apm) and C(fleet) are those of Integrations Servers.
      - With custom endpoint aliases they are V([apm, es, fleet, kb, profiling, symbols]).
    type: list
    elements: str
    default: [apm, fleet]
  names:
    description:
      - Further names that the certificate has to be valid for, as host names, wildcards or addresses.
      - A certificate of the Cloud UI has to be valid for the hosts in O(url) anyway, unless O(validate_certs=false).
    type: list
    elements: str
    default: []
  probe_addresses:
    description:
      - Hosts with their ports, such as V(proxy1.example.com:9243), or URLs, which have to show the certificate in a TLS
        handshake in the end.
      - In check mode they are looked at once, and what they show is only told.
    type: list
    elements: str
    default: []
  probe_server_name:
    description: Host name to ask for there, where it is not the one to connect to.
    type: str
  wait_timeout:
    description: Seconds that the API, and then each of O(probe_addresses), may take to show a new chain.
    type: int
    default: 300
  url:
    description:
      - Addresses of the platform's API, such as V(https://ece.example.com:12443). They are tried in this order.
      - They have to be ones with TLS, because the private key is sent there.
    type: list
    elements: str
    required: true
  ca_path:
    description:
      - File on the host of the task with the CA certificates in PEM form that are trusted for this connection. For an
        ECE as it was installed this is the last certificate that its Cloud UI shows.
      - Without it the CAs of the system are trusted; with it only those in the file.
      - With O(service=ui) the root of the given chain is trusted as well, because the API is served with it afterwards.
    type: path
  further_ca_paths:
    description:
      - Further PEM files on the host of the task with certificates that are trusted for this connection, where
        O(ca_path) does not vouch for it. Name those of the Cloud UI here, where its certificate is replaced in the same
        run.
    type: list
    elements: path
    default: []
  validate_certs:
    description:
      - Whether the certificate of the API is verified, its names included.
      - Switching this off lets anybody in between read the private key.
    type: bool
    default: true
  api_key:
    description: API key of a platform administrator. One of O(api_key) and O(username) is needed.
    type: str
  username:
    description:
      - User to log in as, such as V(admin). Needs O(password). The API keys of ECE are not to be had for the users
        V(admin) and V(readonly).
    type: str
  password:
    description: Password of O(username).
    type: str
  timeout:
    description: Seconds that connecting and each answer may take.
    type: int
    default: 30
  retries:
    description:
      - How often to try again, with growing pauses of at most 8 seconds, where the connection is refused or lost or the
        API answers 429, 502, 503 or 504.
    type: int
    default: 3
seealso:
  - module: stacktls.elastic.certificate
  - module: stacktls.elastic.ece_director_script
  - module: stacktls.elastic.tls_endpoint_info
  - name: Manage security certificates
    description: Elastic's documentation of what is done here.
    link: https://www.elastic.co/docs/deploy-manage/security/secure-your-elastic-cloud-enterprise-installation/manage-security-certificates
"""

EXAMPLES = r"""
- name: Give the Cloud UI a certificate, and trust the one that the installation made
  stacktls.elastic.ece_tls:
    service: ui
    url: https://ece.example.com:12443
    ca_path: /etc/ece/elastic-ece-ca-cert.pem
    api_key: "{{ vault_ece_api_key }}"
    private_key_path: /etc/ece/ui.key
    certificate_path: /etc/ece/ui.crt
    chain_paths: [/etc/ece/intermediate.crt, /etc/ece/root.crt]

- name: Give the proxies a wildcard certificate, and see that each of them shows it
  stacktls.elastic.ece_tls:
    service: proxy
    url: https://ece.example.com:12443
    username: admin
    password: "{{ vault_ece_password }}"
    private_key: "{{ vault_ece_proxy_key }}"
    private_key_passphrase: "{{ vault_ece_proxy_passphrase }}"
    certificate: "{{ lookup('ansible.builtin.file', 'ece-proxy.crt') }}"
    chain: "{{ lookup('ansible.builtin.file', 'authorities.crt') }}"
    domain: deployments.example.com
    probe_addresses: [proxy1.example.com:9243, proxy2.example.com:9243]
"""

RETURN = r"""
reasons:
  description: Why the chain was replaced or, in check mode, would be; empty where it is as it should be.
  returned: success
  type: list
  elements: dict
  contains:
    code:
      description:
        - V(certificate) where another certificate is in use, V(authorities) where those above it differ, V(unreadable)
          where there is no chain or it cannot be read.
      type: str
      sample: certificate
    text:
      description: The same in words.
      type: str
      sample: "the certificate is 'CN=elastic ce admin console', which the platform made itself"
chain:
  description: The certificates in the order in which they are sent, the one of the service first and the root last.
  returned: success
  type: list
  elements: dict
  contains: &certificate
    subject:
      description: Subject, as Elasticsearch prints it.
      type: str
      sample: CN=ece.example.com
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
      sample: ["DNS:ece.example.com"]
    key_type:
      description: Kind of its key.
      type: str
      sample: rsa-3072
    profile:
      description: Either V(server), V(client), V(both) or V(other), by its extended key usages.
      type: str
      sample: server
replaced_chain:
  description: The certificates that were there before; empty where nothing changes.
  returned: success
  type: list
  elements: dict
  contains: *certificate
probes:
  description: What O(probe_addresses) show, in their order.
  returned: success
  type: list
  elements: dict
  contains:
    address:
      description: The address as it was given.
      type: str
      sample: proxy1.example.com:9243
    served:
      description: Whether it shows the certificate.
      type: bool
    problem:
      description: Why not, in words; empty where it does.
      type: str
      sample: ""
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.stacktls.elastic.plugins.module_utils._ece_tls import MODULE_ARGUMENTS, manage_ece_tls
from ansible_collections.stacktls.elastic.plugins.module_utils._module import require_cryptography, run_module


def main() -> None:
    """Run the module."""
    module = AnsibleModule(**MODULE_ARGUMENTS, supports_check_mode=True)
    require_cryptography(module)
    run_module(module, lambda: manage_ece_tls(module.params, module.warn, check_mode=module.check_mode))


if __name__ == "__main__":
    main()
