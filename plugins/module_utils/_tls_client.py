# Copyright: Stack TLS contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The TLS side of a connection to Elasticsearch: whom to trust, what to present, and what a failure means."""

from __future__ import annotations

import contextlib
import os
import socket
import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from typing import Any

from ._errors import ApiError, CertificateError
from ._io import read_file, require_file
from ._pki._certificates import encode_certificates, load_certificates, names_of, serves
from ._pki._keys import encode_private_key, is_encrypted
from ._pki._names import print_name
from ._pki._pkcs12 import load_container

with contextlib.suppress(ImportError):  # `_module.require_cryptography` reports it where a PKCS#12 file is to be read
    from cryptography import x509

# From Python 3.10 on it is ssl.VERIFY_X509_PARTIAL_CHAIN.
_TRUST_INTERMEDIATES = 0x80000

_CERT_HAS_EXPIRED = 10
_CERT_NOT_YET_VALID = 9
_NAME_MISMATCHES = (62, 64)
_UNKNOWN_ISSUERS = (2, 18, 19, 20, 21)


class VerificationError(ApiError):
    """Elasticsearch's certificate is not one to be trusted; waiting does not change that."""


@dataclass(frozen=True)
class TlsOptions:
    """Whom to trust and which client certificate to present."""

    validate_certs: bool = True
    ca_path: str | None = None
    ca_certificates: str | None = None
    client_certificate_path: str | None = None
    client_key_path: str | None = None
    client_key_passphrase: str | None = field(default=None, repr=False)
    client_pkcs12_path: str | None = None
    client_pkcs12_password: str | None = field(default=None, repr=False)

    @classmethod
    def of(cls, params: Mapping[str, Any]) -> TlsOptions:
        """Those of a module, which need not have all of them."""
        return cls(**{each.name: params[each.name] for each in fields(cls) if each.name in params})

    @property
    def client_file(self) -> str:
        """The file that holds the client certificate, empty where none is presented."""
        return self.client_certificate_path or self.client_pkcs12_path or ""

    def as_server(self) -> TlsOptions:
        """Those of a server that is a client, too: its certificate is presented where it is one for both (PEM only).

        A certificate for servers only would be refused even where none is required (RFC 5280, 4.2.1.12).
        """
        content = read_file(self.client_certificate_path) if self.client_certificate_path else None
        with contextlib.suppress(CertificateError):  # a damaged one cannot be presented either
            if content is not None and serves(load_certificates(content)[0], "client"):
                return self
        return replace(self, client_certificate_path=None, client_key_path=None, client_key_passphrase=None)


def make_context(options: TlsOptions) -> ssl.SSLContext:
    """The context for connections with these options: TLS 1.2 or newer, names always checked with the chain.

    :raises CertificateError: where a certificate or key cannot be used.
    :raises FileError: where a file cannot be read.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    if options.validate_certs:
        _trust(context, options)
    else:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    if options.client_pkcs12_path:
        _present_pkcs12(context, options.client_pkcs12_path, options.client_pkcs12_password)
    elif options.client_certificate_path:
        _present_pem(context, options)
    return context


def _trust(context: ssl.SSLContext, options: TlsOptions) -> None:
    if not options.ca_path and not options.ca_certificates:
        context.load_default_certs()
        return
    # Java takes each certificate of a CA file as an anchor, whether it is self-signed or not: so do we.
    context.verify_flags |= _TRUST_INTERMEDIATES
    if options.ca_path:
        require_file(options.ca_path)
    try:
        context.load_verify_locations(cafile=options.ca_path or None, cadata=options.ca_certificates)
    except (ssl.SSLError, ValueError) as error:
        raise CertificateError(
            "holds no CA certificate in PEM form.",
            path=options.ca_path or "ca_certificates",
            hint="It takes CA certificates in PEM form.",
        ) from error


def _present_pem(context: ssl.SSLContext, options: TlsOptions) -> None:
    certificate_path = options.client_certificate_path or ""
    key_path = options.client_key_path or certificate_path
    require_file(certificate_path)
    key = require_file(key_path)
    passphrase = options.client_key_passphrase
    if is_encrypted(key) and not passphrase:
        raise CertificateError("the private key is encrypted.", path=key_path, hint="Give client_key_passphrase.")
    try:
        # A passphrase from a function: without one OpenSSL would ask for it at the terminal.
        context.load_cert_chain(certificate_path, key_path, password=lambda: passphrase or "")
    except (ssl.SSLError, ValueError) as error:
        raise CertificateError(_pem_problem(error, key, certificate_path), path=key_path) from error


def _pem_problem(error: Exception, key: bytes, certificate_path: str) -> str:
    if getattr(error, "reason", "") == "KEY_VALUES_MISMATCH":
        return f"the private key is not the one of the certificate in {certificate_path}."
    if is_encrypted(key):
        return "the private key does not open with client_key_passphrase, or is damaged."
    if b"PRIVATE KEY" not in key:
        return "holds no private key in PEM form."
    return f"the private key or the certificate in {certificate_path} is damaged or not in PEM form."


def _present_pkcs12(context: ssl.SSLContext, path: str, password: str | None) -> None:
    if not hasattr(os, "memfd_create"):
        raise CertificateError("PKCS#12 can be used on Linux only.", path=path, hint="Give the certificate as PEM.")
    try:
        identity = load_container(require_file(path), password)[0]
    except CertificateError as error:
        raise CertificateError(error.message, path=path, hint=error.hint or "Check client_pkcs12_password.") from error
    certificates = encode_certificates((identity.certificate, *identity.authorities))
    # ssl reads keys from files only. An anonymous file in memory has no name in any folder, is open to this process
    # alone and is gone with it: the decrypted key touches no disk.
    with os.fdopen(os.memfd_create("client"), "wb") as stream:
        stream.write(encode_private_key(identity.key, None) + certificates)
        stream.flush()
        context.load_cert_chain(f"/proc/self/fd/{stream.fileno()}")


def verification_error(
    error: ssl.SSLCertVerificationError, options: TlsOptions, host: str, port: int, timeout: float
) -> VerificationError:
    """What is wrong with the certificate that this endpoint showed, and what to do."""
    found = _presented_certificate(host, port, timeout)
    message, hint = distrust(error, options.ca_path, host, found)
    return VerificationError(f"its certificate is not trusted: {message}", hint=hint)


def distrust(
    error: ssl.SSLCertVerificationError, ca_path: str | None, host: str, found: x509.Certificate | None
) -> tuple[str, str]:
    """Why the certificate that was found is not trusted, and what to do."""
    if error.verify_code in _NAME_MISMATCHES:
        names = f", it is for {', '.join(_names(found))}" if found else ""
        return f"it is not for the name {host}{names}.", "Use one of these names in url, or reissue the certificate."
    if error.verify_code == _CERT_HAS_EXPIRED:
        return "it, or a CA above it, has expired.", "Renew it, and check the clock of this host."
    if error.verify_code == _CERT_NOT_YET_VALID:
        return "it, or a CA above it, is not yet valid.", "Check the clocks of this host and of the issuer."
    if error.verify_code in _UNKNOWN_ISSUERS:
        issuer = f" {print_name(found.issuer)}" if found else ""
        known = f"in {ca_path}" if ca_path else "among the CAs of this system"
        return f"its issuer{issuer} is not {known}.", "Give the CA that issued it, and no other, as ca_path."
    return f"{error.verify_message}.", ""


def _names(certificate: x509.Certificate) -> list[str]:
    """Its subject alternative names as text, or its subject, which counts where there are none."""
    return [name.value for name in names_of(certificate)] or [print_name(certificate.subject)]


def _presented_certificate(host: str, port: int, timeout: float) -> x509.Certificate | None:
    """The certificate of a failed connection, for the error's words: looked at, never trusted, nothing is sent.

    Without ``cryptography`` (a NameError) the words do without it.
    """
    with contextlib.suppress(OSError, ValueError, NameError), tls_probe(host, port, timeout) as connection:
        return x509.load_der_x509_certificate(connection.getpeercert(binary_form=True) or b"")
    return None


def tls_probe(host: str, port: int, timeout: float) -> ssl.SSLSocket:
    """A TLS connection that proves nothing but that TLS is spoken there; nothing may be sent over it."""
    context = make_context(TlsOptions(validate_certs=False))
    return context.wrap_socket(socket.create_connection((host, port), timeout), server_hostname=host)


_ALERTS = {
    "ALERT_CERTIFICATE_REQUIRED": "a client certificate is required",
    "ALERT_BAD_CERTIFICATE": "bad certificate",
    "ALERT_CERTIFICATE_UNKNOWN": "certificate unknown",
    "ALERT_UNKNOWN_CA": "unknown CA",
    "ALERT_CERTIFICATE_EXPIRED": "certificate expired",
    "ALERT_CERTIFICATE_REVOKED": "certificate revoked",
    "ALERT_UNSUPPORTED_CERTIFICATE": "unsupported certificate",
    "ALERT_ACCESS_DENIED": "access denied",
    "ALERT_DECRYPT_ERROR": "decrypt error",
}


def client_refusal(error: ssl.SSLError, client_file: str) -> ApiError | None:
    """The error in words where the other side refused who we are; ``None`` where it is something else."""
    alert = next((words for name, words in _ALERTS.items() if name in (error.reason or "")), None)
    if alert is None:
        return None
    if not client_file:
        return ApiError(
            f"it asks for a client certificate and none was presented (alert: {alert}).",
            hint="Give client_certificate_path or client_pkcs12_path.",
        )
    return ApiError(
        f"it refused the client certificate in {client_file} (alert: {alert}): it does not trust its CA, an"
        " intermediate certificate is missing, or it has expired or is not for client authentication.",
        hint="xpack.security.http.ssl.certificate_authorities of Elasticsearch, or server.ssl.certificateAuthorities of"
        " Kibana, must name the CA that issued it.",
    )
