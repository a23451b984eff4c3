# Copyright: Stack TLS contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The options of a Secret with a certificate, as module and action accept them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible.module_utils.common.validation import (
    check_mutually_exclusive,
    check_required_by,
    check_required_if,
)

from ._certificate_arguments import ALTERNATIVES, ARGUMENTS, PHASES, Options
from ._certificate_options import specification_of
from ._eck._secret import AUTHORITY, CERTIFICATE, KINDS, Form
from ._errors import CertificateError, StackTlsError
from ._kubernetes import CONNECTION_ARGUMENTS
from ._pki._certificates import Specification

_SIGNERS = ("authority", "command", "csr_only", "self_signed", "brought")
_KEY_TYPES = ("ec-p256", "ec-p384", "ec-p521", "rsa-2048", "rsa-3072", "rsa-4096")
_PROFILES = ("server", "client", "both")
_LIFETIMES = {CERTIFICATE: "+397d", AUTHORITY: "+3650d"}

_TAKEN = (
    "subject",
    "common_name",
    "subject_alt_names",
    "not_before",
    "renew_before",
    "force",
    "ca_path",
    "ca_host",
    "ca_private_key",
    "ca_passphrase",
    "issuer_certificates",
    "signer_command",
    "signer_environment",
    "signer_timeout",
    "requests_path",
    "source_certificate_path",
    "source_certificate",
    "source_chain_path",
    "source_private_key_path",
    "source_private_key",
    "source_pkcs12_path",
    "source_passphrase",
    "remote_source",
)
"""Options that mean what they do for the module ``certificate``."""

_OWN: dict[str, Any] = {
    "name": {"type": "str", "required": True},
    "namespace": {"type": "str", "default": "default"},
    "labels": {"type": "dict", "default": {}},
    "kind": {"type": "str", "choices": list(KINDS), "default": CERTIFICATE},
    "replace": {"type": "bool", "default": False},
    "public_authority": {"type": "bool", "default": False},
    "profile": {"type": "str", "choices": list(_PROFILES), "default": "server"},
    "key_type": {"type": "str", "choices": list(_KEY_TYPES), "default": "ec-p256", "no_log": False},
    "not_after": {"type": "str"},
    "signer": {"type": "str", "choices": list(_SIGNERS), "default": "authority"},
}

OPTIONS = (*_OWN, *_TAKEN)

MODULE_ARGUMENTS: dict[str, Any] = {
    "argument_spec": {
        **CONNECTION_ARGUMENTS,
        **_OWN,
        **{name: ARGUMENTS[name] for name in _TAKEN},
        "phase": {"type": "str", "choices": list(PHASES), "default": "inspect"},
        "exchange": {"type": "dict", "default": {}},
        "secrets": {"type": "dict", "default": {}, "no_log": True},
    },
}
"""What module and action accept."""

_BY = {"ca_host": ["ca_path"], "ca_private_key": ["issuer_certificates"]}
_NAMED = ("subject", "common_name")
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


def options_of(params: Mapping[str, Any]) -> Options:
    """The options of the certificate, with all defaults, out of the parameters of module or action."""
    options = {name: params[name] for name in OPTIONS}
    return {**options, "not_after": options["not_after"] or _LIFETIMES[options["kind"]]}


def check_options(options: Options) -> None:
    """Check, on the controller, what can be told before a host is asked.

    :raises StackTlsError: where options do not go together.
    """
    present = {name: value for name, value in options.items() if value is not None}
    try:
        for alternatives in ALTERNATIVES:
            check_mutually_exclusive([[name for name in alternatives if name in OPTIONS]], present)
        check_required_by(_BY, present)
        check_required_if(_IF, present)
    except TypeError as error:
        raise CertificateError(f"{error}.") from None
    _check_authority(options)


def form_of(options: Options) -> Form:
    """What the Secret is for."""
    return Form(options["kind"], options["profile"] == "client", options["public_authority"])


def wanted_of(options: Options) -> Specification:
    """What the certificate should say.

    :raises CertificateError: where a name cannot be one.
    """
    if options["kind"] == AUTHORITY:
        # Names and purposes are those of the certificates below it.
        return specification_of({**options, "subject_alt_names": [], "profile": "client"})
    return specification_of(options)


def _check_authority(options: Options) -> None:
    if options["kind"] == AUTHORITY and options["signer"] not in ("self_signed", "brought"):
        raise StackTlsError(
            f"an authority for the operator cannot come from signer={options['signer']}.",
            hint="Use signer=self_signed, or make one with the module certificate_authority and bring it.",
        )
    if options["kind"] == AUTHORITY and options["profile"] != "server":
        raise StackTlsError("an authority has no profile: leave it out.")
    if options["public_authority"] and options["signer"] not in ("brought", "command", "csr_only"):
        raise StackTlsError(f"no client knows the root of signer={options['signer']}: leave public_authority out.")
