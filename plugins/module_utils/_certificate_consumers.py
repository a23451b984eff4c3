# Copyright: Stack TLS contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What Elasticsearch and Kibana are known not to read, refused before they do not start."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from ._errors import CertificateError
from ._pki._certificates import key_type_of_certificate
from ._pki._keys import is_rsa
from ._pki._names import print_name

if TYPE_CHECKING:
    from cryptography import x509


def check_consumer(identity: dict[str, Any], key_type: str) -> None:
    """Refuse forms of the files that their consumer cannot read.

    :raises CertificateError: where it cannot.
    """
    in_container = _is_container_of_kibana(identity)
    if in_container and not is_rsa(key_type):
        raise CertificateError(
            f"Kibana cannot read the key {key_type} from a PKCS#12 file: its library node-forge knows RSA keys only.",
            hint="Use PEM files (private_key_path and certificate_path), or key_type rsa-3072.",
        )
    is_ascii = (identity["pkcs12_password"] or "").isascii()
    if in_container and not is_ascii and identity["pkcs12_encryption"] != "3des":
        raise CertificateError(
            "Kibana cannot open a PKCS#12 file whose password is not ASCII: node-forge derives another key.",
            hint="Use an ASCII pkcs12_password, PEM files, or pkcs12_encryption 3des.",
        )
    if identity["consumer"] == "elasticsearch":
        _check_elasticsearch(identity, key_type)


def check_authorities(identity: dict[str, Any], authorities: Iterable[x509.Certificate]) -> None:
    """Refuse authorities whose certificates the consumer cannot read.

    :raises CertificateError: where Kibana would find no certificate in its PKCS#12 file.
    """
    if not _is_container_of_kibana(identity):
        return
    for authority in authorities:
        key_type = key_type_of_certificate(authority)
        if not is_rsa(key_type):
            raise CertificateError(
                f"Kibana finds no certificate in a PKCS#12 file that the authority {print_name(authority.subject)!r} "
                f"with its key {key_type} signed: its library node-forge knows RSA signatures only.",
                hint="Use PEM files (private_key_path and certificate_path), or an authority with an RSA key.",
            )


def _check_elasticsearch(identity: dict[str, Any], key_type: str) -> None:
    in_pem = identity["private_key_path"] or identity["combined_path"]
    if in_pem and key_type == "ed25519":
        raise CertificateError(
            "Elasticsearch reads no Ed25519 private key from a PEM file.", hint="Use an EC or RSA key."
        )
    password = identity["pkcs12_password"]
    if identity["pkcs12_path"] and password is None:
        raise CertificateError(
            "Elasticsearch finds no private key in a PKCS#12 file without a password: Java passes over it.",
            hint="Set pkcs12_password, or use PEM files.",
        )
    if identity["pkcs12_path"] and not password.isascii():
        raise CertificateError(
            "Elasticsearch cannot open a PKCS#12 file whose password is not ASCII: Java derives another key.",
            hint="Use an ASCII pkcs12_password, or PEM files.",
        )


def _is_container_of_kibana(identity: dict[str, Any]) -> bool:
    return identity["consumer"] == "kibana" and bool(identity["pkcs12_path"])
