# Copyright: Stack TLS contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tokens of service accounts: when one is made, and when one that was lost makes room for another."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timezone
from typing import Any
from urllib.parse import quote

from ._api import API_RULES, ApiClient
from ._errors import ApiError
from ._issued_secret import SHARED_ARGUMENTS, Verdict
from ._pki._dates import timestamp
from ._reason import Reason
from ._secret_destination import Held

MODULE_ARGUMENTS: dict[str, Any] = {
    "argument_spec": {
        **SHARED_ARGUMENTS,
        "namespace": {"type": "str", "default": "elastic"},
        "service": {"type": "str", "required": True},
        "name": {"type": "str", "required": True},
        "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
        "force": {"type": "bool", "default": False},
        "format": {"type": "str", "choices": ["token", "json"], "default": "token"},
        "kibana_keystore_path": {"type": "path", "no_log": False},
        "kibana_keystore_entry": {
            "type": "str",
            "default": "elasticsearch.serviceAccountToken",
            "no_log": False,
        },
    },
    **API_RULES,
}
"""What module and action accept."""


class ServiceTokens:
    """The token of a service account with this name."""

    def __init__(self, client: ApiClient, params: dict[str, Any], check_mode: bool) -> None:
        self._client = client
        self._check_mode = check_mode
        self._is_removal = params["state"] == "absent"
        self._force: bool = params["force"]
        self._name: str = params["name"]
        self._account = f"{params['namespace']}/{params['service']}"
        if any("/" in part or not part.strip() for part in (params["namespace"], params["service"], self._name)):
            raise ApiError(
                f"'{self._qualified}' is not a service account with the name of a token.",
                hint="Give namespace, service and name, such as elastic, kibana and kb1.",
            )

    @property
    def _qualified(self) -> str:
        return f"{self._account}/{self._name}"

    def ensure(self, held: Held) -> Verdict:
        """Compare with what Elasticsearch has; make a token where there is none, or where it was lost."""
        is_there = self._name in self._known()
        if self._is_removal:
            if is_there and not self._check_mode:
                self._delete()
            return self._verdict(is_there, [], is_there, None)
        reasons = [*self._dues(held, is_there)]
        if not reasons:
            return self._verdict(True, [], False, self._described())
        warnings = [*self._warnings(held, is_there)]
        verdict = replace(self._verdict(is_there, reasons, True, self._described()), is_due=True, warnings=warnings)
        return verdict if self._check_mode else self._made(verdict, is_there)

    def finish(self, verdict: Verdict) -> Verdict:
        """Nothing is left to do: the previous token had to go before there could be another one of that name."""
        return verdict

    def abandon(self, _verdict: Verdict) -> str:
        """Delete a new token that could not be stored."""
        try:
            self._delete()
        except ApiError as error:
            return f"The new token {self._qualified} could not be deleted again: {error}"
        return "The new token was deleted again."

    def _known(self) -> dict[str, Any]:
        """The tokens that the account has, apart from those in files of the nodes."""
        tokens: dict[str, Any] = self._client.call("GET", f"{self._path}/credential").get("tokens", {})
        return tokens

    @property
    def _path(self) -> str:
        return f"/_security/service/{quote(self._account)}"

    @property
    def _token_path(self) -> str:
        return f"{self._path}/credential/token/{quote(self._name, safe='')}"

    def _delete(self) -> None:
        self._client.call("DELETE", self._token_path)

    def _dues(self, held: Held, is_there: bool) -> Iterator[Reason]:
        """Why a token has to be made."""
        if held.known and not held.identity:
            yield from (Reason(**reason) for reason in held.reasons)
        elif held.known and held.identity != self._qualified:
            text = f"the token is {held.identity} and should be {self._qualified}"
            yield Reason("name", text, held.identity, self._qualified)
        elif held.known and not is_there:
            yield Reason("unknown", f"Elasticsearch knows no token {self._qualified}", held.identity)
        elif not is_there:
            yield Reason("missing", "there is no such token yet")
        if self._force:
            yield Reason("forced", "a new token was asked for")

    def _warnings(self, held: Held, is_there: bool) -> Iterator[str]:
        """What becomes of tokens that may be in use elsewhere: Elasticsearch keeps nothing but their names."""
        if held.known and held.identity != self._qualified and is_there:
            yield (
                f"The token {self._qualified} goes, because {held.place} does not hold it. Whoever has it elsewhere"
                " cannot log in any more: give the token for each host and each destination a name of its own."
            )
        if held.identity not in ("", self._qualified):
            yield (
                f"The token {held.identity} goes on, and {held.place} will not hold it any more. Where nobody else has"
                " it, delete it with 'state: absent'."
            )

    def _made(self, verdict: Verdict, is_there: bool) -> Verdict:
        if is_there:
            self._delete()
        try:
            token = self._client.call("POST", self._token_path)["token"]
        except ApiError as error:
            if is_there:
                error.hint = f"{error.hint} The previous token of that name is deleted.".strip()
            raise
        return replace(verdict, identity=self._qualified, secret=token["value"])

    def _described(self) -> dict[str, Any]:
        return {"account": self._account, "name": self._name}

    def _verdict(
        self, is_there: bool, reasons: list[Reason], changed: bool, described: dict[str, Any] | None
    ) -> Verdict:
        header = f"token {self._qualified}"
        texts = [reason.text for reason in reasons]
        ended = {"id": self._qualified, "valid_until": timestamp(datetime.now(timezone.utc)), "end": "deleted"}
        return Verdict(
            reasons=[vars(reason) for reason in reasons],
            changed=changed,
            described=described,
            diff={
                "before": self._described() if is_there else {},
                "after": {**(described or {}), **({"reasons": texts} if texts else {})},
                "before_header": header,
                "after_header": header,
            },
            replaced=[ended] if is_there and changed else [],
        )
