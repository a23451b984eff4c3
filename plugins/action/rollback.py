# Copyright: Stack TLS contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The controller's half of ``rollback``: in diff mode it shows settings files, with their secrets hidden."""

from __future__ import annotations

import contextlib
import secrets
from typing import Any

from ansible.plugins.action import ActionBase
from ansible_collections.stacktls.elastic.plugins.module_utils._errors import SettingsError
from ansible_collections.stacktls.elastic.plugins.module_utils._rollback import unsealed
from ansible_collections.stacktls.elastic.plugins.plugin_utils._settings import decode, masked, parse

_MODULE = "stacktls.elastic.rollback"


class ActionModule(ActionBase):  # type: ignore[misc]
    """Calls the module once."""

    _supports_check_mode = True
    _supports_async = False

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        """Run the task on one host."""
        super().run(tmp, task_vars)
        key = secrets.token_hex(32)
        given = {**self._task.args, **({"_exchange": {"key": key}} if self._task.diff else {})}
        result: dict[str, Any] = self._execute_module(module_name=_MODULE, module_args=given, task_vars=task_vars or {})
        result.pop("invocation", None)
        settings = unsealed(result.pop("settings"), key) if "settings" in result else {}
        for difference in result.get("diff", []):
            texts = settings.get(difference["after_header"], {})
            with contextlib.suppress(SettingsError):  # a file that nobody can read as YAML is told by its digest
                shown = {name: difference[name] + masked(parse(decode(text))) for name, text in texts.items()}
                difference.update(shown)
        return result
