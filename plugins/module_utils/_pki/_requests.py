# Copyright: Stack TLS contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Certificate signing requests: how a key on one machine is certified on another."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

from .._errors import CertificateError
from ._keys import as_public_key, encode_public_key, key_type_of

with contextlib.suppress(ImportError):  # reported by _module.require_cryptography
    from cryptography import x509
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ed25519

if TYPE_CHECKING:
    from ._certificates import Specification
    from ._keys import PrivateKey, PublicKey


def make_request(key: PrivateKey, specification: Specification | None = None) -> bytes:
    """A request in PEM form, signed with the key to prove its possession.

    :param specification: what the certificate should say, for signers who are told by the request.
    """
    builder = x509.CertificateSigningRequestBuilder().subject_name(x509.Name([]))
    if specification is not None:
        builder = x509.CertificateSigningRequestBuilder().subject_name(specification.subject or x509.Name([]))
        for extension, critical in specification.extensions(key_type_of(as_public_key(key.public_key()))):
            builder = builder.add_extension(extension, critical=critical)
    algorithm = None if isinstance(key, ed25519.Ed25519PrivateKey) else hashes.SHA256()
    return builder.sign(key, algorithm).public_bytes(serialization.Encoding.PEM)


def encode_request_text(request: bytes) -> str:
    """A request as one line: the words around its PEM form could be taken for a secret and hidden."""
    return "".join(request.decode().splitlines()[1:-1])


def decode_request_text(text: str) -> str:
    """The PEM form again."""
    lines = (text[start : start + 64] for start in range(0, len(text), 64))
    return "\n".join(["-----BEGIN CERTIFICATE REQUEST-----", *lines, "-----END CERTIFICATE REQUEST-----", ""])


def asks_the_same(request: bytes, other: bytes) -> bool:
    """Whether two requests are for the same key, subject and extensions; signatures differ each time."""
    try:
        parsed = [x509.load_pem_x509_csr(each) for each in (request, other)]
        contents = [
            (each.subject, list(each.extensions), encode_public_key(as_public_key(each.public_key())))
            for each in parsed
        ]
    except (ValueError, UnsupportedAlgorithm, x509.InvalidVersion):
        return False
    return contents[0] == contents[1]


def proven_public_key(request: bytes) -> PublicKey:
    """The public key of a request; all else that it asks for is the signer's decision.

    :raises CertificateError: where the request is damaged or was not signed with that key.
    """
    try:
        parsed = x509.load_pem_x509_csr(request)
        proven, public_key = parsed.is_signature_valid, parsed.public_key()
    except (ValueError, UnsupportedAlgorithm, x509.InvalidVersion) as error:
        raise CertificateError("the certificate signing request is damaged.") from error
    if not proven:
        raise CertificateError("the certificate signing request was not signed with the key that it names.")
    return as_public_key(public_key)
