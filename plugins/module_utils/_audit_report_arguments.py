# Copyright: Stack TLS contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Options of ``audit_report``."""

from __future__ import annotations

from typing import Any

_SERVICE_OPTIONS: dict[str, Any] = {
    "host": {"type": "str", "required": True},
    "service": {"type": "str", "required": True},
    "reached": {"type": "bool", "default": True},
    "problem": {"type": "str", "default": ""},
    "disk": {"type": "dict"},
    "endpoints": {"type": "list", "elements": "dict", "default": []},
    "groups": {"type": "list", "elements": "str", "default": []},
    "names": {"type": "list", "elements": "str", "default": []},
    "loaded": {"type": "list", "elements": "dict"},
    "loaded_problem": {"type": "str", "default": ""},
}
ARGUMENTS: dict[str, Any] = {
    "services": {"type": "list", "elements": "dict", "default": [], "options": _SERVICE_OPTIONS},
    "authorities": {"type": "list", "elements": "dict", "default": []},
    "endpoints": {"type": "list", "elements": "dict", "default": []},
    "trusted_certificates": {"type": "str", "default": ""},
    "renew_before": {"type": "str", "default": "33%"},
    "authority_renew_before": {"type": "str", "default": "397d"},
    "fail_on": {"type": "str", "choices": ["critical", "warning", "notice", "never"], "default": "critical"},
    "report_path": {"type": "path"},
    "metrics_path": {"type": "path"},
    "page_path": {"type": "path"},
}
