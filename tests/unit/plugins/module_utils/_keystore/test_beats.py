# Copyright: Stack TLS contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import base64
import dataclasses

import pytest
from ansible_collections.stacktls.elastic.plugins.module_utils._errors import KeystoreError
from ansible_collections.stacktls.elastic.plugins.module_utils._keystore._beats import CIPHER, decode, encode
from hypothesis import given, settings
from hypothesis import strategies as st

# Written by the package `keystore` of elastic-agent-libs 0.18.0.
REAL_STORE = (
    b"v1y4Wme+yHTAZKu2gG8Ckw3RhmhHfCIp/KHtlJXDbX84hcddAWTlCdyGD0zg9ly+9IVdv/2A98Ta4uVMuMDC3XSkTiAXOLbAZY2ZfiQHwMI/EP"
    b"buctBghwat+Z9k9O5PsRmfD6Z7qsrqTZeF1GiWAqIU8kvp3TqB8O0BT2SI+2Fv7cbMIfXqqg3lhjhV419KK9uo1f5tXw8eMPlDcEj1eJKkg="
)
QUICK = dataclasses.replace(CIPHER, iterations=1)

names = st.text(st.characters(exclude_categories=()), max_size=40)


def payload(content):
    return base64.b64decode(content.removeprefix(b"v1"))


def sealed(plaintext):
    """A whole and authentic file around a plaintext that is not one."""
    envelope = QUICK.new_key("").seal(plaintext)
    return b"v1" + base64.b64encode(envelope.salt + envelope.iv + envelope.sealed)


def test_reads_what_a_beat_wrote():
    assert decode(REAL_STORE) == {"EMPTY": b"", "ES_API_KEY": "id:käy <&> €".encode()}


def test_writes_with_new_salt_and_vector():
    entries = decode(REAL_STORE)

    written, again = encode(entries), encode(entries)

    assert decode(written) == entries
    assert written.startswith(b"v1")
    assert payload(written)[:64] != payload(again)[:64]
    assert payload(written)[64:76] != payload(again)[64:76]


@given(st.dictionaries(names, st.binary(max_size=200), max_size=6))
@settings(max_examples=60)
def test_what_is_written_is_read(entries):
    assert decode(encode(entries, QUICK), QUICK) == entries


@given(st.data())
@settings(max_examples=60)
def test_no_damage_goes_unnoticed(data):
    content = encode({"name": b"value"}, QUICK)
    flipped = bytearray(payload(content))
    position = data.draw(st.integers(0, len(flipped) - 1))
    flipped[position] ^= data.draw(st.integers(1, 255))

    for damaged in (b"v1" + base64.b64encode(flipped), content[: 2 + position]):
        with pytest.raises(KeystoreError):
            decode(damaged, QUICK)


def test_an_entry_that_was_never_set_is_empty():
    assert decode(sealed(b'{"NAME":{"value":null}}'), QUICK) == {"NAME": b""}


def test_a_line_end_is_no_damage():
    assert decode(REAL_STORE + b"\n") == decode(REAL_STORE)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "is not a Beats keystore"),
        (b"version: 1\n", "is not a Beats keystore"),
        (b"1:AAAA", "is not a Beats keystore"),
        (b"v2AAAA", "of version v2, but only version v1 is known"),
        (b"v1AAAA", "it ends too early"),
        (b"v1not base64", "it is not base64"),
        (encode({"name": b"value"}, dataclasses.replace(QUICK, iterations=2)), "it is damaged, or it has a password"),
        (sealed(b"no JSON"), "there is no JSON object in it"),
        (sealed(b'["a"]'), "there is no JSON object in it"),
        (sealed(b'{"NAME":"value"}'), "an entry is not what Beats write"),
        (sealed(b'{"NAME":{"value":"","other":1}}'), "an entry is not what Beats write"),
        (sealed(b'{"NAME":{"value":1}}'), "the value of an entry is not base64"),
        (sealed(b'{"NAME":{"value":"geheim!"}}'), "the value of an entry is not base64"),
    ],
)
def test_each_mistake_has_its_own_words(content, message):
    with pytest.raises(KeystoreError) as caught:
        decode(content, QUICK)

    assert message in caught.value.message
    assert caught.value.hint
