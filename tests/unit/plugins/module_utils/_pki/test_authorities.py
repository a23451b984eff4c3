# Copyright: Stack TLS contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import subprocess
from datetime import timedelta

import pytest
from ansible_collections.stacktls.elastic.plugins.module_utils._errors import CertificateError
from ansible_collections.stacktls.elastic.plugins.module_utils._pki._authorities import (
    Restrictions,
    authority_violations,
    constraint_violations,
    lifetime_within,
    make_authority,
    require_allowed,
    require_authority,
)
from ansible_collections.stacktls.elastic.plugins.module_utils._pki._certificates import (
    Authority,
    Lifetime,
    encode_certificates,
    key_usage,
)
from ansible_collections.stacktls.elastic.plugins.module_utils._pki._chains import chain_to_root
from ansible_collections.stacktls.elastic.plugins.module_utils._pki._kinds import KEY_TYPES
from ansible_collections.stacktls.elastic.plugins.module_utils._pki._name_constraints import parse_subtrees
from ansible_collections.stacktls.elastic.plugins.module_utils._pki._names import parse_name
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from issuing import HOUR, NOW, openssl_verify


def test_a_chain_with_an_intermediate(pki, tmp_path):
    middle = pki.intermediate("CN=Middle", pki.authority)
    leaf = pki.certificate(authority=middle)
    root = pki.authority.certificate
    stranger = pki.root("CN=Stranger").certificate
    assert chain_to_root(leaf, [stranger, root, middle.certificate]) == [leaf, middle.certificate, root]
    assert openssl_verify(tmp_path, leaf, root, intermediates=[middle.certificate]).returncode == 0


def test_a_chain_that_does_not_reach_a_root(pki):
    middle = pki.intermediate("CN=Middle", pki.authority).certificate
    with pytest.raises(CertificateError, match="the issuer of 'CN=Middle', 'CN=Test CA, O=Example', is missing"):
        chain_to_root(middle, [pki.root("CN=Stranger").certificate])


def test_authorities_are_told_from_others(pki):
    require_authority(pki.authority.certificate, pki.now)
    with pytest.raises(CertificateError, match="'CN=es1' is not one of an authority"):
        require_authority(pki.certificate(), pki.now)
    with pytest.raises(CertificateError, match="expired on"):
        require_authority(pki.authority.certificate, pki.now + timedelta(days=3651))
    with pytest.raises(CertificateError, match=r"starts on .*Set this machine's clock"):
        require_authority(pki.authority.certificate, pki.now - timedelta(days=1))


def test_an_authority_that_may_not_sign(pki):
    key = pki.key()
    certificate = (
        x509.CertificateBuilder()
        .subject_name(x509.Name([]))
        .issuer_name(x509.Name([]))
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(pki.now - timedelta(days=1))
        .not_valid_after(pki.now + timedelta(days=1))
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .add_extension(key_usage("digital_signature"), critical=True)
        .sign(key, hashes.SHA256())
    )
    with pytest.raises(CertificateError, match="no keyCertSign"):
        require_authority(certificate, pki.now)


@pytest.fixture
def make(pki):
    """Makes authorities, each with the key of its number."""

    def make(subject, number, issuer=None, days=365, key_type="ec-p256", **restrictions):
        key, lifetime = pki.key(key_type, number), Lifetime.starting(NOW, days, HOUR)
        certificate = make_authority(parse_name(subject), key, lifetime, Restrictions(**restrictions), issuer)
        return Authority(certificate, key)

    return make


def openssl_text(certificate):
    command = ["openssl", "x509", "-noout", "-ext", "basicConstraints,keyUsage,nameConstraints"]
    shown = subprocess.run(command, input=encode_certificates([certificate]), capture_output=True, check=True)
    return [line.strip() for line in shown.stdout.decode().splitlines()]


def test_openssl_shows_the_restrictions_and_that_they_are_critical(make):
    root = make(
        "CN=Root",
        10,
        path_length=1,
        permitted=parse_subtrees(["DNS:example.com", "IP:10.0.0.0/8"]),
        excluded=parse_subtrees(["DNS:bad.example.com"]),
        usages=("keyCertSign", "digitalSignature"),
    )
    shown = openssl_text(root.certificate)
    assert shown == [
        "X509v3 Basic Constraints: critical",
        "CA:TRUE, pathlen:1",
        "X509v3 Key Usage: critical",
        "Digital Signature, Certificate Sign",
        "X509v3 Name Constraints: critical",
        "Permitted:",
        "DNS:example.com",
        "IP:10.0.0.0/255.0.0.0",
        "Excluded:",
        "DNS:bad.example.com",
    ]
    assert Restrictions.of(root.certificate).describe() == {
        "path_length": 1,
        "name_constraints_permitted": ["DNS:example.com", "IP:10.0.0.0/8"],
        "name_constraints_excluded": ["DNS:bad.example.com"],
        "key_usage": ["keyCertSign", "digitalSignature"],
    }


@pytest.mark.parametrize("key_type", [key_type for key_type in KEY_TYPES if key_type != "rsa-4096"])
def test_openssl_accepts_intermediates_of_any_key(pki, make, tmp_path, key_type):
    root = make("CN=Root", 10, key_type=key_type)
    middle = make("CN=Middle", 11, root, key_type=key_type, path_length=0)
    verified = openssl_verify(
        tmp_path, pki.certificate(authority=middle), root.certificate, intermediates=[middle.certificate]
    )
    assert verified.returncode == 0, verified.stderr


def test_an_authority_does_not_outlive_those_above_it(make):
    root = make("CN=Root", 10, days=100)
    middle = make("CN=Middle", 11, root, days=50)
    chain = [middle.certificate, root.certificate]
    found = lifetime_within(Lifetime.starting(NOW, 365, 2 * HOUR), chain)
    assert found == Lifetime.of(middle.certificate)


@pytest.mark.parametrize(
    ("limit", "below_root", "allowed"), [(None, 2, True), (1, 2, False), (2, 2, True), (0, 1, False)]
)
def test_path_lengths(pki, make, tmp_path, limit, below_root, allowed):
    authorities = [make("CN=Root", 10, path_length=limit)]
    for number in range(below_root):
        authorities.insert(0, make(f"CN=Middle {number}", 11 + number, authorities[0]))
    chain = [each.certificate for each in authorities]
    found = constraint_violations(chain, pki.specification())
    assert found == ([] if allowed else [f"'CN=Root' allows {limit} authorities below it, not {below_root}."])
    leaf = pki.certificate(authority=authorities[0])
    verified = openssl_verify(tmp_path, leaf, chain[-1], intermediates=chain[:-1])
    assert (verified.returncode == 0) is allowed, verified.stderr


def test_names_are_checked_against_every_authority_of_the_chain(pki, make, tmp_path):
    root = make("CN=Root", 10, permitted=parse_subtrees(["DNS:example.com"]))
    middle = make("CN=Middle", 11, root, excluded=parse_subtrees(["DNS:bad.example.com"]))
    chain = [middle.certificate, root.certificate]
    for name, words in (
        ("es1.example.com", []),
        ("es1.other.com", ["'CN=Root' permits DNS:example.com, not DNS:es1.other.com."]),
        (
            "x.bad.example.com",
            ["'CN=Middle' excludes DNS:bad.example.com and with it DNS:x.bad.example.com."],
        ),
    ):
        specification = pki.specification(names=[name])
        assert constraint_violations(chain, specification) == words
        leaf = pki.certificate(specification, middle)
        verified = openssl_verify(tmp_path, leaf, root.certificate, intermediates=[middle.certificate])
        assert (verified.returncode == 0) is not words, verified.stderr


@pytest.mark.parametrize(
    ("above", "wanted", "words"),
    [
        ({}, {"path_length": 3}, []),
        ({"path_length": 1}, {"path_length": 0}, []),
        ({"path_length": 1}, {}, []),
        ({"path_length": 0}, {}, ["'CN=Root' allows 0 authorities below it, not 1."]),
        ({"path_length": 1}, {"path_length": 1}, ["'CN=Root' allows 1 authorities below it, not 2."]),
        ({"permitted": ["DNS:example.com"]}, {"permitted": ["DNS:a.example.com", "IP:10.0.0.0/8"]}, []),
        (
            {"permitted": ["DNS:example.com"]},
            {"permitted": ["DNS:other.com"]},
            ["'CN=Root' permits DNS:example.com, not DNS:other.com."],
        ),
    ],
)
def test_what_an_intermediate_cannot_be(make, above, wanted, words):
    def restrictions(given):
        return {name: parse_subtrees(value) if name == "permitted" else value for name, value in given.items()}

    root = make("CN=Root", 10, **restrictions(above)).certificate
    # A common name with a dot is no host name in an authority.
    found = authority_violations([root], parse_name("CN=ca.elsewhere.com"), Restrictions(**restrictions(wanted)))
    assert found == words


def test_all_violations_are_told_at_once():
    require_allowed([])
    with pytest.raises(CertificateError, match=r"would refuse this certificate: First\. Second\. Ask for other names"):
        require_allowed(["First.", "Second."])
