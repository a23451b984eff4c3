#!/usr/bin/python
# Copyright: Stack TLS contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: audit_info
short_description: Tell what a host has on its disks for the TLS of its services
version_added: 0.1.0
author: Stack TLS contributors (@stacktls)
description:
  - Reads the settings files of Elasticsearch, Kibana and Beats, and every certificate, private key, PKCS#12 file and
    list of trusted authorities that they name, in one round trip.
  - Passwords that open these files are taken out of the keystores, used on the host, and never returned. Of a keystore
    only the names of its entries are told.
  - What is wrong with a file is told and is no failure. M(stacktls.elastic.audit_report) compares what several hosts
    have.
  - Certificates that stand in a Beat's settings file itself, as PEM text, are not looked at, nor are Java keystores of
    the types JKS and JCEKS.
  - Runs as an action plugin, because managed hosts need not have PyYAML. Settings files travel to the controller sealed
    and are never logged or kept.
requirements:
  - cryptography >= 38.0
extends_documentation_fragment:
  - stacktls.elastic._attributes.info
attributes:
  action:
    description: Has an action plugin of the same name and needs it.
    support: full
options:
  services:
    description: The services of the host.
    type: list
    elements: dict
    default: []
    suboptions:
      name:
        description: Name of the service, for the report.
        type: str
        required: true
      product:
        description: Whose settings and keystore these are. With V(other) only O(services[].files) are looked at.
        type: str
        choices: [elasticsearch, kibana, beats, other]
        default: other
      settings_path:
        description: The settings file.
        type: path
      config_path:
        description: Folder that relative names in it begin at.
        type: path
      container_config_path:
        description: The same folder as the service sees it, where that runs in a container.
        type: str
      keystore_path:
        description: The keystore.
        type: path
      keystore_password:
        description: Password of the keystore of Elasticsearch, where it has one.
        type: str
      files:
        description: Files to look at, whether the settings name them or not.
        type: list
        elements: path
        default: []
      passphrases:
        description: Passphrases that are tried on protected files, after those of the keystore.
        type: list
        elements: str
        default: []
  authorities:
    description:
      - Folders of certificate authorities, as M(stacktls.elastic.certificate_authority) makes them. Their private keys
        stay closed.
    type: list
    elements: path
    default: []
  _exchange:
    description: What the action plugin tells the managed host. Filled by the plugin itself; do not use it.
    type: dict
seealso:
  - module: stacktls.elastic.audit_report
  - module: stacktls.elastic.certificate_info
  - module: stacktls.elastic.tls_endpoint_info
  - module: stacktls.elastic.ssl_certificates_info
"""

EXAMPLES = r"""
- name: Look at the files of Elasticsearch
  stacktls.elastic.audit_info:
    services:
      - name: elasticsearch
        product: elasticsearch
        settings_path: /etc/elasticsearch/elasticsearch.yml
        config_path: /etc/elasticsearch
        keystore_path: /etc/elasticsearch/elasticsearch.keystore
  register: found

- name: Show which certificates there are
  ansible.builtin.debug:
    msg: "{{ item.path }}: {{ item.certificates | map(attribute='subject') | join(', ') }}"
  loop: "{{ found.services[0].files }}"
  loop_control:
    label: "{{ item.path }}"

- name: Look at the files of an application, and at the certificate authority
  stacktls.elastic.audit_info:
    services:
      - name: orders
        files: [/etc/orders/elasticsearch/ca.crt, /etc/orders/elasticsearch/client.crt]
    authorities: [/srv/stacktls-ca]
"""

RETURN = r"""
services:
  description: What was found, one for each of O(services) in their order.
  returned: success
  type: list
  elements: dict
  contains:
    name:
      description: Name of the service.
      type: str
      sample: elasticsearch
    product:
      description: Whose settings these are.
      type: str
      sample: elasticsearch
    settings:
      description: The settings file, without its content; null where none is given.
      type: dict
      contains:
        path:
          description: The file.
          type: str
          sample: /etc/elasticsearch/elasticsearch.yml
        state:
          description: Either V(ok), V(missing), V(unreadable), or V(damaged) where it is no YAML.
          type: str
          sample: ok
        problem:
          description: Why it is not V(ok), in words.
          type: str
          sample: ""
    keystore:
      description: The keystore; null where none is given.
      type: dict
      contains:
        path:
          description: The file.
          type: str
          sample: /etc/elasticsearch/elasticsearch.keystore
        state:
          description:
            - Either V(ok), V(missing), V(unreadable), V(damaged), or V(locked) where its password is another one.
          type: str
          sample: ok
        problem:
          description: Why it is not V(ok), in words.
          type: str
          sample: ""
        entries:
          description: Names of its entries.
          type: list
          elements: str
          sample: [keystore.seed]
    references:
      description: Which files the settings name, and what for.
      type: list
      elements: dict
      contains:
        setting:
          description: Name of the setting.
          type: str
          sample: xpack.security.http.ssl.certificate
        group:
          description: What the settings that belong together have in common.
          type: str
          sample: xpack.security.http.ssl
        use:
          description: Either V(certificate), V(key), V(authorities), V(keystore) or V(truststore).
          type: str
          sample: certificate
        path:
          description: The file on the host; empty where a variable of the environment names it.
          type: str
          sample: /etc/elasticsearch/certs/http.crt
    unverified:
      description: Settings that switch the verification of certificates off.
      type: list
      elements: str
      sample: [output.elasticsearch.ssl.verification_mode]
    switches:
      description: Whether TLS is switched on, by the names of settings that stand in the file.
      type: dict
      sample: {xpack.security.http.ssl.enabled: true}
    files:
      description: The files of certificates and keys that the settings or O(services[].files) name.
      type: list
      elements: dict
      contains:
        path:
          description: The file.
          type: str
          sample: /etc/elasticsearch/certs/http.crt
        state:
          description:
            - Either V(ok), V(missing), V(unreadable), V(damaged), V(locked), where none of the passphrases opens it, or
              V(java_keystore).
          type: str
          sample: ok
        problem:
          description: Why it is not V(ok), in words.
          type: str
          sample: ""
        owner:
          description: Owner of the file. With C(group) and C(mode) left out where there is no file.
          type: str
          sample: root
        group:
          description: Group of the file.
          type: str
          sample: elasticsearch
        mode:
          description: Mode of the file.
          type: str
          sample: "0644"
        world_readable:
          description: Whether every user of the host may read it.
          type: bool
        modified:
          description: When it was last changed, in UTC.
          type: str
          sample: "2026-01-31T10:00:00Z"
        format:
          description: Either V(pem), V(der) or V(pkcs12).
          type: str
          sample: pem
        kind:
          description: What it is for, as M(stacktls.elastic.certificate_info) tells.
          type: str
          sample: certificate
        encrypted:
          description: Whether its private key, or the whole PKCS#12 file, is protected.
          type: bool
        private_key:
          description: Its private key, as C(key_type) and as C(public_key), the SHA-256 of the key that belongs to it.
          type: dict
        certificates:
          description:
            - Its certificates with all that M(stacktls.elastic.certificate_info) tells of one, C(pem), and
              C(public_key), the SHA-256 of its key.
          type: list
          elements: dict
authorities:
  description: What was found, one for each of O(authorities) in their order.
  returned: success
  type: list
  elements: dict
  contains:
    path:
      description: The folder.
      type: str
      sample: /srv/stacktls-ca
    state:
      description: Either V(ok), V(missing), V(unreadable) or V(damaged).
      type: str
      sample: ok
    problem:
      description: Why it is not V(ok), in words.
      type: str
      sample: ""
    certificates:
      description: The certificate of the authority and those above it, as in RV(services[].files[].certificates).
      type: list
      elements: dict
    trusted:
      description: Other authorities that hosts shall trust meanwhile, during a rotation.
      type: list
      elements: dict
    private_key:
      description: The file of its private key, as C(path), C(mode), C(world_readable) and C(encrypted).
      type: dict
    issued:
      description: SHA-256 fingerprints of the certificates that it signed; null where it keeps no ledger.
      type: list
      elements: str
    rotation:
      description: Stage of its rotation; empty where there is none.
      type: str
      sample: trust
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.stacktls.elastic.plugins.module_utils._audit_info import ARGUMENTS, gather_audit_info
from ansible_collections.stacktls.elastic.plugins.module_utils._module import require_cryptography, run_module


def main() -> None:
    module = AnsibleModule(argument_spec=ARGUMENTS, supports_check_mode=True)
    require_cryptography(module)
    run_module(module, lambda: gather_audit_info(module.params))


if __name__ == "__main__":
    main()
