# Copyright: Stack TLS contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Passwords of users, compared by logging in with them."""

from __future__ import annotations

from typing import Any

from ._api import ApiClient
from ._api_object import object_path
from ._errors import ApiError

_AUTHENTICATE = "/_security/_authenticate"
_SHORTEST = 6
"""Elasticsearch accepts no fewer characters; a node in FIPS mode wants more, and says so itself."""

_NO_OTHER_LOGIN = {"api_key": None, "token": None}


def set_user_password(client: ApiClient, params: dict[str, Any], *, check_mode: bool) -> dict[str, Any]:
    """Give the user the password, where he cannot log in with it; returns the module's result.

    :param client: who may change it.
    :raises ApiError: where Elasticsearch refuses, or there is no such user.
    """
    name = params["name"]
    path = object_path("/_security/user", name, "user")
    _require_length(params["new_password"])
    himself = ApiClient({**params, **_NO_OTHER_LOGIN, "username": name, "password": params["new_password"]})
    accepted = is_accepted(himself)
    changed = params["force"] or not accepted
    if changed:
        # His former password, if that is the login, is worth nothing any more where the new one is in force.
        login = himself if accepted and params["username"] == name else client
        _require_user(login, name, path, is_himself=params["username"] == name)
        if not check_mode:
            login.call("POST", f"{path}/_password", {"password": params["new_password"]})
    return {"changed": changed, "username": name, "diff": _difference(name, accepted=accepted, changed=changed)}


def is_accepted(client: ApiClient) -> bool:
    """Whether Elasticsearch accepts the login.

    :raises ApiError: where it does not tell.
    """
    try:
        client.call("GET", _AUTHENTICATE)
    except ApiError as error:
        if error.status != 401:
            raise
        return False
    return True


def _require_length(password: str) -> None:
    if len(password) < _SHORTEST:
        raise ApiError(
            f"new_password has fewer than {_SHORTEST} characters, which Elasticsearch does not accept.",
            hint="Choose a longer one.",
        )


def _require_user(client: ApiClient, name: str, path: str, *, is_himself: bool) -> None:
    """What the change would be refused for, so that check mode finds it, too."""
    if is_himself:  # everybody may change his own password, but not look at users
        client.call("GET", _AUTHENTICATE)
    elif client.find(path) is None:
        raise ApiError(
            f"Elasticsearch has no user {name!r} whose password it keeps.",
            hint="Users of other realms, such as LDAP or files of the nodes, have their passwords there.",
            status=404,
        )


def _difference(name: str, *, accepted: bool, changed: bool) -> dict[str, str]:
    """In words: no password is shown."""
    after = "password: as given\n"
    before = after if accepted else "password: another one\n"
    return {
        "before_header": f"user {name}",
        "before": before,
        "after_header": f"user {name}",
        "after": "password: as given (set again)\n" if accepted and changed else after,
    }
