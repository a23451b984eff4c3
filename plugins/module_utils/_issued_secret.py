# Copyright: Stack TLS contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A secret that Elasticsearch makes and tells once: made, put in its place, and only then is its predecessor ended.

Two hosts may take part: one that holds the secret and one that talks with Elasticsearch. Each does its half as phases
of the same module, and the action on the controller is between them. Where one host does both, no secret leaves it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any, Protocol

from ansible.module_utils.basic import AnsibleModule

from ._api import API_ARGUMENTS, ApiClient, run_api_module
from ._errors import StackTlsError
from ._module import require_cryptography, run_module
from ._seal import seal, unseal
from ._secret_destination import (
    DESTINATION_ARGUMENTS,
    DESTINATIONS,
    KIND,
    Destination,
    Form,
    Held,
    destination_of,
    needs_cryptography,
)

HOLDER_PHASES = ("inspect", "store", "remove")
ISSUER_PHASES = ("ensure", "finish", "abandon")

INTERNAL_ARGUMENTS: dict[str, Any] = {
    "phase": {"type": "str", "choices": ["all", *HOLDER_PHASES, *ISSUER_PHASES], "default": "all"},
    "exchange": {"type": "dict", "default": {}},
    "secrets": {"type": "dict", "default": {}, "no_log": True},
}
"""What the action says to its module; see :func:`run_phase`."""

SHARED_ARGUMENTS: dict[str, Any] = {
    **API_ARGUMENTS,
    **DESTINATION_ARGUMENTS,
    **INTERNAL_ARGUMENTS,
    "api_host": {"type": "str"},
}
"""Options of every module that has a secret made."""


@dataclass(frozen=True)
class Verdict:
    """What Elasticsearch has, and what was done about it.

    :param is_due: whether a new secret is needed; outside check mode it was made.
    :param described: what the secret is for, without the secret.
    :param identity: of the new secret.
    :param secret: the new secret; sealed where it is under way.
    :param ended: identities of secrets of this host that the new one replaces.
    :param replaced: what is told of those.
    """

    reasons: list[dict[str, Any]]
    changed: bool
    described: dict[str, Any] | None
    diff: dict[str, Any]
    is_due: bool = False
    identity: str = ""
    secret: str = field(default="", repr=False)
    ended: list[str] = field(default_factory=list)
    replaced: list[dict[str, Any]] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)


class Issuer(Protocol):
    """Has secrets made by Elasticsearch, and ended."""

    def ensure(self, held: Held) -> Verdict:
        """Compare with what is wanted, and where a new secret is needed, have it made.

        :raises ApiError: where Elasticsearch refuses.
        """

    def finish(self, verdict: Verdict) -> Verdict:
        """The new secret is in its place: end those that it replaces."""

    def abandon(self, verdict: Verdict) -> str:
        """The new secret has no place: end it; returns what became of it, in words."""


def keep(name: str, issuer: Issuer, holder: Destination, params: Mapping[str, Any], check_mode: bool) -> dict[str, Any]:
    """Make the secret what is asked for, and return the module's result.

    :param name: of the value with which the result describes what the secret is for.
    :param params: options of the module.
    :raises StackTlsError: where that is not possible. The old secret is in force then.
    """
    require_one_destination(params)
    held = holder.inspect()
    if params["state"] == "absent":
        verdict = issuer.ensure(held)
        return _result(name, holder.remove() if _is_anything(held) else held, verdict)
    verdict = issuer.ensure(held)
    if verdict.is_due and check_mode:
        held = replace(held, files=[held.path] if held.path else [], kinds=[KIND] if held.path else [])
    elif verdict.is_due:
        held = _stored(holder, issuer, verdict)
        verdict = issuer.finish(verdict)
    result = _result(name, held, verdict)
    return {**result, "secret": verdict.secret} if params["return_secret"] and verdict.secret else result


def _is_anything(held: Held) -> bool:
    """Whether there is something to remove."""
    return held.known and not any(reason["code"] == "missing" for reason in held.reasons)


def require_one_destination(params: Mapping[str, Any]) -> None:
    """Check that the options say where the secret goes, and only one place.

    :raises StackTlsError: where they do not.
    """
    given = [option for option in DESTINATIONS if params.get(option)]
    if len(given) > 1:
        raise StackTlsError(f"{' and '.join(given)} are given: the secret can go to one place only.")
    if not given and params["state"] == "present":
        offered = [option for option in DESTINATIONS if option in params]
        raise StackTlsError("it is not said where the secret goes.", hint=f"Give one of {', '.join(offered)}.")


def run_secret_module(
    module: AnsibleModule, name: str, form: Form, issuer: Callable[[ApiClient, dict[str, Any], bool], Issuer]
) -> None:
    """Run the module, or the phase of it that the action asks for.

    :param issuer: makes one out of a client, the options and whether it is check mode.
    """
    params, check_mode, phase = module.params, module.check_mode, module.params["phase"]
    if needs_cryptography(params) or params["secrets"]:
        require_cryptography(module)
    holder = destination_of(params, form, check_mode=check_mode)
    if phase in HOLDER_PHASES:
        run_module(module, lambda: {"changed": False, "held": _as_holder(holder, params)})
    elif phase in ISSUER_PHASES:
        run_api_module(module, lambda client: _as_issuer(issuer(client, params, check_mode), params))
    else:
        run_api_module(
            module, lambda client: keep(name, issuer(client, params, check_mode), holder, params, check_mode)
        )


def _as_holder(holder: Destination, params: Mapping[str, Any]) -> dict[str, Any]:
    """One of the phases on the host that holds the secret."""
    if params["phase"] == "store":
        return asdict(holder.store(unseal(params["exchange"]["sealed"], params["secrets"]["seal"])))
    return asdict(holder.inspect() if params["phase"] == "inspect" else holder.remove())


def _as_issuer(issuer: Issuer, params: Mapping[str, Any]) -> dict[str, Any]:
    """One of the phases on the host that talks with Elasticsearch."""
    exchange, phase = params["exchange"], params["phase"]
    if phase == "ensure":
        verdict = issuer.ensure(Held(**exchange["held"]))
        secret = verdict.secret and seal(verdict.secret, params["secrets"]["seal"])
        return {"changed": verdict.changed, "verdict": asdict(replace(verdict, secret=secret))}
    verdict = Verdict(**exchange["verdict"])
    if phase == "finish":
        return {"changed": True, "verdict": asdict(issuer.finish(verdict))}
    return {"changed": True, "words": issuer.abandon(verdict)}


def _stored(holder: Destination, issuer: Issuer, verdict: Verdict) -> Held:
    """Put the new secret in its place; where that fails it is ended again, so that none is left that nobody holds."""
    try:
        return holder.store(verdict.secret)
    except StackTlsError as error:
        error.hint = f"{error.hint} {issuer.abandon(verdict)}".strip()
        raise


def _result(name: str, held: Held, verdict: Verdict) -> dict[str, Any]:
    updated = {"updated_files": held.files} if held.files else {}
    result = {
        "changed": bool(verdict.changed or held.files),
        "reasons": verdict.reasons,
        name: verdict.described,
        "replaced": verdict.replaced,
        "files": held.files,
        "kinds": held.kinds,
        "restart_pending": held.restart_pending,
        "diff": {**verdict.diff, "after": {**verdict.diff["after"], **updated}},
    }
    return {**result, "warnings": verdict.warnings} if verdict.warnings else result
