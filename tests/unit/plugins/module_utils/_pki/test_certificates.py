# Copyright: Stack TLS contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import re
import ssl
import subprocess
from datetime import timedelta

import pytest
from ansible_collections.stacktls.elastic.plugins.module_utils._errors import CertificateError
from ansible_collections.stacktls.elastic.plugins.module_utils._pki import _certificates as certificates
from ansible_collections.stacktls.elastic.plugins.module_utils._pki._kinds import KEY_TYPES
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding
from issuing import openssl_verify

FAST_KEY_TYPES = [key_type for key_type in KEY_TYPES if key_type != "rsa-4096"]


@pytest.mark.parametrize("key_type", FAST_KEY_TYPES)
def test_openssl_accepts_what_any_authority_signs(pki, tmp_path, key_type):
    root = pki.root("CN=Root", pki.key(key_type, number=1))
    leaf = pki.certificate(pki.specification(key_type=key_type), root)
    verified = openssl_verify(
        tmp_path, leaf, root.certificate, "-purpose", "sslserver", "-verify_hostname", "es1.example.com"
    )
    assert verified.returncode == 0, verified.stderr


@pytest.mark.parametrize(
    ("profile", "as_server", "as_client"), [("server", True, False), ("client", False, True), ("both", True, True)]
)
def test_openssl_sees_the_purposes(pki, tmp_path, profile, as_server, as_client):
    leaf = pki.certificate(pki.specification(profile=profile))
    for purpose, accepted in (("sslserver", as_server), ("sslclient", as_client)):
        verified = openssl_verify(tmp_path, leaf, pki.authority.certificate, "-purpose", purpose)
        assert (verified.returncode == 0) is accepted, verified.stderr


def test_openssl_sees_names_and_addresses(pki, tmp_path):
    leaf = pki.certificate(pki.specification(names=("es1.example.com", "10.0.0.1", "::1")))
    root = pki.authority.certificate
    for option, value in (("-verify_hostname", "es1.example.com"), ("-verify_ip", "10.0.0.1"), ("-verify_ip", "::1")):
        assert openssl_verify(tmp_path, leaf, root, option, value).returncode == 0
    assert openssl_verify(tmp_path, leaf, root, "-verify_ip", "10.0.0.2").returncode != 0


@pytest.mark.parametrize(
    ("key_type", "profile", "shown"),
    [
        ("ec-p256", "server", "Digital Signature"),
        ("rsa-2048", "server", "Digital Signature, Key Encipherment"),
        ("rsa-2048", "client", "Digital Signature"),
    ],
)
def test_openssl_shows_the_key_usage(pki, key_type, profile, shown):
    leaf = pki.certificate(pki.specification(key_type=key_type, profile=profile))
    text = subprocess.run(
        ["openssl", "x509", "-noout", "-ext", "keyUsage,basicConstraints"],
        input=certificates.encode_certificates([leaf]),
        capture_output=True,
        check=True,
    ).stdout.decode()
    assert re.search(rf"Key Usage: critical\s+{shown}\s*$", text, re.MULTILINE)
    assert "CA:FALSE" in text


def test_a_stranger_of_the_same_name_did_not_sign(pki):
    leaf = pki.certificate()
    assert certificates.is_issued_by(leaf, pki.authority.certificate)
    assert not certificates.is_issued_by(leaf, pki.root("CN=Test CA,O=Example").certificate)
    assert not certificates.is_issued_by(leaf, pki.root("CN=Test CA,O=Example", pki.key("rsa-2048")).certificate)
    assert not certificates.is_issued_by(leaf, pki.root("CN=Test CA,O=Example", pki.key("ed25519")).certificate)
    assert not certificates.is_issued_by(leaf, pki.root("CN=Stranger", pki.authority.key).certificate)


@pytest.mark.skipif(
    not hasattr(x509.Certificate, "signature_algorithm_parameters"), reason="needs cryptography 41, as documented"
)
def test_a_signature_with_pss_padding(pki):
    key = pki.key("rsa-2048", number=1)
    root = pki.root("CN=Root", key)
    leaf = pki.certificate()
    builder = (
        x509.CertificateBuilder()
        .subject_name(leaf.subject)
        .issuer_name(root.certificate.subject)
        .public_key(leaf.public_key())
        .serial_number(1)
        .not_valid_before(pki.now)
        .not_valid_after(pki.now + timedelta(days=1))
    )
    pss = padding.PSS(padding.MGF1(hashes.SHA256()), padding.PSS.DIGEST_LENGTH)
    assert certificates.is_issued_by(builder.sign(key, hashes.SHA256(), rsa_padding=pss), root.certificate)


def test_a_certificate_lies_within_the_lifetime_of_its_authority(pki):
    short = pki.root("CN=Short", days=30)
    lifetime = certificates.Lifetime.of(pki.certificate(authority=short, days=397))
    assert lifetime == certificates.Lifetime.of(short.certificate)


def test_dates_count_from_now_and_are_backdated(pki):
    lifetime = certificates.Lifetime.of(pki.certificate(days=10))
    assert lifetime.not_before == pki.now - timedelta(hours=1)
    assert lifetime.not_after == pki.now + timedelta(days=10)


def test_serial_numbers_are_random_and_fit_in_20_octets(pki):
    numbers = {pki.certificate().serial_number for _time in range(20)}
    assert len(numbers) == 20
    assert all(0 < number < 2**159 for number in numbers)


def test_the_description(pki):
    leaf = pki.certificate(pki.specification("CN=es1,OU=a", ("es1", "10.0.0.1"), "both"), days=10)
    described = certificates.describe(leaf, pki.now)
    shown = subprocess.run(
        ["openssl", "x509", "-noout", "-serial", "-fingerprint", "-sha256"],
        input=certificates.encode_certificates([leaf]),
        capture_output=True,
        check=True,
    ).stdout.decode()
    assert shown.split()[0] == "serial=" + described.pop("serial_number")
    assert shown.split("=")[-1].strip().replace(":", "").lower() == described.pop("fingerprint_sha256")
    assert described == {
        "subject": "CN=es1, OU=a",
        "issuer": "CN=Test CA, O=Example",
        "not_before": (pki.now - timedelta(hours=1)).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "not_after": (pki.now + timedelta(days=10)).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "days_left": 10,
        "subject_alt_names": ["DNS:es1", "IP:10.0.0.1"],
        "key_type": "ec-p256",
        "profile": "both",
    }


def test_files_without_certificates_are_refused(pki):
    for content in (b"", b"text", b"-----BEGIN CERTIFICATE-----\n"):
        with pytest.raises(CertificateError, match="holds no certificate"):
            certificates.load_certificates(content)
    pem = certificates.encode_certificates([pki.certificate()])
    with pytest.raises(CertificateError, match="holds a damaged certificate"):
        certificates.load_certificates(pem.replace(pem.splitlines()[2] + b"\n", b""))


def test_text_around_certificates_is_passed_over(pki):
    found = [pki.certificate(), pki.authority.certificate]
    content = b"\r\n".join(b"subject=x\r\n" + certificates.encode_certificates([each]) for each in found)
    assert certificates.load_certificates(content) == found


def test_an_extension_that_cannot_be_read_is_refused(pki):
    key = pki.key("ec-p256")
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "x")])
    names = x509.UnrecognizedExtension(x509.ExtensionOID.SUBJECT_ALTERNATIVE_NAME, b"\x30\x05\x82")
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), 1, pki.now, pki.now + timedelta(days=1))
        .add_extension(names, critical=False)
        .sign(key, hashes.SHA256())
    )
    with pytest.raises(CertificateError, match="an extension that cannot be read"):
        certificates.load_certificates(certificates.encode_certificates([certificate]))


def test_a_name_that_cannot_be_read_is_refused(pki):
    encoded = pki.authority.certificate.public_bytes(serialization.Encoding.DER)
    general_string = encoded.replace(b"\x0c\x07Test CA", b"\x1b\x07Test CA")
    assert general_string != encoded
    with pytest.raises(CertificateError, match="a name that cannot be read"):
        certificates.load_certificates(ssl.DER_cert_to_PEM_cert(general_string).encode())
