# Copyright: Stack TLS contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Objects that the API keeps by name, such as roles: compared as a whole, written and removed as a whole."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import quote

from ._api import ApiClient
from ._errors import ApiError

ApiObject = dict[str, Any]
"""An object in the form of the API."""


def object_path(collection: str, name: str, title: str) -> str:
    """Where the API has the object.

    :param title: what it is, in words.
    :raises ApiError: where the API would take the name for several names, or for all.
    """
    if not name.strip() or "," in name:
        raise ApiError(f"{name!r} cannot be the name of a {title}.", hint="Use a name without a comma.")
    return f"{collection}/{quote(name, safe='')}"


def as_json(value: Any) -> str:
    """One text for equal values; unlike Python, JSON tells ``true`` from ``1``."""
    return json.dumps(value, sort_keys=True)


def same(one: ApiObject | None, other: ApiObject | None) -> bool:
    """Whether two objects in canonical form are alike."""
    return as_json(one) == as_json(other)


def bring_about(
    client: ApiClient, path: str, header: str, before: ApiObject | None, after: ApiObject | None, *, check_mode: bool
) -> dict[str, Any]:
    """Replace the object, or remove it, where that changes anything; returns that part of the module's result.

    :param header: what the difference is about.
    """
    changed = not same(before, after)
    if changed and not check_mode:
        if after is None:
            client.call("DELETE", path)
        else:
            client.call("PUT", path, after)
    difference = {"before": before or {}, "after": after or {}, "before_header": header, "after_header": header}
    return {"changed": changed, "diff": difference}
