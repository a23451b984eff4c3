# Copyright: Stack TLS contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What every signer is asked, and how the answer of one that others run is checked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, Protocol

from ansible_collections.stacktls.elastic.plugins.module_utils._certificate_options import (
    lifetime_of,
    margin_of,
    specification_of,
)
from ansible_collections.stacktls.elastic.plugins.module_utils._certificate_sources import certificate_of
from ansible_collections.stacktls.elastic.plugins.module_utils._errors import CertificateError, located
from ansible_collections.stacktls.elastic.plugins.module_utils._pki._certificates import load_certificates
from ansible_collections.stacktls.elastic.plugins.module_utils._pki._comparison import Wanted, reasons_to_reissue
from ansible_collections.stacktls.elastic.plugins.module_utils._pki._issuers import Issuers
from ansible_collections.stacktls.elastic.plugins.module_utils._pki._requests import proven_public_key

if TYPE_CHECKING:
    from cryptography import x509


@dataclass(frozen=True)
class Request:
    """What a managed host asks for.

    :param options: of the identity.
    :param pem: the certificate signing request.
    :param host: its name in the inventory.
    """

    options: dict[str, Any]
    pem: str
    host: str

    @property
    def name(self) -> str:
        """That of the identity."""
        return str(self.options["name"])


Issued = Mapping[str, "Sequence[x509.Certificate]"]
"""By the name of the identity: its new certificate, then the authorities above it. Who has to wait is not in it."""


class Signer(Protocol):
    """Somebody who answers requests."""

    def issuers(self, now: datetime) -> Issuers:
        """Who may have issued a certificate that is kept.

        :raises StackTlsError: where they are of no use.
        """

    def trusted(self) -> Sequence[x509.Certificate]:
        """Authorities that hosts trust beside the issuers.

        :raises StackTlsError: where they cannot be read.
        """

    def retired(self) -> Mapping[str, str]:
        """Distinguished names that nothing is signed for any more, and since when each.

        :raises StackTlsError: where they cannot be read.
        """

    def rehearse(self, identities: Sequence[dict[str, Any]], now: datetime) -> None:
        """Find out in check mode what would keep the certificates of these identities from being issued.

        :raises StackTlsError: where something would.
        """

    def sign(self, requests: Sequence[Request], now: datetime) -> Issued:
        """The certificates that were asked for.

        :raises StackTlsError: where one cannot be had.
        """


def known_issuers(options: dict[str, Any]) -> Issuers:
    """The authorities that the options name for a signer that others run.

    :raises CertificateError: where they cannot be read.
    """
    pem = options["issuer_certificates"]
    with located("issuer_certificates"):
        return Issuers(tuple(load_certificates(pem.encode())) if pem else (), exact=False)


def checked_answer(request: Request, answer: bytes, issuers: Issuers, now: datetime) -> list[x509.Certificate] | None:
    """The certificate in an answer and the authorities above it in their order; nothing where it is for another key.

    :raises CertificateError: where the answer cannot be used, or would be replaced by the next run.
    """
    pool, options = load_certificates(answer), request.options
    certificate = certificate_of(proven_public_key(request.pem.encode()), pool)
    if certificate is None:
        return None
    wanted = Wanted(specification_of(options), issuers, margin_of(options), lifetime_of(options, now).not_after)
    objections = [reason.text for reason in reasons_to_reissue(certificate, pool, wanted, now)]
    if objections:
        raise CertificateError(
            f"the certificate that was issued is not as asked for: {'; '.join(objections)}.",
            hint="Let the signer answer as asked, or ask for what it issues.",
        )
    return [certificate, *issuers.chain_of(certificate, pool)]
