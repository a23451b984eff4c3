# Copyright: Stack TLS contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""All that a certificate says, in words."""

from __future__ import annotations

import contextlib
from datetime import datetime
from typing import Any

from ._certificates import describe, extension_of, is_self_signed

with contextlib.suppress(ImportError):  # reported by _module.require_cryptography
    from cryptography import x509
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives import hashes

_KEY_USAGES = {
    "digital_signature": "digitalSignature",
    "content_commitment": "contentCommitment",
    "key_encipherment": "keyEncipherment",
    "data_encipherment": "dataEncipherment",
    "key_agreement": "keyAgreement",
    "key_cert_sign": "keyCertSign",
    "crl_sign": "cRLSign",
}
_KEY_AGREEMENT_USAGES = {"encipher_only": "encipherOnly", "decipher_only": "decipherOnly"}
_EXTENDED_KEY_USAGES = {
    "1.3.6.1.5.5.7.3.1": "serverAuth",
    "1.3.6.1.5.5.7.3.2": "clientAuth",
    "1.3.6.1.5.5.7.3.3": "codeSigning",
    "1.3.6.1.5.5.7.3.4": "emailProtection",
    "1.3.6.1.5.5.7.3.8": "timeStamping",
    "1.3.6.1.5.5.7.3.9": "OCSPSigning",
    "2.5.29.37.0": "anyExtendedKeyUsage",
}
"""Names of RFC 5280, section 4.2.1.12."""


def describe_fully(certificate: x509.Certificate, now: datetime) -> dict[str, Any]:
    """What :func:`._certificates.describe` tells, and its constraints and usages."""
    constraints = extension_of(certificate, x509.BasicConstraints)
    return {
        **describe(certificate, now),
        "fingerprint_sha1": certificate.fingerprint(hashes.SHA1()).hex(),  # noqa: S303 (tools still print it)
        "signature_hash": _signature_hash(certificate),
        "self_signed": is_self_signed(certificate),
        "ca": constraints is not None and constraints.ca,
        "path_length": None if constraints is None else constraints.path_length,
        "key_usages": _key_usages(certificate),
        "extended_key_usages": _extended_key_usages(certificate),
    }


def _signature_hash(certificate: x509.Certificate) -> str | None:
    """The hash that was signed, such as ``sha256``; ``None`` where the signature has one of its own, as Ed25519."""
    try:
        algorithm = certificate.signature_hash_algorithm
    except UnsupportedAlgorithm:
        return None
    return algorithm.name if algorithm else None


def is_authority(certificate: x509.Certificate) -> bool:
    """Whether the certificate says of itself that it is one of an authority."""
    constraints = extension_of(certificate, x509.BasicConstraints)
    return constraints is not None and constraints.ca


def _key_usages(certificate: x509.Certificate) -> list[str]:
    usage = extension_of(certificate, x509.KeyUsage)
    if usage is None:
        return []
    # Those two exist only together with key agreement; reading them otherwise is an error.
    known = {**_KEY_USAGES, **_KEY_AGREEMENT_USAGES} if usage.key_agreement else _KEY_USAGES
    return [words for name, words in known.items() if getattr(usage, name)]


def _extended_key_usages(certificate: x509.Certificate) -> list[str]:
    usages = extension_of(certificate, x509.ExtendedKeyUsage)
    identifiers = [] if usages is None else [usage.dotted_string for usage in usages]
    return [_EXTENDED_KEY_USAGES.get(identifier, identifier) for identifier in identifiers]
