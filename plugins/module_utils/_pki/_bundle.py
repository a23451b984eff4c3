# Copyright: Stack TLS contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Bundles of certificates in PEM form that say what is in them."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import TYPE_CHECKING

from ._certificates import Lifetime, encode_certificates, fingerprint
from ._dates import timestamp
from ._names import print_name

if TYPE_CHECKING:
    from cryptography import x509

_HYPHENS = re.compile(r"--+")


def distinct(certificates: Iterable[x509.Certificate]) -> tuple[x509.Certificate, ...]:
    """The certificates in their order, each once."""
    return tuple({fingerprint(certificate): certificate for certificate in certificates}.values())


def comment(certificate: x509.Certificate) -> str:
    """One line that says whom a certificate is of, until when it is valid, and its SHA-256 fingerprint."""
    subject = "".join(each if each.isprintable() else "?" for each in print_name(certificate.subject))
    # A name must not be able to begin a certificate of its own.
    subject = _HYPHENS.sub("-", subject)
    expiry = timestamp(Lifetime.of(certificate).not_after)
    return f"{subject}; expires {expiry}; SHA-256 {fingerprint(certificate)}"


def encode_bundle(certificates: Iterable[x509.Certificate]) -> bytes:
    """The certificates in PEM form, each once, with a comment line above it. Whatever reads PEM ignores that line."""
    return b"".join(
        f"# {comment(certificate)}\n".encode() + encode_certificates([certificate])
        for certificate in distinct(certificates)
    )
