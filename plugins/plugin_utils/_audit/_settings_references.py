# Copyright: Stack TLS contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which files of certificates and keys a settings file names, and what for."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any

from ...module_utils._audit_info import host_path
from ...module_utils._errors import StackTlsError
from ...module_utils._settings_file import unseal
from .._settings import Document, decode, parse
from .._settings._document import Mapping, Node, Scalar, Sequence

_USES = {
    "certificate": "certificate",
    "key": "key",
    "certificate_authorities": "authorities",
    "certificateAuthorities": "authorities",
    "keystore.path": "keystore",
    "truststore.path": "truststore",
}
_REFERENCE = re.compile(rf"(?P<group>.+?)\.(?P<use>{'|'.join(re.escape(name) for name in _USES)})")
_OF_TLS = re.compile(r"(?:.*\.)?(?:ssl|tls)")
_VERIFICATION = re.compile(r".*\.(?:verification_mode|verificationMode)")


@dataclass(frozen=True)
class Reference:
    """A file that a setting names.

    :param group: what settings that belong together have in common, such as ``server.ssl``.
    :param use: ``certificate``, ``key``, ``authorities``, ``keystore`` or ``truststore``.
    :param path: on the host; empty where a variable of the environment names it.
    """

    setting: str
    group: str
    use: str
    path: str


def told_by_settings(service: dict[str, Any], key: str) -> dict[str, Any]:
    """What the host found, with what the sealed settings file says in place of its content.

    :param service: one of the services that ``audit_info`` returns on the host.
    """
    settings = dict(service["settings"] or {})
    content = settings.pop("content", None)
    rest = {name: value for name, value in service.items() if name != "given"}
    told: dict[str, Any] = {"references": [], "unverified": [], "switches": {}}
    if content is not None and settings["state"] == "ok":
        try:
            document = parse(decode(unseal(content, key)))
        except StackTlsError as error:
            settings.update(state="damaged", problem=error.message)
        else:
            folders = (service["config_path"], service["container_config_path"])
            told = {
                "references": [asdict(each) for each in references(document, *folders)],
                "unverified": unverified(document),
                "switches": switches(document),
            }
    # The host looked at every word, those of comments included.
    meant = {*service["given"], *(each["path"] for each in told["references"])}
    files = [each for each in service["files"] if each["path"] in meant]
    return {**rest, "settings": settings or None, **told, "files": files}


def references(document: Document, config_path: str, container_config_path: str) -> list[Reference]:
    """All files that the settings name for TLS, in the order of the file."""
    return [
        Reference(name, found["group"], _USES[found["use"]], _path(text, config_path, container_config_path))
        for name, text in _texts(document.root)
        if (found := _REFERENCE.fullmatch(name)) and text and "-----BEGIN" not in text
        if found["use"] not in ("certificate", "key") or _OF_TLS.fullmatch(found["group"])
    ]


def unverified(document: Document) -> list[str]:
    """Settings that let everybody pass for whom the service connects to."""
    return [name for name, text in _texts(document.root) if _VERIFICATION.fullmatch(name) and text.lower() == "none"]


def switches(document: Document) -> dict[str, bool]:
    """Whether TLS is switched on, by the name of the setting; only those that stand in the file."""
    return {name: text.lower() == "true" for name, text in _texts(document.root) if name.endswith(".ssl.enabled")}


def _path(text: str, config_path: str, container_config_path: str) -> str:
    return "" if "${" in text else host_path(text, config_path, container_config_path)


def _texts(node: Node | None, name: str = "") -> Iterator[tuple[str, str]]:
    """Every text by the dotted name of its setting; those in lists, too, which Beats have whole maps in."""
    if isinstance(node, Scalar):
        yield name, node.text
    elif isinstance(node, Sequence):
        for item in node.items:
            yield from _texts(item, name)
    elif isinstance(node, Mapping):
        for entry in node.entries:
            yield from _texts(entry.value, entry.name)
