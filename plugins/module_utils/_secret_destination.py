# Copyright: Stack TLS contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where a secret that Elasticsearch made is kept on this host: a file, a keystore, or whatever a command fills."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from ._changes import FILE_ARGUMENTS, Replacement, attributes_of, journal_of, pending
from ._errors import FileError, located
from ._hook import Hook
from ._io import SECRET_MODE, read_file, remove_file
from ._keystore import _beats, _kibana
from ._keystore._beats_keystore import manage_beats_keystore
from ._keystore._kibana_keystore import manage_kibana_keystore
from ._reason import Reason

KIND = "keystore"
"""What a file with a secret is to its service; see ``_journal.KINDS``."""

DESTINATION_ARGUMENTS: dict[str, Any] = {
    "path": {"type": "path"},
    **FILE_ARGUMENTS,
    "mode": {"type": "raw", "default": f"{SECRET_MODE:04o}"},
    "folder_expected": {"type": "bool", "default": False},
    "store_command": {"type": "list", "elements": "str"},
    "store_timeout": {"type": "int", "default": 60},
    "return_secret": {"type": "bool", "default": False, "no_log": False},
}
"""Options of every module that has a secret made; documented in the fragment ``_secret``."""

DESTINATIONS = ("path", "beats_keystore_path", "kibana_keystore_path", "store_command", "return_secret")
"""Options of which exactly one says where the secret goes."""

RETURNED = "a variable"
"""The place of a secret that the module returns; see :class:`Held`."""


@dataclass(frozen=True)
class Form:
    """How secrets of one kind are written.

    :param title: what it is, in words.
    :param read: the secret out of the text of a file in any of its forms; ``None`` where there is none in it.
    :param write: the text of a file, by the option ``format``.
    :param identity: what everybody may know of a secret: which one it is.
    """

    title: str
    read: Callable[[str], str | None]
    write: Mapping[str, Callable[[str], str]]
    identity: Callable[[str], str]


@dataclass(frozen=True)
class Held:
    """What a destination holds, and what was done about it. No secret is in it.

    :param known: whether anybody can look into it.
    :param identity: of the secret that it holds; empty where there is none.
    :param reasons: why there is none that could be used.
    :param path: the file, empty where there is none.
    :param place: the destination itself, which no other one on this host shares; empty where the options name none.
    :param files: what was written, or given another owner or mode.
    :param kinds: what the files with new content are to their service.
    """

    known: bool = False
    identity: str = ""
    reasons: list[dict[str, Any]] = field(default_factory=list)
    path: str = ""
    place: str = ""
    files: list[str] = field(default_factory=list)
    kinds: list[str] = field(default_factory=list)
    restart_pending: bool = False


class Destination(Protocol):
    """A place for one secret."""

    def inspect(self) -> Held:
        """Look into it; what it holds gets its owner, mode and form, unless it is to be removed.

        :raises StackTlsError: where nothing could be stored there.
        """

    def store(self, secret: str) -> Held:
        """Put the secret there.

        :raises StackTlsError: where that is not possible; what was there is untouched then.
        """

    def remove(self) -> Held:
        """Take away what is there."""


def is_given(params: Mapping[str, Any]) -> bool:
    """Whether the options name a destination on the managed host."""
    return any(params.get(option) for option in DESTINATIONS if option != "return_secret")


def destination_of(params: Mapping[str, Any], form: Form, *, check_mode: bool) -> Destination:
    """The destination that the options of a module name."""
    if params["path"]:
        return _File(params, form, check_mode)
    for product, keystore in _KEYSTORES.items():
        if params.get(f"{product}_keystore_path"):
            return _Keystore(product, keystore, params, form, check_mode)
    if params["store_command"]:
        hook = Hook("store_command", params["store_command"], params["store_timeout"])
        return _Command(hook, form.write[params["format"]], params["state"] == "present")
    return Nowhere.of(params)


def needs_cryptography(params: Mapping[str, Any]) -> bool:
    """Whether the destination is an encrypted one."""
    return any(params.get(f"{product}_keystore_path") for product in _KEYSTORES)


class Nowhere:
    """No destination on a host: the secret is a value that the module returns, or all destinations are meant."""

    def __init__(self, place: str) -> None:
        self._held = Held(place=place)

    @classmethod
    def of(cls, params: Mapping[str, Any]) -> Nowhere:
        """The one that the options of a module mean."""
        return cls(RETURNED if params["return_secret"] else "")

    def inspect(self) -> Held:
        """Nothing can be looked at."""
        return self._held

    def store(self, _secret: str) -> Held:
        """Nothing is kept."""
        return self._held

    def remove(self) -> Held:
        """Nothing is there."""
        return self._held


class _Command:
    """A command that puts the secret where the application looks for it. It cannot be asked what is there."""

    def __init__(self, hook: Hook, write: Callable[[str], str], is_needed: bool) -> None:
        self._hook = hook
        self._write = write
        self._is_needed = is_needed
        # Its arguments are no secrets on this host, but they are not for everybody who may read the keys of a cluster.
        arguments = hashlib.sha256(json.dumps([*hook.arguments]).encode()).hexdigest()[:16]
        self._held = Held(place=f"{hook.arguments[0]} sha256:{arguments}")

    def inspect(self) -> Held:
        if self._is_needed:
            self._hook.require_program()
        return self._held

    def store(self, secret: str) -> Held:
        written = self._write(secret)
        self._hook.run(written.encode(), [written, secret, *secret.split(":")])
        return self._held

    def remove(self) -> Held:
        return self._held


class _File:
    """A file with nothing but the secret in it."""

    def __init__(self, params: Mapping[str, Any], form: Form, check_mode: bool) -> None:
        self._path: str = params["path"]
        self._form = form
        self._format: str = params["format"]
        self._attributes = attributes_of(dict(params))
        self._journal = journal_of(dict(params))
        self._is_needed: bool = params["state"] == "present"
        self._folder_is_made: bool = check_mode and params["folder_expected"]
        self._check_mode = check_mode

    def inspect(self) -> Held:
        secret = self._present()
        if not self._is_needed:
            return self._held(**self._told(secret))
        if not self._folder_is_made:
            _require_folder(self._path)
        if secret is not None:
            return self._replaced(secret)
        self._replacement(None).differs()  # an owner that nobody knows is refused before a secret is made
        return self._held(**self._told(None))

    def store(self, secret: str) -> Held:
        return self._replaced(secret)

    def remove(self) -> Held:
        if read_file(self._path) is None:
            return self._held()
        if not self._check_mode:
            if self._journal is not None:
                self._journal.record(self._path, KIND)
            remove_file(self._path)
        return self._held(files=[self._path], kinds=[KIND])

    def _present(self) -> str | None:
        content = read_file(self._path)
        return None if content is None else self._form.read(content.decode("utf-8", "replace"))

    def _told(self, secret: str | None) -> dict[str, Any]:
        """Which secret is there, or why there is none."""
        return {"reasons": [vars(self._objection())]} if secret is None else {"identity": self._form.identity(secret)}

    def _objection(self) -> Reason:
        if not os.path.exists(self._path):
            return Reason("missing", f"{self._path} does not exist")
        return Reason("damaged", f"{self._path} holds no {self._form.title}")

    def _replacement(self, secret: str | None) -> Replacement:
        content = None if secret is None else self._form.write[self._format](secret).encode()
        return Replacement(self._path, content, self._attributes, KIND, default_mode=SECRET_MODE)

    def _replaced(self, secret: str) -> Held:
        """The file with this secret, written only where it differs."""
        replacement = self._replacement(secret)
        kinds = [KIND] if replacement.content_differs() else []
        differs = replacement.differs() if self._check_mode else replacement.apply(self._journal)
        files = [self._path] if differs else []
        return self._held(identity=self._form.identity(secret), files=files, kinds=kinds)

    def _held(self, **found: Any) -> Held:
        return Held(known=True, path=self._path, place=self._path, restart_pending=pending(self._journal), **found)


@dataclass(frozen=True)
class _Codec:
    """How the keystore of a product is read and written.

    :param decode: its entries, as bytes or as what JSON has.
    :param manage: the work of the module for it; called with its options and whether it is check mode.
    """

    decode: Callable[[bytes], Mapping[str, Any]]
    manage: Callable[[dict[str, Any], bool], dict[str, Any]]


def _manage_beats(options: dict[str, Any], check_mode: bool) -> dict[str, Any]:
    return manage_beats_keystore({**options, "beat": None}, check_mode=check_mode)


def _manage_kibana(options: dict[str, Any], check_mode: bool) -> dict[str, Any]:
    return manage_kibana_keystore({**options, "mode": None}, lambda _words: None, check_mode=check_mode)


_KEYSTORES = {
    "beats": _Codec(_beats.decode, _manage_beats),
    "kibana": _Codec(_kibana.decode, _manage_kibana),
}
"""By the first word of the options."""


class _Keystore:
    """An entry of the keystore of a Beat or of Kibana."""

    def __init__(self, product: str, codec: _Codec, params: Mapping[str, Any], form: Form, check_mode: bool) -> None:
        self._codec = codec
        self._path: str = params[f"{product}_keystore_path"]
        self._entry: str = params[f"{product}_keystore_entry"]
        self._form = form
        self._options = {name: params[name] for name in ("owner", "group", "journal")}
        self._is_needed: bool = params["state"] == "present"
        self._folder_is_made: bool = check_mode and params["folder_expected"]
        self._place = f"{self._path} {self._entry}"
        self._check_mode = check_mode

    def inspect(self) -> Held:
        if self._is_needed and not self._folder_is_made:
            _require_folder(self._path)
        told = self._told(self._present())
        return self._managed(**told) if self._is_needed else self._held(**told)

    def store(self, secret: str) -> Held:
        return self._managed({self._entry: secret}, identity=self._form.identity(secret))

    def remove(self) -> Held:
        return self._managed(absent=[self._entry])

    def _present(self) -> str | None:
        with located(self._path):
            content = read_file(self._path)
            found = None if content is None else self._codec.decode(content).get(self._entry)
        if isinstance(found, bytes):
            return found.decode("utf-8", "replace")
        return None if found is None else str(found)

    def _told(self, entry: str | None) -> dict[str, Any]:
        """Which secret is there, or why there is none."""
        secret = None if entry is None else self._form.read(entry)
        if secret is not None:
            return {"identity": self._form.identity(secret)}
        code, text = ("missing", "not there") if entry is None else ("damaged", f"no {self._form.title}")
        return {"reasons": [vars(Reason(code, f"the entry {self._entry} of {self._path} is {text}"))]}

    def _managed(self, entries: dict[str, str] | None = None, *, absent: list[str] | None = None, **found: Any) -> Held:
        """The keystore with these entries, and without the others."""
        wanted = {"path": self._path, "entries": entries or {}, "absent": absent or [], "purge": False}
        result = self._codec.manage({**self._options, **wanted}, self._check_mode)
        return self._held(
            files=[self._path] if result["changed"] else [],
            kinds=[KIND] if result["differences"] else [],
            restart_pending=result["restart_pending"],
            **found,
        )

    def _held(self, **found: Any) -> Held:
        return Held(known=True, path=self._path, place=self._place, **found)


def _require_folder(path: str) -> None:
    folder = os.path.dirname(path)
    if not os.path.isdir(folder):
        raise FileError(f"the folder {folder} does not exist.", path=path, hint="Make it first.")
