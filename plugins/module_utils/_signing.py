# Copyright: Stack TLS contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Signing with an authority of our own, wherever its parts come from."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from ._errors import CertificateError, located
from ._pki._authorities import constraint_violations, require_allowed, require_authorities
from ._pki._certificates import Authority, Identity, Lifetime, Specification, is_issued_by, issue, load_certificates
from ._pki._chains import chain_to_root
from ._pki._keys import PassphraseError, key_type_of, load_private_key
from ._pki._names import print_name
from ._pki._requests import proven_public_key

if TYPE_CHECKING:
    from cryptography import x509

    from ._pki._keys import PublicKey


@dataclass(frozen=True)
class Order:
    """What is asked of the authority.

    :param request: the signing request, of which only the public key is used.
    :param lifetime: cut where the authority itself does not live that long.
    :param host: for whom; a note in the ledger.
    """

    specification: Specification
    request: bytes
    lifetime: Lifetime
    host: str


class GivenAuthority:
    """A certificate authority whose parts come as text, out of a vault. It keeps no ledger.

    :param certificates: the certificate of the authority and those above it, as PEM.
    """

    def __init__(self, certificates: str, private_key: str) -> None:
        self._certificates = certificates.encode()
        self._private_key = private_key.encode()

    def certificates(self, now: datetime) -> list[x509.Certificate]:
        """The certificate of the authority and those above it, all good for signing.

        :raises StackTlsError: where they are not.
        """
        with located("issuer_certificates"):
            return good_chain(load_certificates(self._certificates), now)

    def trusted(self) -> list[x509.Certificate]:
        """Nobody beside it: what else is trusted would come with its certificates."""
        return []

    def retired(self) -> dict[str, str]:
        """No names: it keeps no state."""
        return {}

    def issue(self, orders: Sequence[Order], passphrase: str | None, now: datetime) -> list[x509.Certificate]:
        """Sign certificates.

        :raises StackTlsError: where a request or the authority is in the way; nothing is issued then.
        """
        return sign(orders, self.certificates(now), lambda certificate: self._authority(certificate, passphrase))

    def rehearse(self, specifications: Sequence[Specification], passphrase: str | None, now: datetime) -> None:
        """Find out, without signing, whether such certificates could be signed.

        :raises StackTlsError: where they could not.
        """
        rehearse(specifications, self.certificates(now), lambda certificate: self._authority(certificate, passphrase))

    def _authority(self, certificate: x509.Certificate, passphrase: str | None) -> Authority:
        with located("ca_private_key"):
            return opened(certificate, self._private_key, passphrase, "issuer_certificates")


def require_in_use(subject: x509.Name | None, retired: Mapping[str, str]) -> None:
    """Check that the subject is not one whose private key may be in other hands.

    :param retired: names that nothing is signed for any more, and since when each.
    :raises CertificateError: where it is.
    """
    name = "" if subject is None else print_name(subject)
    if name in retired:
        raise CertificateError(
            f"{name} was retired on {retired[name]}: somebody else may have a certificate of it, and "
            "Elasticsearch would let both in.",
            hint="Give it another subject, or let another authority take the place of this one (rotate_ca).",
        )


def sign(
    orders: Sequence[Order],
    authorities: Sequence[x509.Certificate],
    open_authority: Callable[[x509.Certificate], Authority],
) -> list[x509.Certificate]:
    """The certificates that were ordered.

    :param authorities: the one that signs, then those above it.
    :param open_authority: reads the private key, once and not before the orders were found good.
    :raises CertificateError: where a request is not what was ordered, or clients would refuse its certificate.
    """
    keys = [_certified_key(order) for order in orders]
    authority = rehearse([order.specification for order in orders], authorities, open_authority)
    return [_issued(order, key, authority) for order, key in zip(orders, keys)]


def rehearse(
    specifications: Sequence[Specification],
    authorities: Sequence[x509.Certificate],
    open_authority: Callable[[x509.Certificate], Authority],
) -> Authority:
    """All that comes before the signatures; returns the authority with its private key.

    :raises CertificateError: where clients would refuse one of the certificates, or the private key does not open.
    """
    for specification in specifications:
        require_allowed(constraint_violations(authorities, specification))
    return open_authority(authorities[0])


def _issued(order: Order, public_key: PublicKey, authority: Authority) -> x509.Certificate:
    certificate = issue(order.specification, public_key, authority, order.lifetime)
    if not is_issued_by(certificate, authority.certificate):
        raise CertificateError(
            "the private key of the authority is damaged: its signature does not fit its certificate.",
            hint="Put the key back from a backup.",
        )
    return certificate


def _certified_key(order: Order) -> PublicKey:
    public_key = proven_public_key(order.request)
    key_type, wanted = key_type_of(public_key), order.specification.key_type
    if wanted not in ("", key_type):
        raise CertificateError(f"the request of {order.host} is for a key {key_type}, not {wanted}.")
    return public_key


def opened(certificate: x509.Certificate, private_key: bytes, passphrase: str | None, source: str) -> Authority:
    """The authority with its private key.

    :param source: where the certificate comes from, for the words of an error.
    :raises CertificateError: where the passphrase does not open the key, or it is another certificate's.
    """
    try:
        key = load_private_key(private_key, passphrase, validate=False)
    except PassphraseError as error:
        error.hint = "Give the passphrase that this certificate authority was made with."
        raise
    if not Identity(key, certificate, ()).matches():
        raise CertificateError(f"is not the key of {source}.", hint="Give the two that belong together.")
    return Authority(certificate, key)


def good_chain(certificates: list[x509.Certificate], now: datetime) -> list[x509.Certificate]:
    """The certificates, where the first and all above it, up to its root, are good for signing.

    :raises CertificateError: where they are not.
    """
    require_authorities(chain_to_root(certificates[0], certificates), now)
    return certificates
