# Copyright: Stack TLS contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Our own authority: in a folder of the controller, in variables, or in a folder of another host."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from ansible_collections.stacktls.elastic.plugins.module_utils._authority_store import AuthorityStore
from ansible_collections.stacktls.elastic.plugins.module_utils._certificate_options import lifetime_of, specification_of
from ansible_collections.stacktls.elastic.plugins.module_utils._errors import FileError
from ansible_collections.stacktls.elastic.plugins.module_utils._pki._certificates import load_certificates
from ansible_collections.stacktls.elastic.plugins.module_utils._pki._issuers import Issuers
from ansible_collections.stacktls.elastic.plugins.module_utils._signing import GivenAuthority, Order

from ._signer import Issued, Request

if TYPE_CHECKING:
    from cryptography import x509

_ORDERED = ("name", "subject", "common_name", "subject_alt_names", "profile", "key_type", "not_before", "not_after")
"""Options of an identity that its certificate depends on."""


class LocalAuthority:
    """An authority that the controller signs with.

    :param may_be_missing: as in check mode, where an earlier task would have made it.
    """

    def __init__(self, options: dict[str, Any], *, may_be_missing: bool) -> None:
        self._passphrase = options["ca_passphrase"]
        self._is_missing = False
        self._authority: AuthorityStore | GivenAuthority
        if options["ca_private_key"]:
            self._authority = GivenAuthority(options["issuer_certificates"], options["ca_private_key"])
        else:
            self._authority = AuthorityStore(options["ca_path"])
            self._is_missing = may_be_missing and not self._authority.exists()

    def issuers(self, now: datetime) -> Issuers:
        """The authority and those above it."""
        return Issuers(() if self._is_missing else tuple(self._authority.certificates(now)), exact=True)

    def trusted(self) -> Sequence[x509.Certificate]:
        """The authority that takes its place, or whose place it took, during a rotation."""
        return () if self._is_missing else self._authority.trusted()

    def retired(self) -> Mapping[str, str]:
        """Names of which a private key may be in other hands."""
        return {} if self._is_missing else self._authority.retired()

    def rehearse(self, identities: Sequence[dict[str, Any]], now: datetime) -> None:
        """Find out whether the private key opens, and whether the authority may sign such certificates."""
        if not self._is_missing:
            wanted = [specification_of(options) for options in identities]
            self._authority.rehearse(wanted, self._passphrase, now)

    def sign(self, requests: Sequence[Request], now: datetime) -> Issued:
        """The certificates, all with one look at the private key."""
        orders = [
            Order(
                specification_of(request.options), request.pem.encode(), lifetime_of(request.options, now), request.host
            )
            for request in requests
        ]
        issued = self._authority.issue(orders, self._passphrase, now)
        return {request.name: [certificate] for request, certificate in zip(requests, issued)}


class RemoteAuthority:
    """An authority in a folder of another host, which signs there: its private key does not travel.

    :param call: runs the module on that host with these arguments.
    """

    def __init__(
        self, options: dict[str, Any], call: Callable[[dict[str, Any]], dict[str, Any]], *, may_be_missing: bool
    ) -> None:
        self._call, self._host = call, options["ca_host"]
        self._path, self._passphrase = options["ca_path"], options["ca_passphrase"]
        self._known = options["issuer_certificates"]
        self._may_be_missing = may_be_missing

    def issuers(self, _now: datetime) -> Issuers:
        """The authority and those above it; it is asked only where the task does not give them."""
        pem = self._known or self._answer["ca_certificates"]
        if not pem and not self._may_be_missing:
            raise FileError(
                f"there is no certificate authority in this folder of {self._host}.",
                path=self._path,
                hint="Make or bring one with the module certificate_authority.",
            )
        return Issuers(tuple(load_certificates(pem.encode())) if pem else (), exact=True)

    def trusted(self) -> Sequence[x509.Certificate]:
        """The authority that takes its place, or whose place it took, unless the task gives the issuers."""
        pem = "" if self._known else self._answer["trusted_certificates"]
        return load_certificates(pem.encode()) if pem else ()

    def retired(self) -> Mapping[str, str]:
        """The same as of an authority here."""
        retired: dict[str, str] = {} if self._known else self._answer["retired_subjects"]
        return retired

    @functools.cached_property
    def _answer(self) -> dict[str, Any]:
        """What the host says of the authority, asked once."""
        return self._call({"ca_path": self._path})

    def rehearse(self, _identities: Sequence[dict[str, Any]], _now: datetime) -> None:
        """Left to the host, which is asked once where nothing is due."""

    def sign(self, requests: Sequence[Request], _now: datetime) -> Issued:
        """The certificates, in one round trip."""
        signed = self._call(
            {
                "ca_path": self._path,
                "ca_passphrase": self._passphrase,
                "host": requests[0].host,
                "requests": [{**_ordered(request.options), "request": request.pem} for request in requests],
            }
        )
        return {each["name"]: load_certificates(each["content"].encode()) for each in signed["certificates"]}


def _ordered(options: dict[str, Any]) -> dict[str, Any]:
    return {name: options[name] for name in _ORDERED if options[name] is not None}
