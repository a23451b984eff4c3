# Copyright: Stack TLS contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import stat
from datetime import datetime, timedelta, timezone

import pytest
from ansible_collections.stacktls.elastic.plugins.module_utils._errors import StackTlsError
from ansible_collections.stacktls.elastic.plugins.module_utils._pki._authorities import make_authority
from ansible_collections.stacktls.elastic.plugins.module_utils._pki._bundle import encode_bundle
from ansible_collections.stacktls.elastic.plugins.module_utils._pki._certificates import (
    Authority,
    Identity,
    Lifetime,
    Specification,
    encode_certificates,
    fingerprint,
    issue,
)
from ansible_collections.stacktls.elastic.plugins.module_utils._pki._keys import generate_private_key
from ansible_collections.stacktls.elastic.plugins.module_utils._pki._names import parse_name
from ansible_collections.stacktls.elastic.plugins.module_utils._pki._pkcs12 import (
    container_encryption,
    encode_container,
)
from ansible_collections.stacktls.elastic.plugins.module_utils._pki._truststore import (
    encode_truststore,
    load_bundle,
    load_truststore,
)
from ansible_collections.stacktls.elastic.plugins.module_utils._truststore import manage_truststore
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.serialization import pkcs12

NOW = datetime.now(timezone.utc)
KEY = generate_private_key("ec-p256")
HOUR = timedelta(hours=1)


def root(subject, days=100):
    return make_authority(parse_name(subject), KEY, Lifetime.starting(NOW, days, 72 * HOUR))


ONE, TWO = root("CN=One,O=Example"), root("CN=Two,O=Example")
LEAF = issue(
    Specification(parse_name("CN=es1"), (), "client", "ec-p256"),
    KEY.public_key(),
    Authority(ONE, KEY),
    Lifetime.starting(NOW, 10, HOUR),
)
SECRET = "a-secret-password"
JOURNAL_ENTRY = '"kind": "realm_trust"'


def pem(*certificates):
    return encode_certificates(certificates).decode()


class Host:
    """A folder, the options of the module, and its warnings."""

    def __init__(self, folder):
        self.path = folder / "trust"
        self.folder = folder
        self.warnings = []

    def run(self, *, check_mode=False, **params):
        defaults = {
            "path": str(self.path),
            "format": "pem",
            "certificates": [],
            "certificate_paths": [],
            "pkcs12_sources": [],
            "elasticsearch_keystore_path": "/nowhere/elasticsearch.keystore",
            "elasticsearch_keystore_password": None,
            "password": None,
            "encryption": "aes-256",
            "purge": True,
            "folder_expected": False,
            "allow_leaf_certificates": False,
            "kind": "trust",
            "owner": None,
            "group": None,
            "mode": None,
            "journal": None,
        }
        return manage_truststore({**defaults, **params}, self.warnings.append, check_mode=check_mode)

    def codes(self, **params):
        """The reasons of check mode and of the run, which are the same; afterwards there are none."""
        content = self.path.read_bytes() if self.path.exists() else None
        checked = self.run(check_mode=True, **params)
        assert (self.path.read_bytes() if self.path.exists() else None) == content
        ran = self.run(**params)
        assert ran == checked
        written = self.path.read_bytes()
        again = self.run(**params)
        assert (again["changed"], again["reasons"]) == (False, [])
        assert again["diff"]["before"] == again["diff"]["after"]
        assert self.path.read_bytes() == written
        assert ran["changed"] == bool(ran["reasons"])
        assert SECRET not in str([checked, ran, again])
        return [reason["code"] for reason in ran["reasons"]]


@pytest.fixture
def host(tmp_path):
    return Host(tmp_path)


@pytest.mark.parametrize(
    "protection",
    [
        {},
        {"format": "pkcs12"},
        {"format": "pkcs12", "password": ""},
        {"format": "pkcs12", "password": SECRET},
        {"format": "pkcs12", "password": SECRET, "encryption": "3des"},
        {"format": "pkcs12", "password": f"{SECRET} \u20ac", "encryption": "3des"},
    ],
)
def test_a_new_file(host, protection):
    (host.folder / "two.pem").write_text(pem(TWO, ONE))
    options = {"certificates": [pem(ONE)], "certificate_paths": [str(host.folder / "two.pem")]}
    assert host.codes(**options, **protection) == ["missing"]
    content = host.path.read_bytes()
    is_pem = not protection
    found = load_bundle(content) if is_pem else load_truststore(content, protection.get("password"))
    assert found.trusted == (ONE, TWO)
    assert stat.S_IMODE(host.path.stat().st_mode) == 0o644


def test_authorities_of_a_pkcs12_file_join_the_others(host):
    source = host.folder / "node.p12"
    source.write_bytes(encode_container(Identity(KEY, LEAF, (ONE,)), SECRET, "node"))
    given = {"path": str(source), "password": SECRET, "password_entry": None}
    assert host.codes(certificates=[pem(TWO)], pkcs12_sources=[given]) == ["missing"]
    assert load_bundle(host.path.read_bytes()).certificates == (TWO, ONE)
    assert host.codes(pkcs12_sources=[given]) == ["surplus"]


def test_the_result(host):
    result = host.run(certificates=[pem(ONE, TWO)], journal=str(host.folder / "journal"), kind="realm_trust")
    assert result["authorities"][1]["subject"] == "CN=Two, O=Example"
    assert result["authorities"][1]["fingerprint_sha256"] == fingerprint(TWO)
    assert result["diff"]["before"] == ""
    assert result["diff"]["after"].splitlines()[1].startswith("CN=Two, O=Example; expires 20")
    assert result["restart_pending"] is True
    assert JOURNAL_ENTRY in (host.folder / "journal" / "pending" / "journal.jsonl").read_text()


def test_the_file_of_somebody_else_stays(host):
    host.path.write_bytes(b"Our authorities\n" + encode_certificates([TWO, ONE, TWO]))
    assert host.codes(certificates=[pem(ONE), pem(TWO)]) == []


def test_other_authorities(host):
    host.path.write_bytes(encode_bundle([ONE]))
    result = host.run(check_mode=True, certificates=[pem(TWO)])
    assert [reason["text"] for reason in result["reasons"]] == [
        "the truststore lacks 'CN=Two, O=Example'",
        "the truststore holds 'CN=One, O=Example', not asked for",
    ]
    assert host.codes(certificates=[pem(TWO)]) == ["lacking", "surplus"]
    assert load_bundle(host.path.read_bytes()).certificates == (TWO,)


@pytest.mark.parametrize("protection", [{}, {"format": "pkcs12", "password": SECRET}])
def test_authorities_are_added(host, protection):
    host.run(certificates=[pem(ONE)], **protection)
    assert host.codes(certificates=[pem(TWO)], purge=False, **protection) == ["lacking"]
    assert [
        each["subject"] for each in host.run(certificates=[pem(ONE)], purge=False, **protection)["authorities"]
    ] == [
        "CN=One, O=Example",
        "CN=Two, O=Example",
    ]


def test_nothing_is_there_to_add_to(host):
    assert host.codes(certificates=[pem(ONE)], purge=False) == ["missing"]


def test_protection(host):
    container = {"format": "pkcs12", "certificates": [pem(ONE)]}
    host.path.write_bytes(encode_truststore([ONE], SECRET, "aes-256"))
    assert host.codes(**container, password=SECRET) == []
    assert host.codes(**container, password=SECRET, encryption="aes-128") == ["encryption"]
    assert host.codes(**container, password="other", encryption="aes-128") == ["passphrase"]
    assert host.codes(**container, password="", encryption="aes-128") == ["passphrase"]
    assert host.codes(**container) == ["passphrase"]
    assert container_encryption(host.path.read_bytes()) == "none"
    assert host.codes(**container, password="") == ["passphrase"]


def test_java_would_not_trust_it(host):
    encryption = serialization.PrivateFormat.PKCS12.encryption_builder().kdf_rounds(2048)
    if hasattr(pkcs12, "PBES"):
        encryption = encryption.key_cert_algorithm(pkcs12.PBES.PBESv2SHA256AndAES256CBC)
    built = encryption.build(SECRET.encode())
    host.path.write_bytes(pkcs12.serialize_key_and_certificates(None, None, None, [ONE], built))
    assert host.codes(format="pkcs12", password=SECRET, certificates=[pem(ONE)]) == ["not_trusted"]


@pytest.mark.parametrize("form", ["pem", "pkcs12"])
@pytest.mark.parametrize(
    "content", [b"", b"\x00\xff", b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"]
)
def test_what_cannot_be_read_is_replaced(host, form, content):
    host.path.write_bytes(content)
    options = {"format": form, "certificates": [pem(ONE)]}
    with pytest.raises(StackTlsError, match=r"nothing can be added to the truststore: .*Set purge to true"):
        host.run(**options, purge=False)
    assert host.path.read_bytes() == content
    assert host.codes(**options) == ["damaged"]


def test_one_format_is_replaced_by_the_other(host):
    assert host.codes(certificates=[pem(ONE)]) == ["missing"]
    assert host.codes(certificates=[pem(ONE)], format="pkcs12") == ["damaged"]
    assert host.codes(certificates=[pem(ONE)]) == ["damaged"]


def test_a_private_key_is_never_lost(host):
    key_store = encode_container(Identity(KEY, LEAF, ()), "unknown", "key")
    host.path.write_bytes(key_store)
    for form in ("pem", "pkcs12"):
        with pytest.raises(StackTlsError, match=f"{host.path}: holds a private key"):
            host.run(certificates=[pem(ONE)], format=form)
    assert host.path.read_bytes() == key_store


def test_owner_and_mode_alone(host):
    host.run(certificates=[pem(ONE)])
    result = host.run(certificates=[pem(ONE)], mode="0640")
    assert (result["changed"], result["reasons"], result["attributes"]) == (True, [], ["mode"])
    assert result["diff"]["before"].startswith("mode: 0644\n")
    assert stat.S_IMODE(host.path.stat().st_mode) == 0o640


def test_dates_are_warned_of(host):
    expired = root("CN=Expired", days=-1)
    host.run(certificates=[pem(expired, ONE)])
    assert len(host.warnings) == 1
    assert host.warnings[0].startswith("Among the trusted authorities, the certificate 'CN=Expired' expired on ")


def test_a_leaf(host):
    with pytest.raises(StackTlsError, match=r"element 2 of certificates: the certificate 'CN=es1' is not one of an"):
        host.run(certificates=[pem(ONE), pem(LEAF)])
    assert not host.path.exists()
    assert host.codes(certificates=[pem(ONE), pem(LEAF)], allow_leaf_certificates=True) == ["missing"]


@pytest.mark.parametrize(
    ("params", "words"),
    [
        ({}, "neither certificates nor certificate_paths nor pkcs12_sources names an authority"),
        ({"certificates": ["text"]}, "element 1 of certificates: holds no certificate in PEM form"),
        ({"certificate_paths": ["/nowhere/a.pem"]}, "/nowhere/a.pem: no such file"),
        ({"certificates": [pem(ONE)], "password": SECRET}, "a PEM bundle has no password"),
        ({"certificates": [pem(ONE)], "format": "pkcs12", "password": "\u20ac"}, "whose password is not ASCII. Use an"),
        ({"certificates": [pem(ONE)], "path": "trust"}, "trust: path must be an absolute path"),
        ({"certificates": [pem(ONE)], "path": "/nowhere/trust"}, "/nowhere/trust: the folder /nowhere does not exist"),
        ({"certificates": [pem(ONE)], "owner": "nobody-of-this-name"}, "user 'nobody-of-this-name' does not exist"),
    ],
)
@pytest.mark.parametrize("check_mode", [True, False])
def test_mistakes(host, params, words, check_mode):
    with pytest.raises(StackTlsError, match=words):
        host.run(**params, check_mode=check_mode)
    assert list(host.folder.iterdir()) == []
