# Copyright: Stack TLS contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The authority above an intermediate one: the folder whose key signs its certificate."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from ._authority_store import AuthorityStore
from ._errors import CertificateError
from ._pki._authorities import authority_violations, require_allowed
from ._pki._certificates import Authority, is_issued_by
from ._pki._names import print_name

if TYPE_CHECKING:
    from cryptography import x509

    from ._certificate_authority_options import Wish


@dataclass(frozen=True)
class Issuer:
    """An authority that may sign the wished one.

    :param chain: its certificate, then those above it up to the root.
    """

    store: AuthorityStore
    chain: Sequence[x509.Certificate]
    authority: Authority


def open_issuer(params: dict[str, Any], wish: Wish, now: datetime, *, check_mode: bool) -> Issuer | None:
    """The authority that signs the new one; nothing where that is to be a root.

    In check mode it may be missing: an earlier task would make it.

    :raises StackTlsError: where it cannot be used, or may not sign such an authority.
    """
    store = _store_of(params)
    if store is None or (check_mode and len(store.missing_parts()) == 2):
        return None
    store.exists()  # waits for a process that is just making it
    chain = store.certificates(now)
    require_allowed(authority_violations(chain, wish.subject, wish.restrictions))
    return Issuer(store, chain, store.authority(chain[0], params["issuer_passphrase"]))


def renewed_chain(params: dict[str, Any], present: list[x509.Certificate], now: datetime) -> list[x509.Certificate]:
    """The present certificates, with those of the issuer as they are now, while its folder is there."""
    above = _certificates_above(params, now)
    return [present[0], *above] if above and is_issued_by(present[0], above[0]) else present


def other_issuer(params: dict[str, Any], certificate: x509.Certificate, now: datetime) -> list[str]:
    """Whether the present authority is not one of the wished issuer: the part of a sentence, or nothing."""
    above = _certificates_above(params, now)
    if not above or is_issued_by(certificate, above[0]):
        return []
    return [f"its issuer is {print_name(certificate.issuer)}, not that in {params['issuer_path']}"]


def _certificates_above(params: dict[str, Any], now: datetime) -> list[x509.Certificate]:
    """None where the folder was taken away since, which is what a careful owner of a root does."""
    store = _store_of(params)
    return store.certificates(now) if store and store.exists() else []


def _store_of(params: dict[str, Any]) -> AuthorityStore | None:
    if not params["issuer_path"]:
        return None
    if os.path.realpath(params["issuer_path"]) == os.path.realpath(params["path"]):
        raise CertificateError(f"issuer_path and path are both {params['path']}.", hint="A root has no issuer_path.")
    return AuthorityStore(params["issuer_path"])
