# Copyright: Stack TLS contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What actions share whose certificates are signed, or brought, on the controller."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any

from ansible.errors import AnsibleError
from ansible.plugins.action import ActionBase
from ansible_collections.stacktls.elastic.plugins.module_utils._errors import FileError, StackTlsError
from ansible_collections.stacktls.elastic.plugins.module_utils._module import require_cryptography_here
from ansible_collections.stacktls.elastic.plugins.module_utils._pki._certificates import encode_certificates

from ._elsewhere import run_elsewhere
from ._signers import Signer, signer_of

if TYPE_CHECKING:
    from cryptography import x509

_SIGNING = "stacktls.elastic.certificate_signature"


class SigningAction(ActionBase):  # type: ignore[misc]
    """An action with a signer."""

    _supports_async = False
    arguments: dict[str, Any]
    """What the action accepts, as ``validate_argument_spec`` takes it."""

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        """Run the task."""
        super().run(tmp, task_vars)
        _validation, params = self.validate_argument_spec(**self.arguments)
        self._task_vars = task_vars or {}
        self._now = datetime.now(timezone.utc)
        try:
            require_cryptography_here()
            return self._ensure(params)
        except StackTlsError as error:
            return {"failed": True, "msg": str(error)}

    def _ensure(self, params: dict[str, Any]) -> dict[str, Any]:
        """Do what the task asks for.

        :raises StackTlsError: where that cannot be.
        """
        raise NotImplementedError

    def _signer(self, options: dict[str, Any]) -> Signer:
        """Who signs what these options ask for."""
        return signer_of(
            options,
            lambda arguments: run_elsewhere(self, options["ca_host"], _SIGNING, arguments, self._task_vars),
            check_mode=self._task.check_mode,
        )

    def _content_of(self, path: str) -> bytes:
        """A file on the controller; Ansible finds and, where needed, decrypts it.

        :raises FileError: where there is none.
        """
        try:
            found = self._find_needle("files", path)
        except AnsibleError:
            raise FileError("there is no such file on the controller.", path=path) from None
        content, _to_be_shown = self._loader._get_file_contents(found)
        return bytes(content)


def pem_of(certificates: Iterable[x509.Certificate]) -> str:
    """The certificates as PEM text, as module and action send them to each other."""
    return encode_certificates(certificates).decode()
