# Copyright: Stack TLS contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Sign on the controller what the module of the same name asks for on the managed host."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import Any

from ansible.plugins.action import ActionBase

from ..module_utils._authority_store import AuthorityStore, Order
from ..module_utils._certificate_options import MODULE_ARGUMENTS, specification_of
from ..module_utils._errors import StackTlsError
from ..module_utils._module import require_cryptography_here
from ..module_utils._pki._certificates import encode_certificates

_MODULE = "stacktls.elastic.certificate"
_OF_THE_ACTION = ("ca_passphrase", "phase", "ca_certificates", "issued_certificate")
"""Options that the managed host does not get from the task."""


class ActionModule(ActionBase):  # type: ignore[misc]
    """Two calls of the module where a certificate is due, one where none is."""

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        """Run the task."""
        super().run(tmp, task_vars)
        _validation, params = self.validate_argument_spec(**MODULE_ARGUMENTS)
        try:
            require_cryptography_here()
            return self._ensure(params, task_vars or {})
        except StackTlsError as error:
            return {"failed": True, "msg": str(error)}

    def _ensure(self, params: dict[str, Any], task_vars: dict[str, Any]) -> dict[str, Any]:
        specification = specification_of(params)
        now = datetime.now(timezone.utc)
        store = AuthorityStore(params["ca_path"])
        authorities = self._authorities(store, now)
        inspection = self._on_host(task_vars, phase="inspect", ca_certificates=authorities)
        request = inspection.pop("request", None)
        if request is None:
            return inspection
        order = Order(
            specification,
            request.encode(),
            params["validity_days"],
            timedelta(minutes=params["backdate_minutes"]),
            task_vars.get("inventory_hostname", ""),
        )
        try:
            issued = encode_certificates([store.issue(order, params["ca_passphrase"], now)]).decode()
        except StackTlsError:
            self._on_host(task_vars, phase="discard")
            raise
        result = self._on_host(task_vars, phase="install", ca_certificates=authorities, issued_certificate=issued)
        if result.get("failed"):
            self._on_host(task_vars, phase="discard")
            return result
        return _completed(result, inspection)

    def _authorities(self, store: AuthorityStore, now: datetime) -> str:
        """The certificates of the authority; empty in check mode where an earlier task would have made it."""
        if self._task.check_mode and not store.exists():
            return ""
        return encode_certificates(store.certificates(now)).decode()

    def _on_host(self, task_vars: dict[str, Any], **internal: str) -> dict[str, Any]:
        given = {name: value for name, value in self._task.args.items() if name not in _OF_THE_ACTION}
        result: dict[str, Any] = self._execute_module(
            module_name=_MODULE, module_args={**given, **internal}, task_vars=task_vars
        )
        return result


def _completed(result: dict[str, Any], inspection: dict[str, Any]) -> dict[str, Any]:
    """The result of the installation, with what was found before it."""
    reasons = inspection["reasons"]
    difference = result["diff"]
    difference["before"] = {name: value for name, value in inspection["before"].items() if name != "days_left"}
    difference["after"]["reasons"] = [reason["text"] for reason in reasons]
    return {**result, "reasons": reasons}
