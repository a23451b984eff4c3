# Copyright: Stack TLS contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The one exception family of the collection: what a person reads when something is wrong."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator


class StackTlsError(Exception):
    """Bad input or a state that needs a person; its text says what was found and what to do.

    :param message: what was found and what was expected, as full words.
    :param hint: what to do next.
    :param path: the file that the message is about.
    """

    def __init__(self, message: str, *, hint: str = "", path: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.path = path

    def __str__(self) -> str:
        located = f"{self.path}: {self.message}" if self.path else self.message
        return f"{located} {self.hint}".rstrip()


class FileError(StackTlsError):
    """A file that cannot be read, written or understood."""


class KeystoreError(StackTlsError):
    """A keystore that is damaged, of an unknown version, or opened with another password."""


class SettingsError(StackTlsError):
    """A settings file that cannot be understood or merged without loss."""


class CertificateError(StackTlsError):
    """A key, certificate, name or container that cannot be used as asked."""


class ApiError(StackTlsError):
    """An answer of Elasticsearch or Kibana, or the lack of one.

    :param status: the HTTP status code, or ``None`` where there was no answer.
    """

    def __init__(self, message: str, *, hint: str = "", path: str = "", status: int | None = None) -> None:
        super().__init__(message, hint=hint, path=path)
        self.status = status


class HookError(StackTlsError):
    """A command of the user that cannot be run, or did not do what it was asked for."""


class ServiceError(StackTlsError):
    """A service that did not take a change or did not come back."""


@contextlib.contextmanager
def located(path: str) -> Iterator[None]:
    """Let errors of the block, which may know bytes only, name the file that they are about."""
    try:
        yield
    except StackTlsError as error:
        error.path = error.path or path
        raise
