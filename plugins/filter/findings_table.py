# Copyright: Stack TLS contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Findings as a table for people."""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from ansible.errors import AnsibleFilterError

DOCUMENTATION = r"""
name: findings_table
short_description: Findings as a table for people
version_added: 0.1.0
author:
  - Stack TLS contributors (@stacktls)
description:
  - Puts what is amiss on several hosts into lines, the worst first, with columns that are as wide as they have to be.
options:
  _input:
    description:
      - Findings as M(stacktls.elastic.audit_report) returns them, or M(stacktls.elastic.preflight_info), each with the
        C(host) and the C(service) it belongs to.
    type: list
    elements: dict
    required: true
"""

EXAMPLES = r"""
- name: Show what is amiss
  ansible.builtin.debug:
    msg: "{{ findings | stacktls.elastic.findings_table }}"
  vars:
    findings:
      - host: kb1
        service: kibana
        level: error
        subject: group kibana
        found: does not exist.
        hint: Install the package first.
    # ['error  kb1  kibana  group kibana: does not exist. Install the package first.']
"""

RETURN = r"""
_value:
  description: The lines; long texts go on in the last column.
  type: list
  elements: str
"""

_COLUMNS = ("level", "host", "service")
_TEXTS = ("subject", "found", "hint")
_LEVELS = ("critical", "error", "warning", "notice")
"""From the worst; each playbook has its own."""

_WIDTH = 90


def findings_table(value: Any) -> list[str]:
    """The lines of the table."""
    findings = sorted(_findings(value), key=lambda each: _rank(each["level"]))
    widths = [max((len(str(each[name])) for each in findings), default=0) for name in _COLUMNS]
    return [line for each in findings for line in _lines(each, widths)]


def _rank(level: str) -> tuple[int, str]:
    return (_LEVELS.index(level) if level in _LEVELS else len(_LEVELS), level)


def _lines(finding: Mapping[str, Any], widths: list[int]) -> list[str]:
    head = "  ".join(str(finding[name]).ljust(width) for name, width in zip(_COLUMNS, widths, strict=True))
    text = f"{finding['subject']}: {finding['found']} {finding['hint']}"
    texts = textwrap.wrap(text, _WIDTH, break_long_words=False, break_on_hyphens=False)
    return [f"{head if number == 0 else ' ' * len(head)}  {line}" for number, line in enumerate(texts)]


def _findings(value: Any) -> list[Mapping[str, Any]]:
    findings = list(value) if isinstance(value, Iterable) and not isinstance(value, (str, Mapping)) else [None]
    for finding in findings:
        if not isinstance(finding, Mapping) or any(name not in finding for name in (*_COLUMNS, *_TEXTS)):
            raise AnsibleFilterError(
                f"findings_table needs a list of findings, each with {', '.join((*_COLUMNS, *_TEXTS))}."
            )
    return findings


class FilterModule:
    """The filter of this file."""

    def filters(self) -> dict[str, Callable[[Any], list[str]]]:
        """Filters by name."""
        return {"findings_table": findings_table}
