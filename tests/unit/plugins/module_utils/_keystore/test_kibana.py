# Copyright: Stack TLS contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import base64
import dataclasses
import json

import pytest
from ansible_collections.stacktls.elastic.plugins.module_utils._errors import KeystoreError
from ansible_collections.stacktls.elastic.plugins.module_utils._keystore._kibana import CIPHER, decode, encode
from hypothesis import given, settings
from hypothesis import strategies as st

# Written by the `kibana-keystore` of Kibana 8.
REAL_STORE = (
    b"1:T/LQGNsIoVklyyO3cnUNdIPk07JwVdREwroNvnK/cwJIGQK7/+D4U9s6vQO1QYCZH8/15z823Qrzo2Cv3f13a60XULY56YSbZDnI30ES5w1J"
    b"W3jZbsPPbutgdjhTh3AiKtUSQtAAJWwXz4WFQz/iClzimJuS+ndQc3WH4imd3lfJBSGJLp1XXgE6bY0="
)
QUICK = dataclasses.replace(CIPHER, iterations=1)

texts = st.text(st.characters(exclude_categories=()), max_size=40)
values = st.one_of(texts, st.integers(), st.booleans(), st.none(), st.lists(texts, max_size=3))


def payload(content):
    return base64.b64decode(content.removeprefix(b"1:"))


def test_reads_what_kibana_wrote():
    assert decode(REAL_STORE) == {"elasticsearch.ssl.keystore.password": "secret"}


def test_writes_the_same_layout_with_new_salt_and_vector():
    entries = decode(REAL_STORE)

    written, again = encode(entries), encode(entries)

    assert decode(written) == entries
    assert len(written) == len(REAL_STORE)
    assert written.startswith(b"1:")
    assert payload(written)[:64] != payload(again)[:64]
    assert payload(written)[64:76] != payload(again)[64:76]


@given(st.dictionaries(texts, values, max_size=6))
@settings(max_examples=60)
def test_what_is_written_is_read(entries):
    assert decode(encode(entries, QUICK), QUICK) == entries


def test_digits_stay_text_and_large_values_whole():
    entries = {"digits": "12345", "empty": "", "large": "ä" * 70_000}
    assert decode(encode(entries, QUICK), QUICK) == entries


@given(st.data())
@settings(max_examples=60)
def test_no_damage_goes_unnoticed(data):
    content = encode({"name": "value"}, QUICK)
    flipped = bytearray(payload(content))
    position = data.draw(st.integers(0, len(flipped) - 1))
    flipped[position] ^= data.draw(st.integers(1, 255))

    for damaged in (b"1:" + base64.b64encode(flipped), content[: 2 + position]):
        with pytest.raises(KeystoreError):
            decode(damaged, QUICK)


def sealed(plaintext):
    """A whole and authentic file around a plaintext that is not one."""
    envelope = QUICK.new_key("").seal(plaintext)
    parts = envelope.salt + envelope.iv + envelope.sealed[-16:] + envelope.sealed[:-16]
    return b"1:" + base64.b64encode(parts)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "is not a Kibana keystore"),
        (b"server.port: 5601\n", "is not a Kibana keystore"),
        (b"2:AAAA", "of version 2, but only version 1 is known"),
        (b"1:AAAA", "it ends too early"),
        (b"1:not base64", "it is not base64"),
        (encode({"name": "value"}, dataclasses.replace(QUICK, iterations=2)), "it is damaged, or it has a password"),
        (sealed(b"no JSON"), "there is no JSON object in it"),
        (sealed(json.dumps(["a", "list"]).encode()), "there is no JSON object in it"),
        (sealed(b'{"name":"\xff"}'), "there is no JSON object in it"),
        (sealed(b'{"name":NaN}'), "there is no JSON object in it"),
        (sealed(b'{"name":1e999}'), "there is no JSON object in it"),
        (sealed('{"name":1}'.encode("utf-16")), "there is no JSON object in it"),
        (sealed(b'{"name":' + b"[" * 100_000), "there is no JSON object in it"),
    ],
)
def test_each_mistake_has_its_own_words(content, message):
    with pytest.raises(KeystoreError) as caught:
        decode(content, QUICK)

    assert message in caught.value.message
    assert caught.value.hint


def test_a_line_end_is_no_damage():
    assert decode(REAL_STORE + b"\n") == decode(REAL_STORE)
