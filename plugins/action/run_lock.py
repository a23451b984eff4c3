# Copyright: Stack TLS contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tell the module of the same name which run asks, and find out whether the one that holds the lock still goes on."""

from __future__ import annotations

import contextlib
import os
import socket
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from ansible.plugins.action import ActionBase
from ansible_collections.stacktls.elastic.plugins.module_utils._pki._dates import timestamp
from ansible_collections.stacktls.elastic.plugins.module_utils._run_lock import is_same_run

_MODULE = "stacktls.elastic.run_lock"


class ActionModule(ActionBase):  # type: ignore[misc]
    """One call of the module; two where a run that is gone left the lock."""

    _supports_async = False

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        """Run the task."""
        super().run(tmp, task_vars)
        own = _this_run()
        arguments = {**self._task.args, "holder": {**own, "purpose": self._task.args.get("purpose", "")}}
        result = self._call(arguments, task_vars)
        holder = result.get("holder", {})
        if result.get("failed") or self._task.args.get("state") == "absent" or is_same_run(holder, own):
            return result
        if _is_gone(holder):
            result = self._call({**arguments, "replaces": holder}, task_vars)
            holder = result.get("holder", {})
            if result.get("failed") or is_same_run(holder, own):
                return result
        return {**result, "changed": False, "failed": True, "msg": _message(holder, self._task.args.get("path", ""))}

    def _call(self, arguments: dict[str, Any], task_vars: dict[str, Any] | None) -> dict[str, Any]:
        result: dict[str, Any] = self._execute_module(module_name=_MODULE, module_args=arguments, task_vars=task_vars)
        return result


def _this_run() -> dict[str, Any]:
    """The process of ansible-playbook, of which this one is a worker."""
    pid = os.getppid()
    return {
        "machine": socket.gethostname(),
        "boot": _boot(),
        "pid": pid,
        "began": _began(pid),
        "since": timestamp(datetime.now(timezone.utc)),
    }


def _is_gone(holder: dict[str, Any]) -> bool:
    """Whether it can be told from here that the run has ended. A file without a holder is one that nobody holds."""
    if not holder:
        return True
    if holder.get("machine") != socket.gethostname():
        return False
    return holder.get("boot") != _boot() or _began(int(holder.get("pid", 0))) != holder.get("began")


def _boot() -> str:
    with contextlib.suppress(OSError):
        return Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    return ""


def _began(pid: int) -> str:
    """When the process began, in ticks since the machine did; empty where there is none."""
    with contextlib.suppress(OSError):
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[19]
    return ""


def _message(holder: dict[str, Any], path: str) -> str:
    what = f"{holder.get('purpose') or 'a run'} on {holder.get('machine')}"
    return (
        f"{what} (process {holder.get('pid')}) works on this stack since {holder.get('since')}, and two at once would "
        f"get in each other's way. Nothing was changed. Wait for its end; if it is over and could not say so, set "
        f"stack_ca_lock_force to true ({path})."
    )
