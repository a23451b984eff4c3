# Copyright: Stack TLS contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import contextlib

import pytest
from ansible_collections.stacktls.elastic.plugins.module_utils._errors import CertificateError
from ansible_collections.stacktls.elastic.plugins.module_utils._pki import _der
from hypothesis import given
from hypothesis import strategies as st


@given(st.integers(0, 2), st.integers(0, 39), st.lists(st.integers(0, 2**40), max_size=6))
def test_object_identifiers_come_back(first, second, others):
    dotted = ".".join(str(arc) for arc in (first, second, *others))
    assert _der.dotted(_der.single(_der.object_identifier(dotted), _der.OBJECT_IDENTIFIER).content) == dotted


@given(st.lists(st.binary(max_size=300), max_size=5))
def test_elements_come_back(contents):
    found = _der.elements(b"".join(_der.octets(content) for content in contents))
    assert [element.content for element in found] == contents


def test_long_contents_have_a_long_length():
    assert _der.octets(b"x" * 70000)[:5] == bytes([0x04, 0x83, 0x01, 0x11, 0x70])


@pytest.mark.parametrize(("value", "encoded"), [(0, "020100"), (127, "02017f"), (128, "02020080"), (10000, "02022710")])
def test_integers_are_never_negative(value, encoded):
    assert _der.integer(value).hex() == encoded


@pytest.mark.parametrize("data", [b"\x30", b"\x30\x80\x00\x00", b"\x30\x05\x00", b"\x30\x82\x01"])
def test_what_is_cut_off_or_not_der_is_refused(data):
    with pytest.raises(CertificateError):
        _der.elements(data)


@given(st.binary(max_size=60))
def test_arbitrary_bytes_are_read_in_full_or_refused(data):
    with contextlib.suppress(CertificateError):
        assert b"".join(element.encoded for element in _der.elements(data)) == data


@pytest.mark.parametrize("content", [b"", b"\x80", b"\x2a\x86"])
def test_what_is_no_object_identifier_is_refused(content):
    with pytest.raises(CertificateError):
        _der.dotted(content)


@given(st.integers(0, 2**70))
def test_integers_come_back(value):
    assert _der.integer_of(_der.single(_der.integer(value), _der.INTEGER)) == value


def test_more_than_the_one_that_was_expected_is_refused():
    with pytest.raises(CertificateError, match="something follows"):
        _der.single(_der.sequence() + _der.null(), _der.SEQUENCE)


def test_a_structure_may_have_more_than_was_asked_for():
    content = _der.sequence() + _der.null()
    assert [element.tag for element in _der.structure(content, _der.SEQUENCE)] == [_der.SEQUENCE, _der.NULL]
    with pytest.raises(CertificateError, match="not the DER structure"):
        _der.structure(content, _der.SEQUENCE, _der.NULL, _der.NULL)


def test_another_type_is_refused():
    with pytest.raises(CertificateError):
        _der.single(_der.octets(b""), _der.SEQUENCE)
