# Copyright: Stack TLS contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The work of the module ``truststore``: compare the authorities of a file with those asked for, and replace it."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any, Callable

from ._changes import FILE_ARGUMENTS, Replacement, attributes_of, journal_of, pending
from ._errors import CertificateError, FileError, located
from ._io import attribute_lines, attribute_names, read_file, require_file
from ._pkcs12_sources import PKCS12_SOURCE_ARGUMENTS, pkcs12_authorities, trusted_among
from ._pki._bundle import comment, distinct, encode_bundle
from ._pki._certificates import Lifetime, fingerprint, load_certificates, require_valid
from ._pki._dates import timestamp
from ._pki._keys import PassphraseError
from ._pki._kinds import ENCRYPTIONS
from ._pki._names import print_name
from ._pki._truststore import (
    Truststore,
    encode_truststore,
    holds_private_key,
    load_bundle,
    load_truststore,
)
from ._reason import Reason

if TYPE_CHECKING:
    from cryptography import x509

ARGUMENTS: dict[str, Any] = {
    "path": {"type": "path", "required": True},
    "format": {"type": "str", "choices": ["pem", "pkcs12"], "default": "pem"},
    "certificates": {"type": "list", "elements": "str", "default": []},
    "certificate_paths": {"type": "list", "elements": "path", "default": []},
    **PKCS12_SOURCE_ARGUMENTS,
    "password": {"type": "str", "no_log": True},
    "encryption": {"type": "str", "choices": list(ENCRYPTIONS), "default": "aes-256"},
    "purge": {"type": "bool", "default": True},
    "allow_leaf_certificates": {"type": "bool", "default": False},
    "kind": {"type": "str", "choices": ["trust", "realm_trust"], "default": "trust"},
    "folder_expected": {"type": "bool", "default": False},
    **FILE_ARGUMENTS,
}

NEW_FILE_MODE = 0o644
_SOURCES = ("certificates", "certificate_paths", "pkcs12_sources")


@dataclass(frozen=True)
class Present:
    """What the file holds now; nothing, and the reason, where that cannot be used."""

    truststore: Truststore | None
    reason: Reason | None

    @property
    def certificates(self) -> tuple[x509.Certificate, ...]:
        """The certificates of the file, each once."""
        return distinct(self.truststore.certificates) if self.truststore else ()


def manage_truststore(params: dict[str, Any], warn: Callable[[str], None], *, check_mode: bool) -> dict[str, Any]:
    """Make the truststore what the parameters ask for, and return the module's result.

    :raises CertificateError: where a source is no authority's certificate, or the present file must not be replaced.
    :raises FileError: where a file cannot be read or written; the present one is then untouched.
    """
    _check(params, folder_is_made=check_mode and params["folder_expected"])
    given = authorities_given(params)
    with located(params["path"]):
        present = _present(params)
        wanted = given if params["purge"] else distinct([*_kept(present), *given])
        reasons = list(_reasons(present, wanted, params))
        content = _encode(wanted, params) if reasons else None
    _warn_of_dates(wanted, warn)
    after = wanted if reasons else present.certificates  # the same ones, in the order of the file
    return _replace(params, content, reasons, present.certificates, after, check_mode=check_mode)


def _check(params: dict[str, Any], *, folder_is_made: bool) -> None:
    path = params["path"]
    if not os.path.isabs(path):
        raise FileError("path must be an absolute path.", path=path)
    if not folder_is_made and not os.path.isdir(os.path.dirname(path)):
        raise FileError(f"the folder {os.path.dirname(path)} does not exist.", path=path)
    if not any(params[option] for option in _SOURCES):
        raise CertificateError(
            "neither certificates nor certificate_paths nor pkcs12_sources names an authority.",
            hint="A service that trusts nobody reaches nobody.",
        )
    _check_password(params)


def _check_password(params: dict[str, Any]) -> None:
    """Refuse passwords that nobody in the stack could use."""
    password = params["password"]
    if params["format"] == "pem" and password is not None:
        raise CertificateError("a PEM bundle has no password.", hint="Leave out password, or set format to pkcs12.")
    if params["encryption"] != "3des" and not (password or "").isascii():
        raise CertificateError(
            "neither Java nor Kibana opens a PKCS#12 file with this encryption whose password is not ASCII.",
            hint="Use an ASCII password, or for Kibana the encryption 3des.",
        )


def authorities_given(params: dict[str, Any]) -> tuple[x509.Certificate, ...]:
    """The certificates of all sources, each once.

    :raises CertificateError: where one cannot be read, or is no authority's and that is not allowed.
    :raises FileError: where a file cannot be read.
    :raises KeystoreError: where the keystore that has the password of a file cannot be opened.
    """
    found: list[x509.Certificate] = []
    for number, text in enumerate(params["certificates"], 1):
        with located(f"element {number} of certificates"):
            found += _authorities_in(text.encode("utf-8", "replace"), params)
    for path in params["certificate_paths"]:
        with located(path):
            found += _authorities_in(require_file(path), params)
    return distinct([*found, *pkcs12_authorities(params)])


def _authorities_in(pem: bytes, params: dict[str, Any]) -> list[x509.Certificate]:
    return trusted_among(load_certificates(pem), leaves=params["allow_leaf_certificates"])


def _present(params: dict[str, Any]) -> Present:
    """What is there.

    :raises CertificateError: where that is the only place of a private key, perhaps.
    """
    path, content = params["path"], read_file(params["path"])
    if content is None:
        return Present(None, Reason("missing", f"{path} does not exist"))
    if holds_private_key(content, params["password"]):
        raise CertificateError(
            "holds a private key, or may hold one, so it is not replaced by a truststore.",
            hint="Give path the name of another file.",
        )
    try:
        pem = params["format"] == "pem"
        return Present(load_bundle(content) if pem else load_truststore(content, params["password"]), None)
    except CertificateError as error:
        code = "passphrase" if isinstance(error, PassphraseError) else "damaged"
        return Present(None, Reason(code, f"{path}: {error.message.rstrip('.')}"))


def _kept(present: Present) -> tuple[x509.Certificate, ...]:
    """The certificates that others are added to."""
    if present.reason and present.reason.code != "missing":
        raise CertificateError(
            f"nothing can be added to the truststore: {present.reason.text}.",
            hint="Set purge to true to replace it by the given authorities.",
        )
    return present.certificates


def _reasons(present: Present, wanted: tuple[x509.Certificate, ...], params: dict[str, Any]) -> Iterator[Reason]:
    """Why the file has to be replaced."""
    if present.reason:
        yield present.reason
    if not present.truststore:
        return
    lacking = _names(_without(wanted, present.certificates))
    if lacking:
        yield Reason("lacking", f"the truststore lacks {lacking}")
    surplus = _names(_without(present.certificates, wanted))
    if surplus:
        yield Reason("surplus", f"the truststore holds {surplus}, not asked for")
    ignored = _names(_without(present.certificates, present.truststore.trusted))
    encryption = "none" if params["password"] is None else params["encryption"]
    if present.truststore.encryption != encryption:
        yield Reason("encryption", f"the protection is {present.truststore.encryption} and should be {encryption}")
    elif ignored:
        yield Reason("not_trusted", f"Java finds no trusted entry for {ignored}")


def _without(
    certificates: Iterable[x509.Certificate], others: Iterable[x509.Certificate]
) -> tuple[x509.Certificate, ...]:
    known = {fingerprint(other) for other in others}
    return tuple(certificate for certificate in certificates if fingerprint(certificate) not in known)


def _names(certificates: Iterable[x509.Certificate]) -> str:
    return ", ".join(repr(print_name(certificate.subject)) for certificate in certificates)


def _encode(certificates: tuple[x509.Certificate, ...], params: dict[str, Any]) -> bytes:
    if params["format"] == "pem":
        return encode_bundle(certificates)
    return encode_truststore(certificates, params["password"], params["encryption"])


def _warn_of_dates(certificates: Iterable[x509.Certificate], warn: Callable[[str], None]) -> None:
    """An authority that is not valid now is of no use, and of no harm."""
    now = datetime.now(timezone.utc)
    for certificate in certificates:
        try:
            require_valid(certificate, now)
        except CertificateError as error:
            warn(f"Among the trusted authorities, {error.message}")


def _replace(
    params: dict[str, Any],
    content: bytes | None,
    reasons: list[Reason],
    before: tuple[x509.Certificate, ...],
    after: tuple[x509.Certificate, ...],
    *,
    check_mode: bool,
) -> dict[str, Any]:
    path, journal = params["path"], journal_of(params)
    replacement = Replacement(path, content, attributes_of(params), params["kind"], default_mode=NEW_FILE_MODE)
    lines_before, lines_after = attribute_lines(path, replacement.attributes)
    return {
        "changed": replacement.differs() if check_mode else replacement.apply(journal),
        "reasons": [{"code": reason.code, "text": reason.text} for reason in reasons],
        "attributes": attribute_names(lines_after),
        "authorities": [_described(certificate) for certificate in after],
        "restart_pending": pending(journal),
        "diff": {
            "before_header": path,
            "before": lines_before + _lines(before),
            "after_header": path,
            "after": lines_after + _lines(after),
        },
    }


def _described(certificate: x509.Certificate) -> dict[str, str]:
    return {
        "subject": print_name(certificate.subject),
        "not_after": timestamp(Lifetime.of(certificate).not_after),
        "fingerprint_sha256": fingerprint(certificate),
    }


def _lines(certificates: Iterable[x509.Certificate]) -> str:
    return "".join(f"{comment(certificate)}\n" for certificate in certificates)
