# Copyright: Stack TLS contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Authorities out of PKCS#12 files that are in use already, and the keystore that has their passwords."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from ._errors import CertificateError, KeystoreError, located
from ._io import require_file
from ._keystore._elasticsearch import Store, WrongPasswordError, decode
from ._pki._authorities import require_signing
from ._pki._certificates import fingerprint
from ._pki._keys import PassphraseError
from ._pki._pkcs12 import is_protected
from ._pki._truststore import is_java_key_store, open_certificates

if TYPE_CHECKING:
    from cryptography import x509

PKCS12_SOURCE_ARGUMENTS: dict[str, Any] = {
    "pkcs12_sources": {
        "type": "list",
        "elements": "dict",
        "default": [],
        "options": {
            "path": {"type": "path", "required": True},
            "password": {"type": "str", "no_log": True},
            "password_entry": {"type": "str", "no_log": False},
        },
        "mutually_exclusive": [("password", "password_entry")],
    },
    "elasticsearch_keystore_path": {
        "type": "path",
        "default": "/etc/elasticsearch/elasticsearch.keystore",
        "no_log": False,
    },
    "elasticsearch_keystore_password": {"type": "str", "no_log": True},
}
"""Options of a module that reads authorities from PKCS#12 files."""


@dataclass(frozen=True)
class Password:
    """What is tried on a file.

    :param value: the empty text where nobody says anything else: Java and Elasticsearch's tools use it, too.
    :param words: what it is, for error messages.
    """

    value: str = field(repr=False)
    words: str


class Passwords:
    """Finds the password of each file; the keystore is opened once, and only where it is asked for an entry."""

    def __init__(self, keystore_path: str, keystore_password: str | None) -> None:
        self._path = keystore_path
        self._password = keystore_password or ""
        self._store: Store | None = None

    def of(self, source: dict[str, Any]) -> Password:
        """The password of a source.

        :raises FileError: where the keystore is needed and is not there.
        :raises KeystoreError: where it cannot be opened, or the entry is not text.
        """
        if source["password"] is not None:
            return Password(source["password"], "the password that is given for it")
        if source["password_entry"] is None:
            return Password("", "the empty password, because none is given for it")
        return self.entry(source["password_entry"])

    def entry(self, name: str) -> Password:
        """The password that the keystore has under this name; the empty one where it has none.

        :raises FileError: where there is no keystore.
        :raises KeystoreError: where it cannot be opened, or the entry is not text.
        """
        with located(self._path):
            value = self._opened().entries.get(name)
            if value is None:
                return Password("", f"the empty password, because {self._path} has no entry {name}")
            try:
                return Password(value.decode("utf-8"), f"the password that {self._path} has as {name}")
            except UnicodeDecodeError:
                raise KeystoreError(f"the entry {name} is not text.", hint="Name the entry of a password.") from None

    def _opened(self) -> Store:
        if self._store is None:
            try:
                self._store = decode(require_file(self._path), self._password)
            except KeystoreError as error:
                raise _in_our_words(error, given=bool(self._password)) from None
        return self._store


def _in_our_words(error: KeystoreError, *, given: bool) -> KeystoreError:
    """The advice of the codec is about the options of the keystore's own module."""
    if isinstance(error, WrongPasswordError):
        error.hint = f"Give the right one as elasticsearch_keystore_password.{'' if given else ' None is given.'}"
    elif given and "keystore has none" in error.message:
        error.hint = "Leave out elasticsearch_keystore_password."
    return error


def pkcs12_authorities(params: dict[str, Any]) -> list[x509.Certificate]:
    """The authorities in all files of ``pkcs12_sources``.

    :raises StackTlsError: where one cannot be opened, or holds none.
    """
    passwords = Passwords(params["elasticsearch_keystore_path"], params["elasticsearch_keystore_password"])
    found: list[x509.Certificate] = []
    for source in params["pkcs12_sources"]:
        with located(source["path"]):
            found += _authorities_in(require_file(source["path"]), passwords.of(source), params)
    return found


def trusted_among(certificates: list[x509.Certificate], *, leaves: bool) -> list[x509.Certificate]:
    """The certificates, if each may be trusted.

    :param leaves: whether a certificate that is not one of an authority may be.
    :raises CertificateError: where one may not.
    """
    for certificate in certificates if not leaves else ():
        try:
            require_signing(certificate)
        except CertificateError as error:
            error.hint += " To trust a single peer, set allow_leaf_certificates."
            raise
    return certificates


def _authorities_in(data: bytes, password: Password, params: dict[str, Any]) -> list[x509.Certificate]:
    certificates, of_keys = _opened(data, password)
    passed_over = {fingerprint(certificate) for certificate in of_keys if not _may_sign(certificate)}
    others = [certificate for certificate in certificates if fingerprint(certificate) not in passed_over]
    if not others:
        raise CertificateError(
            "holds no authority, only certificates of its private keys.",
            hint="Name the file that holds the CA that signed them.",
        )
    return trusted_among(others, leaves=params["allow_leaf_certificates"])


def _opened(data: bytes, password: Password) -> tuple[tuple[x509.Certificate, ...], tuple[x509.Certificate, ...]]:
    _require_container(data)
    # Java opens a file without a MAC whatever password its settings name.
    protected = is_protected(data)
    try:
        return open_certificates(data, password.value if protected else None)
    except PassphraseError:
        raise PassphraseError(
            f"the PKCS#12 file does not open with {password.words if protected else 'no password'}.",
            hint="Give the right one as password, or as password_entry the entry that has it. Or is the file damaged?",
        ) from None


def _require_container(data: bytes) -> None:
    """Say what a file is that people take for PKCS#12."""
    if is_java_key_store(data):
        raise CertificateError(
            "is a Java keystore of the type JKS or JCEKS, not PKCS#12.",
            hint="Export its authorities to PEM (keytool -exportcert -rfc), and name that file in certificate_paths.",
        )
    if b"-----BEGIN " in data:
        raise CertificateError("holds PEM, not PKCS#12.", hint="Name it in certificate_paths.")


def _may_sign(certificate: x509.Certificate) -> bool:
    """Whether it is one of an authority; the key of such a one may lie beside it, as in ``elastic-stack-ca.p12``."""
    try:
        require_signing(certificate)
    except CertificateError:
        return False
    return True
