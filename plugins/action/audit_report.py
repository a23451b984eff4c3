# Copyright: Stack TLS contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The whole of ``audit_report``: compares, and writes reports on the controller."""

from __future__ import annotations

import json
import os
from dataclasses import asdict
from datetime import datetime, timezone
from typing import Any

from ansible.plugins.action import ActionBase
from ansible_collections.stacktls.elastic.plugins.filter.findings_table import findings_table
from ansible_collections.stacktls.elastic.plugins.module_utils._audit_info import describe
from ansible_collections.stacktls.elastic.plugins.module_utils._audit_report_arguments import ARGUMENTS
from ansible_collections.stacktls.elastic.plugins.module_utils._errors import StackTlsError, located
from ansible_collections.stacktls.elastic.plugins.module_utils._io import Attributes, write_file
from ansible_collections.stacktls.elastic.plugins.module_utils._module import require_cryptography_here
from ansible_collections.stacktls.elastic.plugins.module_utils._pki._certificates import load_certificates
from ansible_collections.stacktls.elastic.plugins.module_utils._pki._dates import parse_margin
from ansible_collections.stacktls.elastic.plugins.plugin_utils._audit import (
    AuthorityFolder,
    Certificate,
    Endpoint,
    Evidence,
    Look,
    Report,
    make_report,
    metrics,
    page,
)

_READABLE = 0o644
"""Mode of new reports: there is nothing secret in them, and the textfile collector is another user."""


class ActionModule(ActionBase):  # type: ignore[misc]
    """Needs no host."""

    _supports_check_mode = True
    _supports_async = False
    _requires_connection = False

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        """Run the task."""
        super().run(tmp, task_vars)
        _validation, options = self.validate_argument_spec(argument_spec=ARGUMENTS)
        try:
            require_cryptography_here()
            report = make_report(_evidence(options, datetime.now(timezone.utc)))
            changed = not self._task.check_mode and _write(report, options)
        except StackTlsError as error:
            return {"failed": True, "changed": False, "msg": str(error)}
        findings = [asdict(each) for each in report.findings]
        return {
            "changed": changed,
            "findings": findings,
            "summary": report.counts,
            "table": findings_table(findings),
            "failing": report.reaches(options["fail_on"]),
        }


def _evidence(options: dict[str, Any], now: datetime) -> Evidence:
    return Evidence(
        now=now,
        looks=tuple(Look.of(each) for each in options["services"]),
        authorities=tuple(AuthorityFolder.of(each) for each in options["authorities"]),
        outside=tuple(Endpoint.of(each) for each in options["endpoints"]),
        given=tuple(_given(options["trusted_certificates"], now)),
        margin=parse_margin(options["renew_before"]),
        authority_margin=parse_margin(options["authority_renew_before"]),
    )


def _given(pem: str, now: datetime) -> list[Certificate]:
    if not pem.strip():
        return []
    with located("trusted_certificates"):
        return [Certificate.of(describe(each, now)) for each in load_certificates(pem.encode())]


def _write(report: Report, options: dict[str, Any]) -> bool:
    """Put the reports that are wanted in place; returns whether there are any."""
    forms = {
        "report_path": lambda: json.dumps(report.as_data(), indent=2) + "\n",
        "metrics_path": lambda: metrics(report),
        "page_path": lambda: page(report),
    }
    wanted = {options[name]: form for name, form in forms.items() if options[name]}
    for path, form in wanted.items():
        write_file(os.path.abspath(path), form().encode("utf-8"), Attributes(), default_mode=_READABLE)
    return bool(wanted)
