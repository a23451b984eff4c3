# Copyright: Stack TLS contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The options that say who issues a certificate, for all modules that have one issued, whatever they make of it.

They are documented in the fragment ``_issuing``.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible.module_utils.common.validation import (
    check_mutually_exclusive,
    check_required_by,
    check_required_if,
)

from ._errors import CertificateError

PHASES = ("inspect", "install", "discard")

SOURCE_FILES = ("source_certificate_path", "source_chain_path", "source_private_key_path", "source_pkcs12_path")

ISSUING_ARGUMENTS: dict[str, Any] = {
    "subject": {"type": "str"},
    "common_name": {"type": "str"},
    "subject_alt_names": {"type": "list", "elements": "str", "default": []},
    "not_before": {"type": "str", "default": "-1h"},
    "renew_before": {"type": "str", "default": "33%"},
    "force": {"type": "bool", "default": False},
    "ca_path": {"type": "path"},
    "ca_host": {"type": "str"},
    "ca_private_key": {"type": "str", "no_log": True},
    "ca_passphrase": {"type": "str", "no_log": True},
    "issuer_certificates": {"type": "str"},
    "signer_command": {"type": "list", "elements": "str"},
    "signer_environment": {"type": "dict", "no_log": True, "default": {}},
    "signer_timeout": {"type": "int", "default": 60},
    "requests_path": {"type": "path"},
    "source_certificate_path": {"type": "path"},
    "source_certificate": {"type": "str"},
    "source_chain_path": {"type": "path"},
    "source_private_key_path": {"type": "path", "no_log": False},
    "source_private_key": {"type": "str", "no_log": True},
    "source_pkcs12_path": {"type": "path"},
    "source_passphrase": {"type": "str", "no_log": True},
    "remote_source": {"type": "bool", "default": False},
}
"""Beside them, each module has ``signer``, ``profile``, ``key_type`` and ``not_after`` of its own."""

PHASE_ARGUMENTS: dict[str, Any] = {
    "phase": {"type": "str", "choices": list(PHASES), "default": "inspect"},
    "exchange": {"type": "dict", "default": {}},
    "secrets": {"type": "dict", "default": {}, "no_log": True},
}
"""What the action tells the module of the same name."""

ISSUING_ALTERNATIVES = (
    ("subject", "common_name"),
    ("source_certificate_path", "source_certificate", "source_pkcs12_path"),
    ("source_private_key_path", "source_private_key", "source_pkcs12_path"),
    ("ca_path", "ca_private_key"),
)
"""Options that exclude each other."""

_NAMED = ("subject", "common_name")
_BY = {"ca_host": ["ca_path"], "ca_private_key": ["issuer_certificates"]}
_IF = (
    ("signer", "authority", ("ca_path", "ca_private_key"), True),
    ("signer", "authority", _NAMED, True),
    ("signer", "command", ("signer_command",)),
    ("signer", "command", _NAMED, True),
    ("signer", "csr_only", ("requests_path",)),
    ("signer", "csr_only", _NAMED, True),
    ("signer", "self_signed", _NAMED, True),
    ("signer", "brought", ("source_certificate_path", "source_certificate", "source_pkcs12_path"), True),
    ("signer", "brought", ("source_private_key_path", "source_private_key", "source_pkcs12_path"), True),
)

_OF_THE_CONTROLLER = (
    "ca_private_key",
    "ca_passphrase",
    "signer_environment",
    "source_certificate",
    "source_private_key",
    "trusted_certificates",
)
"""Options that a host has no use for, secrets among them."""

_OF_A_SOURCE_HERE = ("source_passphrase", "elasticsearch_keystore_password")
"""The same where the source is on the controller."""


def check_issuing(options: Mapping[str, Any]) -> None:
    """Check, on the controller, what can be told before a host is asked.

    :raises CertificateError: where options do not go together.
    """
    present = {name: value for name, value in options.items() if value is not None}
    try:
        for alternatives in ISSUING_ALTERNATIVES:
            check_mutually_exclusive([alternatives], present)
        check_required_by(_BY, present)
        check_required_if(_IF, present)
    except TypeError as error:
        raise CertificateError(f"{error}.") from None
    texts = [
        name for name in ("source_certificate", "source_private_key") if options["remote_source"] and present.get(name)
    ]
    if texts:
        raise CertificateError(
            f"{' and '.join(texts)} cannot go with remote_source, which reads files on the host.",
            hint=f"Give {' and '.join(f'{name}_path' for name in texts)}, or leave remote_source out.",
        )


def for_host(options: Mapping[str, Any]) -> dict[str, Any]:
    """The options without those that the host has no use for, secrets among them."""
    hidden = {*_OF_THE_CONTROLLER, *([] if options["remote_source"] else _OF_A_SOURCE_HERE)}
    return {name: value for name, value in options.items() if value is not None and name not in hidden}
