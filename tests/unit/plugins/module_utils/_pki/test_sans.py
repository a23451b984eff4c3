# Copyright: Stack TLS contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import re

import pytest
from ansible_collections.stacktls.elastic.plugins.module_utils._errors import CertificateError
from ansible_collections.stacktls.elastic.plugins.module_utils._pki._sans import (
    AlternativeName,
    from_extension,
    parse_alternative_name,
    parse_alternative_names,
    to_extension,
)
from cryptography import x509
from hypothesis import given
from hypothesis import strategies as st


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("es1.example.com", "DNS:es1.example.com"),
        ("ES1.Example.COM.", "DNS:es1.example.com"),
        ("localhost", "DNS:localhost"),
        ("es-1", "DNS:es-1"),
        ("DNS:es1", "DNS:es1"),
        ("dns:es1", "DNS:es1"),
        ("*.example.com", "DNS:*.example.com"),
        ("b\u00fccher.example", "DNS:xn--bcher-kva.example"),
        ("xn--bcher-kva.example", "DNS:xn--bcher-kva.example"),
        ("x" * 63 + ".example", "DNS:" + "x" * 63 + ".example"),
        ("1es.example", "DNS:1es.example"),
        ("10.0.0.1", "IP:10.0.0.1"),
        ("IP:10.0.0.1", "IP:10.0.0.1"),
        ("ip:2001:DB8:0:0::1", "IP:2001:db8::1"),
        ("2001:db8::1", "IP:2001:db8::1"),
        ("::1", "IP:::1"),
    ],
)
def test_names_come_into_one_form(text, name):
    assert str(parse_alternative_name(text)) == name


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "is empty"),
        ("DNS:", "is empty"),
        ("es 1", "has a blank"),
        (" es1", "has a blank"),
        ("es1\n", "has a blank"),
        ("es_1.example.com", "has an underscore"),
        ("_es.example.com", "has an underscore"),
        ("es..example.com", "has an empty label"),
        (".example.com", "has an empty label"),
        ("es1..", "has an empty label"),
        (".", "has an empty label"),
        ("x" * 64 + ".example", "a label longer than 63"),
        (".".join(["x" * 62] * 5), "longer than 253"),
        ("-es.example.com", "the label '-es'"),
        ("es-.example.com", "the label 'es-'"),
        ("es!.example.com", "the label 'es!'"),
        ("es.*.example.com", "an asterisk that is not the whole first label"),
        ("es*.example.com", "an asterisk that is not the whole first label"),
        ("*", "a wildcard that no client accepts"),
        ("*.com", "a wildcard that no client accepts"),
        ("*.*.com", "an asterisk that is not the whole first label"),
        ("10.0.0.300", "ends like an IPv4 address"),
        ("10.0.0", "ends like an IPv4 address"),
        ("10.0.0.1:9200", "has a port or brackets"),
        ("es1:9200", "has a port or brackets"),
        ("DNS:es1:9200", "has a port or brackets"),
        ("[::1]", "has a port or brackets"),
        ("[::1]:9200", "has a port or brackets"),
        ("IP:[::1]", "is not an IP address"),
        ("IP:es1", "is not an IP address"),
        ("IP:10.0.0.0/8", "is not an IP address"),
        ("10.0.0.0/8", "path or prefix length"),
        ("https://es1:9200", "is of the kind 'https'"),
        ("DNS:https://es1", "path or prefix length"),
        ("fe80::1%eth0", "has a zone"),
        ("DNS:10.0.0.1", "is an IP address"),
        ("email:a@example.com", "is of the kind 'email'"),
        ("stra\u00dfe.example", "a letter that clients encode differently"),
        ("\u2665" + "x" * 70, "cannot be encoded for the DNS"),
    ],
)
def test_what_cannot_be_a_name_is_refused_in_words(text, words):
    with pytest.raises(CertificateError, match=re.escape(words)) as refused:
        parse_alternative_name(text)
    assert repr(text) in str(refused.value)


def test_each_name_is_there_once_in_the_order_given():
    names = parse_alternative_names(["es2", "es1", "DNS:ES2.", "10.0.0.1", "IP:10.0.0.1"])
    assert [str(name) for name in names] == ["DNS:es2", "DNS:es1", "IP:10.0.0.1"]


labels = st.from_regex(r"[a-z]([a-z0-9-]{0,20}[a-z0-9])?", fullmatch=True)
host_names = st.lists(labels, min_size=1, max_size=5).map(".".join)
texts = st.one_of(host_names, st.ip_addresses().map(str))


@given(st.lists(texts, max_size=8))
def test_names_come_back_from_a_certificate(given_texts):
    names = parse_alternative_names(given_texts)
    assert from_extension(to_extension(names)) == names


@given(texts)
def test_the_printed_form_is_read_as_the_same_name(text):
    name = parse_alternative_name(text)
    assert parse_alternative_name(str(name)) == name


@given(st.text(max_size=80))
def test_any_text_is_a_name_or_refused(text):
    try:
        name = parse_alternative_name(text)
    except CertificateError:
        return
    assert str(name).isascii()
    assert parse_alternative_name(str(name)) == name


def test_names_of_other_kinds_are_shown():
    names = from_extension(x509.SubjectAlternativeName([x509.RFC822Name("a@example.com"), x509.DNSName("ES1")]))
    assert names == (AlternativeName("RFC822Name", "a@example.com"), AlternativeName("DNS", "es1"))
