# Copyright: Stack TLS contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The controller's half of ``audit_info``: it reads the settings that the managed host has."""

from __future__ import annotations

import secrets
from typing import Any

from ansible.plugins.action import ActionBase
from ansible_collections.stacktls.elastic.plugins.module_utils._audit_info import ARGUMENTS
from ansible_collections.stacktls.elastic.plugins.plugin_utils._audit import told_by_settings

_MODULE = "stacktls.elastic.audit_info"


class ActionModule(ActionBase):  # type: ignore[misc]
    """Asks the host once, and puts in what its settings files say of the files that it found."""

    _supports_check_mode = True
    _supports_async = False

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        """Run the task on one host."""
        super().run(tmp, task_vars)
        self.validate_argument_spec(argument_spec=ARGUMENTS)
        key = secrets.token_hex(32)
        result: dict[str, Any] = self._execute_module(
            module_name=_MODULE, module_args={**self._task.args, "_exchange": {"key": key}}, task_vars=task_vars or {}
        )
        result.pop("invocation", None)
        if "services" in result:
            result["services"] = [told_by_settings(service, key) for service in result["services"]]
        return result
