# Copyright: Stack TLS contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which licence a cluster should have: a trial, the basic one, or one that was bought."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any

from ._api import ApiClient
from ._errors import ApiError
from ._license_info import Licence, read_licence, trial_is_left

_INSIDE = ("uid", "type", "signature")
"""What every licence has that Elastic issued."""


@dataclass(frozen=True)
class _Request:
    """What makes the licence the wanted one.

    :param started: the part of the answer that says that it was done, and with which value.
    """

    method: str
    path: str
    started: tuple[str, Any]
    body: dict[str, Any] | None = None


def manage_license(client: ApiClient, params: dict[str, Any], *, check_mode: bool) -> dict[str, Any]:
    """Give the cluster the licence that the parameters ask for; returns the module's result.

    :raises ApiError: where Elasticsearch refuses, or features would end and nobody has agreed.
    """
    content = None if params["license"] is None else _require_licence(params["license"])
    before = read_licence(client)
    if _is_wanted(before, params["type"], content):
        return _result(before, before)
    _require_possible(client, before, params["type"])
    if check_mode:
        if not params["acknowledge"]:
            raise _unacknowledged(before, ["A run without check mode tells them."])
        return _result(before, _announced(params["type"], content))
    _apply(client, before, _request(params["type"], content), acknowledge=params["acknowledge"])
    return _result(before, read_licence(client))


def _require_licence(given: dict[str, Any]) -> dict[str, Any]:
    """The licence in the document that Elastic issues.

    :raises ApiError: where there is none; Elasticsearch itself has no words for that.
    """
    several = given.get("licenses")
    licence = several[0] if isinstance(several, list) and len(several) == 1 else given.get("license", given)
    if not isinstance(licence, dict) or any(not licence.get(name) for name in _INSIDE):
        raise ApiError(
            f"license holds no licence, which has {', '.join(_INSIDE)}.",
            hint="Give the content of the JSON file that Elastic issued, as it is.",
        )
    return licence


def _is_wanted(present: Licence, kind: str | None, content: dict[str, Any] | None) -> bool:
    if content is not None:
        return present.uid == str(content["uid"])
    return present.type == kind and present.status == "active"


def _require_possible(client: ApiClient, present: Licence, kind: str | None) -> None:
    if kind == "trial" and not trial_is_left(client):
        raise ApiError(
            f"the cluster has a licence of the type {present.type} and cannot start a trial: it has used up that of"
            " this major version.",
            hint="Ask Elastic to extend it, or install a licence.",
        )


def _request(kind: str | None, content: dict[str, Any] | None) -> _Request:
    if content is not None:
        return _Request("PUT", "/_license", ("license_status", "valid"), {"licenses": [content]})
    return _Request("POST", f"/_license/start_{kind}", (f"{kind}_was_started", True))


def _apply(client: ApiClient, before: Licence, request: _Request, *, acknowledge: bool) -> None:
    """Without an acknowledgement Elasticsearch does nothing where features end, and tells which."""
    query = "?acknowledge=true" if acknowledge else ""
    answer = client.call(request.method, request.path + query, request.body)
    if not answer.get("acknowledged"):
        raise _unacknowledged(before, [*_words(answer.get("acknowledge", {}))])
    name, value = request.started
    if answer.get(name) != value:
        found = answer.get("error_message") or f"{name.replace('_', ' ')}: {answer.get(name)}"
        raise ApiError(f"Elasticsearch does not take the licence: {found}.", hint="The previous one is in force.")


def _words(messages: dict[str, Any]) -> Iterator[str]:
    """What Elasticsearch wants to be agreed to, by feature; the rest tells how to call its API."""
    for feature, text in messages.items():
        if feature != "message":
            yield f"{feature}: {' '.join(' '.join(text).split())}"


def _unacknowledged(before: Licence, words: list[str]) -> ApiError:
    told = " ".join(["", *words])
    return ApiError(
        f"the {before.type} licence of this cluster would be replaced, which has to be agreed to.{told}",
        hint="Say acknowledge: true where that is wanted. Nothing has been changed.",
    )


def _announced(kind: str | None, content: dict[str, Any] | None) -> Licence:
    return Licence(
        str(content["type"]) if content else str(kind), "active", None, str(content["uid"]) if content else ""
    )


def _result(before: Licence, after: Licence) -> dict[str, Any]:
    return {
        "changed": before != after,
        **asdict(after),
        "diff": {
            "before": _shown(before),
            "after": _shown(after),
            "before_header": "licence",
            "after_header": "licence",
        },
    }


def _shown(licence: Licence) -> dict[str, Any]:
    """The licence for a difference: without what nobody can know beforehand."""
    return {"type": licence.type, "status": licence.status}
