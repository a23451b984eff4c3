# Copyright: Stack TLS contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The certificate chain as Elastic Cloud Enterprise takes it: private key, certificate, intermediates, root.

What it asks for is in Elastic's "Manage security certificates", section "Before you begin"; which names a certificate
of the proxies needs, in "Enable custom endpoint aliases" and "Manage your Integrations Server".
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from ._errors import CertificateError
from ._pki._authorities import constraint_violations, require_allowed, require_authorities
from ._pki._certificates import (
    Lifetime,
    Specification,
    encode_certificates,
    is_self_signed,
    key_type_of_certificate,
    names_of,
    require_valid,
    serves,
)
from ._pki._chains import shortest_chain_to_root
from ._pki._keys import as_public_key, is_rsa, key_type_of
from ._pki._names import print_name
from ._pki._sans import AlternativeName, parse_alternative_name, uncovered

with contextlib.suppress(ImportError):  # reported by _module.require_cryptography
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import rsa

if TYPE_CHECKING:
    from ._pki._keys import PrivateKey

DOMAIN_SUBDOMAINS = ("apm", "fleet")
"""Below the domain of deployments: each with a wildcard of its own, where there are Integrations Servers."""

_SMALLEST_KEY = 2048


@dataclass(frozen=True)
class EceChain:
    """A private key and its certificates in their order, the one of the service first and the root last."""

    key: rsa.RSAPrivateKey
    certificates: tuple[x509.Certificate, ...]

    @property
    def root(self) -> x509.Certificate:
        """The certificate that clients trust."""
        return self.certificates[-1]

    def encode(self) -> bytes:
        """What is sent: secret, because it begins with the key.

        The key is PKCS#1 ("BEGIN RSA PRIVATE KEY"); PKCS#8 is answered with ``cert.invalid_cert_chain``.
        """
        key = self.key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.TraditionalOpenSSL, serialization.NoEncryption()
        )
        return key + encode_certificates(self.certificates)


def require_rsa(key: PrivateKey) -> rsa.RSAPrivateKey:
    """The key, where it is one that Elastic Cloud Enterprise takes.

    :raises CertificateError: where it is not.
    """
    found = key_type_of(as_public_key(key.public_key()))
    if not isinstance(key, rsa.RSAPrivateKey) or key.key_size < _SMALLEST_KEY:
        raise CertificateError(
            f"the private key is of the type {found}, and Elastic Cloud Enterprise takes RSA keys of {_SMALLEST_KEY}"
            " bits or more only.",
            hint="Have a certificate issued for an RSA key, such as one of the key_type rsa-3072.",
        )
    return key


def build_chain(
    key: rsa.RSAPrivateKey, certificate: x509.Certificate, pool: Sequence[x509.Certificate], now: datetime
) -> EceChain:
    """The chain from the certificate up to its root, checked.

    :param certificate: the one of the key.
    :param pool: certificates in any order, among them the authorities above it; the others are left out.
    :raises CertificateError: where an authority is missing, or a client or Elastic Cloud Enterprise would refuse it.
    """
    name = print_name(certificate.subject)
    if is_self_signed(certificate):
        raise CertificateError(
            f"the certificate {name!r} is self-signed, and Elastic Cloud Enterprise asks for the authority, too.",
            hint="Have it issued by a certificate authority.",
        )
    chain = _chain_of(certificate, pool, now)
    _check_service(certificate, now)
    require_authorities(chain[1:], now)
    _check_hashes(chain)
    specification = Specification(certificate.subject, names_of(certificate), "server", "")
    require_allowed(constraint_violations(chain[1:], specification))
    return EceChain(key, tuple(chain))


def _chain_of(certificate: x509.Certificate, pool: Sequence[x509.Certificate], now: datetime) -> list[x509.Certificate]:
    """The shortest one, of valid authorities where that can be."""
    with contextlib.suppress(CertificateError):
        return shortest_chain_to_root(certificate, [each for each in pool if _is_valid(each, now)])
    return shortest_chain_to_root(certificate, pool)


def _is_valid(certificate: x509.Certificate, now: datetime) -> bool:
    lifetime = Lifetime.of(certificate)
    return lifetime.not_before <= now < lifetime.not_after


def _check_service(certificate: x509.Certificate, now: datetime) -> None:
    name = print_name(certificate.subject)
    require_valid(certificate, now)
    if not serves(certificate, "server"):
        raise CertificateError(
            f"the certificate {name!r} is not one for servers.", hint="Have one issued for server authentication."
        )
    if not names_of(certificate):
        raise CertificateError(
            f"the certificate {name!r} has no subject alternative names.", hint="Clients look for the host name there."
        )


def _check_hashes(chain: Iterable[x509.Certificate]) -> None:
    """Version 3.5.0 and newer reject them; a self-signed root is not concerned."""
    for certificate in chain:
        if isinstance(certificate.signature_hash_algorithm, hashes.SHA1) and not is_self_signed(certificate):
            raise CertificateError(
                f"the certificate {print_name(certificate.subject)!r} is signed with SHA-1, which Elastic Cloud"
                " Enterprise rejects.",
                hint="Have it issued again with SHA-256.",
            )


def wildcards_of(domain: str, subdomains: Iterable[str]) -> list[str]:
    """The names that a certificate of the proxies needs: ``*.DOMAIN``, and ``*.SUBDOMAIN.DOMAIN`` for each.

    :param domain: below which deployments get their names, such as ``ece.example.com``.
    """
    base = domain.strip().rstrip(".")
    base = base[2:] if base.startswith("*.") else base
    return [f"*.{base}", *(f"*.{each}.{base}" for each in subdomains)]


def require_names(chain: EceChain, wanted: Iterable[str], why: str) -> None:
    """Check that a client finds these names in the certificate.

    :param why: what needs them, for the error.
    :raises CertificateError: where it does not, or one cannot be a name.
    """
    certificate = chain.certificates[0]
    missing = uncovered(list(_parsed(wanted)), names_of(certificate))
    if missing:
        found = ", ".join(str(name) for name in names_of(certificate))
        raise CertificateError(
            f"the certificate {print_name(certificate.subject)!r} lacks {', '.join(map(str, missing))}, which"
            f" {why}; it has {found}.",
            hint="Have one issued with these names, too.",
        )


def _parsed(names: Iterable[str]) -> Iterator[AlternativeName]:
    yield from dict.fromkeys(parse_alternative_name(name) for name in names)


def doubts(chain: EceChain) -> list[str]:
    """What may be refused although Elastic's documentation does not say so."""
    return [
        f"The authority {print_name(each.subject)!r} has a key of the type {key_type_of_certificate(each)}. Elastic"
        " documents authorities with RSA keys only; where Elastic Cloud Enterprise refuses the chain, use one of those."
        for each in chain.certificates[1:]
        if not is_rsa(key_type_of_certificate(each))
    ]
