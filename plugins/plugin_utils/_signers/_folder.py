# Copyright: Stack TLS contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""An authority that a person asks: requests are left in a folder, and answers are looked for beside them.

<folder>/<host>-<identity>.csr    a request that waits
<folder>/<host>-<identity>.crt    its answer: the certificate, and authorities above it in any order
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from ansible_collections.stacktls.elastic.plugins.module_utils._errors import located
from ansible_collections.stacktls.elastic.plugins.module_utils._io import (
    Attributes,
    make_folder,
    read_file,
    remove_file,
    write_file,
)
from ansible_collections.stacktls.elastic.plugins.module_utils._pki._issuers import Issuers
from ansible_collections.stacktls.elastic.plugins.module_utils._pki._requests import asks_the_same

from ._signer import Issued, Request, checked_answer, known_issuers

if TYPE_CHECKING:
    from cryptography import x509

_UNSAFE = re.compile(r"[^A-Za-z0-9._-]")
_MODE = 0o644
_FOLDER_MODE = 0o755


class RequestsFolder:
    """A folder on the controller."""

    def __init__(self, options: dict[str, Any], *, check_mode: bool) -> None:
        self._folder: str = options["requests_path"]
        self._check_mode = check_mode
        self._issuers = known_issuers(options)
        self._written: set[str] = set()

    def issuers(self, _now: datetime) -> Issuers:
        """What the task says of the authority that will answer."""
        return self._issuers

    def trusted(self) -> Sequence[x509.Certificate]:
        """Nobody beside the issuers, which are all that the task says."""
        return ()

    def retired(self) -> Mapping[str, str]:
        """No names: which those are is a matter of whoever signs."""
        return {}

    def rehearse(self, _identities: Sequence[dict[str, Any]], _now: datetime) -> None:
        """A person is not asked for a rehearsal."""

    def sign(self, requests: Sequence[Request], now: datetime) -> Issued:
        """The answers that lie there; the requests of the others are left for a person."""
        issued = {}
        for request in requests:
            path = self._answer_path(request)
            answer = read_file(path)
            with located(path):
                chain = checked_answer(request, answer, self._issuers, now) if answer is not None else None
            if chain is None:
                self._leave(request)
            else:
                issued[request.name] = chain
        return issued

    def waiting(self, request: Request, finding: dict[str, Any]) -> dict[str, Any]:
        """The result of an identity whose request waits.

        :param finding: what was found on its host.
        """
        paths = {"request_path": self._request_path(request), "answer_path": self._answer_path(request)}
        changed = request.name in self._written
        return {
            **finding,
            "changed": changed,
            "files": [],
            "kinds": [],
            "waiting": True,
            **paths,
            "request": request.pem,
        }

    def notice(self, request: Request) -> str:
        """What a person is told of a request that waits."""
        return (
            f"{request.host}: the certificate {request.name!r} waits for an answer to {self._request_path(request)}. "
            f"Put it, with the authorities above it, into {self._answer_path(request)} and run the task again."
        )

    def _request_path(self, request: Request) -> str:
        return self._path(request, "csr")

    def _answer_path(self, request: Request) -> str:
        return self._path(request, "crt")

    def forget(self, request: Request) -> None:
        """Remove a request whose answer is in force, or that is no longer wanted."""
        if not self._check_mode:
            remove_file(self._request_path(request))

    def _leave(self, request: Request) -> None:
        path, pem = self._request_path(request), request.pem.encode()
        if asks_the_same(read_file(path) or b"", pem):
            return
        self._written.add(request.name)
        if not self._check_mode:
            make_folder(self._folder, Attributes(), default_mode=_FOLDER_MODE)
            write_file(path, pem, Attributes(), default_mode=_MODE)

    def _path(self, request: Request, suffix: str) -> str:
        return os.path.join(self._folder, _UNSAFE.sub("_", f"{request.host}-{request.name}.{suffix}"))
