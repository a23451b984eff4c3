# Copyright: Stack TLS contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Results of the module and of the action, put together from those of the identities."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict
from typing import Any

from ._certificate_arguments import Options
from ._changes import Replacement
from ._reason import Reason


def summary(results: Iterable[dict[str, Any]], *, restart_pending: bool) -> dict[str, Any]:
    """The result of the task, out of those of its identities."""
    each = list(results)
    reasons = [{"identity": result["name"], **reason} for result in each for reason in result["reasons"]]
    return {
        "changed": any(result["changed"] for result in each),
        "reasons": reasons,
        "certificate": each[0]["certificate"],
        "files": list(dict.fromkeys(path for result in each for path in result["files"])),
        "kinds": sorted({kind for result in each for kind in result["kinds"]}),
        "waiting": any(result["waiting"] for result in each),
        "restart_pending": restart_pending,
        "diff": [result["diff"] for result in each],
        "identities": [{name: value for name, value in result.items() if name != "diff"} for result in each],
    }


def result_of(
    options: Options,
    reasons: Iterable[Reason],
    certificate: dict[str, Any],
    due: Iterable[Replacement] = (),
    kinds: Iterable[str] = (),
    after: dict[str, Any] | None = None,
) -> dict[str, Any]:
    """The result of an identity.

    :param certificate: its description.
    :param due: files that are written.
    :param kinds: what those with new content are to the service.
    :param after: the description of what would be there afterwards, where that is another.
    """
    files = [replacement.path for replacement in due]
    header = options["certificate_path"] or options["combined_path"] or options["pkcs12_path"]
    return {
        "name": options["name"],
        "changed": bool(files),
        "reasons": [asdict(reason) for reason in reasons],
        "certificate": certificate,
        "files": files,
        "kinds": sorted(kinds),
        "waiting": False,
        "diff": {
            "before": _shown(certificate),
            "after": {**_shown(after or certificate), **({"updated_files": files} if files else {})},
            "before_header": header,
            "after_header": header,
        },
    }


def completed(result: dict[str, Any], finding: dict[str, Any]) -> dict[str, Any]:
    """The result of an installation, with what was found before it."""
    reasons = finding["reasons"]
    texts = [reason["text"] for reason in reasons]
    difference = {
        **result["diff"],
        "before": finding["diff"]["before"],
        "after": {**result["diff"]["after"], "reasons": texts},
    }
    return {**result, "reasons": reasons, "diff": difference}


def _shown(description: dict[str, Any]) -> dict[str, Any]:
    """The description for a difference: without what changes every day."""
    return {name: value for name, value in description.items() if name != "days_left"}
