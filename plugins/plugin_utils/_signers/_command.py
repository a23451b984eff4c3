# Copyright: Stack TLS contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""An authority behind a command: it reads a signing request and prints the certificate."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any

from ansible_collections.stacktls.elastic.plugins.module_utils._certificate_arguments import about
from ansible_collections.stacktls.elastic.plugins.module_utils._certificate_options import lifetime_of
from ansible_collections.stacktls.elastic.plugins.module_utils._errors import CertificateError
from ansible_collections.stacktls.elastic.plugins.module_utils._hook import Hook
from ansible_collections.stacktls.elastic.plugins.module_utils._pki._dates import timestamp
from ansible_collections.stacktls.elastic.plugins.module_utils._pki._issuers import Issuers
from ansible_collections.stacktls.elastic.plugins.module_utils._pki._sans import parse_alternative_names

from ._signer import Issued, Request, checked_answer, known_issuers

if TYPE_CHECKING:
    from cryptography import x509


class Command:
    """A command on the controller, run once for each certificate."""

    def __init__(self, options: dict[str, Any]) -> None:
        self._environment = {name: str(value) for name, value in options["signer_environment"].items()}
        arguments, timeout = options["signer_command"] or [], options["signer_timeout"]
        self._hook = Hook("signer_command", arguments, timeout, "on the controller")
        self._issuers = known_issuers(options)

    def issuers(self, _now: datetime) -> Issuers:
        """What the task says of the authority behind the command."""
        return self._issuers

    def trusted(self) -> Sequence[x509.Certificate]:
        """Nobody beside the issuers, which are all that the task says."""
        return ()

    def retired(self) -> Mapping[str, str]:
        """No names: which those are is a matter of whoever signs."""
        return {}

    def rehearse(self, _identities: Sequence[dict[str, Any]], _now: datetime) -> None:
        """Find out whether there is such a command."""
        self._hook.require_program()

    def sign(self, requests: Sequence[Request], now: datetime) -> Issued:
        """The certificates that the command printed."""
        issued = {}
        for request in requests:
            with about(request.name, [each.name for each in requests]):
                issued[request.name] = self._sign(request, now)
        return issued

    def _sign(self, request: Request, now: datetime) -> list[x509.Certificate]:
        printed = self._run(request, now)
        program = self._hook.arguments[0]
        try:
            # The certificate may have begun to be valid while the command ran.
            chain = checked_answer(request, printed, self._issuers, datetime.now(timezone.utc))
        except CertificateError as error:
            raise CertificateError(f"the answer of {program}: {error.message}", hint=error.hint) from error
        if chain is None:
            raise CertificateError(f"{program} printed no certificate for the key of the request.")
        return chain

    def _run(self, request: Request, now: datetime) -> bytes:
        hook = replace(self._hook, environment={**_described(request, now), **self._environment})
        return hook.run(request.pem.encode(), self._environment.values())


def _described(request: Request, now: datetime) -> dict[str, str]:
    """What the request does not say, for commands that decide by it."""
    names = parse_alternative_names(request.options["subject_alt_names"])
    return {
        "STACKTLS_HOST": request.host,
        "STACKTLS_IDENTITY": request.name,
        "STACKTLS_PROFILE": request.options["profile"],
        "STACKTLS_SUBJECT_ALT_NAMES": ",".join(str(name) for name in names),
        "STACKTLS_NOT_AFTER": timestamp(lifetime_of(request.options, now).not_after),
    }
