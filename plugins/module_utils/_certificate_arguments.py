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
from ._issuing_arguments import ISSUING_ALTERNATIVES, ISSUING_ARGUMENTS, PHASE_ARGUMENTS
from ._pki._kinds import ENCRYPTIONS, KEY_TYPES, PROFILES

CONSUMERS = ("generic", "elasticsearch", "kibana")
SIGNERS = ("authority", "command", "csr_only", "brought")
OUTPUTS = ("private_key_path", "certificate_path", "combined_path", "pkcs12_path", "ca_certificates_path")

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

ARGUMENTS: dict[str, Any] = {
    **FILE_ARGUMENTS,
    **ISSUING_ARGUMENTS,
    "certificate_path": {"type": "path"},
    "private_key_path": {"type": "path", "no_log": False},
    "private_key_passphrase": {"type": "str", "no_log": True},
    "combined_path": {"type": "path"},
    "ca_certificates_path": {"type": "path"},
    "trusted_certificates": {"type": "str"},
    "pkcs12_path": {"type": "path"},
    "pkcs12_password": {"type": "str", "no_log": True},
    "pkcs12_friendly_name": {"type": "str", "default": "certificate"},
    "pkcs12_encryption": {"type": "str", "choices": list(ENCRYPTIONS), "default": "aes-256"},
    "certificate_mode": {"type": "raw"},
    "kind": {"type": "str", "choices": ["certificate", "client_certificate"], "default": "certificate"},
    "ca_certificates_kind": {"type": "str", "choices": ["trust", "realm_trust"], "default": "trust"},
    "profile": {"type": "str", "choices": list(PROFILES), "default": "server"},
    "key_type": {"type": "str", "choices": list(KEY_TYPES), "default": "ec-p256", "no_log": False},
    "consumer": {"type": "str", "choices": list(CONSUMERS), "default": "generic"},
    "not_after": {"type": "str", "default": "+397d"},
    "folder_expected": {"type": "bool", "default": False},
    "signer": {"type": "str", "choices": list(SIGNERS), "default": "authority"},
    "source_passphrase_entry": {"type": "str", "no_log": False},
    "elasticsearch_keystore_path": {
        "type": "path",
        "no_log": False,
        "default": "/etc/elasticsearch/elasticsearch.keystore",
    },
    "elasticsearch_keystore_password": {"type": "str", "no_log": True},
}
"""Every option of an identity with its default."""

_IDENTITY_ARGUMENTS: dict[str, Any] = {
    name: {key: value for key, value in option.items() if key != "default"} for name, option in ARGUMENTS.items()
}

MODULE_ARGUMENTS: dict[str, Any] = {
    "argument_spec": {
        **ARGUMENTS,
        "identities": {
            "type": "list",
            "elements": "dict",
            "default": [],
            "options": {"name": {"type": "str"}, **_IDENTITY_ARGUMENTS},
        },
        **PHASE_ARGUMENTS,
    },
}
"""What module and action accept."""

ALTERNATIVES = (*ISSUING_ALTERNATIVES, ("source_passphrase", "source_passphrase_entry"))
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
