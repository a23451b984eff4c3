# Copyright: Stack TLS contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The work of the module ``elasticsearch_keystore``."""

from __future__ import annotations

import re
import secrets
import string
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any, Callable

from .._errors import KeystoreError, located
from .._io import read_file
from ._elasticsearch import Store, encode
from ._file_entries import FILE_ENTRY_ARGUMENTS, file_values
from ._merge import Wanted, check_names, merge, texts
from ._passwords import Passwords, check_password, password_lines
from ._release import ReleaseSource, format_version, release_source, version_after, version_lines
from ._store_file import ENTRY_ARGUMENTS, Change, replace, require_decided, warn_of_readers

ARGUMENTS: dict[str, Any] = {
    "path": {"type": "path", "default": "/etc/elasticsearch/elasticsearch.keystore"},
    "home": {"type": "path", "default": "/usr/share/elasticsearch"},
    "version": {"type": "str", "default": ""},
    "password": {"type": "str", "no_log": True},
    "new_password": {"type": "str", "no_log": True},
    "file_entries": FILE_ENTRY_ARGUMENTS,
    **ENTRY_ARGUMENTS,
}

SEED = "keystore.seed"
KEPT = (SEED, "bootstrap.password")
"""Entries that Elasticsearch makes and needs itself; a purge spares them."""

_NAME = re.compile(r"[A-Za-z0-9_.-]+")
_LONGEST_NAME = 0xFFFF
_SEED_LENGTH = 20
_SEED_CHARACTERS = string.ascii_letters + string.digits + "~!@#$%^&*-_=+?"


def manage_elasticsearch_keystore(
    params: dict[str, Any], warn: Callable[[str], None], *, check_mode: bool
) -> dict[str, Any]:
    """Make the keystore what the parameters ask for, and return the module's result.

    :param warn: is told of a file that everybody can read.
    :raises KeystoreError: where it cannot be opened or made, or an entry cannot be what is asked for.
    :raises FileError: where a file cannot be read or written.
    """
    path = params["path"]
    passwords = Passwords(params["password"] or "", params["new_password"])
    with located(path):
        wanted, release = _wanted(params), release_source(params["version"], params["home"])
        check_password(passwords.wanted or "")
        content = read_file(path)
        outcome = (
            _made(release, wanted, passwords) if content is None else _changed(content, release, wanted, passwords)
        )
    warn_of_readers(params, warn)
    result = replace(params, outcome.change, check_mode=check_mode)
    return {**result, "format_version": outcome.version, "password_changed": outcome.password_changed}


@dataclass(frozen=True)
class _Outcome:
    """What becomes of the keystore, and the version of its format; ``None`` where there is no keystore."""

    change: Change
    version: int | None
    password_changed: bool = False


def _changed(content: bytes, release: ReleaseSource, wanted: Wanted[bytes], passwords: Passwords) -> _Outcome:
    store, password = passwords.open(content)
    plan, final = merge(store.entries, wanted, KEPT), passwords.final
    if not plan.differences and password == final:
        return _Outcome(Change(plan, None), store.version)
    version = version_after(store.version, release)
    of_version, of_password = version_lines(store.version, version), password_lines(password, final)
    lines = of_version[0] + of_password[0], of_version[1] + of_password[1]
    content = encode(Store(version, plan.after, store.key), final)
    return _Outcome(Change(plan, content, lines), version, password != final)


def _made(release: ReleaseSource, wanted: Wanted[bytes], passwords: Passwords) -> _Outcome:
    """A new keystore, where there is something to put in it."""
    if not wanted.entries:
        return _Outcome(Change(merge({}, wanted), None), None)
    check_password(passwords.final)
    version = format_version(release())
    plan = merge({}, _with_seed(wanted))
    return _Outcome(Change(plan, encode(Store(version, plan.after), passwords.final)), version)


def _wanted(params: dict[str, Any]) -> Wanted[bytes]:
    entries = {name: text.encode("utf-8") for name, text in texts(params["entries"]).items()}
    files = file_values(params["file_entries"])
    twice = sorted(entries.keys() & files.keys())
    if twice:
        raise KeystoreError(f"{', '.join(twice)}: named in 'entries' and in 'file_entries'.", hint="Decide for one.")
    require_decided([*entries, *files], params["absent"])
    if SEED in params["absent"]:
        raise KeystoreError(f"{SEED} cannot be removed.", hint="Elasticsearch needs it: take it out of 'absent'.")
    _check_names([*entries, *files])
    return Wanted({**entries, **files}, params["absent"], params["purge"])


def _check_names(names: Collection[str]) -> None:
    check_names(names, _NAME, "Names consist of ASCII letters, digits, '.', '_' and '-'.")
    for name in names:
        if len(name) > _LONGEST_NAME:
            raise KeystoreError(f"the name of an entry has {len(name)} characters, {_LONGEST_NAME} are possible.")


def _with_seed(wanted: Wanted[bytes]) -> Wanted[bytes]:
    """As Elasticsearch's own tool does it: no store is without a random seed."""
    seed = "".join(secrets.choice(_SEED_CHARACTERS) for _index in range(_SEED_LENGTH))
    return Wanted({SEED: seed.encode("ascii"), **wanted.entries}, wanted.absent, wanted.purge)
