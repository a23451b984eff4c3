# Copyright: Stack TLS contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import pytest
from ansible_collections.stacktls.elastic.plugins.module_utils._errors import CertificateError
from ansible_collections.stacktls.elastic.plugins.module_utils._pki import _der
from ansible_collections.stacktls.elastic.plugins.module_utils._pki._kinds import ENCRYPTIONS
from ansible_collections.stacktls.elastic.plugins.module_utils._pki._pkcs12_protection import (
    Protected,
    decrypt,
    derive,
    digest_for,
    digest_of_mac,
    encrypt,
    encryption_of,
    make_mac,
)
from hypothesis import given, settings
from hypothesis import strategies as st

TEXTS = st.text(st.characters(blacklist_categories=("Cs",), blacklist_characters="\0"), max_size=70)


# The vectors that S. Henson published for OpenSSL's implementation of RFC 7292, appendix B.
@pytest.mark.parametrize(
    ("password", "salt", "purpose", "iterations", "derived"),
    [
        ("smeg", "0a58cf64530d823f", 1, 1, "8aaae6297b6cb04642ab5b077851284eb7128f1a2a7fbca3"),
        ("smeg", "0a58cf64530d823f", 2, 1, "79993dfe048d3b76"),
        ("smeg", "3d83c0e4546ac140", 3, 1, "8d967d88f6caa9d714800ab3d48051d63f73a312"),
        ("queeg", "05dec959acff72f7", 1, 1000, "ed2034e36328830ff09df1e1a07dd357185dac0d4f9eb3d4"),
        ("queeg", "05dec959acff72f7", 2, 1000, "11dedad7758d4860"),
        ("queeg", "263216fcc2fab31c", 3, 1000, "5ec4c7a80df652294c3925b6489a7ab857c83476"),
    ],
)
def test_derivation_of_keys(password, salt, purpose, iterations, derived):
    found = derive(password, bytes.fromhex(salt), purpose, len(derived) // 2, iterations, "sha1")
    assert found.hex() == derived


@pytest.mark.parametrize("encryption", ENCRYPTIONS)
@pytest.mark.parametrize("plaintext", [b"", b"x", b"x" * 15, b"x" * 16, b"x" * 1000])
def test_what_is_encrypted_comes_back(encryption, plaintext):
    protected = encrypt(plaintext, "p\u00e4ss \u20ac", encryption)
    assert plaintext not in protected.ciphertext or len(plaintext) < 8
    assert encryption_of(protected.algorithm) == encryption
    assert decrypt(protected, "p\u00e4ss \u20ac") == plaintext


@settings(max_examples=15)
@given(password=TEXTS, encryption=st.sampled_from(ENCRYPTIONS))
def test_any_password(password, encryption):
    assert decrypt(encrypt(b"content", password, encryption), password) == b"content"


@pytest.mark.parametrize("encryption", ENCRYPTIONS)
@pytest.mark.parametrize(("password", "words"), [("\ud800", "is not Unicode text"), ("a\0b", "has a NUL character")])
def test_a_password_that_cannot_be_encoded(encryption, password, words):
    with pytest.raises(CertificateError, match=words):
        encrypt(b"", password, encryption)


@pytest.mark.parametrize("digest", ["sha1", "sha256"])
def test_the_hash_of_a_mac(digest):
    assert digest_of_mac(make_mac(b"content", "x", digest)) == digest


def test_too_many_iterations():
    mac = _der.sequence(
        _der.sequence(_der.sequence(_der.object_identifier("1.3.14.3.2.26"), _der.null()), _der.octets(b"")),
        _der.octets(b"salt"),
        _der.integer(2**40),
    )
    with pytest.raises(CertificateError, match="asks for 1099511627776 iterations"):
        digest_of_mac(mac)


@pytest.mark.parametrize(
    ("identifier", "parameters"),
    [
        ("1.2.840.113549.1.12.1.6", _der.sequence(_der.octets(b"salt"), _der.integer(1))),  # RC2
        ("1.2.840.113549.1.5.13", None),  # scrypt
    ],
)
def test_other_encryptions(identifier, parameters):
    scrypt = _der.sequence(_der.object_identifier("1.3.6.1.4.1.11591.4.11"), _der.sequence())
    aes = _der.sequence(_der.object_identifier("2.16.840.1.101.3.4.1.42"), _der.octets(b"v" * 16))
    algorithm = _der.sequence(_der.object_identifier(identifier), parameters or _der.sequence(scrypt, aes))
    assert encryption_of(algorithm) == "other"
    with pytest.raises(CertificateError, match="in a way that is not known"):
        decrypt(Protected(algorithm, b""), "x")


@settings(max_examples=60)
@given(data=st.data(), encryption=st.sampled_from(ENCRYPTIONS))
def test_damage_is_told_in_words(data, encryption):
    algorithm = bytearray(ALGORITHMS[encryption].algorithm)
    position = data.draw(st.integers(0, len(algorithm) - 1))
    algorithm[position] = data.draw(st.integers(0, 255))
    # A count of iterations that is larger is correct, and takes its time.
    algorithm = bytes(algorithm)
    try:
        if encryption_of(algorithm) != "other" and b"\x02\x02\x27\x10" in algorithm:
            decrypt(Protected(algorithm, ALGORITHMS[encryption].ciphertext), "x")
    except CertificateError:
        pass


ALGORITHMS = {encryption: encrypt(b"content", "x", encryption) for encryption in ENCRYPTIONS}


def test_the_mac_that_goes_with_an_encryption():
    assert [digest_for(encryption) for encryption in ENCRYPTIONS] == ["sha256", "sha256", "sha1"]
