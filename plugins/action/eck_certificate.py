# Copyright: Stack TLS contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Sign on the controller, or let others sign, what the module of the same name puts into a Secret of Kubernetes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from ansible_collections.stacktls.elastic.plugins.module_utils._certificate_options import lifetime_of
from ansible_collections.stacktls.elastic.plugins.module_utils._eck._secret import encode_key
from ansible_collections.stacktls.elastic.plugins.module_utils._eck_certificate import read_brought
from ansible_collections.stacktls.elastic.plugins.module_utils._eck_certificate_arguments import (
    MODULE_ARGUMENTS,
    check_options,
    form_of,
    options_of,
    wanted_of,
)
from ansible_collections.stacktls.elastic.plugins.module_utils._errors import StackTlsError
from ansible_collections.stacktls.elastic.plugins.module_utils._issuing_arguments import for_host
from ansible_collections.stacktls.elastic.plugins.module_utils._pki._certificates import Identity
from ansible_collections.stacktls.elastic.plugins.module_utils._pki._requests import decode_request_text
from ansible_collections.stacktls.elastic.plugins.plugin_utils._signers import Request, RequestsFolder, Signer
from ansible_collections.stacktls.elastic.plugins.plugin_utils._signing_action import SigningAction, pem_of

if TYPE_CHECKING:
    from cryptography import x509

_MODULE = "stacktls.elastic.eck_certificate"
_INTERNAL = ("request", "key_wanted")


class ActionModule(SigningAction):
    """Two calls of the module where somebody else signs, otherwise one."""

    arguments = MODULE_ARGUMENTS

    def _ensure(self, params: dict[str, Any]) -> dict[str, Any]:
        self._options = options_of(params)
        check_options(self._options)
        wanted_of(self._options)
        lifetime_of(self._options, self._now)
        if self._options["signer"] == "brought":
            return self._bring()
        if self._options["signer"] == "self_signed":
            return self._on_host("inspect", {})
        return self._issue(self._signer(self._options))

    def _issue(self, signer: Signer) -> dict[str, Any]:
        issuers = {"issuers": pem_of(signer.issuers(self._now).certificates)}
        finding = self._on_host("inspect", issuers)
        if finding.get("failed"):
            return finding
        if self._task.check_mode and finding["reasons"]:
            signer.rehearse([self._options], self._now)
        if "request" not in finding:
            return self._public(finding)
        host = self._task_vars.get("inventory_hostname", "")
        request = Request(self._options, decode_request_text(finding["request"]), host)
        chain = self._signed(signer, request)
        if chain is None and isinstance(signer, RequestsFolder):
            return self._waiting(signer, request, finding)
        if self._task.check_mode:
            return self._public(finding)
        return self._install(signer, request, {**issuers, "certificate": pem_of(chain or ())}, finding)

    def _signed(self, signer: Signer, request: Request) -> Sequence[x509.Certificate] | None:
        """The certificate and the authorities above it; nothing where it has to be waited for."""
        try:
            return signer.sign([request], self._now).get(request.name)
        except StackTlsError:
            self._discard()
            raise

    def _install(
        self, signer: Signer, request: Request, exchange: dict[str, str], finding: dict[str, Any]
    ) -> dict[str, Any]:
        result = self._on_host("install", exchange)
        if result.get("failed"):
            self._discard()
            return result
        if isinstance(signer, RequestsFolder):
            signer.forget(request)
        return self._public(_completed(result, finding))

    def _bring(self) -> dict[str, Any]:
        if self._options["remote_source"]:
            return self._public(self._on_host("inspect", {}))
        brought = read_brought(self._options, self._content_of, self._now)
        exchange = {"certificate": pem_of([brought.certificate, *brought.authorities])}
        finding = self._on_host("inspect", exchange)
        if finding.get("failed") or "key_wanted" not in finding:
            return self._public(finding)
        result = self._on_host("install", exchange, self._secrets(brought))
        return result if result.get("failed") else self._public(_completed(result, finding))

    def _secrets(self, brought: Identity) -> dict[str, str]:
        return {"private_key": encode_key(brought.key, form_of(self._options)).decode()}

    def _waiting(self, folder: RequestsFolder, request: Request, finding: dict[str, Any]) -> dict[str, Any]:
        result = folder.waiting(request, self._public(finding))
        kept = {name: value for name, value in result.items() if name not in ("files", "kinds")}
        return {**kept, "warnings": [*finding.get("warnings", []), folder.notice(request)]}

    def _discard(self) -> None:
        if self._options["signer"] != "csr_only" and not self._task.check_mode:
            self._on_host("discard", {})

    def _on_host(self, phase: str, exchange: dict[str, str], secrets: dict[str, str] | None = None) -> dict[str, Any]:
        visible = for_host(self._options)
        given = {name: value for name, value in self._task.args.items() if name in visible or name not in self._options}
        internal = {"phase": phase, "exchange": exchange, "secrets": secrets or {}}
        result: dict[str, Any] = self._execute_module(
            module_name=_MODULE, module_args={**given, **internal}, task_vars=self._task_vars
        )
        return result

    def _public(self, result: dict[str, Any]) -> dict[str, Any]:
        return {name: value for name, value in result.items() if name not in _INTERNAL}


def _completed(result: dict[str, Any], finding: dict[str, Any]) -> dict[str, Any]:
    """The result of an installation, with what was found before it."""
    texts = [reason["text"] for reason in finding["reasons"]]
    difference = {
        **result["diff"],
        "before": finding["diff"]["before"],
        "after": {**result["diff"]["after"], "reasons": texts},
    }
    return {**result, "reasons": finding["reasons"], "diff": difference}
