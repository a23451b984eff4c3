# Copyright: Stack TLS contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Sign on the controller, or let others sign, what the module of the same name puts into a Secret of Kubernetes."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any

from ansible.errors import AnsibleError
from ansible.plugins.action import ActionBase
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
from ansible_collections.stacktls.elastic.plugins.module_utils._errors import FileError, StackTlsError
from ansible_collections.stacktls.elastic.plugins.module_utils._module import require_cryptography_here
from ansible_collections.stacktls.elastic.plugins.module_utils._pki._certificates import Identity, encode_certificates
from ansible_collections.stacktls.elastic.plugins.module_utils._pki._requests import decode_request_text
from ansible_collections.stacktls.elastic.plugins.plugin_utils._elsewhere import run_elsewhere
from ansible_collections.stacktls.elastic.plugins.plugin_utils._signers import (
    Request,
    RequestsFolder,
    Signer,
    signer_of,
)

if TYPE_CHECKING:
    from cryptography import x509

_MODULE = "stacktls.elastic.eck_certificate"
_SIGNING = "stacktls.elastic.certificate_signature"
_OF_THE_CONTROLLER = ("ca_private_key", "ca_passphrase", "signer_environment", "source_private_key")
"""Secrets that the module has no use for."""

_OF_A_SOURCE_HERE = ("source_passphrase", "source_certificate")
"""The same where the source is on the controller."""

_INTERNAL = ("request", "key_wanted")


class ActionModule(ActionBase):  # type: ignore[misc]
    """Two calls of the module where somebody else signs, otherwise one."""

    _supports_async = False

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        """Run the task."""
        super().run(tmp, task_vars)
        _validation, params = self.validate_argument_spec(**MODULE_ARGUMENTS)
        self._task_vars, self._now = task_vars or {}, datetime.now(timezone.utc)
        try:
            require_cryptography_here()
            self._options = options_of(params)
            check_options(self._options)
            wanted_of(self._options)
            lifetime_of(self._options, self._now)
            if self._options["signer"] == "brought":
                return self._bring()
            if self._options["signer"] == "self_signed":
                return self._on_host("inspect", {})
            return self._issue(self._signer())
        except StackTlsError as error:
            return {"failed": True, "msg": str(error)}

    def _issue(self, signer: Signer) -> dict[str, Any]:
        issuers = {"issuers": _pem(signer.issuers(self._now).certificates)}
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
        return self._install(signer, request, {**issuers, "certificate": _pem(chain or ())}, finding)

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
        exchange = {"certificate": _pem([brought.certificate, *brought.authorities])}
        finding = self._on_host("inspect", exchange)
        if finding.get("failed") or "key_wanted" not in finding:
            return self._public(finding)
        result = self._on_host("install", exchange, self._secrets(brought))
        return result if result.get("failed") else self._public(_completed(result, finding))

    def _secrets(self, brought: Identity) -> dict[str, str]:
        return {"private_key": encode_key(brought.key, form_of(self._options)).decode()}

    def _signer(self) -> Signer:
        return signer_of(
            self._options,
            lambda arguments: run_elsewhere(self, self._options["ca_host"], _SIGNING, arguments, self._task_vars),
            check_mode=self._task.check_mode,
        )

    def _content_of(self, path: str) -> bytes:
        """A file on the controller; Ansible finds and, where needed, decrypts it."""
        try:
            found = self._find_needle("files", path)
        except AnsibleError:
            raise FileError("there is no such file on the controller.", path=path) from None
        content, _to_be_shown = self._loader._get_file_contents(found)
        return bytes(content)

    def _waiting(self, folder: RequestsFolder, request: Request, finding: dict[str, Any]) -> dict[str, Any]:
        result = folder.waiting(request, self._public(finding))
        kept = {name: value for name, value in result.items() if name not in ("files", "kinds")}
        return {**kept, "warnings": [*finding.get("warnings", []), folder.notice(request)]}

    def _discard(self) -> None:
        if self._options["signer"] != "csr_only" and not self._task.check_mode:
            self._on_host("discard", {})

    def _on_host(self, phase: str, exchange: dict[str, str], secrets: dict[str, str] | None = None) -> dict[str, Any]:
        hidden = {*_OF_THE_CONTROLLER, *_OF_A_SOURCE_HERE}
        if self._options["remote_source"]:
            hidden = {"ca_private_key", "ca_passphrase", "signer_environment"}
        given = {name: value for name, value in self._task.args.items() if name not in hidden}
        internal = {"phase": phase, "exchange": exchange, "secrets": secrets or {}}
        result: dict[str, Any] = self._execute_module(
            module_name=_MODULE, module_args={**given, **internal}, task_vars=self._task_vars
        )
        return result

    def _public(self, result: dict[str, Any]) -> dict[str, Any]:
        return {name: value for name, value in result.items() if name not in _INTERNAL}


def _pem(certificates: Iterable[x509.Certificate]) -> str:
    return encode_certificates(certificates).decode()


def _completed(result: dict[str, Any], finding: dict[str, Any]) -> dict[str, Any]:
    """The result of an installation, with what was found before it."""
    texts = [reason["text"] for reason in finding["reasons"]]
    difference = {
        **result["diff"],
        "before": finding["diff"]["before"],
        "after": {**result["diff"]["after"], "reasons": texts},
    }
    return {**result, "reasons": finding["reasons"], "diff": difference}
