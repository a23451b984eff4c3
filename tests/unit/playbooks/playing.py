# Copyright: Stack TLS contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Playbooks on this machine, in inventories whose other hosts are never reached."""

from __future__ import annotations

import json
import sys

from running import play

LOCAL = {"ansible_connection": "local", "ansible_pipelining": True, "ansible_python_interpreter": sys.executable}


def run_playbook(folder, playbook, groups, *options, **variables):
    """Run a playbook.

    :param groups: names of groups of the inventory, and of the hosts in each, perhaps with variables of each host.
    """
    children = {group: {"hosts": _with_variables(hosts)} for group, hosts in groups.items()}
    inventory = {"all": {"hosts": {"localhost": LOCAL}, "children": children, "vars": variables}}
    (folder / "inventory.json").write_text(json.dumps(inventory))
    return play(folder, "-i", "inventory.json", playbook, *options)


def _with_variables(hosts):
    return hosts if isinstance(hosts, dict) else {host: {} for host in hosts}
