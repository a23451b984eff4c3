# Copyright: Stack TLS contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The options of certificates, as module and action accept them.

One task may keep several identities of a host. Every option of an identity may also stand beside ``identities``, where
it counts for all identities that do not give it.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Collection, Iterator, Mapping
from typing import Any

from ._changes import FILE_ARGUMENTS
from ._errors import StackTlsError
from ._pki._kinds import ENCRYPTIONS, KEY_TYPES, PROFILES

PHASES = ("inspect", "install", "discard")
CONSUMERS = ("generic", "elasticsearch", "kibana")
SIGNERS = ("authority", "command", "csr_only", "brought")
OUTPUTS = ("private_key_path", "certificate_path", "combined_path", "pkcs12_path", "ca_certificates_path")

SOURCE_FILES = ("source_certificate_path", "source_chain_path", "source_private_key_path", "source_pkcs12_path")

ISSUER_OPTIONS = (
    "signer",
    "ca_path",
    "ca_host",
    "ca_private_key",
    "ca_passphrase",
    "issuer_certificates",
    "signer_command",
    "signer_environment",
    "signer_timeout",
    "requests_path",
)
"""What tells one issuer from another."""

_DEFAULTS: dict[str, Any] = {
    "pkcs12_friendly_name": "certificate",
    "pkcs12_encryption": "aes-256",
    "kind": "certificate",
    "ca_certificates_kind": "trust",
    "subject_alt_names": [],
    "profile": "server",
    "key_type": "ec-p256",
    "consumer": "generic",
    "not_before": "-1h",
    "not_after": "+397d",
    "renew_before": "33%",
    "force": False,
    "folder_expected": False,
    "signer": "authority",
    "signer_environment": {},
    "signer_timeout": 60,
    "elasticsearch_keystore_path": "/etc/elasticsearch/elasticsearch.keystore",
    "remote_source": False,
}

_IDENTITY_ARGUMENTS: dict[str, Any] = {
    **FILE_ARGUMENTS,
    "certificate_path": {"type": "path"},
    "private_key_path": {"type": "path", "no_log": False},
    "private_key_passphrase": {"type": "str", "no_log": True},
    "combined_path": {"type": "path"},
    "ca_certificates_path": {"type": "path"},
    "pkcs12_path": {"type": "path"},
    "pkcs12_password": {"type": "str", "no_log": True},
    "pkcs12_friendly_name": {"type": "str"},
    "pkcs12_encryption": {"type": "str", "choices": list(ENCRYPTIONS)},
    "certificate_mode": {"type": "raw"},
    "kind": {"type": "str", "choices": ["certificate", "client_certificate"]},
    "ca_certificates_kind": {"type": "str", "choices": ["trust", "realm_trust"]},
    "subject": {"type": "str"},
    "common_name": {"type": "str"},
    "subject_alt_names": {"type": "list", "elements": "str"},
    "profile": {"type": "str", "choices": list(PROFILES)},
    "key_type": {"type": "str", "choices": list(KEY_TYPES), "no_log": False},
    "consumer": {"type": "str", "choices": list(CONSUMERS)},
    "not_before": {"type": "str"},
    "not_after": {"type": "str"},
    "renew_before": {"type": "str"},
    "force": {"type": "bool"},
    "folder_expected": {"type": "bool"},
    "signer": {"type": "str", "choices": list(SIGNERS)},
    "ca_path": {"type": "path"},
    "ca_host": {"type": "str"},
    "ca_private_key": {"type": "str", "no_log": True},
    "ca_passphrase": {"type": "str", "no_log": True},
    "issuer_certificates": {"type": "str"},
    "signer_command": {"type": "list", "elements": "str"},
    "signer_environment": {"type": "dict", "no_log": True},
    "signer_timeout": {"type": "int"},
    "requests_path": {"type": "path"},
    "source_certificate_path": {"type": "path"},
    "source_certificate": {"type": "str"},
    "source_chain_path": {"type": "path"},
    "source_private_key_path": {"type": "path", "no_log": False},
    "source_private_key": {"type": "str", "no_log": True},
    "source_pkcs12_path": {"type": "path"},
    "source_passphrase": {"type": "str", "no_log": True},
    "source_passphrase_entry": {"type": "str", "no_log": False},
    "elasticsearch_keystore_path": {"type": "path", "no_log": False},
    "elasticsearch_keystore_password": {"type": "str", "no_log": True},
    "remote_source": {"type": "bool"},
}

ARGUMENTS: dict[str, Any] = {
    name: {**option, "default": _DEFAULTS.get(name)} for name, option in _IDENTITY_ARGUMENTS.items()
}
"""Every option of an identity with its default, for all modules that issue certificates."""

MODULE_ARGUMENTS: dict[str, Any] = {
    "argument_spec": {
        **ARGUMENTS,
        "identities": {
            "type": "list",
            "elements": "dict",
            "default": [],
            "options": {"name": {"type": "str"}, **_IDENTITY_ARGUMENTS},
        },
        "phase": {"type": "str", "choices": list(PHASES), "default": "inspect"},
        "exchange": {"type": "dict", "default": {}},
        "secrets": {"type": "dict", "default": {}, "no_log": True},
    },
}
"""What module and action accept."""

ALTERNATIVES = (
    ("subject", "common_name"),
    ("source_certificate_path", "source_certificate", "source_pkcs12_path"),
    ("source_private_key_path", "source_private_key", "source_pkcs12_path"),
    ("source_passphrase", "source_passphrase_entry"),
    ("ca_path", "ca_private_key"),
)
"""Options that exclude each other: what an identity gives of them replaces all that it would share."""

Options = dict[str, Any]
"""The options of one identity, with all defaults in place."""


def identities_of(params: Mapping[str, Any]) -> list[Options]:
    """The identities that the parameters of module or action ask for, each with all options."""
    shared = {name: params[name] for name in _IDENTITY_ARGUMENTS}
    return [_merged(shared, given) for given in params["identities"] or [{}]]


@contextlib.contextmanager
def about(name: str, names: Collection[str]) -> Iterator[None]:
    """Let errors of the block name the identity that they are about, where they name no file.

    :param names: those of all identities; nobody needs to be told the only one.
    """
    try:
        yield
    except StackTlsError as error:
        if not error.path and len(names) > 1:
            error.message = f"identity {name!r}: {error.message}"
        raise


def _merged(shared: Options, given: Mapping[str, Any]) -> Options:
    own = {name: value for name, value in given.items() if value is not None}
    replaced = {other for group in ALTERNATIVES if not own.keys().isdisjoint(group) for other in group}
    kept = {name: None if name in replaced else value for name, value in shared.items()}
    merged = {**kept, **own}
    primary = merged["certificate_path"] or merged["combined_path"] or merged["pkcs12_path"] or "certificate"
    return {"name": os.path.splitext(os.path.basename(primary))[0], **merged}
