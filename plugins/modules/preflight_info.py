#!/usr/bin/python
# Copyright: Stack TLS contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
module: preflight_info
short_description: Tell what of a host would keep a service from its TLS
version_added: 0.1.0
author:
  - Stack TLS contributors (@stacktls)
description:
  - Looks at the clock, at the room on the disks, at accounts, files and names of a host, and tells everything that is
    amiss.
  - Does not fail for what it finds, so that a report can have it all. The playbook C(preflight) makes one of several
    hosts.
extends_documentation_fragment:
  - stacktls.elastic._attributes.info
options:
  controller_time:
    description:
      - Seconds since the epoch by the clock of the controller, such as C(now\(\).timestamp\(\)).
      - The clock is not looked at where it is not given.
    type: float
  back_dated:
    description:
      - Seconds by which new certificates begin before they are made; a host that is further behind refuses them.
    type: float
    default: 3600
  tolerated_skew:
    description: Seconds of difference between the clocks that are not worth a word.
    type: float
    default: 30
  folders:
    description: Folders in which files will be written. They need not be there yet.
    type: list
    elements: path
    default: []
  free_mb:
    description:
      - Megabytes that each file system of O(folders) has to have left.
      - By default 100, or a tenth of one that is smaller than 1000, perhaps for secrets alone.
    type: int
  files:
    description: Files that have to be there, and readable.
    type: list
    elements: path
    default: []
  users:
    description: Users that have to exist; numbers are taken as they are.
    type: list
    elements: str
    default: []
  groups:
    description: Groups that have to exist; numbers are taken as they are.
    type: list
    elements: str
    default: []
  hosts:
    description: Names of hosts that this host has to resolve.
    type: list
    elements: str
    default: []
  services:
    description: Names of systemd units whose state is returned. None is known where there is no systemd.
    type: list
    elements: str
    default: []
  running:
    description: Names of systemd units that should run. Those that do not are warned of, and their states are returned.
    type: list
    elements: str
    default: []
  commands:
    description: Commands, each as a list of arguments, whose programs have to be there.
    type: list
    elements: list
    default: []
seealso:
  - module: stacktls.elastic.tls_endpoint_info
  - module: stacktls.elastic.certificate_info
"""

EXAMPLES = r"""
- name: Look whether Kibana's host is ready
  stacktls.elastic.preflight_info:
    controller_time: "{{ now().timestamp() }}"
    folders: [/etc/kibana, /var/lib/stacktls]
    files: [/etc/kibana/kibana.yml]
    groups: [kibana]
    hosts: [es1.example.com]
    running: [kibana]
  register: ready

- name: Stop where it is not
  ansible.builtin.assert:
    that: ready.findings | selectattr('level', 'eq', 'error') | length == 0
"""

RETURN = r"""
findings:
  description: What is amiss, in the order of the options.
  returned: success
  type: list
  elements: dict
  contains:
    level:
      description: V(error) where the run would fail or do harm, V(warning) where it may.
      type: str
      sample: error
    subject:
      description: The file, folder, account or name.
      type: str
      sample: group kibana
    found:
      description: What is wrong with it.
      type: str
      sample: does not exist.
    hint:
      description: What to do.
      type: str
      sample: Install the package first, or name the accounts of this installation.
services:
  description: The state of each of O(services) and O(running) by its name, such as V(active), V(inactive) or V(failed).
  returned: success
  type: dict
  sample: {elasticsearch: active}
"""

import time
from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.stacktls.elastic.plugins.module_utils import _preflight
from ansible_collections.stacktls.elastic.plugins.module_utils._preflight import Finding
from ansible_collections.stacktls.elastic.plugins.module_utils._service import runner


def findings(params: dict[str, Any], states: dict[str, str]) -> Iterator[Finding]:
    if params["controller_time"] is not None:
        yield from _preflight.clock(
            time.time(), params["controller_time"], params["back_dated"], params["tolerated_skew"]
        )
    yield from _preflight.room(params["folders"], params["free_mb"])
    yield from _preflight.files(params["files"])
    yield from _preflight.accounts(params["users"], params["groups"])
    yield from _preflight.names(params["hosts"])
    yield from _preflight.commands(params["commands"])
    yield from _preflight.running({name: state for name, state in states.items() if name in params["running"]})


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            "controller_time": {"type": "float"},
            "back_dated": {"type": "float", "default": 3600},
            "tolerated_skew": {"type": "float", "default": 30},
            "folders": {"type": "list", "elements": "path", "default": []},
            "free_mb": {"type": "int"},
            "files": {"type": "list", "elements": "path", "default": []},
            "users": {"type": "list", "elements": "str", "default": []},
            "groups": {"type": "list", "elements": "str", "default": []},
            "hosts": {"type": "list", "elements": "str", "default": []},
            "services": {"type": "list", "elements": "str", "default": []},
            "running": {"type": "list", "elements": "str", "default": []},
            "commands": {"type": "list", "elements": "list", "default": []},
        },
        supports_check_mode=True,
    )
    names = dict.fromkeys([*module.params["services"], *module.params["running"]])
    states = _preflight.services([*names], runner(module.run_command))
    found = [asdict(each) for each in findings(module.params, states)]
    module.exit_json(changed=False, findings=found, services=states)


if __name__ == "__main__":
    main()
