# Copyright: Stack TLS contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Messages of a handshake: what OpenSSL's own server makes of ours, and what we make of any bytes."""

from __future__ import annotations

import pytest
from ansible_collections.stacktls.elastic.plugins.module_utils._tls_messages import (
    VERSIONS,
    MessageError,
    ServerHello,
    alert_in_words,
    chosen_version,
    client_hello,
    is_tls,
    parse_accepted_authorities,
    parse_certificates,
    parse_server_hello,
)
from hypothesis import given
from hypothesis import strategies as st

RANDOM = bytes(32)
HELLO_1_2 = b"\2\0\0\x2c\3\3" + RANDOM + b"\0" + b"\xc0\x2f" + b"\0" + b"\0\0"
HELLO_1_3 = b"\2\0\0\x32\3\3" + RANDOM + b"\0" + b"\x13\2" + b"\0" + b"\0\6" + b"\0\x2b\0\2\3\4"


def record(kind: int, content: bytes) -> bytes:
    return bytes([kind, 3, 3]) + len(content).to_bytes(2, "big") + content


@pytest.mark.parametrize(
    ("message", "hello"),
    [(HELLO_1_2, ServerHello("TLSv1.2", 0xC02F)), (HELLO_1_3, ServerHello("TLSv1.3", 0x1302))],
)
def test_what_the_server_chose(message: bytes, hello: ServerHello) -> None:
    assert parse_server_hello(message) == hello
    assert chosen_version(record(0x16, message)) == hello.version


def test_a_hello_without_extensions() -> None:
    assert parse_server_hello(HELLO_1_2[:-2]).version == "TLSv1.2"


def test_a_version_without_a_name() -> None:
    assert parse_server_hello(HELLO_1_2.replace(b"\3\3", b"\3\0", 1)).version == "0x0300"


def test_an_alert_chooses_nothing() -> None:
    assert chosen_version(record(0x15, b"\2\x46")) is None


@pytest.mark.parametrize("answer", [b"", b"HTTP/1.1 400", record(0x16, b"\x0b\0\0\0"), record(0x17, HELLO_1_2)])
def test_what_is_no_answer_of_a_server(answer: bytes) -> None:
    with pytest.raises(MessageError):
        chosen_version(answer)


def test_certificates() -> None:
    older = b"\x0b\0\0\x0d" + b"\0\0\x0a" + b"\0\0\3abc" + b"\0\0\1d"
    newer = b"\x0b\0\0\x14" + b"\0" + b"\0\0\x10" + b"\0\0\3abc\0\2xx" + b"\0\0\1d\0\0"
    assert parse_certificates(older, "TLSv1.2") == [b"abc", b"d"]
    assert parse_certificates(newer, "TLSv1.3") == [b"abc", b"d"]


def test_accepted_authorities() -> None:
    names = b"\0\x07" + b"\0\2ab" + b"\0\1c"
    head = b"\x0d\0\0\0"
    assert parse_accepted_authorities(head + b"\1\x40" + names, "TLSv1.1") == [b"ab", b"c"]
    assert parse_accepted_authorities(head + b"\1\x40" + b"\0\2\4\3" + names, "TLSv1.2") == [b"ab", b"c"]
    extension = b"\0\x2f" + len(names).to_bytes(2, "big") + names
    newer = head + b"\0" + len(extension).to_bytes(2, "big") + extension
    assert parse_accepted_authorities(newer, "TLSv1.3") == [b"ab", b"c"]
    assert parse_accepted_authorities(head + b"\0" + b"\0\0", "TLSv1.3") == []


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("name", [None, "es1.example.com"])
def test_our_hello_is_one_record(version: str, name: str | None) -> None:
    hello = client_hello(version, name)
    assert is_tls(hello)
    assert int.from_bytes(hello[3:5], "big") == len(hello) - 5
    assert int.from_bytes(hello[6:9], "big") == len(hello) - 9
    assert (b"es1.example.com" in hello) == (name is not None)
    assert client_hello(version, name) != hello, "each has its own random bytes"


def test_alerts_in_words() -> None:
    assert (alert_in_words(116), alert_in_words(200)) == ("certificate required", "alert 200")


@given(st.binary(max_size=80), st.sampled_from(sorted(VERSIONS)))
def test_no_bytes_whatsoever_are_an_accident(data: bytes, version: str) -> None:
    for parse in (parse_certificates, parse_accepted_authorities):
        try:
            assert all(isinstance(each, bytes) for each in parse(data, version))
        except MessageError as error:
            assert str(error)
    for read in (parse_server_hello, chosen_version):
        try:
            read(data)
        except MessageError as error:
            assert str(error)
