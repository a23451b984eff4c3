# Copyright: Stack TLS contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The password of an Elasticsearch keystore: what it is, and what it should be."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass, field

from .._errors import KeystoreError
from ._elasticsearch import Store, WrongPasswordError, decode, is_protected


@dataclass(frozen=True)
class Passwords:
    """What a person says of the password; the empty text is a keystore without one.

    :param present: what it is.
    :param wanted: what it should be; ``None`` leaves it as it is.
    """

    present: str = field(repr=False)
    wanted: str | None = field(repr=False)

    @property
    def final(self) -> str:
        """What the keystore has afterwards."""
        return self.present if self.wanted is None else self.wanted

    def open(self, content: bytes) -> tuple[Store, str]:
        """The store in the content of a file, and the password that it has.

        The wanted password is tried first: a keystore that has it already is opened at the first try.

        :raises KeystoreError: where none of the passwords opens it, or the content cannot be used.
        """
        if self.wanted is None:
            return decode(content, self.present), self.present
        if not is_protected(content):
            return decode(content, ""), ""
        for password in dict.fromkeys((self.wanted, self.present)):
            with contextlib.suppress(WrongPasswordError):
                return decode(content, password), password
        raise WrongPasswordError(
            "neither 'new_password' nor 'password' opens the keystore.",
            hint="Give the password that it has as 'password'.",
        )


def check_password(password: str) -> None:
    """Whether Elasticsearch could be given this password at its start.

    :raises KeystoreError: where it could not.
    """
    if {"\n", "\r"} & set(password):
        raise KeystoreError(
            "the password of a keystore cannot have a line break.",
            hint="Elasticsearch reads one line when it starts.",
        )


def password_lines(before: str, after: str) -> tuple[str, str]:
    """What the difference says of the password, before and after; nothing where it stays."""
    if before == after:
        return "", ""
    changed = "password: set (changed)\n" if before and after else ""
    return _line(before), changed or _line(after)


def _line(password: str) -> str:
    return f"password: {'set' if password else 'none'}\n"
