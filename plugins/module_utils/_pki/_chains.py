# Copyright: Stack TLS contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Chains of certificates, from one up to its root."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from .._errors import CertificateError
from ._certificates import is_issued_by, is_self_signed
from ._names import print_name

if TYPE_CHECKING:
    from cryptography import x509


def chain_to_root(certificate: x509.Certificate, pool: Sequence[x509.Certificate]) -> list[x509.Certificate]:
    """The certificate, its issuer, and so on up to a root, out of the pool.

    :raises CertificateError: where an issuer is missing.
    """
    chain = known_chain(certificate, pool)
    if not is_self_signed(chain[-1]):
        raise CertificateError(
            f"the issuer of {print_name(chain[-1].subject)!r}, {print_name(chain[-1].issuer)!r}, is missing.",
            hint="Give the chain up to its self-signed root.",
        )
    return chain


def known_chain(certificate: x509.Certificate, pool: Sequence[x509.Certificate]) -> list[x509.Certificate]:
    """The certificate, its issuer, and so on as far as the pool goes, which need not be up to a root."""
    chain = [certificate]
    while not is_self_signed(chain[-1]):
        issuers = [candidate for candidate in pool if is_issued_by(chain[-1], candidate) and candidate not in chain]
        if not issuers:
            break
        chain.append(issuers[0])
    return chain
