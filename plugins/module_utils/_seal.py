# Copyright: Stack TLS contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Secrets on their way from one host to another by way of the controller, so that no word of Ansible's shows them.

At a high verbosity some connection plugins print what a module answers. What they print of a secret is sealed; the
key goes to both hosts as an option that is never logged.
"""

from __future__ import annotations

import contextlib

from ._errors import StackTlsError

with contextlib.suppress(ImportError):  # reported by _module.require_cryptography
    from cryptography.fernet import Fernet, InvalidToken


def new_key() -> str:
    """A key for one task on one host."""
    return Fernet.generate_key().decode()


def seal(secret: str, key: str) -> str:
    """The secret, unreadable without the key."""
    return Fernet(key.encode()).encrypt(secret.encode()).decode()


def unseal(sealed: str, key: str) -> str:
    """The secret again.

    :raises StackTlsError: where it was sealed with another key.
    """
    try:
        return Fernet(key.encode()).decrypt(sealed.encode()).decode()
    except InvalidToken:
        raise StackTlsError("the sealed secret was not made for this run.", hint="Run the task again.") from None
