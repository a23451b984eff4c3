# Copyright: Stack TLS contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who signs what a managed host asks for. All of it runs on the controller."""

from __future__ import annotations

from ._authority import LocalAuthority, RemoteAuthority
from ._command import Command
from ._folder import RequestsFolder
from ._signer import Request, Signer, known_issuers

__all__ = ["Command", "LocalAuthority", "RemoteAuthority", "Request", "RequestsFolder", "Signer", "known_issuers"]
