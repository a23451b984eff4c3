# Copyright: Stack TLS contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Certificate authorities: how they are made, what makes them good for signing, and how they form a chain."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from .._errors import CertificateError
from ._certificates import (
    Authority,
    Lifetime,
    Specification,
    authority_key_identifier,
    certificate_builder,
    extension_of,
    hash_for,
    key_usage,
    require_valid,
)
from ._chains import chain_to_root
from ._keys import as_public_key
from ._name_constraints import names_in_subject, presented_names, print_subtree, violations
from ._names import print_name

with contextlib.suppress(ImportError):  # reported by _module.require_cryptography
    from cryptography import x509

if TYPE_CHECKING:
    from ._keys import PrivateKey


USAGES = {
    "keyCertSign": "key_cert_sign",
    "cRLSign": "crl_sign",
    "digitalSignature": "digital_signature",
    "nonRepudiation": "content_commitment",
    "keyEncipherment": "key_encipherment",
    "dataEncipherment": "data_encipherment",
    "keyAgreement": "key_agreement",
}
"""Key usages of an authority by their names in RFC 5280, section 4.2.1.3, and what ``cryptography`` calls them."""

DEFAULT_USAGES = ("keyCertSign", "cRLSign")


@dataclass(frozen=True)
class Restrictions:
    """What an authority may do, and for whom.

    :param path_length: how many authorities may follow below it; ``None`` is any number.
    :param permitted: subtrees within which names of their kind must lie; none is no constraint.
    :param excluded: subtrees in which no name may lie.
    :param usages: of :data:`USAGES`.
    """

    path_length: int | None = None
    permitted: tuple[x509.GeneralName, ...] = ()
    excluded: tuple[x509.GeneralName, ...] = ()
    usages: tuple[str, ...] = DEFAULT_USAGES

    @classmethod
    def of(cls, certificate: x509.Certificate) -> Restrictions:
        """Those of a present authority."""
        basic = extension_of(certificate, x509.BasicConstraints)
        names = extension_of(certificate, x509.NameConstraints)
        usage = extension_of(certificate, x509.KeyUsage)
        return cls(
            None if basic is None else basic.path_length,
            tuple(names.permitted_subtrees or ()) if names else (),
            tuple(names.excluded_subtrees or ()) if names else (),
            tuple(word for word, attribute in USAGES.items() if usage is None or getattr(usage, attribute)),
        )

    def describe(self) -> dict[str, Any]:
        """The same as plain values."""
        return {
            "path_length": self.path_length,
            "name_constraints_permitted": [print_subtree(tree) for tree in self.permitted],
            "name_constraints_excluded": [print_subtree(tree) for tree in self.excluded],
            "key_usage": [word for word in USAGES if word in self.usages],
        }


def make_authority(
    subject: x509.Name,
    key: PrivateKey,
    lifetime: Lifetime,
    restrictions: Restrictions | None = None,
    issuer: Authority | None = None,
) -> x509.Certificate:
    """The certificate of a new authority: of an intermediate where there is an issuer, otherwise a self-signed root."""
    wanted, signer = restrictions or Restrictions(), issuer.key if issuer else key
    above = issuer.certificate.subject if issuer else subject
    builder = (
        certificate_builder(subject, above, as_public_key(key.public_key()), lifetime)
        .add_extension(x509.BasicConstraints(ca=True, path_length=wanted.path_length), critical=True)
        .add_extension(key_usage(*(USAGES[word] for word in wanted.usages)), critical=True)
    )
    if issuer:
        builder = builder.add_extension(authority_key_identifier(issuer.certificate), critical=False)
    if wanted.permitted or wanted.excluded:
        constraints = x509.NameConstraints(wanted.permitted or None, wanted.excluded or None)
        builder = builder.add_extension(constraints, critical=True)
    return builder.sign(signer, hash_for(signer))


def require_authority(certificate: x509.Certificate, now: datetime) -> None:
    """Check that certificates signed with it are worth something.

    :raises CertificateError: where it is no authority, or not valid now.
    """
    require_signing(certificate)
    require_valid(certificate, now)


def require_signing(certificate: x509.Certificate) -> None:
    """Check that it is one of an authority, whatever its dates say.

    :raises CertificateError: where it is not.
    """
    name = print_name(certificate.subject)
    constraints = extension_of(certificate, x509.BasicConstraints)
    usage = extension_of(certificate, x509.KeyUsage)
    hint = "Give the certificate of a certificate authority."
    if constraints is None or not constraints.ca:
        raise CertificateError(f"the certificate {name!r} is not one of an authority (CA is not true).", hint=hint)
    if usage is not None and not usage.key_cert_sign:
        raise CertificateError(f"the certificate {name!r} may not sign others (no keyCertSign).", hint=hint)


def require_authorities(chain: Iterable[x509.Certificate], now: datetime) -> None:
    """Check that each certificate of a chain may sign, and is valid.

    :raises CertificateError: where one is not.
    """
    for certificate in chain:
        require_authority(certificate, now)


def lifetime_within(lifetime: Lifetime, chain: Iterable[x509.Certificate]) -> Lifetime:
    """The part of it that lies within the lifetimes of all authorities of the chain."""
    for authority in chain:
        lifetime = lifetime.within(Lifetime.of(authority))
    return lifetime


def constraint_violations(authorities: Sequence[x509.Certificate], specification: Specification) -> list[str]:
    """Why clients would refuse a certificate that the first of the authorities signs: a sentence for each reason.

    :param authorities: the one that signs, then those above it up to the root.
    :raises CertificateError: where one of them is missing.
    """
    chain = chain_to_root(authorities[0], authorities)
    presented = presented_names(specification.subject or x509.Name([]), specification.names)
    return [*_length_violations(chain, 0), *_name_violations(chain, presented)]


def authority_violations(
    authorities: Sequence[x509.Certificate], subject: x509.Name, restrictions: Restrictions
) -> list[str]:
    """Why an authority with this subject and these restrictions would be worth nothing below those authorities.

    :param authorities: the one that signs, then those above it up to the root.
    :raises CertificateError: where one of them is missing.
    """
    chain = chain_to_root(authorities[0], authorities)
    presented = [*names_in_subject(subject), *restrictions.permitted]
    return [*_length_violations(chain, 1 + (restrictions.path_length or 0)), *_name_violations(chain, presented)]


def require_allowed(found: Sequence[str]) -> None:
    """Refuse to sign where there are violations.

    :raises CertificateError: with all of them.
    """
    if found:
        raise CertificateError(
            f"clients would refuse this certificate: {' '.join(found)}",
            hint="Ask for other names, or use an authority that may sign these.",
        )


def _length_violations(chain: Sequence[x509.Certificate], below: int) -> Iterator[str]:
    """What is wrong with so many authorities below the chain; those with the name of their issuer do not count."""
    for authority in chain:
        limit = Restrictions.of(authority).path_length
        if limit is not None and below > limit:
            yield f"{print_name(authority.subject)!r} allows {limit} authorities below it, not {below}."
        below += authority.subject != authority.issuer


def _name_violations(chain: Sequence[x509.Certificate], presented: Sequence[x509.GeneralName]) -> Iterator[str]:
    for authority in chain:
        constraints = extension_of(authority, x509.NameConstraints)
        found = violations(constraints, presented) if constraints else ()
        yield from (f"{print_name(authority.subject)!r} {words}." for words in found)
