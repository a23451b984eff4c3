# Copyright: Stack TLS contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The controller's half of ``settings``: it merges the file that the managed host has."""

from __future__ import annotations

import json
import secrets
from dataclasses import asdict
from typing import Any

from ansible.plugins.action import ActionBase
from ansible_collections.stacktls.elastic.plugins.module_utils._errors import SettingsError
from ansible_collections.stacktls.elastic.plugins.module_utils._io import attribute_names, digest
from ansible_collections.stacktls.elastic.plugins.module_utils._settings_file import ARGUMENTS, unseal
from ansible_collections.stacktls.elastic.plugins.plugin_utils._settings import (
    Document,
    Merged,
    decode,
    flatten,
    masked,
    merge,
    parse,
    require_names,
    values_of,
)

_MODULE = "stacktls.elastic.settings"
_MERGED_HERE = ("settings", "absent", "report")


class ActionModule(ActionBase):  # type: ignore[misc]
    """Inspects the file, merges, and changes the file only where something differs."""

    _supports_check_mode = True
    _supports_async = False

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        """Run the task on one host."""
        super().run(tmp, task_vars)
        _validation, options = self.validate_argument_spec(argument_spec=ARGUMENTS)
        try:
            return self._settle(options, task_vars or {})
        except SettingsError as error:
            located = SettingsError(error.message, hint=error.hint, path=str(self._task.args["path"]))
            return {"failed": True, "changed": False, "msg": str(located)}

    def _settle(self, options: dict[str, Any], task_vars: dict[str, Any]) -> dict[str, Any]:
        """Bring the file to what is wanted and say what differed."""
        wanted = flatten(options["settings"])
        require_names(options["report"])
        key = secrets.token_hex(32)
        result = self._on_host(task_vars, key=key)
        inspected = result.pop("inspected", None)
        if inspected is None:
            return result
        document = parse(decode(unseal(inspected["content"], key)))
        merged = merge(document, wanted, options["absent"])
        after = parse(merged.text)
        if merged.differences or any(inspected["attributes"]):
            result.update(self._change(inspected, merged, task_vars))
        if result.get("failed"):
            return result
        result.setdefault("restart_pending", inspected["restart_pending"])
        result["differences"] = [asdict(difference) for difference in merged.differences]
        result["attributes"] = attribute_names(inspected["attributes"][1])
        if options["version_files"]:
            result["version"] = inspected["version"]
        if options["report"]:
            result["found"] = values_of(document, options["report"])
            result["reported"] = values_of(after, options["report"])
        if result["changed"] and self._task.diff:
            result["diff"] = self._diff((document, after), inspected["attributes"])
        return result

    def _change(self, inspected: dict[str, Any], merged: Merged, task_vars: dict[str, Any]) -> dict[str, Any]:
        """Let the host make the edits, or in check mode say what it would answer."""
        if self._task.check_mode:
            recorded = bool(self._task.args.get("journal") and merged.differences)
            return {"changed": True, "restart_pending": inspected["restart_pending"] or recorded}
        return self._on_host(
            task_vars,
            edits=json.dumps([(edit.start, edit.end, edit.text) for edit in merged.edits]),
            before=inspected["digest"],
            after=digest(merged.text.encode("utf-8")),
        )

    def _on_host(self, task_vars: dict[str, Any], **exchange: str) -> dict[str, Any]:
        """One round trip. Options are passed as given: a path such as ``~/kibana.yml`` is the host's matter."""
        given = {name: value for name, value in self._task.args.items() if name not in _MERGED_HERE}
        result: dict[str, Any] = self._execute_module(
            module_name=_MODULE, module_args={**given, "_exchange": exchange}, task_vars=task_vars
        )
        result.pop("invocation", None)
        return result

    def _diff(self, documents: tuple[Document, Document], attributes: tuple[str, str]) -> dict[str, str]:
        path = str(self._task.args["path"])
        before, after = (lines + masked(document) for lines, document in zip(attributes, documents))
        return {"before": before, "after": after, "before_header": path, "after_header": path}
