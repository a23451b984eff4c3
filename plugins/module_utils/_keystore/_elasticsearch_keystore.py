# Copyright: Stack TLS contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The work of the module ``elasticsearch_keystore``."""

from __future__ import annotations

import dataclasses
import re
import secrets
import string
from collections.abc import Iterable
from typing import Any

from .._errors import KeystoreError, located
from .._io import read_file
from ._elasticsearch import Store, decode, encode
from ._merge import Wanted, merge
from ._release import format_version, installed_release
from ._store_file import ENTRY_ARGUMENTS, replace, wanted_texts

ARGUMENTS: dict[str, Any] = {
    "path": {"type": "path", "default": "/etc/elasticsearch/elasticsearch.keystore"},
    "home": {"type": "path", "default": "/usr/share/elasticsearch"},
    "password": {"type": "str", "no_log": True},
    **ENTRY_ARGUMENTS,
}

SEED = "keystore.seed"
KEPT = (SEED, "bootstrap.password")
"""Entries that Elasticsearch makes and needs itself; a purge spares them."""

_NAME = re.compile(r"[A-Za-z0-9_.-]+")
_SEED_LENGTH = 20
_SEED_CHARACTERS = string.ascii_letters + string.digits + "~!@#$%^&*-_=+?"


def manage_elasticsearch_keystore(params: dict[str, Any], *, check_mode: bool) -> dict[str, Any]:
    """Make the keystore what the parameters ask for, and return the module's result.

    :raises KeystoreError: where it cannot be opened or made, or an entry cannot be what is asked for.
    :raises FileError: where the file cannot be read or written.
    """
    path, password = params["path"], params["password"] or ""
    with located(path):
        wanted = _wanted(params)
        store = _present(path, password)
        if store is None and wanted.entries:
            store, wanted = _new(params["home"]), _with_seed(wanted)
        plan = merge(store.entries if store else {}, wanted, KEPT)
        content = encode(Store(store.version, plan.after), password) if store and plan.differences else None
    result = replace(params, plan, content, check_mode=check_mode)
    return {**result, "format_version": store.version if store else None}


def _wanted(params: dict[str, Any]) -> Wanted[bytes]:
    entries = wanted_texts(params)
    if SEED in params["absent"]:
        raise KeystoreError(f"{SEED} cannot be removed.", hint="Elasticsearch needs it: take it out of 'absent'.")
    _check_names(entries)
    values = {name: text.encode("utf-8") for name, text in entries.items()}
    return Wanted(values, params["absent"], params["purge"])


def _check_names(names: Iterable[str]) -> None:
    for name in names:
        if not _NAME.fullmatch(name):
            raise KeystoreError(
                f"{name!r} cannot be the name of an entry.",
                hint="Names consist of ASCII letters, digits, '.', '_' and '-'.",
            )


def _present(path: str, password: str) -> Store | None:
    content = read_file(path)
    return None if content is None else decode(content, password)


def _new(home: str) -> Store:
    return Store(format_version(installed_release(home)), {})


def _with_seed(wanted: Wanted[bytes]) -> Wanted[bytes]:
    """As Elasticsearch's own tool does it: no store is without a random seed."""
    seed = "".join(secrets.choice(_SEED_CHARACTERS) for _index in range(_SEED_LENGTH))
    return dataclasses.replace(wanted, entries={SEED: seed.encode("ascii"), **wanted.entries})
