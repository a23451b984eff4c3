# Copyright: Stack TLS contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the last inspection of an identity found, where it found nothing to do.

An inspection opens keys and containers with ``cryptography``. Its answer depends on the task, the files, the code and
the time only: while the first three are the same, and nothing is due by the fourth, the record answers in its place.
It is a cache: without it, or where anything differs, the identity is inspected.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import stat
import zipfile
from collections.abc import Mapping
from datetime import datetime, timezone
from typing import Any, NamedTuple

from ._certificate_arguments import OUTPUTS, Options, identities_of
from ._certificate_results import summary
from ._changes import attributes_of, journal_of, pending
from ._errors import StackTlsError
from ._io import SECRET_MODE, Attributes, digest, ids_of, make_folder, read_file, write_file
from ._issuing_arguments import SOURCE_FILES

FOLDER = os.path.join("/var/cache" if os.geteuid() == 0 else os.path.expanduser("~/.cache"), "stacktls/certificates")
_ITERATIONS = 10_000
"""The task may hold passphrases: guessing one is no cheaper here than at the private key that it encrypts."""


class Steady(NamedTuple):
    """What an inspection finds that has nothing to do.

    :param until: when something will be due, if nothing else happens before.
    :param not_after: when the certificate ends.
    """

    result: dict[str, Any]
    until: datetime
    not_after: datetime


class Record:
    """The record of one identity on this host.

    :param options: those that the controller sent.
    :param exchange: what the controller sent for the inspection; see :class:`._certificate.Exchange`.
    """

    def __init__(self, options: Options, exchange: Mapping[str, str]) -> None:
        self._is_forced = options["force"]
        self._options = {name: value for name, value in options.items() if name != "force"}
        # A certificate that was signed comes with the installation only.
        looked_at = ("issuers", "trusted", *(["certificate"] if options["signer"] == "brought" else []))
        self._exchange = {name: exchange.get(name, "") for name in looked_at}
        paths = [options[name] for name in OUTPUTS if options[name]]
        sources = [options[name] for name in SOURCE_FILES if options[name]] if options["remote_source"] else []
        self._files = [*paths, *sources]
        self._path = os.path.join(FOLDER, f"{digest(paths[0].encode())}.json")
        self._salt, self._basis = b"", ""

    def recall(self, now: datetime) -> dict[str, Any] | None:
        """The result of the identity, as an inspection would find it now; ``None`` where it takes one to tell."""
        # A record that is missing or damaged tells nothing, and costs an inspection.
        with contextlib.suppress(StackTlsError, ValueError, TypeError, KeyError, OSError):
            if self._is_forced or not _is_private(FOLDER):
                return None
            kept = json.loads(read_file(self._path) or b"{}")
            current = kept["since"] <= now.timestamp() < kept["until"]
            if current and kept["basis"] == self._basis_under(bytes.fromhex(kept["salt"])):
                return _aged(kept["result"], kept["not_after"], now)
        return None

    @classmethod
    def now(cls, options: Options, exchange: Mapping[str, str]) -> Record:
        """A new record of how everything is. What changes later, even during the inspection, makes it useless."""
        record = cls(options, exchange)
        record._salt = os.urandom(16)
        with contextlib.suppress(StackTlsError, OSError):  # without its basis it is not kept
            record._basis = record._basis_under(record._salt)
        return record

    def keep(self, steady: Steady, now: datetime) -> None:
        """Remember it, if there was anything to look at."""
        if not self._basis or steady.until <= now:
            return
        kept = {
            "salt": self._salt.hex(),
            "basis": self._basis,
            "since": now.timestamp(),
            "until": steady.until.timestamp(),
            "not_after": steady.not_after.timestamp(),
            "result": steady.result,
        }
        with contextlib.suppress(StackTlsError, OSError):  # without a record the next inspection only takes longer
            make_folder(FOLDER, Attributes(mode=0o700))
            if _is_private(FOLDER):
                write_file(self._path, json.dumps(kept).encode(), Attributes(mode=SECRET_MODE))

    def _basis_under(self, salt: bytes) -> str:
        """All that an inspection depends on, as a digest; empty where that cannot be told.

        :raises FileError: where a file cannot be read, or its owner is unknown.
        """
        code = code_identity()
        if not code:
            return ""
        files = [_seen(path) for path in self._files]
        everything = [code, self._options, self._exchange, files, ids_of(attributes_of(self._options))]
        text = json.dumps(everything, sort_keys=True)
        return hashlib.pbkdf2_hmac("sha256", text.encode(), salt, _ITERATIONS).hex()


def recall(params: dict[str, Any]) -> dict[str, Any] | None:
    """The module's result, out of the records of all identities; ``None`` where one has to be inspected."""
    if params["phase"] != "inspect":
        return None
    now = datetime.now(timezone.utc)
    results = []
    for options in identities_of(params):
        found = Record(options, params["exchange"].get(options["name"], {})).recall(now)
        if found is None or pending(journal_of(options)):
            return None
        results.append(found)
    return summary(results, restart_pending=False)


def code_identity() -> str:
    """Which code of collections runs: names and checksums out of the archive that Ansible sent; empty without one."""
    archive = getattr(globals().get("__loader__"), "archive", "")
    if not archive:
        return ""
    with zipfile.ZipFile(archive) as sent:
        ours = [each for each in sent.infolist() if each.filename.startswith("ansible_collections/")]
        return " ".join(sorted(f"{each.filename}:{each.CRC:08x}" for each in ours))


def _seen(path: str) -> list[Any]:
    """A file as it is: content, owner, group and mode."""
    content = read_file(path)
    if content is None:
        return []
    found = os.stat(path)
    return [digest(content), found.st_uid, found.st_gid, stat.S_IMODE(found.st_mode)]


def _is_private(folder: str) -> bool:
    """Whether nobody else can have put anything there."""
    found = os.stat(folder)
    return found.st_uid == os.geteuid() and not stat.S_IMODE(found.st_mode) & 0o077


def _aged(result: dict[str, Any], not_after: float, now: datetime) -> dict[str, Any]:
    """The result with the days that are left today."""
    days = int((not_after - now.timestamp()) // 86_400)
    return {**result, "certificate": {**result["certificate"], "days_left": days}}
