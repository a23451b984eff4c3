# Copyright: Stack TLS contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The options of a certificate: which there are, and what they ask for. Module and action share them."""

from __future__ import annotations

import os
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from ._changes import FILE_ARGUMENTS
from ._errors import CertificateError, FileError
from ._pki._certificates import PROFILES, Specification, key_type_of_certificate, require_days
from ._pki._keys import KEY_TYPES, is_rsa
from ._pki._names import name_from_common_name, parse_name, print_name
from ._pki._sans import parse_alternative_names

if TYPE_CHECKING:
    from cryptography import x509

PHASES = ("inspect", "install", "discard")
CONSUMERS = ("generic", "elasticsearch", "kibana")

_LONGEST_BACKDATE = 10080
OUTPUTS = ("private_key_path", "certificate_path", "pkcs12_path", "ca_certificates_path")

MODULE_ARGUMENTS: dict[str, Any] = {
    "argument_spec": {
        **FILE_ARGUMENTS,
        "certificate_path": {"type": "path"},
        "private_key_path": {"type": "path", "no_log": False},
        "private_key_passphrase": {"type": "str", "no_log": True},
        "ca_certificates_path": {"type": "path"},
        "pkcs12_path": {"type": "path"},
        "pkcs12_password": {"type": "str", "no_log": True},
        "pkcs12_friendly_name": {"type": "str", "default": "certificate"},
        "certificate_mode": {"type": "raw"},
        "kind": {"type": "str", "choices": ["certificate", "client_certificate"], "default": "certificate"},
        "ca_certificates_kind": {"type": "str", "choices": ["trust", "realm_trust"], "default": "trust"},
        "subject": {"type": "str"},
        "common_name": {"type": "str"},
        "subject_alt_names": {"type": "list", "elements": "str", "default": []},
        "profile": {"type": "str", "choices": list(PROFILES), "default": "server"},
        "key_type": {"type": "str", "choices": list(KEY_TYPES), "default": "ec-p256", "no_log": False},
        "consumer": {"type": "str", "choices": list(CONSUMERS), "default": "generic"},
        "validity_days": {"type": "int", "default": 397},
        "renew_at_days_left": {"type": "int"},
        "backdate_minutes": {"type": "int", "default": 60},
        "force": {"type": "bool", "default": False},
        "ca_path": {"type": "path", "required": True},
        "ca_passphrase": {"type": "str", "no_log": True},
        "phase": {"type": "str", "choices": list(PHASES), "default": "inspect"},
        "ca_certificates": {"type": "str", "default": ""},
        "issued_certificate": {"type": "str"},
    },
    "mutually_exclusive": [("subject", "common_name")],
    "required_one_of": [("subject", "common_name"), ("certificate_path", "pkcs12_path")],
    "required_together": [("certificate_path", "private_key_path")],
    "required_by": {"private_key_passphrase": ["private_key_path"], "pkcs12_password": ["pkcs12_path"]},
}
"""What module and action accept."""


def specification_of(params: dict[str, Any]) -> Specification:
    """What the certificate should say, according to the parameters of the module.

    :raises CertificateError: where that is impossible, or its consumer could not use it.
    """
    _check_dates(params)
    _check_consumer(params)
    common_name = params["common_name"]
    subject = parse_name(params["subject"]) if common_name is None else name_from_common_name(common_name)
    names = parse_alternative_names(params["subject_alt_names"])
    if params["profile"] != "client" and not names:
        raise CertificateError(
            f"the server certificate {print_name(subject)!r} has no subject_alt_names.",
            hint="Clients look for the host name there, not in the subject.",
        )
    return Specification(subject, names, params["profile"], params["key_type"])


def check_paths(params: dict[str, Any]) -> None:
    """Check the paths on the host.

    :raises FileError: where one is not absolute, or two are the same file.
    """
    paths = {name: params[name] for name in OUTPUTS if params[name] is not None}
    for name, path in paths.items():
        if not os.path.isabs(path):
            raise FileError(f"{name} must be an absolute path.", path=path)
        if sum(os.path.realpath(path) == os.path.realpath(other) for other in paths.values()) > 1:
            raise FileError(f"{name} and another option name the same file.", path=path)


def check_authorities(params: dict[str, Any], authorities: Iterable[x509.Certificate]) -> None:
    """Refuse authorities whose certificates the consumer is known not to read.

    :raises CertificateError: where Kibana would find no certificate in its PKCS#12 file.
    """
    if not _is_container_of_kibana(params):
        return
    for authority in authorities:
        key_type = key_type_of_certificate(authority)
        if not is_rsa(key_type):
            raise CertificateError(
                f"Kibana finds no certificate in a PKCS#12 file that the authority {print_name(authority.subject)!r} "
                f"with its key {key_type} signed: its library node-forge knows RSA signatures only.",
                hint="Use PEM files (private_key_path and certificate_path), or an authority with an RSA key.",
            )


def _is_container_of_kibana(params: dict[str, Any]) -> bool:
    return params["consumer"] == "kibana" and bool(params["pkcs12_path"])


def _check_dates(params: dict[str, Any]) -> None:
    days, renew_at = params["validity_days"], params["renew_at_days_left"]
    require_days(days)
    if not 0 <= params["backdate_minutes"] <= _LONGEST_BACKDATE:
        raise CertificateError(f"backdate_minutes must be 0 to {_LONGEST_BACKDATE}.")
    if renew_at is not None and not 0 <= renew_at < days:
        raise CertificateError(
            f"renew_at_days_left is {renew_at} and validity_days {days}: each run would issue a new certificate.",
            hint="Let renew_at_days_left be the smaller one.",
        )


def _check_consumer(params: dict[str, Any]) -> None:
    """Refuse what the consumer is known not to read, before it does not start."""
    consumer, key_type = params["consumer"], params["key_type"]
    in_container = _is_container_of_kibana(params)
    if in_container and not is_rsa(key_type):
        raise CertificateError(
            f"Kibana cannot read the key {key_type} from a PKCS#12 file: its library node-forge knows RSA keys only.",
            hint="Use PEM files (private_key_path and certificate_path), or key_type rsa-3072.",
        )
    if in_container and not (params["pkcs12_password"] or "").isascii():
        raise CertificateError(
            "Kibana cannot open a PKCS#12 file whose password is not ASCII: node-forge derives another key.",
            hint="Use an ASCII pkcs12_password, or PEM files.",
        )
    if consumer == "elasticsearch" and params["private_key_path"] and key_type == "ed25519":
        raise CertificateError(
            "Elasticsearch reads no Ed25519 private key from a PEM file.", hint="Use an EC or RSA key."
        )
