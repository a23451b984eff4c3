# Copyright: Stack TLS contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Secrets with a certificate or an authority, in the form that the ECK operator reads.

A certificate is in ``tls.crt`` and ``tls.key``, and the authorities that clients verify it with are in ``ca.crt``. An
authority that the operator issues with is in ``ca.crt`` and ``ca.key``, and nothing else may be beside it.
"""

from __future__ import annotations

import base64
import binascii
import contextlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING

from .._errors import CertificateError
from .._pki._authorities import require_authorities
from .._pki._certificates import (
    Identity,
    encode_certificates,
    is_self_signed,
    key_type_of_certificate,
    load_certificates,
    require_valid,
)
from .._pki._chains import chain_to_root, known_chain
from .._pki._comparison import Source, UnusableError, read_pem
from .._pki._keys import encode_private_key
from .._reason import Reason

with contextlib.suppress(ImportError):  # reported by _module.require_cryptography
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric import ec

if TYPE_CHECKING:
    from cryptography import x509

    from .._pki._keys import PrivateKey

CERTIFICATE, AUTHORITY = "certificate", "authority"
KINDS = (CERTIFICATE, AUTHORITY)

Data = dict[str, bytes]
"""What a Secret holds, decoded."""


@dataclass(frozen=True)
class Form:
    """What a Secret is for.

    :param kind: one of :data:`KINDS`.
    :param is_client: whether a resource presents the certificate to others, as a client.
    :param is_public: whether the root is one that clients know without being told, so that there is no ``ca.crt``.
    """

    kind: str = CERTIFICATE
    is_client: bool = False
    is_public: bool = False

    @property
    def is_authority(self) -> bool:
        """Whether the operator issues with it."""
        return self.kind == AUTHORITY

    @property
    def files(self) -> tuple[str, str]:
        """The entries with the certificate and with its private key."""
        return ("ca.crt", "ca.key") if self.is_authority else ("tls.crt", "tls.key")


@dataclass(frozen=True)
class Present:
    """What a Secret holds.

    :param pool: all authorities in it.
    :param reasons: why it is of no use.
    :param certificate: also where its key is of no use.
    """

    identity: Identity | None = None
    pool: tuple[x509.Certificate, ...] = ()
    reasons: tuple[Reason, ...] = ()
    certificate: x509.Certificate | None = None
    data: Data = field(default_factory=dict, repr=False)


def decode(data: Mapping[str, str] | None) -> Data:
    """The entries of a Secret as the API shows them.

    :raises CertificateError: where one is not base64, which the API itself does not let happen.
    """
    try:
        return {name: base64.b64decode(value or "", validate=True) for name, value in (data or {}).items()}
    except binascii.Error as error:
        raise CertificateError("the Secret is not in base64.") from error


def encode(data: Mapping[str, bytes]) -> dict[str, str]:
    """The entries of a Secret as the API wants them."""
    return {name: base64.b64encode(value).decode() for name, value in data.items()}


def read_data(data: Data, form: Form, place: str) -> Present:
    """What is in the entries of a Secret.

    :param place: the Secret, for the words of a reason.
    """
    certificate, key = (Source(f"{name} of {place}", data.get(name)) for name in form.files)
    pool = tuple(_certificates(data.get("ca.crt")))
    found = _certificates(data.get(form.files[0]))
    first = found[0] if found else None
    try:
        identity = read_pem(certificate, key, None)
    except UnusableError as error:
        return Present(None, pool, (error.reason,), first, data)
    reasons = tuple(_form_reasons(data, form, identity.key, place))
    return Present(identity, (*identity.authorities, *pool), reasons, first, data)


def data_of(identity: Identity, form: Form) -> Data:
    """The entries of a Secret with the identity, whose authorities are in order, up to the root where it is known."""
    certificate, key = form.files
    if form.is_authority:
        return {certificate: encode_certificates([identity.certificate]), key: encode_key(identity.key, form)}
    between = [each for each in identity.authorities if not is_self_signed(each)]
    data = {
        certificate: encode_certificates([identity.certificate, *between]),
        key: encode_key(identity.key, form),
    }
    if not form.is_public:
        # All of them: clients that are given ca.crt may know the root only, or not put up with an incomplete chain.
        data["ca.crt"] = encode_certificates(identity.authorities or [identity.certificate])
    return data


def encode_key(key: PrivateKey, form: Form) -> bytes:
    """The key as its reader wants it, never encrypted.

    The operator reads PKCS#8 of RSA keys only, and EC keys in the form of SEC 1 (``ParsePEMPrivateKey``). What clients
    present goes to the components of the stack, and all of those read PKCS#8.
    """
    if form.is_client or not isinstance(key, ec.EllipticCurvePrivateKey):
        return encode_private_key(key, None)
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.TraditionalOpenSSL, serialization.NoEncryption()
    )


def require_usable(identity: Identity, form: Form, now: datetime) -> None:
    """Check what no consumer would accept, before anything is applied.

    :raises CertificateError: where key and certificate do not belong together, one of the certificates is not valid
        now, an authority may not sign, or the chain has a gap.
    """
    if not identity.matches():
        raise CertificateError("the private key does not belong to the certificate.")
    if key_type_of_certificate(identity.certificate) in ("ed25519", "other"):
        raise CertificateError(
            "the key is neither RSA nor EC, and the ECK operator reads no others.", hint="Use another key_type."
        )
    for each in (identity.certificate, *identity.authorities):
        require_valid(each, now)
    if form.is_authority:
        require_authorities([identity.certificate], now)
        return
    chain_of(identity.certificate, identity.authorities, form)
    require_authorities(identity.authorities, now)


def chain_of(
    certificate: x509.Certificate, pool: tuple[x509.Certificate, ...], form: Form
) -> tuple[x509.Certificate, ...]:
    """The authorities above a certificate in their order.

    :raises CertificateError: where one is missing, and it is not the root of a public authority.
    """
    if form.is_public:
        return tuple(known_chain(certificate, pool)[1:])
    try:
        return tuple(chain_to_root(certificate, pool)[1:])
    except CertificateError as error:
        error.hint = (
            "ca.crt has to hold the root and every authority below it, or clients that are given it verify nothing. "
            "Add it, or set public_authority where clients know the root anyway."
        )
        raise


def _certificates(pem: bytes | None) -> list[x509.Certificate]:
    """What can be read; what is wrong with it is said elsewhere."""
    try:
        return load_certificates(pem or b"")
    except CertificateError:
        return []


def _form_reasons(data: Data, form: Form, key: PrivateKey, place: str) -> list[Reason]:
    """Why the operator would refuse what is otherwise sound."""
    reasons = []
    is_pkcs8 = b"BEGIN PRIVATE KEY" in data[form.files[1]]
    if is_pkcs8 and isinstance(key, ec.EllipticCurvePrivateKey) and not form.is_client:
        text = f"{form.files[1]} of {place} is an EC key in PKCS#8, and the ECK operator reads PKCS#8 of RSA keys only"
        reasons.append(Reason("key_form", text))
    refused = ("tls.crt", "tls.key") if form.is_authority else ("ca.key",)
    surplus = [name for name in refused if name in data]
    if surplus:
        reasons.append(
            Reason("surplus", f"{place} has {' and '.join(surplus)}, which the operator refuses beside the rest")
        )
    if form.is_authority and len(_certificates(data["ca.crt"])) > 1:
        reasons.append(
            Reason("surplus", f"ca.crt of {place} has more than one certificate, and the operator takes only one")
        )
    return reasons
