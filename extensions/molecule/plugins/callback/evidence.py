# Copyright: Stack TLS contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Writes what a scenario measured and proved to <STACKTLS_EVIDENCE>/<scenario>.json, one entry a playbook run."""

from __future__ import annotations

import json
import os
import time
from pathlib import Path

from ansible import context
from ansible.plugins.callback import CallbackBase

DOCUMENTATION = """
name: evidence
type: notification
short_description: Leave the figures of a molecule scenario as data
description:
  - Seconds, tasks per host and changes of each playbook run, and what tests proved (C(set_stats), key C(proved)).
requirements: []
"""


class CallbackModule(CallbackBase):
    """Counts what runs on each host; a task that ran without changing anything counts as well."""

    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "notification"
    CALLBACK_NAME = "evidence"
    CALLBACK_NEEDS_ENABLED = True

    def __init__(self) -> None:
        super().__init__()
        self.started = time.monotonic()
        self.playbook = ""
        self.check = bool((context.CLIARGS or {}).get("check"))
        self.longest: dict[str, float] = {}
        self._task = ("", 0.0)

    def v2_playbook_on_start(self, playbook) -> None:
        self.playbook = Path(playbook._file_name).stem

    def v2_playbook_on_task_start(self, task, is_conditional) -> None:
        self._end_task()
        self._task = (task.get_name(), time.monotonic())

    def v2_playbook_on_stats(self, stats) -> None:
        self._end_task()
        hosts = {host: _figures(stats.summarize(host)) for host in sorted(stats.processed)}
        phase = {
            "playbook": self.playbook,
            "check_mode": self.check,
            "seconds": round(time.monotonic() - self.started, 1),
            "hosts": hosts,
            "slowest_tasks": dict(sorted(self.longest.items(), key=lambda item: -item[1])[:5]),
        }
        proved = (stats.custom.get("_run") or {}).get("proved")
        self._append(phase, proved)

    def _end_task(self) -> None:
        name, started = self._task
        if name:
            self.longest[name] = round(self.longest.get(name, 0.0) + time.monotonic() - started, 1)
        self._task = ("", 0.0)

    def _append(self, phase: dict, proved: dict | None) -> None:
        folder = os.environ.get("STACKTLS_EVIDENCE")
        scenario = os.environ.get("STACKTLS_SCENARIO")
        if not folder or not scenario:
            return
        path = Path(folder) / f"{scenario}.json"
        path.parent.mkdir(parents=True, exist_ok=True)
        fresh = self.playbook == "create" or not path.exists()
        evidence = {"scenario": scenario, "phases": [], "proved": {}} if fresh else json.loads(path.read_text())
        evidence["phases"].append(phase)
        evidence["proved"].update(proved or {})
        path.write_text(json.dumps(evidence, indent=2, sort_keys=False) + "\n")


def _figures(summary: dict) -> dict:
    tasks = summary["ok"] + summary["failures"] + summary["unreachable"]
    return {"tasks": tasks, "changed": summary["changed"], "failed": summary["failures"] + summary["unreachable"]}
