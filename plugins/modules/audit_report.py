#!/usr/bin/python
# Copyright: Stack TLS contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: audit_report
short_description: Compare the TLS of several hosts, and write a report
version_added: 0.1.0
author: Stack TLS contributors (@stacktls)
description:
  - Compares what M(stacktls.elastic.audit_info), M(stacktls.elastic.tls_endpoint_info) and
    M(stacktls.elastic.ssl_certificates_info) found, and tells what has expired, is due, weak, unknown, open to
    everybody or not in force.
  - Writes that as JSON, as metrics for the textfile collector of C(node_exporter), and as one page of HTML that needs
    nothing else. Each file is replaced at once, so nobody reads half of one. None of them holds a secret.
  - Runs on the controller, as an action plugin; the playbook C(audit) calls it.
extends_documentation_fragment:
  - stacktls.elastic._attributes
attributes:
  action:
    description: Has an action plugin of the same name, and does everything there.
    support: full
  check_mode:
    description: Can run in C(check_mode), and writes no file then.
    support: full
  diff_mode:
    description: Shows no difference; the files are reports.
    support: none
  idempotent:
    description: The files hold the time of the audit, so each run writes them.
    support: none
options:
  services:
    description: What is known of each service of each host.
    type: list
    elements: dict
    default: []
    suboptions:
      host:
        description: The host, by its name in the inventory.
        type: str
        required: true
      service:
        description: Name of the service.
        type: str
        required: true
      reached:
        description: Whether the host was reached.
        type: bool
        default: true
      problem:
        description: Why nothing is known of it.
        type: str
        default: ""
      disk:
        description: One of RV(stacktls.elastic.audit_info#module:services).
        type: dict
      endpoints:
        description: Its endpoints, as RV(stacktls.elastic.tls_endpoint_info#module:endpoints).
        type: list
        elements: dict
        default: []
      groups:
        description:
          - For each of O(services[].endpoints) what the settings of its certificate have in common, such as
            V(xpack.security.http.ssl).
        type: list
        elements: str
        default: []
      names:
        description: Names and addresses that its server certificates should have.
        type: list
        elements: str
        default: []
      loaded:
        description: What it has loaded, as RV(stacktls.elastic.ssl_certificates_info#module:nodes[].certificates).
        type: list
        elements: dict
      loaded_problem:
        description: Why that is not known.
        type: str
        default: ""
  authorities:
    description: RV(stacktls.elastic.audit_info#module:authorities), each with its C(host).
    type: list
    elements: dict
    default: []
  endpoints:
    description:
      - Endpoints that are not of the inventory, such as those of Elastic Cloud, as
        RV(stacktls.elastic.tls_endpoint_info#module:endpoints).
    type: list
    elements: dict
    default: []
  trusted_certificates:
    description: Further authorities that hosts may trust, as PEM text.
    type: str
    default: ""
  renew_before:
    description: When a certificate is due, before its end. A share of its lifetime, or a span such as V(30d).
    type: str
    default: 33%
  authority_renew_before:
    description: The same for an authority.
    type: str
    default: 397d
  fail_on:
    description: From which level on RV(failing) is true.
    type: str
    choices: [critical, warning, notice, never]
    default: critical
  report_path:
    description: File on the controller for the report as JSON.
    type: path
  metrics_path:
    description: File on the controller for metrics. The textfile collector reads files that end in C(.prom).
    type: path
  page_path:
    description: File on the controller for the page.
    type: path
seealso:
  - module: stacktls.elastic.audit_info
"""

EXAMPLES = r"""
- name: Look at the files of Elasticsearch
  stacktls.elastic.audit_info:
    services:
      - name: elasticsearch
        product: elasticsearch
        settings_path: /etc/elasticsearch/elasticsearch.yml
        config_path: /etc/elasticsearch
  register: found

- name: Look at what it shows
  stacktls.elastic.tls_endpoint_info:
    endpoints: [localhost:9200]
  register: shown

- name: Write a page about it
  stacktls.elastic.audit_report:
    services:
      - host: "{{ inventory_hostname }}"
        service: elasticsearch
        disk: "{{ found.services[0] }}"
        endpoints: "{{ shown.endpoints }}"
        groups: [xpack.security.http.ssl]
    renew_before: 30d
    page_path: /tmp/audit.html
"""

RETURN = r"""
findings:
  description: What is amiss, the worst first.
  returned: success
  type: list
  elements: dict
  contains:
    level:
      description: V(critical) where something fails or lies open, V(warning) where it will or may, otherwise V(notice).
      type: str
      sample: warning
    kind:
      description:
        - V(unreachable), V(not_asked), V(settings), V(missing), V(unreadable), V(exposed_key), V(unencrypted_key),
          V(mismatched_pair), V(expired), V(not_yet_valid), V(due), V(weak), V(wrong_name), V(unknown_issuer),
          V(not_in_ledger), V(old_authority), V(rotation), V(not_loaded), V(not_on_disk), V(plain), V(no_answer) or
          V(unverified).
      type: str
      sample: due
    host:
      description: The host.
      type: str
      sample: es1
    service:
      description: The service.
      type: str
      sample: elasticsearch
    subject:
      description: The file, endpoint or setting.
      type: str
      sample: /etc/elasticsearch/certs/http.crt
    found:
      description: What is wrong with it.
      type: str
      sample: holds CN=es1, which expires in 12 days, on 2026-12-10T10:00:00Z.
    hint:
      description: What to do.
      type: str
      sample: "Have it issued again: the playbook renew does, if the authority is the one of the inventory."
summary:
  description: How many findings there are of each level.
  returned: success
  type: dict
  sample: {critical: 0, warning: 1, notice: 0}
table:
  description: The findings as lines for people.
  returned: success
  type: list
  elements: str
failing:
  description: Whether there is a finding of the level O(fail_on), or a worse one.
  returned: success
  type: bool
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.stacktls.elastic.plugins.module_utils._audit_report_arguments import ARGUMENTS


def main() -> None:
    module = AnsibleModule(argument_spec=ARGUMENTS, supports_check_mode=True)
    module.fail_json(
        msg="this module works only through its action plugin. Call it as stacktls.elastic.audit_report in a task."
    )


if __name__ == "__main__":
    main()
