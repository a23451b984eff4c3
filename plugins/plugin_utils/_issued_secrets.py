# Copyright: Stack TLS contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Actions whose modules have a secret made by Elasticsearch, perhaps on another host than the one that keeps it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, replace
from typing import Any, ClassVar

from ansible.plugins.action import ActionBase
from ansible_collections.stacktls.elastic.plugins.module_utils._api import API_ARGUMENTS
from ansible_collections.stacktls.elastic.plugins.module_utils._errors import StackTlsError
from ansible_collections.stacktls.elastic.plugins.module_utils._issued_secret import (
    INTERNAL_ARGUMENTS,
    Verdict,
    keep,
    require_one_destination,
)
from ansible_collections.stacktls.elastic.plugins.module_utils._module import require_cryptography_here
from ansible_collections.stacktls.elastic.plugins.module_utils._seal import new_key, seal, unseal
from ansible_collections.stacktls.elastic.plugins.module_utils._secret_destination import (
    Destination,
    Held,
    Nowhere,
    is_given,
)

from ._elsewhere import run_elsewhere

Arguments = dict[str, Any]


class SecretAction(ActionBase):  # type: ignore[misc]
    """One call of the module where one host does it all; with ``api_host`` a call for each half that is needed."""

    _supports_async = False

    name: ClassVar[str]
    """Of the module, and of the value with which its result describes what the secret is for."""

    arguments: ClassVar[Arguments]
    """What the module accepts."""

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        """Run the task."""
        super().run(tmp, task_vars)
        _validation, params = self.validate_argument_spec(**self.arguments)
        self._task_vars = task_vars or {}
        host = self._task_vars.get("inventory_hostname", "")
        # Paths are not those of the controller: the hosts read the options as the task has them.
        given = {name: value for name, value in self._task.args.items() if name not in INTERNAL_ARGUMENTS}
        given["exchange"] = {"host": host}
        try:
            require_one_destination(params)
            if params["api_host"] in (None, host):
                return self.call_here(given)
            return self._keep(params, given)
        except StackTlsError as error:
            return {"failed": True, "msg": str(error)}

    def _keep(self, params: Arguments, given: Arguments) -> dict[str, Any]:
        require_cryptography_here()
        key = new_key()
        holder: Destination = RemoteHolder(self, given, key) if is_given(params) else Nowhere.of(params)
        issuer = RemoteIssuer(self, params["api_host"], given, key)
        return keep(self.name, issuer, holder, params, self._task.check_mode)

    def call_here(self, arguments: Arguments) -> dict[str, Any]:
        """The result of the module on the host of the task."""
        result: dict[str, Any] = self._execute_module(
            module_name=f"stacktls.elastic.{self.name}", module_args=arguments, task_vars=self._task_vars
        )
        return result

    def call_there(self, host: str, arguments: Arguments) -> dict[str, Any]:
        """The result of the module on another host.

        :raises StackTlsError: where it failed there.
        """
        return run_elsewhere(self, host, f"stacktls.elastic.{self.name}", arguments, self._task_vars)


class RemoteHolder:
    """The host of the task, which holds the secret. It gets no login."""

    def __init__(self, action: SecretAction, given: Arguments, key: str) -> None:
        self._action = action
        self._given = {**{name: value for name, value in given.items() if name not in API_ARGUMENTS}, "url": []}
        self._key = key

    def inspect(self) -> Held:
        """Look into the destination."""
        return self._call("inspect")

    def store(self, secret: str) -> Held:
        """Put the secret there."""
        return self._call("store", {"sealed": seal(secret, self._key)}, {"seal": self._key})

    def remove(self) -> Held:
        """Take away what is there."""
        return self._call("remove")

    def _call(self, phase: str, exchange: Arguments | None = None, secrets: Arguments | None = None) -> Held:
        sent = {"phase": phase, "exchange": exchange or {}, "secrets": secrets or {}}
        result = self._action.call_here({**self._given, **sent})
        if result.get("failed"):
            raise StackTlsError(result.get("msg", "the module failed"))
        return Held(**result["held"])


class RemoteIssuer:
    """The host that talks with Elasticsearch. It gets the login."""

    def __init__(self, action: SecretAction, host: str, given: Arguments, key: str) -> None:
        self._action = action
        self._host = host
        self._given = given
        self._key = key

    def ensure(self, held: Held) -> Verdict:
        """Compare with what is wanted, and where a new secret is needed, have it made."""
        result = self._call("ensure", {"held": asdict(held)}, {"seal": self._key})
        verdict = Verdict(**result["verdict"])
        return replace(verdict, secret=verdict.secret and unseal(verdict.secret, self._key))

    def finish(self, verdict: Verdict) -> Verdict:
        """End those that the new secret replaces."""
        result = self._call("finish", {"verdict": asdict(replace(verdict, secret=""))})
        return replace(Verdict(**result["verdict"]), secret=verdict.secret)

    def abandon(self, verdict: Verdict) -> str:
        """End the new secret; returns what became of it, in words."""
        try:
            return str(self._call("abandon", {"verdict": asdict(replace(verdict, secret=""))})["words"])
        except StackTlsError as error:
            return f"The new secret could not be taken back: {error}"

    def _call(self, phase: str, exchange: Arguments, secrets: Mapping[str, str] | None = None) -> dict[str, Any]:
        told = {**self._given["exchange"], **exchange}
        arguments = {**self._given, "phase": phase, "exchange": told, "secrets": dict(secrets or {})}
        return self._action.call_there(self._host, arguments)
