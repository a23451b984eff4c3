# Copyright: Stack TLS contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Certificate authorities: how they are made, what makes them good for signing, and how they form a chain."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from .._errors import CertificateError
from ._certificates import (
    Lifetime,
    certificate_builder,
    extension_of,
    hash_for,
    is_issued_by,
    is_self_signed,
    key_usage,
    require_valid,
)
from ._keys import as_public_key
from ._names import print_name

with contextlib.suppress(ImportError):  # reported by _module.require_cryptography
    from cryptography import x509

if TYPE_CHECKING:
    from ._keys import PrivateKey


def make_authority(subject: x509.Name, key: PrivateKey, lifetime: Lifetime) -> x509.Certificate:
    """The self-signed certificate of a new root."""
    builder = (
        certificate_builder(subject, subject, as_public_key(key.public_key()), lifetime)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .add_extension(key_usage("key_cert_sign", "crl_sign"), critical=True)
    )
    return builder.sign(key, hash_for(key))


def chain_to_root(certificate: x509.Certificate, pool: Sequence[x509.Certificate]) -> list[x509.Certificate]:
    """The certificate, its issuer, and so on up to a root, out of the pool.

    :raises CertificateError: where an issuer is missing.
    """
    chain = [certificate]
    while not is_self_signed(chain[-1]):
        issuers = [candidate for candidate in pool if is_issued_by(chain[-1], candidate) and candidate not in chain]
        if not issuers:
            raise CertificateError(
                f"the issuer of {print_name(chain[-1].subject)!r}, {print_name(chain[-1].issuer)!r}, is missing.",
                hint="Give the chain up to its self-signed root.",
            )
        chain.append(issuers[0])
    return chain


def intermediates_of(authorities: Sequence[x509.Certificate]) -> list[x509.Certificate]:
    """The authorities between a certificate of the first one and its root: what a peer must be sent."""
    return [authority for authority in chain_to_root(authorities[0], authorities) if not is_self_signed(authority)]


def require_authority(certificate: x509.Certificate, now: datetime) -> None:
    """Check that certificates signed with it are worth something.

    :raises CertificateError: where it is no authority, or not valid now.
    """
    name = print_name(certificate.subject)
    constraints = extension_of(certificate, x509.BasicConstraints)
    usage = extension_of(certificate, x509.KeyUsage)
    hint = "Give the certificate of a certificate authority."
    if constraints is None or not constraints.ca:
        raise CertificateError(f"the certificate {name!r} is not one of an authority (CA is not true).", hint=hint)
    if usage is not None and not usage.key_cert_sign:
        raise CertificateError(f"the certificate {name!r} may not sign others (no keyCertSign).", hint=hint)
    require_valid(certificate, now)


def require_authorities(chain: Iterable[x509.Certificate], now: datetime) -> None:
    """Check that each certificate of a chain may sign, and is valid.

    :raises CertificateError: where one is not.
    """
    for certificate in chain:
        require_authority(certificate, now)
