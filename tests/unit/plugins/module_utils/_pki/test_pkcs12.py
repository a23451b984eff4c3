# Copyright: Stack TLS contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import contextlib
import subprocess

import pytest
from ansible_collections.stacktls.elastic.plugins.module_utils._errors import CertificateError
from ansible_collections.stacktls.elastic.plugins.module_utils._pki import _der
from ansible_collections.stacktls.elastic.plugins.module_utils._pki._certificates import Identity, encode_certificates
from ansible_collections.stacktls.elastic.plugins.module_utils._pki._keys import PassphraseError, encode_private_key
from ansible_collections.stacktls.elastic.plugins.module_utils._pki._kinds import ENCRYPTIONS
from ansible_collections.stacktls.elastic.plugins.module_utils._pki._pkcs12 import (
    container_encryption,
    encode_container,
    load_container,
)
from ansible_collections.stacktls.elastic.plugins.module_utils._pki._pkcs12_bags import (
    CERTIFICATE_BAG,
    certificate_of,
    read_container,
)
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.serialization import pkcs12
from hypothesis import given, settings
from hypothesis import strategies as st

PASSWORDS = [None, "", "secret", "p\u00e4ssw\u00f6rd \u20ac"]


@pytest.fixture(scope="module")
def identity(pki):
    middle = pki.intermediate("CN=Middle", pki.authority)
    leaf = pki.certificate(pki.specification(key_type="rsa-2048"), middle)
    return Identity(pki.key("rsa-2048"), leaf, (middle.certificate, pki.authority.certificate))


@pytest.mark.parametrize("encryption", ENCRYPTIONS)
@pytest.mark.parametrize("password", PASSWORDS)
def test_what_is_written_comes_back(identity, password, encryption):
    container = encode_container(identity, password, "k\u00e4y", encryption)
    assert container_encryption(container) == ("none" if password is None else encryption)
    found, friendly_name = load_container(container, password)
    assert friendly_name == "k\u00e4y"
    assert found.matches()
    assert found.certificate == identity.certificate
    assert set(found.authorities) == set(identity.authorities)


@settings(max_examples=15)
@given(password=st.text(st.characters(blacklist_categories=("Cc", "Cs")), max_size=90))
def test_any_password(identity, password):
    assert load_container(encode_container(identity, password, "key"), password)[0].matches()


@pytest.mark.parametrize("written", PASSWORDS)
@pytest.mark.parametrize("read", [*PASSWORDS, "wrong"])
def test_no_other_password_opens_it(identity, written, read):
    container = encode_container(identity, written, "key")
    if written == read:
        assert load_container(container, read)
    else:
        with pytest.raises(PassphraseError):
            load_container(container, read)


@pytest.mark.parametrize("password", PASSWORDS)
def test_openssl_reads_it(identity, tmp_path, password):
    path = tmp_path / "a.p12"
    path.write_bytes(encode_container(identity, password, "key"))
    command = ["openssl", "pkcs12", "-in", path, "-noenc", "-info", "-passin", f"pass:{password or ''}"]
    shown = subprocess.run([*command, *(["-nomacver"] if password is None else [])], capture_output=True, check=True)
    assert shown.stdout.count(b"BEGIN CERTIFICATE") == 3
    assert shown.stdout.count(b"BEGIN PRIVATE KEY") == 1
    assert shown.stdout.count(b"friendlyName: key") == 2
    if password is not None:
        assert b"MAC: sha256, Iteration 10000" in shown.stderr
        assert b"Shrouded Keybag: PBES2, PBKDF2, AES-256-CBC, Iteration 10000, PRF hmacWithSHA256" in shown.stderr


@pytest.mark.parametrize("password", ["", "secret"])
def test_java_reads_it(identity, tmp_path, password):
    path = tmp_path / "a.p12"
    path.write_bytes(encode_container(identity, password, "key"))
    shown = subprocess.run(
        ["keytool", "-J-XX:TieredStopAtLevel=1", "-list", "-v", "-keystore", path, "-storepass", password],
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    assert "Alias name: key" in shown
    assert "Entry type: PrivateKeyEntry" in shown
    assert "Certificate chain length: 3" in shown


@pytest.mark.parametrize("legacy", [True, False])
def test_containers_of_others_are_read(identity, tmp_path, legacy):
    key, certificate = tmp_path / "a.key", tmp_path / "a.crt"
    key.write_bytes(encode_private_key(identity.key, None))
    certificate.write_bytes(identity.certificate.public_bytes(serialization.Encoding.PEM))
    older = ["-keypbe", "PBE-SHA1-3DES", "-certpbe", "PBE-SHA1-3DES", "-macalg", "sha1"] if legacy else []
    made = subprocess.run(
        ["openssl", "pkcs12", "-export", "-inkey", key, "-in", certificate, "-passout", "pass:x", *older],
        capture_output=True,
        check=True,
    )
    found, friendly_name = load_container(made.stdout, "x")
    assert found.matches()
    assert (found.authorities, friendly_name) == ((), "")


@pytest.mark.parametrize("content", [b"", b"not PKCS#12", b"\x30\x03\x02\x01", b"\x30\x80\x00\x00"])
def test_what_is_no_container_is_refused(content):
    with pytest.raises(CertificateError, match="is not PKCS#12, or damaged"):
        load_container(content, "x")


@settings(max_examples=60)
@given(data=st.data(), password=st.sampled_from([None, "secret"]))
def test_damage_is_told_in_words(data, password, pki):
    identity = Identity(pki.key(), pki.certificate(), ())
    content = bytearray(CONTAINERS.setdefault(password, encode_container(identity, password, "key")))
    for _change in range(data.draw(st.integers(1, 3))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    for read in (container_encryption, lambda changed: load_container(changed, password)):
        with contextlib.suppress(CertificateError):
            read(bytes(content))


CONTAINERS: dict[str | None, bytes] = {}


def test_a_changed_container_is_not_opened(identity):
    container = bytearray(encode_container(identity, "secret", "key"))
    container[300] ^= 1
    with pytest.raises(PassphraseError):
        load_container(bytes(container), "secret")


OPENSSL_OPTIONS = {
    "aes-256": [],
    "aes-128": ["-keypbe", "AES-128-CBC", "-certpbe", "AES-128-CBC"],
    "3des": ["-keypbe", "PBE-SHA1-3DES", "-certpbe", "PBE-SHA1-3DES", "-macalg", "sha1"],
    "none": ["-keypbe", "NONE", "-certpbe", "NONE", "-nomac"],
}
OTHERWISE_PROTECTED = [
    ["-keypbe", "AES-128-CBC"],
    ["-certpbe", "NONE"],
    ["-keypbe", "NONE"],
    ["-nomac"],
    ["-keypbe", "NONE", "-certpbe", "NONE"],
    ["-macalg", "sha512"],
    ["-keypbe", "AES-192-CBC", "-certpbe", "AES-192-CBC"],
]


@pytest.fixture(scope="module")
def exported(identity, tmp_path_factory):
    pem = tmp_path_factory.mktemp("exported") / "a.pem"
    pem.write_bytes(encode_private_key(identity.key, None) + encode_certificates([identity.certificate]))

    def export(options):
        command = ["openssl", "pkcs12", "-export", "-in", pem, "-passout", "pass:x", *options]
        return subprocess.run(command, capture_output=True, check=True).stdout

    return export


@pytest.mark.parametrize("name", OPENSSL_OPTIONS)
def test_what_protects_a_container_is_seen(exported, name):
    assert container_encryption(exported(OPENSSL_OPTIONS[name])) == name


@pytest.mark.parametrize("options", OTHERWISE_PROTECTED, ids=" ".join)
def test_a_container_that_is_protected_otherwise(exported, options):
    assert container_encryption(exported(options)) == "other"


def test_the_chain_is_written_in_its_order(pki):
    upper = pki.intermediate("CN=Upper", pki.authority)
    leaf = pki.certificate(pki.specification(), upper)
    stranger = pki.root("CN=Stranger").certificate
    given = (stranger, pki.authority.certificate, upper.certificate)
    container = read_container(encode_container(Identity(pki.key(), leaf, given), "secret", "key"))
    written = [certificate_of(bag) for bag in container.bags("secret") if bag.identifier == CERTIFICATE_BAG]
    assert written == [leaf, upper.certificate, pki.authority.certificate, stranger]


def test_a_container_without_key_is_refused(pki):
    container = pkcs12.serialize_key_and_certificates(
        None, None, None, [pki.authority.certificate], serialization.BestAvailableEncryption(b"x")
    )
    assert len(_der.elements(_der.single(container, _der.SEQUENCE).content)) == 3
    with pytest.raises(CertificateError, match="lacks the private key"):
        load_container(container, "x")


def test_a_certificate_of_an_unknown_version_is_damage(identity):
    container = encode_container(identity, None, "key").replace(b"\xa0\x03\x02\x01\x02", b"\xa0\x03\x02\x01\x0a")
    with pytest.raises(CertificateError, match="holds a damaged certificate"):
        load_container(container, None)
