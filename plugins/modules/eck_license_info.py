#!/usr/bin/python
# Copyright: Stack TLS contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
module: eck_license_info
short_description: Tell which licence the ECK operator has
version_added: 0.1.0
author:
  - Stack TLS contributors (@stacktls)
description:
  - Reads the report of the operator (ConfigMap C(elastic-licensing)) and the licences in its namespace. Nothing of a
    licence is returned but its type and its end.
  - Client authentication of Elasticsearch and Fleet Server needs an Enterprise licence or its trial.
extends_documentation_fragment:
  - stacktls.elastic._attributes.info
  - stacktls.elastic._kubernetes
options:
  operator_namespace:
    description: Namespace of the operator.
    type: str
    default: elastic-system
seealso:
  - name: Manage your license in ECK
    description: How a licence or a trial is put in place.
    link: https://www.elastic.co/docs/deploy-manage/license/manage-your-license-in-eck
"""

EXAMPLES = r"""
- name: Find out whether client authentication is permitted
  stacktls.elastic.eck_license_info:
  register: eck_license

- name: Say so before anything is changed
  ansible.builtin.assert:
    that: eck_license.enterprise
"""

RETURN = r"""
level:
  description: Level of the licence; V(basic) where there is none.
  type: str
  returned: success
  sample: enterprise_trial
enterprise:
  description: Whether features of Enterprise are permitted.
  type: bool
  returned: success
expires:
  description: Until when the licence is valid; empty where that is not known.
  type: str
  returned: success
  sample: "2027-01-31T12:00:00Z"
known:
  description: Whether anything was found; otherwise O(operator_namespace) is likely another one.
  type: bool
  returned: success
"""

from datetime import datetime, timezone

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.stacktls.elastic.plugins.module_utils._eck_license_info import (
    MODULE_ARGUMENTS,
    manage_eck_license_info,
)
from ansible_collections.stacktls.elastic.plugins.module_utils._kubernetes import connect
from ansible_collections.stacktls.elastic.plugins.module_utils._module import run_module


def main() -> None:
    module = AnsibleModule(**MODULE_ARGUMENTS, supports_check_mode=True)
    now = datetime.now(timezone.utc)
    run_module(module, lambda: manage_eck_license_info(module.params, connect(module.params), now))


if __name__ == "__main__":
    main()
