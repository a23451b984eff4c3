# Copyright: Stack TLS contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One identity on the host that uses it, in two phases around the signature of its issuer.

``inspect`` compares the files with what is wanted. Where nothing has to be issued it brings chain, container, owner
and mode up to date and is done; otherwise it stages a new key and returns a signing request. ``install`` puts key,
certificate, authorities and container in place together. ``discard`` removes the staged key where no signature came.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

from ._certificate_consumers import check_authorities, check_consumer
from ._certificate_files import CertificateFiles, Present
from ._certificate_folders import make_folders
from ._certificate_options import (
    lifetime_of,
    margin_of,
    specification_of,
)
from ._certificate_record import Steady
from ._certificate_results import completed, result_of
from ._certificate_sources import read_source
from ._certificate_staging import StagedKey
from ._changes import Replacement
from ._errors import CertificateError
from ._io import require_file
from ._pkcs12_sources import Passwords
from ._pki._certificates import (
    Identity,
    Lifetime,
    Specification,
    describe,
    key_type_of_certificate,
    load_certificates,
    require_valid,
)
from ._pki._comparison import Wanted, reasons_to_reissue
from ._pki._issuers import Issuers
from ._pki._keys import (
    load_private_key,
)
from ._pki._names import print_name
from ._pki._requests import encode_request_text, make_request
from ._reason import Reason

if TYPE_CHECKING:
    from cryptography import x509

    from ._pki._keys import PrivateKey


@dataclass(frozen=True)
class Exchange:
    """What the controller sends for an identity, as PEM; empty where there is nothing.

    :param issuers: see :class:`._pki._issuers.Issuers`.
    :param trusted: authorities that the host trusts beside them.
    :param certificate: one that was signed, or brought, and the authorities above it.
    :param private_key: of a certificate that was brought.
    """

    issuers: str = ""
    trusted: str = ""
    certificate: str = ""
    private_key: str = field(default="", repr=False)


@dataclass(frozen=True)
class Outcome:
    """What came of an identity.

    :param due: files to be replaced.
    :param steady: what an inspection finds once they are.
    """

    result: dict[str, Any]
    due: tuple[Replacement, ...] = ()
    steady: Steady | None = None


class HostCertificate:
    """The certificate of one identity on this host."""

    def __init__(self, options: dict[str, Any], exchange: Exchange, now: datetime, *, check_mode: bool) -> None:
        self._options = options
        self._exchange = exchange
        self._check_mode = check_mode
        self._now = now
        self._signer = options["signer"]
        self._specification = specification_of(options)
        self._files = CertificateFiles(options, _certificates(exchange.trusted))
        self._issuers = Issuers(_certificates(exchange.issuers), exact=self._specification.exact)
        if self._specification.exact:
            check_authorities(options, self._issuers.certificates)
        self._staged = StagedKey(options)

    def inspect(self) -> Outcome:
        """Find out what is due; where a signature is needed, stage a key and ask for it."""
        if self._signer == "brought":
            return self._inspect_brought()
        present = self._files.read()
        reasons = self._reasons(present)
        if present.identity is not None and not reasons:
            self.discard()
            chain = self._issuers.kept_chain(present.identity.certificate, present.pool)
            return self._outcome(replace(present.identity, authorities=chain), present)
        staged = self._staged.reusable() if self._signer == "csr_only" else None
        if self._check_mode and self._signer == "csr_only" and staged is None:
            return Outcome({**self._finding(present, reasons), "changed": True, "waiting": True})
        if self._check_mode:
            request = {} if staged is None else {"request": self._request(staged)}
            return Outcome({**self._announcement(present, reasons).result, **request})
        if staged is None:
            make_folders(self._options)
            staged = self._staged.make()
        return Outcome({**self._finding(present, reasons), "request": self._request(staged)})

    def install(self) -> Outcome:
        """The new certificate, and all that goes with it, checked and ready to be put in place."""
        brought_key = self._exchange.private_key
        key = load_private_key(brought_key.encode(), None) if brought_key else self._staged.require()
        certificate, *authorities = load_certificates(self._exchange.certificate.encode())
        identity = Identity(key, certificate, self._issuers.chain_of(certificate, authorities))
        self._require_sound(identity)
        return self._outcome(identity, None)

    def discard(self) -> bool:
        """Remove the staged key; true where there was one."""
        return not self._check_mode and self._staged.remove()

    def _opened_options(self) -> dict[str, Any]:
        """The options with the passphrase of the source, which may be in the Elasticsearch keystore of this host."""
        options, entry = self._options, self._options["source_passphrase_entry"]
        if not entry:
            return options
        keystore = Passwords(options["elasticsearch_keystore_path"], options["elasticsearch_keystore_password"])
        return {**options, "source_passphrase": keystore.entry(entry).value}

    def _inspect_brought(self) -> Outcome:
        if self._options["remote_source"]:
            brought = read_source(self._opened_options(), require_file, self._issuers, self._now)
            key: PrivateKey | None = brought.key
            chain = [brought.certificate, *brought.authorities]
        else:
            key, chain = None, load_certificates(self._exchange.certificate.encode())
        check_consumer(self._options, key_type_of_certificate(chain[0]))
        present = self._files.read()
        reasons = [*present.reasons, *_brought_reasons(present, chain[0])]
        if present.identity is not None and not reasons:
            return self._outcome(Identity(present.identity.key, chain[0], tuple(chain[1:])), present)
        if key is not None:
            return self._outcome(Identity(key, chain[0], tuple(chain[1:])), None, self._finding(present, reasons))
        if self._check_mode:
            return self._announcement(present, reasons, chain)
        return Outcome({**self._finding(present, reasons), "key_wanted": True})

    def _reasons(self, present: Present) -> list[Reason]:
        reasons = list(present.reasons)
        if present.identity is not None:
            reasons += reasons_to_reissue(present.identity.certificate, present.pool, self._wanted(), self._now)
        if self._options["force"]:
            reasons.append(Reason("forced", "a new certificate was asked for"))
        return reasons

    def _wanted(self) -> Wanted:
        lifetime = lifetime_of(self._options, self._now)
        return Wanted(self._specification, self._issuers, margin_of(self._options), lifetime.not_after)

    def _request(self, key: PrivateKey) -> str:
        return encode_request_text(make_request(key, None if self._specification.exact else self._specification))

    def _require_sound(self, identity: Identity) -> None:
        """Check the new certificate before any file is touched."""
        if not identity.matches():
            raise CertificateError("the certificate is not one of the private key that was made for it.")
        require_valid(identity.certificate, self._now)
        check_authorities(self._options, identity.authorities)

    def _describe(self, present: Present) -> dict[str, Any]:
        held = present.identity
        certificate = held.certificate if held else self._files.present_certificate()
        return describe(certificate, self._now) if certificate else {}

    def _finding(self, present: Present, reasons: list[Reason]) -> dict[str, Any]:
        """What was found, before anything is issued."""
        return result_of(self._options, reasons, self._describe(present))

    def _outcome(self, identity: Identity, present: Present | None, finding: dict[str, Any] | None = None) -> Outcome:
        """The files that differ from what the identity asks for, which are to be written.

        :param present: what the files hold; ``None`` writes them all.
        :param finding: what was found before it.
        """
        due = self._files.replacements(identity, present)
        after = describe(identity.certificate, self._now)
        kinds = {replacement.kind for replacement in due if replacement.content is not None}
        result = result_of(self._options, [], after, due, kinds)
        steady = self._steady(identity, result_of(self._options, [], after))
        return Outcome(completed(result, finding) if finding else result, tuple(due), steady)

    def _steady(self, identity: Identity, result: dict[str, Any]) -> Steady:
        """That stands until the certificate is to be renewed, or an authority above it ends."""
        lifetime = Lifetime.of(identity.certificate)
        renewal = lifetime.not_after - margin_of(self._options).of(lifetime)
        ends = [Lifetime.of(authority).not_after for authority in identity.authorities]
        return Steady(result, min(renewal, *ends, lifetime.not_after), lifetime.not_after)

    def _announcement(
        self, present: Present, reasons: list[Reason], chain: list[x509.Certificate] | None = None
    ) -> Outcome:
        """The result of check mode where a certificate would be issued, or where one was brought."""
        self._files.require_folders()
        before = self._describe(present)
        after = describe(chain[0], self._now) if chain else _announced(self._specification)
        authorities = tuple(chain[1:]) if chain else self._issuers.certificates if self._issuers.exact else ()
        due, kinds = self._files.announced(authorities)
        return Outcome(result_of(self._options, reasons, before, due, kinds, after))


def _certificates(pem: str) -> tuple[x509.Certificate, ...]:
    return tuple(load_certificates(pem.encode())) if pem else ()


def _brought_reasons(present: Present, brought: x509.Certificate) -> list[Reason]:
    held = present.identity
    if held is None or held.certificate == brought:
        return []
    return [Reason("brought", "another certificate was brought", _serial(held.certificate), _serial(brought))]


def _serial(certificate: x509.Certificate) -> str:
    return f"{print_name(certificate.subject)}, serial number {certificate.serial_number:X}"


def _announced(specification: Specification) -> dict[str, Any]:
    return {
        "subject": print_name(specification.subject) if specification.subject else "",
        "subject_alt_names": [str(name) for name in specification.names],
        "key_type": specification.key_type,
        "profile": specification.profile,
    }
