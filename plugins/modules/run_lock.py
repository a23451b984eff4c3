#!/usr/bin/python
# Copyright: Stack TLS contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
module: run_lock
short_description: Keep two runs of a playbook from getting in each other's way
version_added: 0.1.0
author:
  - Stack TLS contributors (@stacktls)
description:
  - Takes a lock for this run of C(ansible-playbook), in a file that says who holds it, or fails and says who that is.
  - The lock of a run that ended without giving it back, on the same controller, is taken over. Of a run on another
    controller nobody can tell; O(force) takes its lock.
  - The same run may take it again.
extends_documentation_fragment:
  - stacktls.elastic._attributes
attributes:
  diff_mode:
    description: Has no difference to show.
    support: N/A
options:
  path:
    description: The file, in a folder that is there.
    type: path
    required: true
  purpose:
    description: What the run does, for the words of those who have to wait.
    type: str
    default: ""
  state:
    description: Whether to take the lock or to give it back. What another run holds is left to it.
    type: str
    choices: [present, absent]
    default: present
  force:
    description: Take the lock whoever holds it.
    type: bool
    default: false
  holder:
    description: Set by the module's own action plugin.
    type: dict
    default: {}
  replaces:
    description: Set by the module's own action plugin.
    type: dict
    default: {}
"""

EXAMPLES = r"""
- name: Let nobody else change the stack meanwhile
  stacktls.elastic.run_lock:
    path: /etc/ansible/stacktls-ca/run.lock
    purpose: renewal
  delegate_to: localhost
  run_once: true
"""

RETURN = r"""
holder:
  description: Who holds the lock then; empty where nobody does.
  type: dict
  returned: success
  sample:
    machine: controller
    pid: 4711
    purpose: renewal
    since: "2026-01-31T09:00:00Z"
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.stacktls.elastic.plugins.module_utils._module import run_module
from ansible_collections.stacktls.elastic.plugins.module_utils._run_lock import ARGUMENTS, keep_lock


def main() -> None:
    module = AnsibleModule(argument_spec=ARGUMENTS, supports_check_mode=True)
    run_module(module, lambda: keep_lock(module.params, check_mode=module.check_mode))


if __name__ == "__main__":
    main()
