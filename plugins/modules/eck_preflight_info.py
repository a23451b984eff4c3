#!/usr/bin/python
# Copyright: Stack TLS contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
module: eck_preflight_info
short_description: Tell what of a Kubernetes cluster would keep a run for ECK from its end
version_added: 0.1.0
author:
  - Stack TLS contributors (@stacktls)
description:
  - Looks whether the API answers and knows the user, whether the custom resource definitions are installed, and whether
    the namespaces exist.
  - Fails where the API cannot be reached or refuses the login. All else is in RV(problems).
  - Whether the operator runs is not looked at; see M(stacktls.elastic.eck_certificate_info), which waits for it.
extends_documentation_fragment:
  - stacktls.elastic._attributes.info
  - stacktls.elastic._kubernetes
options:
  kinds:
    description: Kinds of ECK or cert-manager that are needed, such as V(Elasticsearch) or V(Certificate).
    type: list
    elements: str
    default: []
  namespaces:
    description: Namespaces that are needed. One that the user may not read is taken to exist.
    type: list
    elements: str
    default: []
seealso:
  - module: stacktls.elastic.eck_license_info
  - module: stacktls.elastic.eck_certificate_info
"""

EXAMPLES = r"""
- name: Look whether the cluster has what is needed
  stacktls.elastic.eck_preflight_info:
    kinds: [Elasticsearch, Kibana, Certificate]
    namespaces: [elastic]
  register: cluster

- name: Stop before anything is changed
  ansible.builtin.assert:
    that: cluster.problems | length == 0
    fail_msg: "{{ cluster.problems | join(' ') }}"
"""

RETURN = r"""
problems:
  description: What is missing and what to do, a sentence or two each; empty where there is nothing.
  type: list
  elements: str
  returned: success
  sample: ["There is no namespace elastic. Make it first (kubectl create namespace elastic), or check its name."]
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.stacktls.elastic.plugins.module_utils._eck_preflight_info import (
    MODULE_ARGUMENTS,
    manage_eck_preflight_info,
)
from ansible_collections.stacktls.elastic.plugins.module_utils._kubernetes import connect
from ansible_collections.stacktls.elastic.plugins.module_utils._module import run_module


def main() -> None:
    module = AnsibleModule(**MODULE_ARGUMENTS, supports_check_mode=True)
    run_module(module, lambda: manage_eck_preflight_info(module.params, connect(module.params)))


if __name__ == "__main__":
    main()
