# Copyright: Stack TLS contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The parts of a PKCS#12 file: bags of keys and certificates in protected contents (RFC 7292)."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from .._errors import CertificateError
from . import _der
from ._keys import encode_private_key_der
from ._pkcs12_protection import Protected, decrypt, digest_for, digest_of_mac, encrypt, encryption_of, make_mac

with contextlib.suppress(ImportError):  # reported by _module.require_cryptography
    from cryptography import x509
    from cryptography.hazmat.primitives import serialization

if TYPE_CHECKING:
    from ._keys import PrivateKey

KEY_BAG = "1.2.840.113549.1.12.10.1.1"
SHROUDED_KEY_BAG = "1.2.840.113549.1.12.10.1.2"
CERTIFICATE_BAG = "1.2.840.113549.1.12.10.1.3"
FRIENDLY_NAME = "1.2.840.113549.1.9.20"
LOCAL_KEY_ID = "1.2.840.113549.1.9.21"

_DATA = "1.2.840.113549.1.7.1"
_ENCRYPTED_DATA = "1.2.840.113549.1.7.6"
_X509_CERTIFICATE = "1.2.840.113549.1.9.22.1"
_BMP_STRING = 0x1E
_CONTEXT_0 = 0xA0
_IMPLICIT_0 = 0x80


@dataclass(frozen=True)
class Bag:
    """One entry of the file.

    :param value: its encoded content.
    :param attributes: the first encoded value of each, by identifier.
    """

    identifier: str
    value: bytes
    attributes: dict[str, bytes]

    @property
    def friendly_name(self) -> str | None:
        """What Java calls the alias."""
        encoded = self.attributes.get(FRIENDLY_NAME)
        if encoded is None:
            return None
        return _der.single(encoded, _BMP_STRING).content.decode("utf-16-be", "replace")


@dataclass(frozen=True)
class Content:
    """A part of the file, in which the bags are, as they are encoded or encrypted as a whole."""

    bags: bytes | None
    protected: Protected | None

    def open(self, password: str | None) -> list[Bag]:
        """The bags.

        :raises CertificateError: where they are damaged, or the password does not decrypt them.
        """
        encoded = decrypt(self.protected, password or "") if self.protected else self.bags or b""
        return [_read_bag(element) for element in _der.elements(_der.single(encoded, _der.SEQUENCE).content)]

    def encryptions(self) -> set[str]:
        """How the bags, or those among them that are encrypted one by one, are protected."""
        if self.protected:
            return {encryption_of(self.protected.algorithm)}
        return {_bag_encryption(bag) for bag in self.open(None)}


@dataclass(frozen=True)
class Container:
    """The file as it can be read without its password."""

    contents: tuple[Content, ...]
    mac: bytes | None

    def bags(self, password: str | None) -> list[Bag]:
        """All bags in their order. The MAC is not checked.

        :raises CertificateError: where they are damaged, or the password does not decrypt them.
        """
        return [bag for content in self.contents for bag in content.open(password)]

    def encryption(self) -> str:
        """One of :data:`._kinds.ENCRYPTIONS` where all of the file is protected so, ``none`` or ``other``.

        :raises CertificateError: where the file is damaged.
        """
        found = set().union(*(content.encryptions() for content in self.contents))
        digest = digest_of_mac(self.mac) if self.mac else None
        if found <= {"none"} and digest is None:
            return "none"
        name = found.pop() if len(found) == 1 else "other"
        return name if name not in ("none", "other") and digest == digest_for(name) else "other"

    def holds_key(self) -> bool:
        """Whether a private key is seen without the password; products encrypt each key by itself."""
        visible = (content for content in self.contents if not content.protected)
        return any(bag.identifier in (KEY_BAG, SHROUDED_KEY_BAG) for content in visible for bag in content.open(None))


def read_container(data: bytes) -> Container:
    """The parts of the file.

    :raises CertificateError: where it is not PKCS#12 in DER form, or damaged.
    """
    try:
        _version, safe, *mac = _der.structure(_der.single(data, _der.SEQUENCE).content, _der.INTEGER, _der.SEQUENCE)
        contents = _der.elements(_der.single(_octets_of(safe), _der.SEQUENCE).content)
        return Container(tuple(_read_content(content) for content in contents), mac[0].encoded if mac else None)
    except CertificateError as error:
        raise CertificateError("the file is not PKCS#12, or damaged.") from error


def write_container(contents: list[bytes], password: str | None, encryption: str) -> bytes:
    """The file of encoded contents, with a MAC where it has a password."""
    safe = _der.sequence(*contents)
    parts = [_der.integer(3), _data(safe)]
    if password is not None:
        parts.append(make_mac(safe, password, digest_for(encryption)))
    return _der.sequence(*parts)


def certificate_content(bags: list[bytes], password: str | None, encryption: str) -> bytes:
    """The encoded content of certificate bags, which is encrypted as a whole."""
    encoded = _der.sequence(*bags)
    if password is None:
        return _data(encoded)
    protected = encrypt(encoded, password, encryption)
    information = _der.sequence(
        _der.object_identifier(_DATA), protected.algorithm, _der.encode(_IMPLICIT_0, protected.ciphertext)
    )
    return _identified(_ENCRYPTED_DATA, _der.sequence(_der.integer(0), information))


def key_content(key: PrivateKey, attributes: bytes, password: str | None, encryption: str) -> bytes:
    """The encoded content of one private key, which is encrypted by itself."""
    encoded = encode_private_key_der(key)
    if password is None:
        return _data(_der.sequence(_identified(KEY_BAG, encoded, attributes)))
    protected = encrypt(encoded, password, encryption)
    shrouded = _der.sequence(protected.algorithm, _der.octets(protected.ciphertext))
    return _data(_der.sequence(_identified(SHROUDED_KEY_BAG, shrouded, attributes)))


def certificate_bag(certificate: x509.Certificate, attributes: bytes) -> bytes:
    """The encoded bag of a certificate."""
    encoded = certificate.public_bytes(serialization.Encoding.DER)
    return _identified(CERTIFICATE_BAG, _identified(_X509_CERTIFICATE, _der.octets(encoded)), attributes)


def encode_attributes(values: dict[str, bytes]) -> bytes:
    """The encoded attributes of a bag, from an encoded value of each."""
    return _der.set_of(
        *(_der.sequence(_der.object_identifier(name), _der.set_of(value)) for name, value in values.items())
    )


def encode_friendly_name(name: str) -> bytes:
    """The encoded value of the attribute.

    :raises CertificateError: where the name is not Unicode text.
    """
    try:
        return _der.encode(_BMP_STRING, name.encode("utf-16-be"))
    except UnicodeError as error:
        raise CertificateError(f"the friendly name {name!r} is not Unicode text.") from error


def certificate_of(bag: Bag) -> x509.Certificate:
    """The certificate in a bag of one.

    :raises CertificateError: where it is damaged.
    """
    identifier, value = _identified_parts(_der.single(bag.value, _der.SEQUENCE))[:2]
    if identifier != _X509_CERTIFICATE:
        raise CertificateError("the PKCS#12 file holds a certificate that is not X.509.")
    try:
        return x509.load_der_x509_certificate(_der.single(value, _der.OCTET_STRING).content)
    except (ValueError, x509.InvalidVersion) as error:
        raise CertificateError("the PKCS#12 file holds a damaged certificate.") from error


def _identified(identifier: str, value: bytes, *more: bytes) -> bytes:
    return _der.sequence(_der.object_identifier(identifier), _der.explicit(0, value), *more)


def _identified_parts(element: _der.Element) -> tuple[str, bytes, list[_der.Element]]:
    """The identifier, the encoded value and what follows it."""
    identifier, value, *more = _der.structure(element.content, _der.OBJECT_IDENTIFIER, _CONTEXT_0)
    return _der.dotted(identifier.content), value.content, more


def _data(content: bytes) -> bytes:
    return _identified(_DATA, _der.octets(content))


def _octets_of(element: _der.Element) -> bytes:
    identifier, value, _more = _identified_parts(element)
    if identifier != _DATA:
        raise CertificateError("the PKCS#12 file is protected by a public key, not by a password.")
    return _der.single(value, _der.OCTET_STRING).content


def _read_content(element: _der.Element) -> Content:
    identifier, value, _more = _identified_parts(element)
    if identifier != _ENCRYPTED_DATA:
        return Content(_octets_of(element), None)
    information = _der.structure(_der.single(value, _der.SEQUENCE).content, _der.INTEGER, _der.SEQUENCE)[1]
    _kind, algorithm, ciphertext = _der.structure(
        information.content, _der.OBJECT_IDENTIFIER, _der.SEQUENCE, _IMPLICIT_0
    )[:3]
    return Content(None, Protected(algorithm.encoded, ciphertext.content))


def _read_bag(element: _der.Element) -> Bag:
    identifier, value, more = _identified_parts(element)
    attributes = _der.elements(more[0].content) if more else []
    return Bag(identifier, value, dict(_read_attribute(attribute) for attribute in attributes))


def _read_attribute(element: _der.Element) -> tuple[str, bytes]:
    identifier, values = _der.structure(element.content, _der.OBJECT_IDENTIFIER, _der.SET)[:2]
    found = _der.elements(values.content)
    return _der.dotted(identifier.content), found[0].encoded if found else b""


def _bag_encryption(bag: Bag) -> str:
    if bag.identifier != SHROUDED_KEY_BAG:
        return "none"
    content = _der.single(bag.value, _der.SEQUENCE).content
    return encryption_of(_der.structure(content, _der.SEQUENCE, _der.OCTET_STRING)[0].encoded)
