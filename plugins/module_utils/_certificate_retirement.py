# Copyright: Stack TLS contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Names that an authority signs no more for."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import Any

from ._authority_rotation import RotatingStore
from ._pki._dates import timestamp
from ._pki._names import parse_name, print_name

ARGUMENTS: dict[str, Any] = {
    "path": {"type": "path", "required": True},
    "dn": {"type": "str", "required": True},
}
"""What the module accepts."""

_SHOWN = ("host", "serial_number", "fingerprint_sha256", "not_after", "profile", "issued_at")


def retire_name(params: dict[str, Any], *, check_mode: bool) -> dict[str, Any]:
    """Write the name down; returns the module's result.

    :raises StackTlsError: where there is no authority, or the name cannot be read.
    """
    store, now = RotatingStore(params["path"]), datetime.now(timezone.utc)
    store.require()
    name = print_name(parse_name(params["dn"]))
    retired = store.retired()
    is_new = name not in retired
    if is_new and not check_mode:
        store.write_retired({**retired, name: timestamp(now)})
    since = store.signs_since()
    certificates = [
        {key: entry.get(key, "") for key in _SHOWN}
        for entry in store.ledger()
        if entry.get("subject") == name
        and entry.get("not_after", "") > timestamp(now)
        and entry.get("issued_at", "") >= since
    ]
    header = store.retired_path
    return {
        "changed": is_new,
        "dn": name,
        "certificates": certificates,
        "diff": {
            "before": retired,
            "after": {**retired, name: retired.get(name, timestamp(now))},
            "before_header": header,
            "after_header": header,
        },
    }
