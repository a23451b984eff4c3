#!/usr/bin/python
# Copyright: Stack TLS contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: license_info
short_description: Tell which licence a cluster has, and whether it permits what is needed
version_added: 0.1.0
author: Stack TLS contributors (@stacktls)
description:
  - Returns the licence of an Elasticsearch cluster.
  - Fails where a feature is required that the licence does not permit, before anything is changed that needs it.
extends_documentation_fragment:
  - stacktls.elastic._attributes.info
  - stacktls.elastic._attributes.api
  - stacktls.elastic._api
options:
  required_feature:
    description:
      - What the licence must permit.
      - V(pki) is the PKI realm, with which users and services log in with client certificates. It needs an active
        Platinum or Enterprise licence or a trial; a Gold one, which is not sold any more, permits it too.
    type: str
    choices: [pki]
  trial_suffices:
    description:
      - Take a trial that the cluster can still start for the licence that O(required_feature) needs.
      - It is not started here; RV(trial_needed) tells whether M(stacktls.elastic.license) has to.
    type: bool
    default: false
seealso:
  - module: stacktls.elastic.license
"""

EXAMPLES = r"""
- name: Stop where the PKI realm would not work
  stacktls.elastic.license_info:
    url: https://es1.example.com:9200
    ca_path: /etc/elasticsearch/certs/ca.crt
    username: elastic
    password: "{{ elastic_password }}"
    required_feature: pki
"""

RETURN = r"""
type:
  description: Type of the licence, such as V(basic), V(trial), V(platinum) or V(enterprise).
  returned: success
  type: str
  sample: trial
status:
  description: Whether it is V(active), V(expired) or V(invalid).
  returned: success
  type: str
  sample: active
expiry_date:
  description: Until when it is valid. A basic licence does not expire.
  returned: success, null where it does not expire
  type: str
  sample: "2030-01-31T12:00:00.000Z"
uid:
  description: What tells one licence from another.
  returned: success
  type: str
  sample: 893361dc-9749-4997-93cb-802e3d7fa4a8
trial_needed:
  description: Whether a trial has to be started for O(required_feature). Only with O(trial_suffices=true) it can be.
  returned: success
  type: bool
  sample: false
"""

from dataclasses import asdict
from typing import Any

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.stacktls.elastic.plugins.module_utils._api import (
    API_ARGUMENTS,
    API_RULES,
    ApiClient,
    run_api_module,
)
from ansible_collections.stacktls.elastic.plugins.module_utils._license_info import (
    FEATURES,
    read_licence,
    require_feature,
)


def main() -> None:
    """Run the module."""
    module = AnsibleModule(
        argument_spec={
            **API_ARGUMENTS,
            "required_feature": {"type": "str", "choices": sorted(FEATURES)},
            "trial_suffices": {"type": "bool", "default": False},
        },
        supports_check_mode=True,
        **API_RULES,
    )

    def work(client: ApiClient) -> dict[str, Any]:
        licence, feature = read_licence(client), module.params["required_feature"]
        needed = feature and require_feature(client, licence, feature, trial_suffices=module.params["trial_suffices"])
        return {"changed": False, **asdict(licence), "trial_needed": bool(needed)}

    run_api_module(module, work)


if __name__ == "__main__":
    main()
