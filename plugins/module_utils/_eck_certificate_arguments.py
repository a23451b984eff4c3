# Copyright: Stack TLS contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The options of a Secret with a certificate, as module and action accept them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ._certificate_arguments import Options
from ._certificate_options import specification_of
from ._eck._secret import AUTHORITY, CERTIFICATE, KINDS, Form
from ._errors import StackTlsError
from ._issuing_arguments import ISSUING_ARGUMENTS, PHASE_ARGUMENTS, check_issuing
from ._kubernetes import CONNECTION_ARGUMENTS
from ._pki._certificates import Specification

_SIGNERS = ("authority", "command", "csr_only", "self_signed", "brought")
_KEY_TYPES = ("ec-p256", "ec-p384", "ec-p521", "rsa-2048", "rsa-3072", "rsa-4096")
_PROFILES = ("server", "client", "both")
_LIFETIMES = {CERTIFICATE: "+397d", AUTHORITY: "+3650d"}

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

OPTIONS = (*_OWN, *ISSUING_ARGUMENTS)

MODULE_ARGUMENTS: dict[str, Any] = {
    "argument_spec": {
        **CONNECTION_ARGUMENTS,
        **_OWN,
        **ISSUING_ARGUMENTS,
        **PHASE_ARGUMENTS,
    },
}
"""What module and action accept."""


def options_of(params: Mapping[str, Any]) -> Options:
    """The options of the certificate, with all defaults, out of the parameters of module or action."""
    options = {name: params[name] for name in OPTIONS}
    return {**options, "not_after": options["not_after"] or _LIFETIMES[options["kind"]]}


def check_options(options: Options) -> None:
    """Check, on the controller, what can be told before a host is asked.

    :raises StackTlsError: where options do not go together.
    """
    check_issuing(options)
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
