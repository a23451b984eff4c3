# Copyright: Stack TLS contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import base64
import subprocess

import pytest
from ansible_collections.stacktls.elastic.plugins.module_utils._errors import CertificateError
from ansible_collections.stacktls.elastic.plugins.module_utils._pki._keys import encode_public_key
from ansible_collections.stacktls.elastic.plugins.module_utils._pki._requests import (
    asks_the_same,
    make_request,
    proven_public_key,
)
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding


@pytest.mark.parametrize("key_type", ["ec-p256", "ec-p521", "rsa-2048", "ed25519"])
def test_a_request_proves_the_possession_of_its_key(pki, key_type):
    key = pki.key(key_type)
    request = make_request(key, pki.specification("CN=es1", ("es1", "10.0.0.1"), key_type=key_type))
    assert encode_public_key(proven_public_key(request)) == encode_public_key(key.public_key())
    shown = subprocess.run(
        ["openssl", "req", "-verify", "-noout", "-text"], input=request, capture_output=True, check=True
    )
    assert b"DNS:es1, IP Address:10.0.0.1" in shown.stdout
    assert b"verify OK" in shown.stdout + shown.stderr  # releases of openssl differ in where they say it


def test_a_request_for_the_key_of_another_is_refused(pki):
    parsed = x509.load_pem_x509_csr(make_request(pki.key(), pki.specification()))
    own, other = (encode_public_key(key.public_key()) for key in (pki.key(), pki.key(number=1)))
    forged = parsed.public_bytes(Encoding.DER).replace(own, other)
    with pytest.raises(CertificateError, match="was not signed with the key that it names"):
        proven_public_key(x509.load_der_x509_csr(forged).public_bytes(Encoding.PEM))


def test_a_request_of_an_unknown_version_is_refused(pki):
    request = x509.load_pem_x509_csr(make_request(pki.key(), pki.specification()))
    foreign = request.public_bytes(Encoding.DER).replace(b"\x02\x01\x00", b"\x02\x01\x0a", 1)
    pem = b"-----BEGIN CERTIFICATE REQUEST-----\n%s-----END CERTIFICATE REQUEST-----\n" % base64.encodebytes(foreign)
    with pytest.raises(CertificateError, match="request is damaged"):
        proven_public_key(pem)
    assert not asks_the_same(pem, pem)


def test_a_damaged_request_is_refused():
    with pytest.raises(CertificateError, match="request is damaged"):
        proven_public_key(b"-----BEGIN CERTIFICATE REQUEST-----\nAAAA\n-----END CERTIFICATE REQUEST-----\n")
