# Copyright: Stack TLS contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A Secret with a certificate for ECK, in two phases around the signature of its issuer.

``inspect`` compares the Secret with what is wanted. Where nothing has to be issued it brings chain, form and labels up
to date and is done; where the key signs its own certificate, that is all, too. Otherwise it puts a new key into a
Secret beside it and returns a signing request. ``install`` writes the Secret as a whole and removes the other one.
``discard`` only removes that.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

from ._certificate import Exchange
from ._certificate_options import lifetime_of, margin_of
from ._certificate_sources import Reader, load_source
from ._eck._secret import Data, Present, chain_of, data_of, encode_key, read_data, require_usable
from ._eck._target import TargetSecret, pending_secret
from ._eck_certificate_arguments import form_of, options_of, wanted_of
from ._errors import CertificateError, StackTlsError, located
from ._io import require_file
from ._kubernetes import Cluster
from ._pki._authorities import make_authority, require_signing
from ._pki._certificates import (
    Identity,
    Specification,
    describe,
    is_self_signed,
    key_type_of_certificate,
    load_certificates,
    self_sign,
    serial_number,
)
from ._pki._comparison import Wanted, content_reasons, reasons_to_reissue
from ._pki._issuers import Issuers
from ._pki._keys import as_public_key, generate_private_key, key_type_of, load_private_key
from ._pki._names import print_name
from ._pki._requests import encode_request_text, make_request
from ._reason import Reason

if TYPE_CHECKING:
    from cryptography import x509

    from ._pki._keys import PrivateKey

_PENDING_KEY = "tls.key"
_OF_ITS_CERTIFICATES = ("names", "usages")
"""Reasons that speak of what an authority does not have itself."""


def manage_eck_certificate(
    params: dict[str, Any], cluster: Cluster, now: datetime, *, check_mode: bool
) -> dict[str, Any]:
    """The result of the module in one of its phases.

    :raises StackTlsError: where something is in the way; the Secret is then untouched.
    """
    secret = SecretCertificate(params, cluster, now, check_mode=check_mode)
    if params["phase"] == "discard":
        return {"changed": secret.discard()}
    return secret.install() if params["phase"] == "install" else secret.inspect()


def read_brought(options: dict[str, Any], read: Reader, now: datetime) -> Identity:
    """The identity that the options bring, checked, with the authorities above it in their order.

    :raises StackTlsError: where a file is missing, damaged or closed, or a consumer would refuse what they hold.
    """
    source, form = load_source(options, read), form_of(options)
    pool = (*source.pool, *_certificates(options["issuer_certificates"] or ""))
    with located(source.place):
        specification = wanted_of(options)
        objections = [reason.text for reason in _content(source.certificate, specification, options)]
        if objections:
            raise CertificateError(
                f"the certificate {print_name(source.certificate.subject)!r} is not as asked for: "
                f"{'; '.join(objections)}.",
                hint="Bring another one, or ask for what it says.",
            )
        authorities = () if form.is_authority else chain_of(source.certificate, pool, form)
        identity = Identity(source.key, source.certificate, authorities)
        require_usable(identity, form, now)
    return identity


class SecretCertificate:
    """The Secret that a task asks for."""

    def __init__(self, params: dict[str, Any], cluster: Cluster, now: datetime, *, check_mode: bool) -> None:
        self._options = options_of(params)
        self._exchange = Exchange(**params["exchange"], **params["secrets"])
        self._cluster, self._now, self._check_mode = cluster, now, check_mode
        self._form, self._signer = form_of(self._options), self._options["signer"]
        self._specification = replace(wanted_of(self._options), exact=self._signer in ("authority", "self_signed"))
        self._issuers = Issuers(_certificates(self._exchange.issuers), exact=self._signer == "authority")
        self._target = TargetSecret(cluster, self._options["name"], self._options["namespace"], self._options["labels"])

    def inspect(self) -> dict[str, Any]:
        """Find out what is due; where a signature is needed, put a new key aside and ask for it."""
        if self._signer == "brought":
            return self._inspect_brought()
        present = self._present()
        reasons = self._reasons(present)
        if present.identity is not None and not reasons:
            self.discard()
            return self._kept(present, present.identity)
        self._target.require_replaceable(replace=self._options["replace"])
        finding = self._result(reasons, present)
        if self._signer == "self_signed":
            return self._announced(finding) if self._check_mode else self._written(self._self_signed(), finding)
        staged = self._staged() if self._signer == "csr_only" else None
        if staged is None and not self._check_mode:
            staged = self._stage()
        request = {} if staged is None else {"request": self._request(staged)}
        is_waiting = self._check_mode and self._signer == "csr_only" and staged is None
        return {**(self._announced(finding) if self._check_mode else finding), **request, "waiting": is_waiting}

    def install(self) -> dict[str, Any]:
        """Write the Secret with the new certificate, once that was checked."""
        finding = self._result([], self._present())
        self._target.require_replaceable(replace=self._options["replace"])
        given = self._exchange.private_key
        key = load_private_key(given.encode(), None) if given else self._require_staged()
        certificate, *pool = load_certificates(self._exchange.certificate.encode())
        chain = self._issuers.chain_of(certificate, pool) if self._issuers.exact else tuple(pool)
        result = self._written(Identity(key, certificate, chain), finding)
        self.discard()
        return result

    def discard(self) -> bool:
        """Remove the key that was put aside; true where there was one."""
        return not self._check_mode and self._pending().remove()

    def _inspect_brought(self) -> dict[str, Any]:
        if self._options["remote_source"]:
            brought: Identity | None = read_brought(self._options, require_file, self._now)
            certificates = [brought.certificate, *brought.authorities] if brought else []
        else:
            brought, certificates = None, load_certificates(self._exchange.certificate.encode())
        present = self._present()
        reasons = [*present.reasons, *_brought_reasons(present, certificates[0])]
        if present.identity is not None and not reasons:
            return self._kept(present, Identity(present.identity.key, certificates[0], tuple(certificates[1:])))
        self._target.require_replaceable(replace=self._options["replace"])
        finding = self._result(reasons, present)
        if self._check_mode:
            return self._announced(finding, certificates[0])
        return {**finding, "key_wanted": True} if brought is None else self._written(brought, finding)

    def _present(self) -> Present:
        if not self._target.exists:
            return Present(reasons=(Reason("missing", f"there is no {self._target}"),))
        return read_data(self._target.data, self._form, str(self._target))

    def _reasons(self, present: Present) -> list[Reason]:
        reasons = list(present.reasons)
        if present.identity is not None:
            reasons += self._certificate_reasons(present.identity.certificate, present.pool)
        if self._options["force"]:
            reasons.append(Reason("forced", "a new certificate was asked for"))
        return reasons

    def _certificate_reasons(self, certificate: x509.Certificate, pool: Iterable[x509.Certificate]) -> list[Reason]:
        lifetime = lifetime_of(self._options, self._now)
        wanted = Wanted(self._specification, self._issuers, margin_of(self._options), lifetime.not_after)
        reasons = [
            reason
            for reason in reasons_to_reissue(certificate, pool, wanted, self._now)
            if not self._form.is_authority or reason.code not in _OF_ITS_CERTIFICATES
        ]
        if self._signer == "self_signed" and not is_self_signed(certificate):
            found = print_name(certificate.issuer)
            reasons.append(Reason("issuer", f"the certificate was issued by {found!r} and should be by itself", found))
        return [*reasons, *(_authority_reasons(certificate) if self._form.is_authority else [])]

    def _kept(self, present: Present, identity: Identity) -> dict[str, Any]:
        """The result where no certificate is issued; what is ours is brought into form."""
        if self._signer not in ("brought", "self_signed"):
            chain = self._issuers.kept_chain(identity.certificate, present.pool)
            identity = replace(identity, authorities=chain)
        result = self._result([], present)
        data = data_of(identity, self._form)
        if not self._target.is_ours and not self._options["replace"]:
            return result
        if not self._target.differs(data):
            return result
        self._target.require_replaceable(replace=self._options["replace"])
        return self._announced(result) if self._check_mode else self._written(identity, result)

    def _self_signed(self) -> Identity:
        key, lifetime = generate_private_key(self._options["key_type"]), lifetime_of(self._options, self._now)
        if not self._form.is_authority:
            return Identity(key, self_sign(self._specification, key, lifetime), ())
        subject = self._specification.subject
        if subject is None:
            raise StackTlsError("the authority has no subject.", hint="Set common_name or subject.")
        return Identity(key, make_authority(subject, key, lifetime), ())

    def _pending(self) -> TargetSecret:
        return pending_secret(self._cluster, self._options["name"], self._options["namespace"])

    def _stage(self) -> PrivateKey:
        key = generate_private_key(self._options["key_type"])
        self._pending().write({_PENDING_KEY: encode_key(key, self._form)}, "Opaque")
        return key

    def _staged(self) -> PrivateKey | None:
        """The key that was put aside, if it is such as would be made today."""
        content = self._pending().data.get(_PENDING_KEY)
        key = load_private_key(content, None) if content else None
        is_wanted = key is not None and key_type_of(as_public_key(key.public_key())) == self._options["key_type"]
        return key if is_wanted else None

    def _require_staged(self) -> PrivateKey:
        pending = self._pending()
        if not pending.exists:
            raise StackTlsError(f"the {pending} with the new private key is gone.", hint="Run the task again.")
        return load_private_key(pending.data[_PENDING_KEY], None, validate=False)

    def _request(self, key: PrivateKey) -> str:
        specification = None if self._signer == "authority" else self._specification
        return encode_request_text(make_request(key, specification))

    def _written(self, identity: Identity, finding: dict[str, Any]) -> dict[str, Any]:
        require_usable(identity, self._form, self._now)
        data = data_of(identity, self._form)
        secret_type = "kubernetes.io/tls" if self._form.is_client else "Opaque"
        self._target.write(data, secret_type)
        after = self._result([], read_data(data, self._form, str(self._target)))
        texts = [reason["text"] for reason in finding["reasons"]]
        shown = {**after["diff"]["after"], "reasons": texts}
        difference = {**after["diff"], "before": finding["diff"]["before"], "after": shown}
        return {**after, "changed": True, "reasons": finding["reasons"], "diff": difference}

    def _announced(self, finding: dict[str, Any], certificate: x509.Certificate | None = None) -> dict[str, Any]:
        """The result of check mode where the Secret would be written."""
        after = _shown(describe(certificate, self._now)) if certificate else _wished(self._specification)
        labels = {"labels": self._target.wanted_labels}
        shown = {**finding["diff"]["after"], **after, **labels}
        return {**finding, "changed": True, "diff": {**finding["diff"], "after": shown}}

    def _result(self, reasons: list[Reason], present: Present) -> dict[str, Any]:
        certificate = describe(present.certificate, self._now) if present.certificate else {}
        before = {**_shown(certificate), "labels": self._target.labels} if self._target.exists else {}
        return {
            "changed": False,
            "reasons": [asdict(reason) for reason in reasons],
            "certificate": certificate,
            "ca_certificates": _public(present.data),
            "secret": {
                "name": self._target.name,
                "namespace": self._target.namespace,
                "entries": sorted(present.data),
                "managed": self._target.is_ours,
            },
            "waiting": False,
            "diff": {
                "before": before,
                "after": before,
                "before_header": str(self._target),
                "after_header": str(self._target),
            },
        }


def _content(certificate: x509.Certificate, specification: Specification, options: dict[str, Any]) -> list[Reason]:
    if options["kind"] != "authority":
        return list(content_reasons(certificate, specification))
    found = content_reasons(certificate, specification)
    return [reason for reason in found if reason.code not in _OF_ITS_CERTIFICATES]


def _authority_reasons(certificate: x509.Certificate) -> list[Reason]:
    try:
        require_signing(certificate)
    except CertificateError as error:
        return [Reason("usages", error.message.rstrip("."), key_type_of_certificate(certificate))]
    return []


def _brought_reasons(present: Present, brought: x509.Certificate) -> list[Reason]:
    held = present.identity
    if held is None or held.certificate == brought:
        return []
    return [Reason("brought", "another certificate was brought", _serial(held.certificate), _serial(brought))]


def _serial(certificate: x509.Certificate) -> str:
    return f"{print_name(certificate.subject)}, serial number {serial_number(certificate)}"


def _certificates(pem: str) -> tuple[x509.Certificate, ...]:
    return tuple(load_certificates(pem.encode())) if pem else ()


def _public(data: Data) -> str:
    return data.get("ca.crt", b"").decode("utf-8", "replace")


def _wished(specification: Specification) -> dict[str, Any]:
    subject = {"subject": print_name(specification.subject)} if specification.subject else {}
    return {
        **subject,
        "subject_alt_names": [str(name) for name in specification.names],
        "key_type": specification.key_type,
    }


def _shown(description: dict[str, Any]) -> dict[str, Any]:
    """The description for a difference: without what changes every day."""
    return {name: value for name, value in description.items() if name != "days_left"}
