# Copyright: Stack TLS contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a file of certificates and keys holds, whatever its form: PEM, DER or PKCS#12."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

from .._errors import CertificateError
from . import _der
from ._certificates import Identity, load_certificates, require_readable
from ._description import is_authority
from ._keys import PassphraseError, as_private_key, is_encrypted, load_private_key
from ._pkcs12 import container_encryption, is_protected, open_container

with contextlib.suppress(ImportError):  # reported by _module.require_cryptography
    from cryptography import x509
    from cryptography.exceptions import UnsupportedAlgorithm

if TYPE_CHECKING:
    from ._keys import PrivateKey

    Opened = TypeVar("Opened")


@dataclass(frozen=True)
class Contents:
    """What was found.

    :param form: ``pem``, ``der`` or ``pkcs12``.
    :param friendly_names: of each certificate, empty where it has none; only PKCS#12 knows them.
    :param has_key: whether there is a private key, opened or not.
    :param encrypted: whether the private key, or the whole PKCS#12 file, is protected by a passphrase.
    :param locked: why it, or its private key, could not be opened; empty where it could.
    :param protection: how a PKCS#12 file is protected, see :func:`._pkcs12.container_encryption`.
    """

    form: str
    certificates: tuple[x509.Certificate, ...]
    friendly_names: tuple[str, ...] = ()
    key: PrivateKey | None = None
    has_key: bool = False
    encrypted: bool = False
    locked: str = ""
    protection: str | None = None

    @property
    def kind(self) -> str | None:
        """In one word what the file is for; ``None`` where nothing of it could be read."""
        if not self.has_key and not self.certificates:
            return None
        if self.has_key:
            return "identity" if self.certificates else "private_key"
        authorities = [is_authority(certificate) for certificate in self.certificates]
        if all(authorities):
            return "authorities"
        if len(authorities) == 1:
            return "certificate"
        return "chain" if all(authorities[1:]) else "certificates"


def read_contents(data: bytes, passphrases: Sequence[str]) -> Contents:
    """What the bytes hold.

    :param passphrases: each is tried on what is protected.
    :raises CertificateError: where the bytes are none of the forms, or damaged.
    """
    if b"-----BEGIN " in data:
        return _read_pem(data, passphrases)
    try:
        first = _der.elements(_der.single(data, _der.SEQUENCE).content)[:1]
    except CertificateError:
        first = []
    if not first:
        raise CertificateError("holds neither PEM nor a certificate nor PKCS#12, or is damaged.")
    # A container begins with its version, a certificate with what is signed.
    return _read_container(data, passphrases) if first[0].tag == _der.INTEGER else _read_der(data)


def is_key_of(key: PrivateKey, certificate: x509.Certificate) -> bool:
    """Whether the certificate is one of the key."""
    try:
        return Identity(key, certificate, ()).matches()
    except (CertificateError, UnsupportedAlgorithm, ValueError):  # a key of a kind that TLS has no use for
        return False


def _read_pem(data: bytes, passphrases: Sequence[str]) -> Contents:
    has_key = b"PRIVATE KEY-----" in data
    only_key = has_key and b"BEGIN CERTIFICATE-----" not in data
    certificates = () if only_key else tuple(load_certificates(data))
    if not has_key:
        return Contents("pem", certificates)
    encrypted = is_encrypted(data)
    try:
        key = _first_opened(lambda each: load_private_key(data, each), passphrases if encrypted else [None])
    except PassphraseError as error:
        return Contents("pem", certificates, has_key=True, encrypted=True, locked=error.message)
    return Contents("pem", certificates, key=key, has_key=True, encrypted=encrypted)


def _read_der(data: bytes) -> Contents:
    try:
        certificate = x509.load_der_x509_certificate(data)
    except (ValueError, x509.InvalidVersion) as error:
        raise CertificateError("holds a damaged certificate.") from error
    require_readable(certificate)
    return Contents("der", (certificate,))


def _read_container(data: bytes, passphrases: Sequence[str]) -> Contents:
    protected, protection = is_protected(data), _protection(data)
    try:
        # The empty password is no secret, and Java and Kibana have users of it.
        found = _first_opened(lambda each: open_container(data, each), [*passphrases, ""] if protected else [None])
    except PassphraseError as error:
        return Contents("pkcs12", (), encrypted=True, locked=error.message, protection=protection)
    entries = [found.cert, *found.additional_certs] if found.cert else list(found.additional_certs)
    for entry in entries:
        require_readable(entry.certificate)
    return Contents(
        "pkcs12",
        tuple(entry.certificate for entry in entries),
        tuple((entry.friendly_name or b"").decode("utf-8", "replace") for entry in entries),
        key=None if found.key is None else as_private_key(found.key),
        has_key=found.key is not None,
        encrypted=protected,
        protection=protection,
    )


def _protection(data: bytes) -> str:
    try:
        return container_encryption(data)
    except CertificateError:  # others write forms that can be opened without being understood in full
        return "other"


def _first_opened(opening: Callable[[str | None], Opened], passphrases: Sequence[str | None]) -> Opened:
    """What the first passphrase opens that fits.

    :raises PassphraseError: where none does.
    """
    for passphrase in passphrases:
        with contextlib.suppress(PassphraseError):
            return opening(passphrase)
    raise PassphraseError("it is protected, and none of the passphrases opens it.")
