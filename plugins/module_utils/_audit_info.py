# Copyright: Stack TLS contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a host has on its disks for the TLS of its services: settings, keystores, certificates, keys, authorities.

One look has to do: which files the settings name is known only to the controller, which can read YAML. So every word of
a settings file that is the path of a file with certificates counts, and the controller picks those that matter.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any

from ._authority_store import AuthorityStore
from ._errors import FileError, SettingsError, StackTlsError
from ._io import described_attributes, read_file
from ._keystore import _beats, _elasticsearch, _kibana
from ._pki._certificates import encode_certificates, load_certificates
from ._pki._contents import Contents, read_contents
from ._pki._dates import timestamp
from ._pki._description import describe_fully
from ._pki._keys import as_public_key, encode_public_key, is_encrypted, key_type_of
from ._pki._truststore import is_java_key_store
from ._settings_file import seal

if TYPE_CHECKING:
    from cryptography import x509

PRODUCTS = ("elasticsearch", "kibana", "beats", "other")

SERVICE_OPTIONS: dict[str, Any] = {
    "name": {"type": "str", "required": True},
    "product": {"type": "str", "choices": list(PRODUCTS), "default": "other"},
    "settings_path": {"type": "path"},
    "config_path": {"type": "path"},
    "container_config_path": {"type": "str"},
    "keystore_path": {"type": "path", "no_log": False},
    "keystore_password": {"type": "str", "no_log": True},
    "files": {"type": "list", "elements": "path", "default": []},
    "passphrases": {"type": "list", "elements": "str", "no_log": True, "default": []},
}
ARGUMENTS: dict[str, Any] = {
    "services": {"type": "list", "elements": "dict", "default": [], "options": SERVICE_OPTIONS},
    "authorities": {"type": "list", "elements": "path", "default": []},
    "_exchange": {"type": "dict", "no_log": True},
}
"""Options of the module and its action plugin; the plugin itself fills ``_exchange`` with a key for the settings."""

_LARGEST = 1_048_576
"""Bytes of a file that is taken for one of certificates; bundles of all public authorities have a quarter of that."""

_READABLE_BY_OTHERS = 0o004
_LOOKS_LIKE_ONE = re.compile(r"\.(?:crt|cer|pem|key|p12|pfx|jks|der)$", re.IGNORECASE)
_WORDS = re.compile(r'"([^"\n]+)"|\'([^\'\n]+)\'|([^\s"\'\[\],]+)')
_VALUES = re.compile(r"(?:^|[\s\[,])(?:-|[\w.\-]+[\"']?:)[ \t]+([^\n]+?)[ \t]*$", re.MULTILINE)
_PASSPHRASES = re.compile(r"pass(?:word|phrase)[\"']?[ \t]*:[ \t]+([^\n]+?)[ \t]*$", re.MULTILINE | re.IGNORECASE)
_PASSPHRASE_ENTRY = re.compile(r"pass(?:word|phrase)$", re.IGNORECASE)


def gather_audit_info(params: dict[str, Any]) -> dict[str, Any]:
    """Look at all services and authorities; returns the module's result, with settings files sealed.

    :raises SettingsError: where there is no action plugin that asks.
    """
    key = (params["_exchange"] or {}).get("key")
    if key is None:
        raise SettingsError(
            "this module works only through its action plugin.",
            hint="Call it as stacktls.elastic.audit_info in a task.",
        )
    now = datetime.now(timezone.utc)
    return {
        "changed": False,
        "services": [look_at_service(service, key, now) for service in params["services"]],
        "authorities": [look_at_authority(path, now) for path in params["authorities"]],
    }


@dataclass(frozen=True)
class Found:
    """A file, or why it could not be read."""

    path: str
    state: str
    problem: str = ""
    content: bytes = field(default=b"", repr=False)

    def told(self) -> dict[str, Any]:
        """All of it but the content."""
        attributes = {} if self.state == "missing" else _attributes(self.path)
        return {"path": self.path, "state": self.state, "problem": self.problem, **attributes}


def host_path(named: str, config_path: str | None, container_config_path: str | None) -> str:
    """The file on the host that a settings file names: relative ones are below the folder of the settings.

    :param container_config_path: the same folder as the service sees it, where that runs in a container.
    """
    folder = (config_path or "").rstrip("/")
    inside = (container_config_path or "").rstrip("/")
    if inside and inside != folder and named.startswith(f"{inside}/"):
        named = named[len(inside) + 1 :]
    return os.path.normpath(os.path.join(folder, named))


def look_at_service(service: dict[str, Any], key: str, now: datetime) -> dict[str, Any]:
    """What one service has on the disk."""
    settings = _read(service["settings_path"])
    store = _read(service["keystore_path"])
    text = settings.content.decode("utf-8", "replace") if settings else ""
    keystore, entries = _opened_keystore(store, service)
    passphrases = list(dict.fromkeys([*service["passphrases"], *entries, *_told_passphrases(text)]))
    paths = dict.fromkeys([*service["files"], *_candidates(text, service)])
    named = set(service["files"])
    files = [_file(path, passphrases, now, expected=path in named) for path in paths]
    return {
        "name": service["name"],
        "product": service["product"],
        "config_path": service["config_path"] or "",
        "container_config_path": service["container_config_path"] or "",
        "settings": {**settings.told(), "content": seal(settings.content, key)} if settings else None,
        "keystore": keystore,
        "given": service["files"],
        "files": [each for each in files if each is not None],
    }


def look_at_authority(folder: str, now: datetime) -> dict[str, Any]:
    """The folder of a certificate authority, without its private key."""
    store = AuthorityStore(folder)
    state, problem, certificates = _certificates(store.certificate_path)
    _state, _problem, trusted = _certificates(store.trusted_path)
    return {
        "path": folder,
        "state": state,
        "problem": problem,
        "certificates": [describe(each, now) for each in certificates],
        "trusted": [describe(each, now) for each in trusted],
        "private_key": _authority_key(store.key_path),
        "issued": _issued(store),
        "rotation": _rotation_stage(os.path.join(folder, "rotation.json")),
    }


def describe(certificate: x509.Certificate, now: datetime) -> dict[str, Any]:
    """All that the comparison needs of a certificate; nothing of it is secret."""
    return {
        **describe_fully(certificate, now),
        "pem": encode_certificates([certificate]).decode("ascii"),
        "public_key": _key_digest(certificate.public_key()),
    }


def _read(path: str | None) -> Found | None:
    if not path:
        return None
    try:
        content = read_file(path)
    except FileError as error:
        return Found(path, "unreadable", error.message)
    return Found(path, "missing", "no such file.") if content is None else Found(path, "ok", "", content)


def _attributes(path: str) -> dict[str, Any]:
    try:
        attributes = described_attributes(path)
        modified = datetime.fromtimestamp(os.stat(path).st_mtime, timezone.utc)
    except (FileError, OSError):
        return {}
    exposed = bool(int(attributes["mode"], 8) & _READABLE_BY_OTHERS)
    return {**attributes, "world_readable": exposed, "modified": timestamp(modified)}


def _opened_keystore(store: Found | None, service: dict[str, Any]) -> tuple[dict[str, Any] | None, list[str]]:
    """What is told of the keystore, and the passwords out of it."""
    if store is None:
        return None, []
    if store.state != "ok":
        return {**store.told(), "entries": []}, []
    try:
        entries = _entries(store.content, service)
    except StackTlsError as error:
        state = "locked" if isinstance(error, _elasticsearch.WrongPasswordError) else "damaged"
        return {**store.told(), "state": state, "problem": error.message, "entries": []}, []
    # Those of a Beat have names that people chose.
    chosen = [
        value for name, value in entries.items() if service["product"] == "beats" or _PASSPHRASE_ENTRY.search(name)
    ]
    return {**store.told(), "entries": sorted(entries)}, [value for value in chosen if value]


def _entries(content: bytes, service: dict[str, Any]) -> dict[str, str]:
    if service["product"] == "kibana":
        return {name: str(value) for name, value in _kibana.decode(content).items()}
    if service["product"] == "beats":
        return {name: value.decode("utf-8", "replace") for name, value in _beats.decode(content).items()}
    password = service["keystore_password"] or ""
    if not _elasticsearch.is_protected(content):
        password = ""
    entries = _elasticsearch.decode(content, password).entries
    return {name: value.decode("utf-8", "replace") for name, value in entries.items()}


def _told_passphrases(text: str) -> list[str]:
    """Passwords that older settings files hold in the clear."""
    return [_unquoted(found) for found in _PASSPHRASES.findall(text)]


def _unquoted(value: str) -> str:
    if value[:1] in "\"'" and value[:1] in value[1:]:
        return value[1 : value.index(value[0], 1)]
    return value.partition(" #")[0].rstrip()


def _candidates(text: str, service: dict[str, Any]) -> Iterator[str]:
    """Files that are there and that words of the text name."""
    words = ["".join(found) for found in _WORDS.findall(text)] + [_unquoted(found) for found in _VALUES.findall(text)]
    for word in dict.fromkeys(words):
        path = host_path(word, service["config_path"], service["container_config_path"])
        if "\0" not in path and len(path) < 1024 and os.path.isfile(path):
            yield path


def _file(path: str, passphrases: Sequence[str], now: datetime, *, expected: bool) -> dict[str, Any] | None:
    """What one file holds; ``None`` where it has nothing to do with certificates and nobody expects that."""
    wanted = expected or bool(_LOOKS_LIKE_ONE.search(path))
    if not wanted and _size(path) > _LARGEST:
        return None
    found = _read(path)
    if found is None or found.state != "ok":
        return {**found.told(), **_described(None, now)} if found and wanted else None
    if is_java_key_store(found.content):
        words = "is a Java keystore of the type JKS or JCEKS, which cannot be read."
        return {**Found(path, "java_keystore", words).told(), **_described(None, now)}
    try:
        contents = read_contents(found.content, passphrases)
    except StackTlsError as error:
        return {**Found(path, "damaged", error.message).told(), **_described(None, now)} if wanted else None
    state = "locked" if contents.locked else "ok"
    return {**Found(path, state, contents.locked).told(), **_described(contents, now)}


def _described(contents: Contents | None, now: datetime) -> dict[str, Any]:
    if contents is None:
        return {"format": None, "kind": None, "encrypted": False, "certificates": [], "private_key": None}
    return {
        "format": contents.form,
        "kind": contents.kind,
        "encrypted": contents.encrypted,
        "certificates": [describe(each, now) for each in contents.certificates],
        "private_key": _private_key(contents) if contents.has_key else None,
    }


def _private_key(contents: Contents) -> dict[str, Any]:
    if contents.key is None:
        return {"key_type": None, "public_key": None}
    public_key = as_public_key(contents.key.public_key())
    return {"key_type": key_type_of(public_key), "public_key": _key_digest(public_key)}


def _key_digest(key: object) -> str | None:
    """What two of the same key have in common; ``None`` where it is of a kind that TLS has no use for."""
    try:
        return hashlib.sha256(encode_public_key(as_public_key(key))).hexdigest()
    except StackTlsError:
        return None


def _size(path: str) -> int:
    try:
        return os.stat(path).st_size
    except OSError:
        return 0


def _certificates(path: str) -> tuple[str, str, list[x509.Certificate]]:
    found = _read(path)
    if found is None or found.state != "ok":
        return (found.state, found.problem, []) if found else ("missing", "no such file.", [])
    try:
        return "ok", "", load_certificates(found.content)
    except StackTlsError as error:
        return "damaged", error.message, []


def _authority_key(path: str) -> dict[str, Any]:
    found = _read(path)
    if found is None:
        return {"path": path, "state": "missing"}
    return {**found.told(), "encrypted": is_encrypted(found.content) if found.state == "ok" else None}


def _issued(store: AuthorityStore) -> list[str] | None:
    """Fingerprints of what was signed; ``None`` where there is no ledger that can be read."""
    if not os.path.exists(store.ledger_path):
        return None
    try:
        entries = store.ledger()
    except FileError:
        return None
    prints = (entry.get("fingerprint_sha256") for entry in entries)
    return [each for each in prints if isinstance(each, str)]


def _rotation_stage(path: str) -> str:
    """How far a rotation of the authority has come; empty where none goes on."""
    found = _read(path)
    try:
        state = json.loads(found.content) if found is not None and found.state == "ok" else None
    except ValueError:
        return ""
    return str(state.get("stage", "")) if isinstance(state, dict) and not state.get("finished") else ""
