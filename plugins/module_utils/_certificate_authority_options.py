# Copyright: Stack TLS contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The options of a certificate authority: which there are, and what they ask for."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from ._errors import CertificateError
from ._pki._authorities import DEFAULT_USAGES, USAGES, Restrictions
from ._pki._certificates import Lifetime, key_type_of_certificate
from ._pki._kinds import KEY_TYPES
from ._pki._name_constraints import parse_subtrees
from ._pki._names import name_from_common_name, parse_name, print_name

if TYPE_CHECKING:
    from cryptography import x509

_DEFAULT_KEY_TYPE = "ec-p256"
_IMPORTS = (
    "import_certificate",
    "import_certificate_content",
    "import_chain",
    "import_private_key",
    "import_private_key_content",
    "import_pkcs12",
)

_WORDS = {
    "subject": "subject",
    "key_type": "key",
    "path_length": "path length",
    "name_constraints_permitted": "list of permitted names",
    "name_constraints_excluded": "list of excluded names",
    "key_usage": "key usage",
}

MODULE_ARGUMENTS: dict[str, Any] = {
    "argument_spec": {
        "path": {"type": "path", "required": True},
        "passphrase": {"type": "str", "no_log": True},
        "allow_unencrypted_key": {"type": "bool", "default": False},
        "common_name": {"type": "str"},
        "subject": {"type": "str"},
        "key_type": {"type": "str", "choices": list(KEY_TYPES), "no_log": False},
        "not_before": {"type": "str", "default": "-1h"},
        "not_after": {"type": "str", "default": "+3650d"},
        "path_length": {"type": "int"},
        "name_constraints_permitted": {"type": "list", "elements": "str"},
        "name_constraints_excluded": {"type": "list", "elements": "str"},
        "key_usage": {"type": "list", "elements": "str", "choices": list(USAGES), "no_log": False},
        "issuer_path": {"type": "path"},
        "issuer_passphrase": {"type": "str", "no_log": True},
        "import_certificate": {"type": "path"},
        "import_certificate_content": {"type": "str"},
        "import_chain": {"type": "path"},
        "import_private_key": {"type": "path", "no_log": False},
        "import_private_key_content": {"type": "str", "no_log": True},
        "import_pkcs12": {"type": "path"},
        "import_passphrase": {"type": "str", "no_log": True},
    },
    "mutually_exclusive": [
        ("common_name", "subject"),
        ("import_certificate", "import_certificate_content", "import_pkcs12"),
        ("import_private_key", "import_private_key_content", "import_pkcs12"),
        *(("issuer_path", option) for option in _IMPORTS),
    ],
    "required_by": {"issuer_passphrase": ["issuer_path"]},
}
"""What the module accepts."""


@dataclass(frozen=True)
class Wish:
    """What a new authority should be."""

    subject: x509.Name
    key_type: str
    lifetime: Lifetime
    restrictions: Restrictions

    def describe(self) -> dict[str, Any]:
        """The same as plain values."""
        return {"subject": print_name(self.subject), "key_type": self.key_type, **self.restrictions.describe()}


def wish_of(params: dict[str, Any], now: datetime) -> Wish:
    """What a new authority should be, according to the parameters of the module.

    :raises CertificateError: where there can be no such authority.
    """
    lifetime = Lifetime.from_texts(params["not_before"], params["not_after"], now)
    restrictions = _restrictions_of(params)
    key_type = params["key_type"] or _DEFAULT_KEY_TYPE
    return Wish(_wanted_subject(params), key_type, lifetime, restrictions)


def unfulfilled(params: dict[str, Any], certificate: x509.Certificate) -> list[str]:
    """The wishes that a present authority does not fulfil: the part of a sentence for each.

    :raises CertificateError: where a wish cannot be understood.
    """
    present = {
        "subject": print_name(certificate.subject),
        "key_type": key_type_of_certificate(certificate),
        **Restrictions.of(certificate).describe(),
    }
    wanted = {"key_type": params["key_type"], **_restrictions_of(params).describe()}
    given = {name: value for name, value in wanted.items() if params[name] is not None}
    if params["subject"] is not None or params["common_name"] is not None:
        given = {"subject": print_name(_wanted_subject(params)), **given}
    return [
        f"its {_WORDS[name]} is {_in_words(present[name])}, not {_in_words(value)}"
        for name, value in given.items()
        if _comparable(present[name]) != _comparable(value)
    ]


def _restrictions_of(params: dict[str, Any]) -> Restrictions:
    if params["path_length"] is not None and params["path_length"] < 0:
        raise CertificateError(f"path_length must be 0 or more, not {params['path_length']}.")
    return Restrictions(
        params["path_length"],
        parse_subtrees(params["name_constraints_permitted"] or ()),
        parse_subtrees(params["name_constraints_excluded"] or ()),
        ("keyCertSign", *(params["key_usage"] or DEFAULT_USAGES)),
    )


def _wanted_subject(params: dict[str, Any]) -> x509.Name:
    if params["subject"] is not None:
        return parse_name(params["subject"])
    if params["common_name"] is not None:
        return name_from_common_name(params["common_name"])
    raise CertificateError(
        f"there is no certificate authority in {params['path']}, and no name for a new one is given.",
        hint="Set common_name or subject, or name one to import.",
    )


def _in_words(value: Any) -> str:
    if isinstance(value, list):
        return ", ".join(value) or "empty"
    return "unlimited" if value is None else str(value)


def _comparable(value: Any) -> Any:
    return sorted(value) if isinstance(value, list) else value
