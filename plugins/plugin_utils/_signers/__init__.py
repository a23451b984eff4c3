# Copyright: Stack TLS contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who signs what a managed host asks for. All of it runs on the controller."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ._authority import LocalAuthority, RemoteAuthority
from ._command import Command
from ._folder import RequestsFolder
from ._signer import Request, Signer, known_issuers

__all__ = [
    "Command",
    "LocalAuthority",
    "RemoteAuthority",
    "Request",
    "RequestsFolder",
    "Signer",
    "known_issuers",
    "signer_of",
]


def signer_of(options: dict[str, Any], call: Callable[[dict[str, Any]], dict[str, Any]], *, check_mode: bool) -> Signer:
    """Who the options say signs.

    :param call: runs the module ``certificate_signature`` with these arguments on the host of the authority.
    """
    if options["signer"] == "command":
        return Command(options)
    if options["signer"] == "csr_only":
        return RequestsFolder(options, check_mode=check_mode)
    if not options["ca_host"]:
        return LocalAuthority(options, may_be_missing=check_mode)
    return RemoteAuthority(options, call, may_be_missing=check_mode)
