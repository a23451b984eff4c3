# Copyright: Stack TLS contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What files of certificates and keys hold, and what is wrong with them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any

from ._errors import CertificateError, FileError, StackTlsError, located
from ._io import described_attributes, read_file, require_file
from ._pki._certificates import Lifetime, load_certificates, names_of
from ._pki._chains import chain_to_root
from ._pki._contents import Contents, is_key_of, read_contents
from ._pki._dates import parse_moment
from ._pki._description import describe_fully
from ._pki._keys import as_public_key, key_type_of
from ._pki._sans import read_alternative_name, uncovered

if TYPE_CHECKING:
    from cryptography import x509

STATES = ("missing", "unreadable", "damaged", "locked")
"""What a file can be instead of ``ok``."""

MODULE_ARGUMENTS: dict[str, Any] = {
    "argument_spec": {
        "paths": {"type": "list", "elements": "path"},
        "content": {"type": "str", "no_log": True},
        "passphrases": {"type": "list", "elements": "str", "no_log": True, "default": []},
        "ca_path": {"type": "path"},
        "names": {"type": "list", "elements": "str", "default": []},
        "valid_at": {"type": "dict", "default": {}},
        "fail_on": {"type": "list", "elements": "str", "choices": list(STATES), "default": []},
    },
    "required_one_of": [("paths", "content")],
    "mutually_exclusive": [("paths", "content")],
}

_READABLE_BY_OTHERS = 0o004


@dataclass(frozen=True)
class Source:
    """A file or text, and what was found in it.

    :param path: ``None`` for a text.
    :param problem: why the state is not ``ok``, in words.
    """

    path: str | None
    state: str
    problem: str = ""
    contents: Contents | None = None

    @property
    def certificates(self) -> tuple[x509.Certificate, ...]:
        """All certificates that could be read."""
        return self.contents.certificates if self.contents else ()


def gather_certificate_info(params: dict[str, Any]) -> dict[str, Any]:
    """Read all files; returns the module's result.

    :raises StackTlsError: where ``ca_path`` or ``valid_at`` cannot be read, or a file has a state of ``fail_on``.
    """
    sources = _sources(params)
    for source in sources:
        if source.state in params["fail_on"]:
            raise CertificateError(source.problem, path=source.path or "content")
    report = _Report(params, sources, datetime.now(timezone.utc))
    return {"changed": False, "files": [report.of(source) for source in sources]}


def _sources(params: dict[str, Any]) -> list[Source]:
    if params["content"] is not None:
        return [_understood(None, params["content"].encode(), params["passphrases"])]
    return [_read(path, params["passphrases"]) for path in params["paths"]]


def _read(path: str, passphrases: Sequence[str]) -> Source:
    try:
        data = read_file(path)
    except FileError as error:
        return Source(path, "unreadable", error.message)
    if data is None:
        return Source(path, "missing", "no such file.")
    return _understood(path, data, passphrases)


def _understood(path: str | None, data: bytes, passphrases: Sequence[str]) -> Source:
    try:
        contents = read_contents(data, passphrases)
    except StackTlsError as error:
        return Source(path, "damaged", error.message)
    return Source(path, "locked" if contents.locked else "ok", contents.locked, contents)


class _Report:
    """Puts what was found into words; certificates and keys of one task may stand in several files."""

    def __init__(self, params: dict[str, Any], sources: Sequence[Source], now: datetime) -> None:
        self._now = now
        self._moments = {label: parse_moment(str(text), now) for label, text in params["valid_at"].items()}
        self._wanted = [(text, read_alternative_name(text)) for text in params["names"]]
        self._authorities = _authorities(params["ca_path"])
        self._certificates = [certificate for source in sources for certificate in source.certificates]
        keys = [source.contents.key for source in sources if source.contents]
        self._keys = [key for key in keys if key is not None]

    def of(self, source: Source) -> dict[str, Any]:
        """One file."""
        contents = source.contents
        attributes = described_attributes(source.path) if source.path and source.state != "missing" else {}
        exposed = bool(attributes) and bool(int(attributes["mode"], 8) & _READABLE_BY_OTHERS)
        return {
            "path": source.path,
            "state": source.state,
            "problem": source.problem,
            "format": contents.form if contents else None,
            "kind": contents.kind if contents else None,
            "encrypted": contents is not None and contents.encrypted,
            "protection": contents.protection if contents else None,
            "certificates": self._described(source),
            "private_key": self._key(contents) if contents and contents.has_key else None,
            "private_key_exposed": contents is not None and contents.has_key and exposed,
            **{name: attributes.get(name) for name in ("owner", "group", "mode")},
        }

    def _key(self, contents: Contents) -> dict[str, Any]:
        key = contents.key
        if key is None:
            return {"key_type": None, "encrypted": contents.encrypted, "matches": None}
        matches = any(is_key_of(key, certificate) for certificate in self._certificates)
        key_type = key_type_of(as_public_key(key.public_key()))
        return {"key_type": key_type, "encrypted": contents.encrypted, "matches": matches}

    def _described(self, source: Source) -> list[dict[str, Any]]:
        friendly_names = source.contents.friendly_names if source.contents else ()
        return [
            {
                **describe_fully(certificate, self._now),
                "friendly_name": friendly_names[index] if friendly_names else "",
                "has_private_key": any(is_key_of(key, certificate) for key in self._keys),
                "chain_complete": _leads_to_root(certificate, [*source.certificates, *self._authorities]),
                "names_not_covered": self._not_covered(certificate),
                "valid_at": self._valid_at(certificate),
            }
            for index, certificate in enumerate(source.certificates)
        ]

    def _valid_at(self, certificate: x509.Certificate) -> dict[str, bool]:
        lifetime = Lifetime.of(certificate)
        return {label: lifetime.not_before <= each <= lifetime.not_after for label, each in self._moments.items()}

    def _not_covered(self, certificate: x509.Certificate) -> list[str]:
        present = names_of(certificate)
        return [text for text, name in self._wanted if uncovered([name], present)]


def _authorities(path: str | None) -> list[x509.Certificate]:
    if not path:
        return []
    with located(path):
        return load_certificates(require_file(path))


def _leads_to_root(certificate: x509.Certificate, pool: Sequence[x509.Certificate]) -> bool:
    try:
        chain_to_root(certificate, pool)
    except CertificateError:
        return False
    return True
