# Copyright: Stack TLS contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who may issue a certificate: an authority that we sign with, or one that others run and that only answers."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from .._errors import CertificateError
from ._certificates import fingerprint, is_issued_by
from ._chains import chain_to_root
from ._names import print_name

if TYPE_CHECKING:
    from cryptography import x509


@dataclass(frozen=True)
class Issuers:
    """Who may issue a certificate.

    :param certificates: where ``exact``, the authority that signs, then those above it up to the root. Otherwise what
        is known of an authority that others run; where that is nothing, the chain that comes with its answer counts.
    :param exact: whether the first of the certificates is the one that signs.
    """

    certificates: tuple[x509.Certificate, ...]
    exact: bool

    @property
    def are_missing(self) -> bool:
        """Whether the authority that signs does not exist yet."""
        return self.exact and not self.certificates

    def chain_of(self, certificate: x509.Certificate, pool: Iterable[x509.Certificate]) -> tuple[x509.Certificate, ...]:
        """The authorities above a new certificate in their order, up to the root.

        :param pool: the certificates that came with it.
        :raises CertificateError: where one is missing, or the certificate was issued by somebody else.
        """
        objection = self._other_issuer(certificate) if self.exact else self._other_root(certificate, pool)
        if objection:
            raise CertificateError(f"{objection}.", hint="Give the authorities up to the self-signed root.")
        return self.certificates if self.exact else self._found(certificate, pool)

    def kept_chain(
        self, certificate: x509.Certificate, pool: Sequence[x509.Certificate]
    ) -> tuple[x509.Certificate, ...]:
        """The authorities above a present certificate; where they are not all known, those that lie beside it."""
        if self.exact:
            return self.certificates
        try:
            return self._found(certificate, pool)
        except CertificateError:
            return tuple(dict.fromkeys(pool))

    def objection_to(self, certificate: x509.Certificate, pool: Iterable[x509.Certificate]) -> str:
        """Why a present certificate is not one that they issued, empty where nothing speaks against it."""
        if self.exact:
            return self._other_issuer(certificate)
        return self._other_root(certificate, pool) if self.certificates else ""

    def _other_issuer(self, certificate: x509.Certificate) -> str:
        issuer = self.certificates[0]
        if is_issued_by(certificate, issuer):
            return ""
        found, wanted = print_name(certificate.issuer), print_name(issuer.subject)
        if found == wanted:
            return f"the certificate was issued by another authority of the name {wanted!r}"
        return f"the certificate was issued by {found!r} and should be by {wanted!r}"

    def _other_root(self, certificate: x509.Certificate, pool: Iterable[x509.Certificate]) -> str:
        try:
            chain = self._found(certificate, pool)
        except CertificateError as error:
            return error.message.rstrip(".")
        root = chain[-1] if chain else certificate
        known = {fingerprint(each) for each in self.certificates}
        if not known or fingerprint(root) in known:
            return ""
        return (
            f"the certificate leads to the root {print_name(root.subject)!r}, which is not one of issuer_certificates"
        )

    def _found(self, certificate: x509.Certificate, pool: Iterable[x509.Certificate]) -> tuple[x509.Certificate, ...]:
        return tuple(chain_to_root(certificate, [*self.certificates, *pool])[1:])
