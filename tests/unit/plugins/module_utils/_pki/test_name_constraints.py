# Copyright: Stack TLS contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import pytest
from ansible_collections.stacktls.elastic.plugins.module_utils._errors import CertificateError
from ansible_collections.stacktls.elastic.plugins.module_utils._pki._authorities import Restrictions, make_authority
from ansible_collections.stacktls.elastic.plugins.module_utils._pki._certificates import Authority, Lifetime
from ansible_collections.stacktls.elastic.plugins.module_utils._pki._name_constraints import (
    covers,
    parse_subtree,
    parse_subtrees,
    presented_names,
    print_subtree,
    violations,
)
from ansible_collections.stacktls.elastic.plugins.module_utils._pki._names import parse_name
from cryptography import x509
from issuing import HOUR, NOW, openssl_verify

DIRECTORY = x509.DirectoryName(parse_name("O=Example"))
MAILBOXES = x509.RFC822Name("example.com")


def dns(*names):
    return parse_subtrees(f"DNS:{name}" for name in names)


def networks(*names):
    return parse_subtrees(f"IP:{name}" for name in names)


@pytest.mark.parametrize(
    ("permitted", "excluded", "subject", "names", "words"),
    [
        (dns("example.com"), (), "CN=x", ["example.com", "es1.example.com", "*.a.example.com"], []),
        (
            dns("example.com", "internal"),
            (),
            "CN=x",
            ["es1.internal", "badexample.com"],
            ["permits DNS:example.com, DNS:internal, not DNS:badexample.com"],
        ),
        (dns("a.example.com"), (), "CN=x", ["*.example.com"], ["permits DNS:a.example.com, not DNS:*.example.com"]),
        (dns("example.com"), (), "CN=x", ["10.0.0.1", "es1.example.com"], []),
        (dns("example.com"), (), "CN=Some One", [], []),
        (dns("example.com"), (), "CN=es1.other.com", [], ["permits DNS:example.com, not DNS:es1.other.com"]),
        (dns("example.com"), (), "CN=es1.other.com", ["es1.example.com"], []),
        (networks("10.0.0.0/8"), (), "CN=x", ["10.1.2.3", "es1.example.com"], []),
        (networks("10.0.0.0/8"), (), "CN=x", ["11.1.2.3"], ["permits IP:10.0.0.0/8, not IP:11.1.2.3"]),
        (networks("10.0.0.0/8"), (), "CN=x", ["2001:db8::1"], ["permits IP:10.0.0.0/8, not IP:2001:db8::1"]),
        (networks("2001:db8::/32"), (), "CN=x", ["2001:db8::1"], []),
        (
            (),
            (*dns("secret.example.com"), *networks("10.9.0.0/16")),
            "CN=x",
            ["a.secret.example.com", "10.9.0.1", "10.8.0.1"],
            [
                "excludes DNS:secret.example.com and with it DNS:a.secret.example.com",
                "excludes IP:10.9.0.0/16 and with it IP:10.9.0.1",
            ],
        ),
        ((DIRECTORY,), (), "CN=x,O=eXample", ["es1"], []),
        ((DIRECTORY,), (), "CN=x", ["es1"], ["permits dirName:O=Example, not dirName:CN=x"]),
        ((MAILBOXES,), (), "CN=x,EMAILADDRESS=ops@example.com", ["es1"], []),
        (
            (MAILBOXES,),
            (),
            "CN=x,EMAILADDRESS=ops@other.com",
            ["es1"],
            ["permits email:example.com, not email:ops@other.com"],
        ),
    ],
)
def test_violations_are_what_openssl_refuses(pki, tmp_path, permitted, excluded, subject, names, words):
    specification = pki.specification(subject, names, "client")
    constraints = x509.NameConstraints(permitted or None, excluded or None)
    found = violations(constraints, presented_names(specification.subject, specification.names))
    assert found == words

    key = pki.key("ec-p256", number=7)
    restrictions = Restrictions(permitted=permitted, excluded=excluded)
    lifetime = Lifetime.starting(NOW, 30, HOUR)
    root = make_authority(parse_name("CN=Constrained"), key, lifetime, restrictions)
    leaf = pki.certificate(specification, Authority(root, key))
    verified = openssl_verify(tmp_path, leaf, root)
    assert (verified.returncode == 0) is not words, verified.stderr
    assert not words or "subtree violation" in verified.stderr


@pytest.mark.parametrize(
    ("subject", "names", "implied"),
    [
        ("CN=kibana-client", [], ["DNS:kibana-client"]),
        ("CN=kibana-client", ["10.0.0.1"], ["DNS:kibana-client"]),
        ("CN=kibana-client", ["es1"], []),
        ("CN=a_b.example.com", [], ["DNS:a_b.example.com"]),
        ("CN=10.9.9.9", ["es1"], ["IP:10.9.9.9"]),
        ("CN=10.9.9.9", ["10.0.0.1"], ["DNS:10.9.9.9"]),
        ("CN=kibana_client", [], []),
        ("CN=Kibana Client", [], []),
        ("CN=kibana\xe4", [], []),
        ("O=example.com", [], []),
    ],
)
def test_common_names_that_clients_take_for_hosts(pki, subject, names, implied):
    specification = pki.specification(subject, names, "client")
    shown = [print_subtree(name) for name in presented_names(specification.subject, specification.names)]
    assert [name for name in shown if name.startswith(("DNS:", "IP:"))] == [
        *(str(name) for name in specification.names),
        *implied,
    ]


@pytest.mark.parametrize(
    ("names", "refused"), [(["*.example.com"], True), (["*.a.example.com"], False), (["*.b.example.com"], True)]
)
def test_a_wildcard_must_not_stand_for_an_excluded_name(pki, names, refused):
    constraints = x509.NameConstraints(None, dns("b.example.com"))
    specification = pki.specification("CN=x", names)
    assert bool(violations(constraints, presented_names(specification.subject, specification.names))) is refused


@pytest.mark.parametrize(
    ("tree", "name", "inside"),
    [
        (x509.DNSName(".example.com"), x509.DNSName("es1.example.com"), True),
        (x509.DNSName(".example.com"), x509.DNSName("example.com"), False),
        (x509.DNSName(""), x509.DNSName("es1"), True),
        (x509.RFC822Name("ops@example.com"), x509.RFC822Name("ops@example.com"), True),
        (x509.RFC822Name("ops@example.com"), x509.RFC822Name("other@example.com"), False),
        (x509.RFC822Name(".example.com"), x509.RFC822Name("ops@a.example.com"), True),
        (x509.RFC822Name(".example.com"), x509.RFC822Name("ops@example.com"), False),
        (x509.DNSName("example.com"), x509.RFC822Name("example.com"), False),
        (parse_subtree("IP:10.0.0.0/8"), parse_subtree("IP:10.1.0.0/16"), True),
        (parse_subtree("IP:10.1.0.0/16"), parse_subtree("IP:10.0.0.0/8"), False),
    ],
)
def test_subtrees_that_others_wrote(tree, name, inside):
    assert covers(tree, name) is inside


@pytest.mark.parametrize("text", ["DNS:example.com", "IP:10.0.0.0/8", "IP:2001:db8::/32"])
def test_what_is_read_is_printed_alike(text):
    assert print_subtree(parse_subtree(text)) == text


def test_each_subtree_once_and_in_its_one_form():
    parsed = parse_subtrees(["dns:Example.com.", "DNS:example.com", "IP:10.0.0.1"])
    assert [print_subtree(tree) for tree in parsed] == ["DNS:example.com", "IP:10.0.0.1/32"]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("example.com", "is neither DNS: nor IP:"),
        ("dirName:CN=x", "is neither DNS: nor IP:"),
        ("DNS:.example.com", "begins with a dot or an asterisk"),
        ("DNS:*.example.com", "begins with a dot or an asterisk"),
        ("DNS:", "is empty"),
        ("DNS:exa mple.com", "has a blank in it"),
        ("IP:10.0.0.1/8", "has host bits set"),
        ("IP:example.com", "is no network"),
    ],
)
def test_what_is_no_name_constraint(text, words):
    with pytest.raises(CertificateError) as caught:
        parse_subtree(text)
    assert words in str(caught.value)
