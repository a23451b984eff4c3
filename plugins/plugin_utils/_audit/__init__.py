# Copyright: Stack TLS contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Compares what hosts have on their disks, what their services show and have loaded, and what authorities say.

    evidence = Evidence(now, looks, authorities)
    report = make_report(evidence)
    page(report), metrics(report), report.as_data()

Pure functions on the controller; the modules ``audit_info``, ``tls_endpoint_info`` and ``ssl_certificates_info`` look.
"""

from __future__ import annotations

from ._evidence import AuthorityFolder, Certificate, Endpoint, Evidence, Look
from ._finding import KINDS, LEVELS, Finding
from ._metrics import metrics
from ._page import page
from ._report import CHECKS, Report, make_report
from ._settings_references import told_by_settings

__all__ = [
    "CHECKS",
    "KINDS",
    "LEVELS",
    "AuthorityFolder",
    "Certificate",
    "Endpoint",
    "Evidence",
    "Finding",
    "Look",
    "Report",
    "make_report",
    "metrics",
    "page",
    "told_by_settings",
]
