# Copyright: Stack TLS contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from datetime import timedelta

import pytest
from ansible_collections.stacktls.elastic.plugins.module_utils._pki import _comparison as comparison
from ansible_collections.stacktls.elastic.plugins.module_utils._pki._certificates import (
    Identity,
    encode_certificates,
)
from ansible_collections.stacktls.elastic.plugins.module_utils._pki._dates import parse_margin
from ansible_collections.stacktls.elastic.plugins.module_utils._pki._issuers import Issuers
from ansible_collections.stacktls.elastic.plugins.module_utils._pki._keys import encode_private_key
from ansible_collections.stacktls.elastic.plugins.module_utils._pki._kinds import PROFILES
from ansible_collections.stacktls.elastic.plugins.module_utils._pki._pkcs12 import encode_container
from hypothesis import given, settings
from hypothesis import strategies as st


def reasons(pki, certificate, specification, now=None, issuer=None, renew_before="33%", days=40000):
    issuers = Issuers((issuer or pki.authority.certificate,), exact=True)
    not_after = pki.now + timedelta(days=days)
    wanted = comparison.Wanted(specification, issuers, parse_margin(renew_before), not_after)
    return comparison.reasons_to_reissue(certificate, (), wanted, now or pki.now)


def codes(*arguments, **given):
    return [reason.code for reason in reasons(*arguments, **given)]


labels = st.from_regex(r"[a-z]([a-z0-9-]{0,10}[a-z0-9])?", fullmatch=True)
names = st.lists(st.one_of(labels, st.ip_addresses().map(str)), min_size=1, max_size=6)


@settings(max_examples=40)
@given(
    common_name=labels,
    names=names,
    profile=st.sampled_from(PROFILES),
    key_type=st.sampled_from(["ec-p256", "ec-p384", "ed25519"]),
    days=st.integers(1, 36500),
)
def test_what_was_just_issued_is_never_issued_again(pki, common_name, names, profile, key_type, days):
    specification = pki.specification(f"CN={common_name},O=Example", names, profile, key_type)
    assert codes(pki, pki.certificate(specification, days=days), specification) == []


@pytest.mark.parametrize(
    ("change", "code", "text"),
    [
        ({"subject": "CN=es2"}, "subject", "the subject is 'CN=es1' and should be 'CN=es2'"),
        (
            {"names": ("es1.example.com", "10.0.0.1")},
            "names",
            "the certificate lacks the names IP:10.0.0.1",
        ),
        ({"names": ()}, "names", "the certificate has the names DNS:es1.example.com that are not asked for"),
        ({"profile": "both"}, "usages", "the certificate is made for the use server and should be for both"),
        ({"key_type": "ec-p384"}, "key_type", "the key is ec-p256 and should be ec-p384"),
    ],
)
def test_each_wish_is_compared(pki, change, code, text):
    wanted = pki.specification(**change)
    [reason] = reasons(pki, pki.certificate(), wanted)
    assert (reason.code, reason.text) == (code, text)
    assert reason.found != reason.wanted


def test_the_order_of_names_is_of_no_account(pki):
    certificate = pki.certificate(pki.specification(names=("a", "b")))
    assert codes(pki, certificate, pki.specification(names=("b", "a"))) == []


def test_another_issuer(pki):
    stranger, namesake = pki.root("CN=Stranger").certificate, pki.root("CN=Test CA,O=Example").certificate
    certificate, specification = pki.certificate(), pki.specification()
    texts = [reasons(pki, certificate, specification, issuer=issuer)[0].text for issuer in (stranger, namesake)]
    assert texts == [
        "the certificate was issued by 'CN=Test CA, O=Example' and should be by 'CN=Stranger'",
        "the certificate was issued by another authority of the name 'CN=Test CA, O=Example'",
    ]


def test_an_authority_that_was_certified_again_is_the_same_issuer(pki):
    renewed = pki.root("CN=Test CA,O=Example", pki.authority.key, days=5000)
    assert codes(pki, pki.certificate(), pki.specification(), issuer=renewed.certificate) == []


@pytest.mark.parametrize(
    ("days_later", "renew_before", "expected"),
    [
        (0, "33%", []),
        (199, "33%", []),
        (202, "33%", ["expiring"]),
        (269, "30d", []),
        (270, "30d", ["expiring"]),
        (299, "0", []),
        (300, "0", ["expired"]),
        (400, "33%", ["expired"]),
        (-1, "33%", ["not_yet_valid"]),
    ],
)
def test_dates(pki, days_later, renew_before, expected):
    certificate = pki.certificate(days=300)
    now = pki.now + timedelta(days=days_later)
    assert codes(pki, certificate, pki.specification(), now=now, renew_before=renew_before) == expected


def test_a_certificate_that_lasts_as_long_as_its_authority_is_kept_until_it_expires(pki):
    short = pki.root("CN=Short", days=30)
    certificate = pki.certificate(authority=short, days=397)
    late = {"issuer": short.certificate, "renew_before": "60d"}
    assert codes(pki, certificate, pki.specification(), **late) == []
    assert codes(pki, certificate, pki.specification(), **late, now=pki.now + timedelta(days=29)) == []
    assert codes(pki, certificate, pki.specification(), **late, now=pki.now + timedelta(days=30)) == ["expired"]


def sources(pki, certificate=None, key=None):
    return (
        comparison.Source("/a.crt", encode_certificates([certificate or pki.certificate(), pki.authority.certificate])),
        comparison.Source("/a.key", encode_private_key(key or pki.key(), "secret")),
    )


def test_a_pair_of_pem_files(pki):
    identity = comparison.read_pem(*sources(pki), "secret")
    assert identity.matches()
    assert identity.authorities == (pki.authority.certificate,)


def unusable(read, *arguments):
    with pytest.raises(comparison.UnusableError) as caught:
        read(*arguments)
    return caught.value.reason


def test_pem_files_that_cannot_be_used(pki):
    certificate, key = sources(pki)
    read = comparison.read_pem
    missing = comparison.Source("/a.crt", None)
    damaged = comparison.Source("/a.crt", b"damaged")
    of_another = sources(pki, key=pki.key(number=1))[1]
    assert unusable(read, missing, key, "secret") == comparison.Reason("missing", "/a.crt does not exist")
    assert unusable(read, damaged, key, "secret").code == "damaged"
    assert unusable(read, certificate, of_another, "secret") == comparison.Reason(
        "key_mismatch", "/a.key is not the key of /a.crt"
    )
    assert unusable(read, certificate, key, "wrong") == comparison.Reason(
        "passphrase", "/a.key: the private key cannot be opened with this passphrase"
    )


def test_pkcs12_files_that_cannot_be_used(pki):
    good = Identity(pki.key(), pki.certificate(), ())
    mixed = Identity(pki.key(number=1), pki.certificate(), ())
    read = comparison.read_pkcs12

    def source(identity):
        return comparison.Source("/a.p12", encode_container(identity, "secret", "key"))

    assert read(source(good), "secret")[0].matches()
    assert unusable(read, comparison.Source("/a.p12", None), "secret").code == "missing"
    assert unusable(read, comparison.Source("/a.p12", b"x"), "secret").code == "damaged"
    assert unusable(read, source(good), "wrong").code == "passphrase"
    # OpenSSL, below cryptography, may refuse such a file itself.
    assert unusable(read, source(mixed), "secret").code in ("key_mismatch", "damaged", "passphrase")


def test_pkcs12_beside_pem(pki):
    one, other = (Identity(pki.key(), pki.certificate(), ()) for _time in range(2))
    comparison.require_same(one, one, "/a.p12")
    assert unusable(comparison.require_same, one, other, "/a.p12").code == "pkcs12_mismatch"
