# Copyright: Stack TLS contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import subprocess

import pytest
from ansible_collections.stacktls.elastic.plugins.module_utils._errors import CertificateError
from ansible_collections.stacktls.elastic.plugins.module_utils._pki import _keys, _kinds
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import dsa, ec


@pytest.mark.parametrize("key_type", [name for name in _kinds.KEY_TYPES if name != "rsa-4096"])
def test_a_key_is_of_the_kind_that_was_asked_for(pki, key_type):
    assert _keys.key_type_of(pki.key(key_type).public_key()) == key_type


def test_another_curve_has_its_name():
    assert _keys.key_type_of(ec.generate_private_key(ec.SECP256K1()).public_key()) == "ec-secp256k1"


@pytest.mark.parametrize("passphrase", [None, "", "secret", "p\u00e4ssw\u00f6rd"])
def test_a_key_comes_back(pki, passphrase):
    key = pki.key()
    pem = _keys.encode_private_key(key, passphrase)
    assert _keys.is_encrypted(pem) is bool(passphrase)
    found = _keys.load_private_key(pem, passphrase)
    assert _keys.encode_public_key(found.public_key()) == _keys.encode_public_key(key.public_key())


def test_openssl_reads_the_encrypted_key(pki):
    pem = _keys.encode_private_key(pki.key(), "secret")
    read = subprocess.run(
        ["openssl", "pkey", "-passin", "pass:secret", "-noout", "-text"], input=pem, capture_output=True, check=True
    )
    assert b"prime256v1" in read.stdout
    assert b"PBES2" in subprocess.run(["openssl", "asn1parse"], input=pem, capture_output=True, check=True).stdout


@pytest.mark.parametrize(
    "command",
    [
        ["openssl", "genrsa", "-traditional", "-aes128", "-passout", "pass:secret", "2048"],
        ["openssl", "genpkey", "-algorithm", "ed25519", "-aes-256-cbc", "-pass", "pass:secret"],
    ],
)
def test_keys_of_openssl_are_read(command):
    pem = subprocess.run(command, capture_output=True, check=True).stdout
    assert _keys.load_private_key(pem, "secret")
    with pytest.raises(_keys.PassphraseError, match="cannot be opened with this passphrase"):
        _keys.load_private_key(pem, "wrong")


def test_a_key_after_its_curve_is_read():
    made = subprocess.run(["openssl", "ecparam", "-genkey", "-name", "prime256v1"], capture_output=True, check=True)
    assert b"EC PARAMETERS" in made.stdout
    assert _keys.key_type_of(_keys.load_private_key(made.stdout, None).public_key()) == "ec-p256"


@pytest.mark.parametrize(
    ("written_with", "read_with", "words"),
    [
        ("secret", "wrong", "cannot be opened with this passphrase"),
        ("secret", None, "is encrypted and no passphrase is given"),
        (None, "secret", "is not encrypted although a passphrase is given"),
    ],
)
def test_passphrases_that_do_not_fit(pki, written_with, read_with, words):
    pem = _keys.encode_private_key(pki.key(), written_with)
    with pytest.raises(_keys.PassphraseError, match=words):
        _keys.load_private_key(pem, read_with)


def test_a_damaged_key_is_refused(pki):
    lines = _keys.encode_private_key(pki.key(), None).splitlines()
    with pytest.raises(CertificateError, match="is damaged"):
        _keys.load_private_key(b"\n".join([lines[0], lines[1][:40], lines[-1]]), None)


@pytest.mark.parametrize("pem", [b"", b"nothing", b"-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----\n"])
def test_a_file_without_key_is_refused(pem):
    with pytest.raises(CertificateError, match="holds no private key"):
        _keys.load_private_key(pem, None)


def test_a_key_that_tls_has_no_use_for_is_refused():
    pem = dsa.generate_private_key(1024).private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    with pytest.raises(CertificateError, match="neither EC, RSA nor Ed25519"):
        _keys.load_private_key(pem, None)
