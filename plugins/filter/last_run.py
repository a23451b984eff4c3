# Copyright: Stack TLS contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which services the last run changed."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from ansible.errors import AnsibleFilterError

DOCUMENTATION = r"""
name: last_run
short_description: Which services the last run changed
version_added: 0.1.0
author:
  - Stack TLS contributors (@stacktls)
description:
  - Compares what M(stacktls.elastic.rollback) found for the services of several hosts, and names those that one run
    changed.
  - A service that the last run did not change has a backup, too, that of an earlier run. It is left out.
  - A run that was cut off leaves changes that are not in force. Whether it also finished something elsewhere cannot be
    seen, so the choice between the two has to be made by a person.
positional: _run
options:
  _input:
    description:
      - The results of M(stacktls.elastic.rollback), each with the name of its service as C(service).
    type: list
    elements: dict
    required: true
  _run:
    description:
      - The name of a run, in place of the newest. Unfinished changes count as a part of it.
      - V(unfinished) stands for the changes that are not in force, and for nothing else.
    type: str
    default: ""
"""

EXAMPLES = r"""
- name: Show what a rollback would put back
  ansible.builtin.debug:
    msg: "{{ found | stacktls.elastic.last_run }}"
  vars:
    found:
      - {service: elasticsearch on es1, state: settled, run: 20261123T101312Z, backup: 20261123T101500Z, paths: [/a]}
      - {service: kibana on kb1, state: settled, run: 20261101T090000Z, backup: 20261101T090130Z, paths: [/b]}
    # ['elasticsearch on es1']
"""

RETURN = r"""
_value:
  description: The names of the services whose files are to be put back.
  type: list
  elements: str
"""

UNFINISHED = "unfinished"
_NEEDED = ("service", "state", "run", "backup", "paths")

Report = Mapping[str, Any]


def last_run(value: Any, run: str = "") -> list[str]:
    """The services that the run changed."""
    reports = [report for report in _reports(value) if report["paths"]]
    pending = [report for report in reports if report["state"] == "pending"]
    settled = [report for report in reports if report["state"] == "settled"]
    if not run:
        _require_one_answer(pending, settled)
        return _names(pending or _of_run(settled, _newest(settled)))
    if run == UNFINISHED:
        return _names(pending)
    chosen = _of_run(settled, run)
    if not chosen:
        raise AnsibleFilterError(f"no service was changed last by the run {run!r}. {_known(settled)}")
    return _names([*pending, *chosen])


def _require_one_answer(pending: list[Report], settled: list[Report]) -> None:
    if pending and settled:
        raise AnsibleFilterError(
            f"a run was cut off, and left changes that are not in force: {', '.join(_names(pending))}. Whether it is "
            f"one of the runs that changed other services cannot be seen. {_known(settled)} Choose with "
            f"-e stacktls_rollback_run=…: the run that is to be undone together with these changes, or {UNFINISHED!r} "
            "for these changes alone."
        )


def _newest(settled: list[Report]) -> str:
    """The run of the newest backup; the names of backups begin with their time."""
    return max(settled, key=lambda report: report["backup"])["run"] if settled else ""


def _of_run(settled: list[Report], run: str) -> list[Report]:
    return [report for report in settled if report["run"] == run]


def _known(settled: list[Report]) -> str:
    runs = sorted({report["run"] for report in settled})
    told = "; ".join(f"{run or 'without a name'}: {', '.join(_names(_of_run(settled, run)))}" for run in runs)
    return f"These did: {told}." if told else "No run did."


def _names(reports: list[Report]) -> list[str]:
    return [report["service"] for report in reports]


def _reports(value: Any) -> list[Report]:
    reports = list(value) if isinstance(value, Iterable) and not isinstance(value, (str, Mapping)) else [None]
    for report in reports:
        if not isinstance(report, Mapping) or any(name not in report for name in _NEEDED):
            raise AnsibleFilterError(
                f"last_run needs a list of results of the module rollback, each with {', '.join(_NEEDED)}."
            )
    return reports


class FilterModule:
    """The filter of this file."""

    def filters(self) -> dict[str, Callable[..., list[str]]]:
        """Filters by name."""
        return {"last_run": last_run}
