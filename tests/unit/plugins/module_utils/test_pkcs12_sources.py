# Copyright: Stack TLS contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Authorities out of PKCS#12 files. What Elasticsearch's own tools make is in ``tests/stack``."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

import pytest
from ansible_collections.stacktls.elastic.plugins.module_utils._errors import StackTlsError
from ansible_collections.stacktls.elastic.plugins.module_utils._keystore import _elasticsearch
from ansible_collections.stacktls.elastic.plugins.module_utils._pkcs12_sources import pkcs12_authorities
from ansible_collections.stacktls.elastic.plugins.module_utils._pki import _der
from ansible_collections.stacktls.elastic.plugins.module_utils._pki._authorities import make_authority
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
from ansible_collections.stacktls.elastic.plugins.module_utils._pki._pkcs12 import encode_container
from ansible_collections.stacktls.elastic.plugins.module_utils._pki._pkcs12_bags import (
    LOCAL_KEY_ID,
    certificate_bag,
    certificate_content,
    encode_attributes,
    key_content,
    write_container,
)
from ansible_collections.stacktls.elastic.plugins.module_utils._pki._truststore import encode_truststore

LIFETIME = Lifetime.starting(datetime.now(timezone.utc), 10, timedelta(hours=1))
KEY, LEAF_KEY = generate_private_key("ec-p256"), generate_private_key("ec-p256")
ONE, TWO = (make_authority(parse_name(name), KEY, LIFETIME) for name in ("CN=One", "CN=Two"))
LEAF, PEER = (
    issue(Specification(parse_name(name), (), "both", ""), LEAF_KEY.public_key(), Authority(ONE, KEY), LIFETIME)
    for name in ("CN=es1", "CN=peer")
)
SECRET = "secret-of-the-file"
ENTRY = "xpack.security.transport.ssl.truststore.secure_password"


def attributes_of(certificate):
    return encode_attributes({LOCAL_KEY_ID: _der.octets(bytes.fromhex(fingerprint(certificate)))})


def two_keys(password):
    """The authority with its key and the node with its own, as in the ``http.p12`` of Elasticsearch."""
    bags = [certificate_bag(each, attributes_of(each)) for each in (ONE, LEAF)]
    keys = [key_content(key, attributes_of(each), password, "aes-256") for key, each in ((KEY, ONE), (LEAF_KEY, LEAF))]
    return write_container([*keys, certificate_content(bags, password, "aes-256")], password, "aes-256")


class Host:
    """A folder with a PKCS#12 file and a keystore of Elasticsearch."""

    def __init__(self, folder):
        self.path = folder / "node.p12"
        self.keystore = folder / "elasticsearch.keystore"
        self.allow_leaf_certificates = False

    def keep(self, entries, password=""):
        self.keystore.write_bytes(_elasticsearch.encode(_elasticsearch.Store(5, entries), password))

    def find(self, *contents, keystore_password=None, **source):
        """The names of the authorities in files with these contents."""
        sources = []
        for number, content in enumerate(contents):
            path = self.path.with_name(f"{number}{self.path.name}")
            path.write_bytes(content)
            sources.append({"path": str(path), "password": None, "password_entry": None, **source})
        found = pkcs12_authorities(
            {
                "pkcs12_sources": sources,
                "elasticsearch_keystore_path": str(self.keystore),
                "elasticsearch_keystore_password": keystore_password,
                "allow_leaf_certificates": self.allow_leaf_certificates,
            }
        )
        return [certificate.subject.rfc4514_string() for certificate in found]

    def refusal(self, *contents, **options):
        with pytest.raises(StackTlsError) as caught:
            self.find(*contents, **options)
        assert SECRET not in str(caught.value)
        return str(caught.value)


@pytest.fixture
def host(tmp_path):
    return Host(tmp_path)


@pytest.mark.parametrize("password", [SECRET, "", None])
def test_trusted_entries_and_chains_count(host, password):
    store = encode_truststore([ONE, TWO], password)
    node = encode_container(Identity(LEAF_KEY, LEAF, (ONE,)), password, "node")
    assert host.find(store, node, password=password) == ["CN=One", "CN=Two", "CN=One"]


def test_the_authority_of_a_key_is_one_too(host):
    authority = encode_container(Identity(KEY, ONE, ()), SECRET, "ca")
    assert host.find(authority, two_keys(SECRET), password=SECRET) == ["CN=One", "CN=One"]


def test_a_file_without_protection_opens_with_any_password(host):
    assert host.find(encode_truststore([ONE], None), password=SECRET) == ["CN=One"]
    host.keep({ENTRY: SECRET.encode()})
    assert host.find(encode_truststore([ONE], None), password_entry=ENTRY) == ["CN=One"]


def test_peers_are_trusted_where_that_is_wanted_and_leaves_of_keys_never(host):
    contents = encode_container(Identity(LEAF_KEY, LEAF, (ONE, PEER)), SECRET, "node")
    assert "the certificate 'CN=peer' is not one of an authority (CA is not true)." in host.refusal(
        contents, password=SECRET
    )
    host.allow_leaf_certificates = True
    assert sorted(host.find(contents, password=SECRET)) == ["CN=One", "CN=peer"]


def test_a_file_without_an_authority(host):
    words = host.refusal(encode_container(Identity(LEAF_KEY, LEAF, ()), SECRET, "node"), password=SECRET)
    assert words.startswith(f"{host.path.with_name('0node.p12')}: holds no authority, only certificates of its private")


def test_the_password_is_in_the_keystore(host):
    host.keep({ENTRY: SECRET.encode()})
    contents = encode_truststore([ONE], SECRET)
    assert host.find(contents, contents, password_entry=ENTRY) == ["CN=One", "CN=One"]
    host.keep({ENTRY: SECRET.encode()}, "of the keystore")
    assert host.find(contents, password_entry=ENTRY, keystore_password="of the keystore") == ["CN=One"]


def test_without_an_entry_the_empty_password_is_tried(host):
    host.keep({"keystore.seed": b"a"})
    assert host.find(encode_truststore([ONE], ""), encode_truststore([TWO], None), password_entry=ENTRY) == [
        "CN=One",
        "CN=Two",
    ]


def test_what_was_tried_is_told(host):
    contents = encode_truststore([ONE], SECRET)
    words = "the PKCS#12 file does not open with "
    assert f"{words}the empty password, because none is given for it." in host.refusal(contents)
    assert f"{words}the password that is given for it." in host.refusal(contents, password=f"{SECRET}2")
    host.keep({"keystore.seed": b"a"})
    assert f"{words}the empty password, because {host.keystore} has no entry {ENTRY}." in host.refusal(
        contents, password_entry=ENTRY
    )
    host.keep({ENTRY: f"{SECRET}2".encode()})
    assert f"{words}the password that {host.keystore} has as {ENTRY}." in host.refusal(contents, password_entry=ENTRY)


@pytest.mark.parametrize(
    ("password", "given", "words"),
    [
        (
            "a",
            None,
            "the keystore has a password and none was given. Give the right one as elasticsearch_",
        ),
        ("a", "b", "the password does not open the keystore. Give the right one as elasticsearch_keystore_password."),
        ("", "b", "a password was given, but the keystore has none. Leave out elasticsearch_keystore_password."),
    ],
)
def test_a_keystore_that_does_not_open(host, password, given, words):
    host.keep({ENTRY: SECRET.encode()}, password)
    found = host.refusal(encode_truststore([ONE], SECRET), password_entry=ENTRY, keystore_password=given)
    assert found.startswith(f"{host.keystore}: {words}")


def test_a_keystore_that_is_of_no_use(host):
    contents = encode_truststore([ONE], SECRET)
    assert host.refusal(contents, password_entry=ENTRY) == f"{host.keystore}: no such file."
    host.keep({ENTRY: b"\xff"})
    assert f"{host.keystore}: the entry {ENTRY} is not text" in host.refusal(contents, password_entry=ENTRY)
    host.keystore.write_bytes(b"text")
    assert f"{host.keystore}: is not an Elasticsearch keystore" in host.refusal(contents, password_entry=ENTRY)


def test_the_keystore_is_left_alone_where_no_entry_is_named(host):
    host.keystore.write_bytes(b"text")
    assert host.find(encode_truststore([ONE], SECRET), password=SECRET) == ["CN=One"]


@pytest.mark.parametrize(
    ("contents", "words"),
    [
        (
            b"\xfe\xed\xfe\xed\0\0\0\2",
            "is a Java keystore of the type JKS or JCEKS, not PKCS#12. Export its",
        ),
        (b"\xce\xce\xce\xce\0\0\0\2", "and name that file in certificate_paths."),
        (encode_certificates([ONE]), "holds PEM, not PKCS#12. Name it in certificate_paths."),
        (b"", "the file is not PKCS#12, or damaged."),
        (encode_truststore([ONE], SECRET)[:-1], "the file is not PKCS#12, or damaged."),
    ],
)
def test_other_files(host, contents, words):
    assert words in host.refusal(contents, password=SECRET)
