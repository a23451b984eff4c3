# Copyright: Stack TLS contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import subprocess

import pytest
from ansible_collections.stacktls.elastic.plugins.module_utils._errors import CertificateError
from ansible_collections.stacktls.elastic.plugins.module_utils._pki import _der
from ansible_collections.stacktls.elastic.plugins.module_utils._pki._bundle import comment, encode_bundle
from ansible_collections.stacktls.elastic.plugins.module_utils._pki._certificates import (
    Identity,
    encode_certificates,
    fingerprint,
)
from ansible_collections.stacktls.elastic.plugins.module_utils._pki._keys import PassphraseError, encode_private_key
from ansible_collections.stacktls.elastic.plugins.module_utils._pki._kinds import ENCRYPTIONS
from ansible_collections.stacktls.elastic.plugins.module_utils._pki._pkcs12 import encode_container
from ansible_collections.stacktls.elastic.plugins.module_utils._pki._pkcs12_bags import (
    FRIENDLY_NAME,
    certificate_bag,
    certificate_content,
    encode_attributes,
    encode_friendly_name,
    write_container,
)
from ansible_collections.stacktls.elastic.plugins.module_utils._pki._truststore import (
    TRUSTED_KEY_USAGE,
    encode_truststore,
    holds_private_key,
    load_bundle,
    load_truststore,
)
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.serialization import pkcs12
from hypothesis import given, settings
from hypothesis import strategies as st

PASSWORDS = [None, "", "secret", "p\u00e4ssw\u00f6rd \u20ac"]
TEXTS = st.text(st.characters(blacklist_categories=("Cs",), blacklist_characters="\0"), max_size=70)


@pytest.fixture(scope="module")
def roots(pki):
    return tuple(pki.root(f"CN={name},O=Example").certificate for name in ("One", "Two", "one"))


@pytest.fixture(scope="module")
def key_store(pki):
    return encode_container(Identity(pki.key(), pki.certificate(), (pki.authority.certificate,)), "secret", "key")


# -------------------------------------------------------------------------------- PEM


def test_a_bundle_comes_back_each_once(roots):
    bundle = encode_bundle([*roots, roots[0]])
    assert load_bundle(bundle).certificates == roots
    assert load_bundle(bundle).encryption == "none"


def test_a_comment_stands_above_each(roots):
    lines = encode_bundle(roots).decode().splitlines()
    above = [lines[number - 1] for number, line in enumerate(lines) if line == "-----BEGIN CERTIFICATE-----"]
    assert above == [f"# {comment(root)}" for root in roots]
    assert above[0].startswith("# CN=One, O=Example; expires 20")
    assert above[0].endswith(f"Z; SHA-256 {fingerprint(roots[0])}")


@pytest.mark.parametrize("text", ["-----BEGIN CERTIFICATE-----", "a\u2028b", "\u0000b", "a\nb", "-----END X-----"])
def test_a_name_cannot_leave_its_line(foreign_subject, text):
    certificate = foreign_subject(text)
    assert load_bundle(encode_bundle([certificate])).certificates == (certificate,)
    assert len(comment(certificate).splitlines()) == 1
    assert "--" not in comment(certificate)


@pytest.fixture(scope="module")
def foreign_subject(pki):
    """A certificate with a subject that this collection itself would refuse to make."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes

    def make(text):
        name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, text)])
        builder = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(pki.key().public_key())
        builder = builder.serial_number(1).not_valid_before(pki.now).not_valid_after(pki.now.replace(year=2090))
        return builder.sign(pki.key(), hashes.SHA256())

    return make


@pytest.mark.parametrize(
    "more", [b"-----BEGIN X509 CRL-----\nAA==\n-----END X509 CRL-----\n", b"-----BEGIN CERTIFICATE-----\nAA"]
)
def test_a_bundle_with_something_else_is_refused(roots, more):
    with pytest.raises(CertificateError, match="something else than certificates"):
        load_bundle(encode_certificates(roots) + more)


# ----------------------------------------------------------------------------- PKCS#12


@pytest.mark.parametrize("encryption", ENCRYPTIONS)
@pytest.mark.parametrize("password", PASSWORDS)
def test_a_truststore_comes_back_each_once(roots, password, encryption):
    found = load_truststore(encode_truststore([*roots, roots[0]], password, encryption), password)
    assert sorted(found.certificates, key=fingerprint) == sorted(roots, key=fingerprint)
    assert found.trusted == roots
    assert found.encryption == ("none" if password is None else encryption)


@settings(max_examples=10)
@given(password=TEXTS, encryption=st.sampled_from(ENCRYPTIONS), names=st.lists(TEXTS, max_size=2))
def test_any_password_and_any_name(foreign_subject, password, encryption, names):
    # A common name has 64 octets at most.
    short = {name.encode()[:60].decode(errors="ignore") for name in names} - {""}
    certificates = [foreign_subject(name) for name in {"x", *short}]
    found = load_truststore(encode_truststore(certificates, password, encryption), password)
    assert {fingerprint(each) for each in found.trusted} == {fingerprint(each) for each in certificates}


@pytest.mark.parametrize("written", PASSWORDS)
@pytest.mark.parametrize("read", [*PASSWORDS, "wrong"])
def test_no_other_password_opens_it(roots, written, read):
    truststore = encode_truststore(roots, written)
    if written == read:
        assert load_truststore(truststore, read).trusted == roots
    else:
        with pytest.raises(PassphraseError):
            load_truststore(truststore, read)


def test_a_password_with_a_nul_character_opens_nothing(roots):
    with pytest.raises(PassphraseError, match="NUL character"):
        load_truststore(encode_truststore(roots, "a"), "a\0b")


def test_a_truststore_without_the_attribute_is_empty_for_java(roots):
    container = pkcs12.serialize_key_and_certificates(
        None, None, None, roots, serialization.BestAvailableEncryption(b"secret")
    )
    found = load_truststore(container, "secret")
    assert set(found.certificates) == set(roots)
    assert found.trusted == ()


def test_java_sees_the_last_one_of_a_name(roots):
    def bag(root, name):
        usage = _der.object_identifier("2.5.29.37.0")
        attributes = {FRIENDLY_NAME: encode_friendly_name(name), TRUSTED_KEY_USAGE: usage}
        return certificate_bag(root, encode_attributes(attributes))

    bags = [bag(roots[0], "ca"), bag(roots[1], "other"), bag(roots[2], "CA")]
    content = certificate_content(bags, "secret", "aes-256")
    found = load_truststore(write_container([content], "secret", "aes-256"), "secret")
    assert found.trusted == (roots[2], roots[1])
    assert len(found.certificates) == 3


def test_a_truststore_of_keytool_is_read(roots, tmp_path):
    (tmp_path / "ca.crt").write_bytes(encode_certificates(roots[:1]))
    command = ["keytool", "-J-XX:TieredStopAtLevel=1", "-importcert", "-noprompt", "-file", "ca.crt", "-alias", "a b"]
    store = ["-keystore", "trust.p12", "-storetype", "PKCS12", "-storepass", "secret"]
    subprocess.run([*command, *store], cwd=tmp_path, capture_output=True, check=True)
    found = load_truststore((tmp_path / "trust.p12").read_bytes(), "secret")
    assert (found.certificates, found.trusted, found.encryption) == (roots[:1], roots[:1], "aes-256")


def test_private_keys_are_seen(pki, roots, key_store):
    assert holds_private_key(encode_private_key(pki.key(), None), None)
    assert holds_private_key(encode_private_key(pki.key(), "secret"), None)
    assert holds_private_key(key_store, "another password")
    assert holds_private_key(b"\xfe\xed\xfe\xed\x00\x00\x00\x02", None)
    assert not holds_private_key(encode_bundle(roots), None)
    assert not holds_private_key(encode_truststore(roots, "secret"), "secret")
    assert not holds_private_key(b"", None)


def test_a_private_key_that_is_encrypted_with_the_rest_is_seen_with_the_password(pki, key_store, monkeypatch):
    from ansible_collections.stacktls.elastic.plugins.module_utils._pki._pkcs12_bags import Container

    monkeypatch.setattr(Container, "holds_key", lambda self: False)
    assert holds_private_key(key_store, "secret")
    assert not holds_private_key(key_store, "another password")


@settings(max_examples=60)
@given(data=st.data(), password=st.sampled_from([None, "secret"]))
def test_damage_is_told_in_words(data, password, roots):
    content = bytearray(STORES.setdefault(password, encode_truststore(roots[:1], password)))
    for _change in range(data.draw(st.integers(1, 3))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    try:
        load_truststore(bytes(content), password)
        holds_private_key(bytes(content), password)
    except CertificateError:
        pass


@settings(max_examples=100)
@given(data=st.binary(max_size=80))
def test_arbitrary_bytes_are_refused(data):
    for load in (
        load_bundle,
        lambda content: load_truststore(content, "x"),
        lambda content: load_truststore(content, None),
    ):
        with pytest.raises(CertificateError):
            load(data)
    assert holds_private_key(data, "x") == (
        b"PRIVATE KEY-----" in data or data[:4] in (b"\xfe\xed\xfe\xed", b"\xce" * 4)
    )


STORES: dict[str | None, bytes] = {}
