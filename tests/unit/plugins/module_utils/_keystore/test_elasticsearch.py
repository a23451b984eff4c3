# Copyright: Stack TLS contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import base64
import dataclasses
import json
import struct
import zlib
from pathlib import Path

import pytest
from ansible_collections.stacktls.elastic.plugins.module_utils._errors import KeystoreError
from ansible_collections.stacktls.elastic.plugins.module_utils._keystore._elasticsearch import (
    FORMATS,
    Store,
    decode,
    decode_name,
    encode,
    encode_name,
)
from hypothesis import given, settings
from hypothesis import strategies as st

PASSWORD = "geheim-ü"
# Written by the keystore classes of 6.7.2, 7.17.9 and 8.13.4, and by `elasticsearch-keystore` of 8.16.6 and 9.4.3.
REAL_STORES = json.loads((Path(__file__).parent / "elasticsearch_stores.json").read_text())
REAL_ENTRIES = {
    "xpack.security.http.ssl.keystore.secure_password": "pässwörd €".encode(),
    "empty": b"",
    "some.file": b"\x00\x01\x02\xff",
}
WRITABLE = [4, 5, 6, 7]
# Where things are in a file.
VERSION, FLAG, BLOCK, SALT = 30, 31, 32, 40
# As the real ones, without the part that is slow by design.
QUICK = {
    version: dataclasses.replace(form, cipher=dataclasses.replace(form.cipher, iterations=1))
    for version, form in FORMATS.items()
}

versions = st.sampled_from(WRITABLE)
passwords = st.one_of(st.just(""), st.text(min_size=1, max_size=40).filter(lambda text: text.isprintable()))
entries = st.dictionaries(
    st.text(st.characters(exclude_categories=()), max_size=30), st.binary(max_size=200), max_size=8
)


def real(release, form):
    return base64.b64decode(REAL_STORES[release][form])


def with_checksum(framed):
    return framed + struct.pack(">Q", zlib.crc32(framed))


def altered(content, position, value):
    """One byte is another one, and the checksum is right again."""
    return with_checksum(content[:position] + bytes([value]) + content[position + 1 : -8])


def small_store(version=7, password=""):
    return encode(Store(version, {"keystore.seed": b"seed", "name": b"value"}), password, QUICK)


@pytest.mark.parametrize(("form", "password"), [("open", ""), ("protected", PASSWORD)])
@pytest.mark.parametrize("release", REAL_STORES)
def test_reads_what_elasticsearch_wrote(release, form, password):
    store = decode(real(release, form), password)

    assert store.version == REAL_STORES[release]["version"]
    seed = store.entries["keystore.seed"]
    assert len(seed) == 20
    assert store.entries == {**REAL_ENTRIES, "keystore.seed": seed}


@pytest.mark.parametrize("release", [release for release, store in REAL_STORES.items() if store["version"] in WRITABLE])
def test_writes_the_same_layout_with_new_salt_and_ciphertext(release):
    original = real(release, "open")
    store = decode(original, "")

    written = encode(Store(store.version, store.entries), "")

    assert decode(written, "") == store
    assert len(written) == len(original)
    assert written[:SALT] == original[:SALT]
    assert written[SALT : SALT + 64] != original[SALT : SALT + 64]


@given(versions, passwords, entries)
@settings(max_examples=40)
def test_what_is_written_is_read(version, password, entries):
    assert decode(encode(Store(version, entries), password, QUICK), password, QUICK) == Store(version, entries)


@pytest.mark.parametrize("version", WRITABLE)
def test_large_and_empty_values_and_an_empty_store(version):
    for entries in ({}, {"empty": b""}, {"large": bytes(range(256)) * 300, "other": b"x"}):
        assert decode(encode(Store(version, entries), "", QUICK), "", QUICK).entries == entries


@pytest.mark.parametrize(
    ("name", "encoded"),
    [
        ("plain.name-1_A", b"plain.name-1_A"),
        ("\x00", b"\xc0\x80"),
        ("é€", b"\xc3\xa9\xe2\x82\xac"),
        ("\U0001f511", b"\xed\xa0\xbd\xed\xb4\x91"),
        ("\ud83d", b"\xed\xa0\xbd"),
    ],
)
def test_names_are_in_modified_utf_8(name, encoded):
    assert encode_name(name) == encoded
    assert decode_name(encoded) == name


@given(st.data())
@settings(max_examples=100)
def test_no_damage_goes_unnoticed(data):
    version = data.draw(versions)
    content = small_store(version, password=data.draw(st.sampled_from(["", "password"])))
    password = "password" if content[FLAG] else ""
    position = data.draw(st.integers(0, len(content) - 1))
    flipped = bytearray(content)
    flipped[position] ^= data.draw(st.integers(1, 255))

    for damaged in (bytes(flipped), with_checksum(bytes(flipped)[:-8]), content[:position], content + b"\x00"):
        if damaged != content:
            with pytest.raises(KeystoreError):
                decode(damaged, password, QUICK)


def damaged_plaintext(plaintext, version=7):
    """A whole and authentic file around a plaintext that is not one."""
    form = QUICK[version]
    envelope = form.cipher.new_key("").seal(plaintext)
    parts = [struct.pack("<I", len(part)) + part for part in (envelope.salt, envelope.iv, envelope.sealed)]
    block = b"".join(parts)
    framed = small_store(version)[:BLOCK] + struct.pack("<I", len(block)) + block + struct.pack(">II", 0xC02893E8, 0)
    return with_checksum(framed)


@pytest.mark.parametrize(
    ("content", "password", "message"),
    [
        (b"", "", "is not an Elasticsearch keystore"),
        (b"-----BEGIN CERTIFICATE-----", "", "is not an Elasticsearch keystore"),
        (small_store()[:-20], "", "its end is missing"),
        (small_store()[:27], "", "its end is missing"),
        (small_store()[:-1] + b"?", "", "its checksum is wrong"),
        (small_store(password="right"), "", "has a password and none was given"),
        (small_store(password="right"), "wrong", "the password does not open the keystore"),
        (small_store(), "needless", "a password was given, but the keystore has none"),
        (altered(small_store(), VERSION, 2), "", "of version 2, which was written before"),
        (altered(small_store(), VERSION, 8), "", "of version 8, but only versions up to 7"),
        (altered(small_store(), FLAG, 2), "", "whether it has a password"),
        (altered(small_store(6), VERSION, 7), "", "it cannot be decrypted although"),
        (damaged_plaintext(b"\x00\x00"), "", "it ends too early"),
        (damaged_plaintext(b"\x00\x00\x00\x00more"), "", "there is more in it than it says"),
        (damaged_plaintext(b"\x00\x00\x00\x01\x00\x01\xff\x00\x00\x00\x00"), "", "the name of an entry is not text"),
        (damaged_plaintext(b"\x00\x00\x00\x01\x00\x01a\xff\xff\xff\xff"), "", "it ends too early"),
    ],
)
def test_each_mistake_has_its_own_words(content, password, message):
    with pytest.raises(KeystoreError) as caught:
        decode(content, password, QUICK)

    assert message in caught.value.message
    assert caught.value.hint


def test_version_3_is_not_written():
    with pytest.raises(KeystoreError, match="can be read, but not be changed"):
        encode(Store(3, {}), "", QUICK)


def test_secrets_are_not_in_the_representation():
    assert "value" not in repr(decode(small_store(), "", QUICK))
