# Copyright: Stack TLS contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Sign requests on the machine that keeps the authority."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import Any

from ._authority_store import AuthorityStore
from ._certificate_arguments import about
from ._certificate_options import lifetime_of, specification_of
from ._pki._certificates import describe, encode_certificates
from ._pki._kinds import KEY_TYPES, PROFILES
from ._signing import Order

ARGUMENTS: dict[str, Any] = {
    "ca_path": {"type": "path", "required": True},
    "ca_passphrase": {"type": "str", "no_log": True},
    "host": {"type": "str", "default": ""},
    "requests": {
        "type": "list",
        "elements": "dict",
        "default": [],
        "mutually_exclusive": [("subject", "common_name")],
        "required_one_of": [("subject", "common_name")],
        "options": {
            "name": {"type": "str", "default": "certificate"},
            "request": {"type": "str", "required": True},
            "subject": {"type": "str"},
            "common_name": {"type": "str"},
            "subject_alt_names": {"type": "list", "elements": "str", "default": []},
            "profile": {"type": "str", "choices": list(PROFILES), "default": "server"},
            "key_type": {"type": "str", "choices": list(KEY_TYPES), "no_log": False},
            "not_before": {"type": "str", "default": "-1h"},
            "not_after": {"type": "str", "default": "+397d"},
        },
    },
}
"""What the module accepts."""

_NOTHING: dict[str, Any] = {
    "ca_certificates": "",
    "trusted_certificates": "",
    "retired_subjects": {},
    "certificates": [],
}
"""What is known where there is no authority."""


def sign_requests(params: dict[str, Any], *, check_mode: bool) -> dict[str, Any]:
    """Sign the requests, all or none; returns the module's result.

    :raises StackTlsError: where there is no authority, or one of the requests cannot be signed.
    """
    now = datetime.now(timezone.utc)
    store, requests = AuthorityStore(params["ca_path"]), params["requests"]
    orders = [_order(request, params, now) for request in requests]
    if not store.exists():
        if requests and not check_mode:
            store.require()
        return {"changed": bool(requests), **_NOTHING}
    authorities = encode_certificates(store.certificates(now)).decode()
    if check_mode and orders:
        store.rehearse([order.specification for order in orders], params["ca_passphrase"], now)
    issued = [] if check_mode or not orders else store.issue(orders, params["ca_passphrase"], now)
    certificates = [
        {"name": request["name"], "content": encode_certificates([each]).decode(), **describe(each, now)}
        for request, each in zip(requests, issued)
    ]
    return {
        "changed": bool(requests),
        "ca_certificates": authorities,
        "trusted_certificates": encode_certificates(store.trusted()).decode(),
        "retired_subjects": store.retired(),
        "certificates": certificates,
    }


def _order(request: dict[str, Any], params: dict[str, Any], now: datetime) -> Order:
    wanted = {**request, "key_type": request["key_type"] or "", "signer": "authority", "renew_before": "0"}
    with about(request["name"], [each["name"] for each in params["requests"]]):
        return Order(specification_of(wanted), request["request"].encode(), lifetime_of(wanted, now), params["host"])
