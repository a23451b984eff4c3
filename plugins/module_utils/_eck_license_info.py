# Copyright: Stack TLS contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The licence of the ECK operator: client authentication needs Enterprise or its trial."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from datetime import datetime, timezone
from typing import Any

from ._eck._secret import decode
from ._errors import ApiError
from ._kubernetes import CONNECTION_ARGUMENTS, Body, Cluster
from ._pki._dates import timestamp

MODULE_ARGUMENTS: dict[str, Any] = {
    "argument_spec": {**CONNECTION_ARGUMENTS, "operator_namespace": {"type": "str", "default": "elastic-system"}},
}

_REPORT = "elastic-licensing"
_SCOPE = "license.k8s.elastic.co/scope=operator"
_TYPE = "license.k8s.elastic.co/type"
_INVALID = "license.k8s.elastic.co/invalid"
_ENTERPRISE = ("enterprise", "enterprise_trial", "enterprise-trial")


def manage_eck_license_info(params: dict[str, Any], cluster: Cluster, now: datetime) -> dict[str, Any]:
    """The result of the module.

    :raises ApiError: where neither the operator's report nor its licences may be read.
    """
    namespace = params["operator_namespace"]
    report = cluster.get("v1", "ConfigMap", _REPORT, namespace)
    try:
        licences = cluster.list("v1", "Secret", namespace, label_selector=_SCOPE)
    except ApiError:
        if report is None:
            raise
        licences = []
    level = str(((report or {}).get("data") or {}).get("eck_license_level") or "")
    found = [licence for licence in map(_licence, licences) if _is_valid(licence, now)]
    newest = max(found, key=lambda licence: licence["expires"] or "", default={"type": level, "expires": ""})
    # The report is written every two minutes, so a licence that was put in place just now is not in it yet.
    return {
        "changed": False,
        "level": newest["type"] or level or "basic",
        "enterprise": any(each in _ENTERPRISE for each in (level, *_types(found))),
        "expires": newest["expires"],
        "known": report is not None or bool(licences),
    }


def _licence(secret: Body) -> dict[str, Any]:
    """Type and end of a licence; a trial that the operator has not begun yet has no end."""
    metadata = secret["metadata"]
    labels, annotations = metadata.get("labels") or {}, metadata.get("annotations") or {}
    millis = _content(secret).get("expiry_date_in_millis")
    end = datetime.fromtimestamp(millis / 1000, timezone.utc) if isinstance(millis, int) else None
    return {
        "type": labels.get(_TYPE, ""),
        "expires": timestamp(end) if end else "",
        "end": end,
        "invalid": annotations.get(_INVALID, ""),
    }


def _content(secret: Body) -> dict[str, Any]:
    for value in decode(secret.get("data")).values():
        try:
            content = json.loads(value)
        except ValueError:
            continue
        if isinstance(content, dict):
            licence = content.get("license", content)
            return licence if isinstance(licence, dict) else {}
    return {}


def _is_valid(licence: Mapping[str, Any], now: datetime) -> bool:
    return not licence["invalid"] and (licence["end"] is None or licence["end"] > now)


def _types(licences: Iterable[Mapping[str, Any]]) -> list[str]:
    return [str(licence["type"]) for licence in licences]
