# Copyright: Stack TLS contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Run a module on a host of the inventory that is not the one of the task."""

from __future__ import annotations

import contextlib
import copy
import os
from collections.abc import Mapping
from typing import Any

from ansible import constants as C  # noqa: N812 - everybody calls it so
from ansible.errors import AnsibleError
from ansible.playbook.play_context import PlayContext
from ansible.plugins.action import ActionBase
from ansible.plugins.loader import become_loader, connection_loader
from ansible_collections.stacktls.elastic.plugins.module_utils._errors import StackTlsError


def run_elsewhere(
    action: ActionBase, host: str, module_name: str, module_args: dict[str, Any], task_vars: Mapping[str, Any]
) -> dict[str, Any]:
    """The result of the module on this host, reached by its own connection variables.

    :raises StackTlsError: where the host is not in the inventory, cannot be reached, or the module failed there.
    """
    if host not in task_vars.get("hostvars", {}):
        raise StackTlsError(f"the host {host!r} is not in the inventory.")
    hostvars = task_vars["hostvars"][host]
    variables = _connection_variables(hostvars)
    connection = _connect(host, variables, hostvars)
    try:
        there = _action_there(action, connection)
        result: dict[str, Any] = there._execute_module(
            module_name=module_name, module_args=module_args, task_vars=variables
        )
        there._remove_tmp_path(connection._shell.tmpdir)
    except AnsibleError as error:
        raise StackTlsError(f"{host} cannot be reached: {error}") from error
    finally:
        connection.close()
    if result.get("failed"):
        raise StackTlsError(f"{host}: {result.get('msg', 'the module failed')}")
    return result


def _connection_variables(hostvars: Mapping[str, Any]) -> dict[str, Any]:
    """The variables that Ansible itself reads; others may not even be defined for this play."""
    variables: dict[str, Any] = {"inventory_hostname": hostvars["inventory_hostname"]}
    for name in hostvars:
        if name.startswith("ansible_"):
            with contextlib.suppress(AnsibleError):
                variables[name] = hostvars[name]
    return variables


def _connect(host: str, variables: dict[str, Any], hostvars: Mapping[str, Any]) -> Any:
    kind = variables.get("ansible_connection", "ssh")
    context = PlayContext()
    context.remote_addr = variables.get("ansible_host", host)
    connection = connection_loader.get("ssh" if kind == "smart" else kind, context, os.devnull)
    if connection is None:
        raise StackTlsError(f"{host} has the unknown connection {kind!r}.")
    addressed = {"ansible_host": context.remote_addr, **variables}
    connection.set_options(var_options=_options(connection._load_name, "connection", addressed, hostvars))
    connection._shell.set_options(var_options=_options(connection._shell._load_name, "shell", variables))
    if str(variables.get("ansible_become", "")).lower() in ("true", "yes", "1"):
        become = become_loader.get(variables.get("ansible_become_method", "sudo"))
        become.set_options(var_options=_options(become._load_name, "become", variables))
        connection.set_become_plugin(become)
    return connection


def _options(name: str, kind: str, *sources: Mapping[str, Any]) -> dict[str, Any]:
    """The variables that a plugin knows, each out of the first source that has it."""
    options: dict[str, Any] = {}
    for known in C.config.get_plugin_vars(kind, name):
        source = next((each for each in sources if known in each), None)
        if source is not None:
            with contextlib.suppress(AnsibleError):
                options[known] = source[known]
    return options


def _action_there(action: ActionBase, connection: Any) -> ActionBase:
    """The same action, with another host behind it."""
    there = copy.copy(action)
    there._connection = connection
    there._used_interpreter = None
    return there
