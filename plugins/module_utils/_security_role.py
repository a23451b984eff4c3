# Copyright: Stack TLS contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Roles: what the users who have them may do."""

from __future__ import annotations

from typing import Any

from ._api import ApiClient
from ._api_object import bring_about, object_path
from ._errors import ApiError
from ._role_descriptor import Descriptor, canonical_descriptor

PRIVILEGES = (
    "cluster",
    "indices",
    "remote_indices",
    "remote_cluster",
    "applications",
    "global",
    "run_as",
)
"""Options of the module that are parts of a role by the same name."""

_KEPT = ("metadata", "description")
_RESERVED = "_reserved"


def manage_security_role(client: ApiClient, params: dict[str, Any], *, check_mode: bool) -> dict[str, Any]:
    """Make the role what the parameters ask for; returns the module's result.

    :raises ApiError: where Elasticsearch refuses, or the role is one of its own.
    """
    name = params["name"]
    path = object_path("/_security/role", name, "role")
    found = (client.find(path) or {}).get(name)
    before = None if found is None else canonical_descriptor(found)
    _require_unreserved(name, before)
    after = None if params["state"] == "absent" else wanted(params, before)
    result = bring_about(client, path, f"role {name}", before, after, check_mode=check_mode)
    return {**result, "role": after}


def wanted(params: dict[str, Any], present: Descriptor | None) -> Descriptor:
    """The role that the parameters describe. Metadata and description that they do not speak of are kept."""
    kept = {name: (present or {}).get(name) for name in _KEPT if params[name] is None}
    given = {name: params[name] for name in (*PRIVILEGES, *_KEPT)}
    return canonical_descriptor({**given, **kept})


def _require_unreserved(name: str, present: Descriptor | None) -> None:
    if (present or {}).get("metadata", {}).get(_RESERVED):
        raise ApiError(
            f"the role {name!r} is one of Elasticsearch's own, which cannot be changed.",
            hint="Choose another name, and give users both roles where they need more.",
        )
