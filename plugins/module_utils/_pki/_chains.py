# Copyright: Stack TLS contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Chains of certificates, from one up to its root."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from .._errors import CertificateError
from ._certificates import fingerprint, is_issued_by, is_self_signed
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


def shortest_chain_to_root(certificate: x509.Certificate, pool: Sequence[x509.Certificate]) -> list[x509.Certificate]:
    """The same by the fewest authorities, whatever else the pool holds and in whatever order.

    An authority that several others signed leads to several roots, and some of the ways may have no end in the pool.

    :raises CertificateError: where no way leads to a root; it names the issuer that is missing on the longest one.
    """
    # One order for the same certificates: of two ways of one length it is always the same that is taken.
    candidates = sorted({fingerprint(each): each for each in pool}.items())
    ways, longest = [[certificate]], [certificate]
    while ways:
        complete = [way for way in ways if is_self_signed(way[-1])]
        if complete:
            return complete[0]
        longest = ways[0]
        ways = [
            [*way, each]
            for way in ways
            for _fingerprint, each in candidates
            if each not in way and is_issued_by(way[-1], each)
        ]
    return chain_to_root(certificate, longest)  # fails, and says what is missing
