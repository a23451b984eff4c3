#!/usr/bin/python
# Copyright: Stack TLS contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: cluster_health_info
short_description: Tell how a cluster is, and wait until it is as wanted
version_added: 0.1.0
author: Stack TLS contributors (@stacktls)
description:
  - Returns the health of an Elasticsearch cluster, as its API tells it.
  - With O(wait_for_status) or O(wait_for_nodes) it waits until the cluster is so, and fails where it does not become so
    in time. Until then nodes may refuse connections, answer nothing, or answer 429 or 5xx, as they do while they start.
  - A login that Elasticsearch does not accept or does not allow this, and a certificate that is not trusted, end the
    waiting at once, because waiting does not change them.
  - The login needs the cluster privilege C(monitor).
extends_documentation_fragment:
  - stacktls.elastic._attributes.info
  - stacktls.elastic._attributes.api
  - stacktls.elastic._api
options:
  wait_for_status:
    description:
      - The worst status that is good enough. Without it any is, and V(red) is any that Elasticsearch tells at all.
      - It is compared with what the API says. So a cluster with one data node is V(yellow), not V(green), as long as
        one of its indices has replicas, because they find no place beside their primaries.
    type: str
    choices: [green, yellow, red]
  wait_for_nodes:
    description: How many nodes there must be at least, whatever their roles are.
    type: int
  wait_for_login:
    description:
      - Whether to wait, too, where the login is not accepted. A cluster whose nodes have all restarted knows nobody
        until it has recovered the index of its users.
      - A wrong password is told at the end of O(wait) then.
    type: bool
    default: false
  wait:
    description:
      - Seconds to wait for O(wait_for_status) and O(wait_for_nodes). With V(0) the cluster has to be so already.
      - An attempt that has begun is finished, which takes O(timeout) at most for each of O(url). O(retries) does not
        count here.
    type: int
    default: 30
seealso:
  - name: Cluster health API
    description: What the values mean.
    link: https://www.elastic.co/docs/api/doc/elasticsearch/operation/operation-cluster-health
  - module: stacktls.elastic.restart
"""

EXAMPLES = r"""
- name: Wait until all nodes are back and nothing is lacking
  stacktls.elastic.cluster_health_info:
    url: https://es1.example.com:9200
    ca_path: /etc/elasticsearch/certs/ca.crt
    username: elastic
    password: "{{ elastic_password }}"
    wait_for_status: green
    wait_for_nodes: 3
    wait: 300

- name: See how the cluster is
  stacktls.elastic.cluster_health_info:
    url: https://es1.example.com:9200
    api_key: "{{ elastic_api_key }}"
  register: health
"""

RETURN = r"""
cluster_name:
  description: Name of the cluster.
  returned: success
  type: str
  sample: production
status:
  description: V(green), V(yellow) where replicas are lacking, or V(red) where primaries are.
  returned: success
  type: str
  sample: green
timed_out:
  description: Whether the API itself gave up waiting for something. How long this module waits is not meant.
  returned: success
  type: bool
  sample: false
number_of_nodes:
  description: How many nodes there are.
  returned: success
  type: int
  sample: 3
number_of_data_nodes:
  description: How many of them hold data.
  returned: success
  type: int
  sample: 3
unassigned_shards:
  description: How many shards have no node.
  returned: success
  type: int
  sample: 0
relocating_shards:
  description: How many shards move from one node to another.
  returned: success
  type: int
  sample: 0
initializing_shards:
  description: How many shards are being made.
  returned: success
  type: int
  sample: 0
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
from ansible_collections.stacktls.elastic.plugins.module_utils._cluster_health_info import (
    STATUSES,
    Wanted,
    wait_for_health,
)


def main() -> None:
    """Run the module."""
    module = AnsibleModule(
        argument_spec={
            **API_ARGUMENTS,
            "wait_for_status": {"type": "str", "choices": list(STATUSES)},
            "wait_for_nodes": {"type": "int"},
            "wait_for_login": {"type": "bool", "default": False},
            "wait": {"type": "int", "default": 30},
        },
        supports_check_mode=True,
        **API_RULES,
    )
    wanted = Wanted(*(module.params[f"wait_for_{name}"] for name in ("status", "nodes", "login")))

    def work(client: ApiClient) -> dict[str, Any]:
        return {"changed": False, **asdict(wait_for_health(client, wanted, module.params["wait"]))}

    # Who waits anyway tries again by that, and in time.
    run_api_module(module, work, lambda: {} if wanted.is_anything else {"retries": 0})


if __name__ == "__main__":
    main()
