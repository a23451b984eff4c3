# Copyright: Stack TLS contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The chain for Elastic Cloud Enterprise: its order whatever order it was given in, with openssl as a referee."""

from __future__ import annotations

import re
import subprocess
from datetime import datetime, timezone

import pytest
from ansible_collections.stacktls.elastic.plugins.module_utils._ece_chain import (
    EceChain,
    build_chain,
    doubts,
    require_names,
    require_rsa,
    wildcards_of,
)
from ansible_collections.stacktls.elastic.plugins.module_utils._errors import CertificateError
from ansible_collections.stacktls.elastic.plugins.module_utils._pki._certificates import load_certificates
from ansible_collections.stacktls.elastic.plugins.module_utils._pki._chains import shortest_chain_to_root
from cryptography.hazmat.primitives import serialization
from ece_pki import NOW, WILDCARDS, authority, key_of, leaf
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

ROOT = authority("CN=Root")
UPPER = authority("CN=Upper", ROOT)
LOWER = authority("CN=Lower", UPPER)
OTHER = authority("CN=Other root")
CROSS = authority("CN=Root", OTHER, purpose="CN=Root")  # the same authority, signed by an older one
LEAF = leaf(LOWER, WILDCARDS)
CHAIN = (LEAF.certificate, LOWER.certificate, UPPER.certificate, ROOT.certificate)
POOL = [LEAF.certificate, *(each.certificate for each in (LOWER, UPPER, ROOT, OTHER, CROSS))]


def labels_of(pem):
    return re.findall(rb"-----BEGIN ([A-Z ]+)-----", pem)


@given(st.permutations(POOL), st.lists(st.sampled_from(POOL), max_size=4))
def test_the_order_in_which_certificates_are_given_does_not_matter(pool, repeated):
    assert build_chain(LEAF.key, LEAF.certificate, [*pool, *repeated], NOW).certificates == CHAIN


@given(st.permutations(POOL), st.sampled_from((LOWER, UPPER)))
def test_a_missing_authority_is_named(pool, missing):
    with pytest.raises(CertificateError, match=f"'CN={missing.certificate.subject.rfc4514_string()[3:]}', is missing"):
        build_chain(LEAF.key, LEAF.certificate, [each for each in pool if each != missing.certificate], NOW)


@given(st.permutations(POOL))
def test_without_its_root_the_way_over_another_one_is_taken(pool):
    found = shortest_chain_to_root(LEAF.certificate, [each for each in pool if each != ROOT.certificate])
    assert found == [*CHAIN[:3], CROSS.certificate, OTHER.certificate]


@given(st.permutations(POOL))
def test_without_any_root_the_chain_has_no_end(pool):
    roots = (ROOT.certificate, OTHER.certificate)
    with pytest.raises(CertificateError, match="the issuer of 'CN=Root', 'CN=Other root', is missing"):
        build_chain(LEAF.key, LEAF.certificate, [each for each in pool if each not in roots], NOW)


@settings(max_examples=10, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.permutations(POOL))
def test_openssl_agrees(tmp_path, pool):
    sent = build_chain(LEAF.key, LEAF.certificate, pool, NOW).encode()
    assert labels_of(sent) == [b"RSA PRIVATE KEY", *[b"CERTIFICATE"] * 4]
    certificates = re.findall(rb"-----BEGIN CERT.+?-----END CERTIFICATE-----\n", sent, re.DOTALL)
    for name, parts in (("leaf", certificates[:1]), ("between", certificates[1:-1]), ("root", certificates[-1:])):
        (tmp_path / name).write_bytes(b"".join(parts))
    (tmp_path / "all").write_bytes(sent)

    def openssl(*arguments):
        return subprocess.run(["openssl", *arguments], cwd=tmp_path, check=True, capture_output=True).stdout

    verified = openssl(
        "verify", "-x509_strict", "-purpose", "sslserver", "-CAfile", "root", "-untrusted", "between", "leaf"
    )
    assert verified == b"leaf: OK\n"
    assert openssl("rsa", "-in", "all", "-check", "-noout") == b"RSA key ok\n"
    assert openssl("rsa", "-in", "all", "-modulus", "-noout") == openssl("x509", "-in", "all", "-modulus", "-noout")


def test_a_key_of_any_form_is_sent_as_pkcs1():
    for form in (serialization.PrivateFormat.PKCS8, serialization.PrivateFormat.TraditionalOpenSSL):
        pem = LEAF.key.private_bytes(serialization.Encoding.PEM, form, serialization.NoEncryption())
        key = serialization.load_pem_private_key(pem, None)
        assert EceChain(key, CHAIN).encode().startswith(b"-----BEGIN RSA PRIVATE KEY-----\n")


@pytest.mark.parametrize("key_type", ["ec-p256", "ed25519", "rsa-1024"])
def test_keys_that_are_refused(key_type):
    with pytest.raises(CertificateError, match=f"of the type {key_type}, and Elastic Cloud Enterprise takes RSA keys"):
        require_rsa(key_of("refused", key_type))


@pytest.mark.parametrize(
    ("made", "message"),
    [
        (lambda: leaf(LOWER, days=(-30, -1)), "expired on"),
        (lambda: leaf(LOWER, days=(2, 30)), "starts on"),
        (lambda: leaf(LOWER, profile="client"), "is not one for servers"),
        (lambda: leaf(LOWER, names=()), "has no subject alternative names"),
    ],
)
def test_certificates_that_are_refused(made, message):
    with pytest.raises(CertificateError, match=message):
        build_chain(LEAF.key, made().certificate, POOL, NOW)


def test_an_authority_that_is_no_longer_valid():
    old = authority("CN=Old", ROOT, days=(-30, -1))
    # It would never have issued this; the test only needs the names and keys to fit.
    signed = leaf(authority("CN=Old", ROOT, purpose="CN=Old"))
    with pytest.raises(CertificateError, match="'CN=Old' expired on"):
        build_chain(signed.key, signed.certificate, [old.certificate, ROOT.certificate], NOW)
    renewed = authority("CN=Old", ROOT, purpose="CN=Old")
    chain = build_chain(signed.key, signed.certificate, [old.certificate, ROOT.certificate, renewed.certificate], NOW)
    assert chain.certificates[1] == renewed.certificate


def test_what_is_no_authority_cannot_be_above_it():
    with pytest.raises(CertificateError, match="is self-signed, and Elastic Cloud Enterprise asks for the authority"):
        build_chain(ROOT.key, ROOT.certificate, [ROOT.certificate], NOW)


@pytest.mark.parametrize("root_only", [True, False])
def test_sha1_is_refused_but_in_the_root(tmp_path, root_only):
    """Made with openssl, because the library signs nothing with SHA-1 any more."""
    script = f"""
        set -e
        openssl req -x509 -sha1 -newkey rsa:2048 -nodes -subj /CN=Root -days 90 -keyout root.key -out root.crt \
            -addext basicConstraints=critical,CA:true
        openssl req -new -newkey rsa:2048 -nodes -subj /CN=ece -keyout ece.key -out ece.csr \
            -addext subjectAltName=DNS:ece.example.com
        openssl x509 -req -{"sha256" if root_only else "sha1"} -in ece.csr -CA root.crt -CAkey root.key -days 60 \
            -copy_extensions copy -out ece.crt
    """
    subprocess.run(["sh", "-c", script], cwd=tmp_path, check=True, capture_output=True)
    (root,), (made,) = (load_certificates((tmp_path / name).read_bytes()) for name in ("root.crt", "ece.crt"))
    now = datetime.now(timezone.utc)
    if root_only:
        assert build_chain(LEAF.key, made, [root], now).certificates == (made, root)
        return
    with pytest.raises(CertificateError, match="'CN=ece' is signed with SHA-1, which Elastic Cloud Enterprise rejects"):
        build_chain(LEAF.key, made, [root], now)


class TestNames:
    def test_wildcards(self):
        assert wildcards_of("ece.example.com", ["apm", "fleet"]) == [
            "*.ece.example.com",
            "*.apm.ece.example.com",
            "*.fleet.ece.example.com",
        ]
        assert wildcards_of("*.ece.example.com.", []) == ["*.ece.example.com"]

    def test_what_the_certificate_has(self):
        require_names(EceChain(LEAF.key, CHAIN), [*WILDCARDS, "es1.ece.example.com"], "somebody needs")

    def test_what_it_lacks(self):
        # A wildcard stands for one label: that of the domain does not cover those of its subdomains.
        chain = EceChain(LEAF.key, (leaf(LOWER, ("*.ece.example.com",)).certificate, *CHAIN[1:]))
        with pytest.raises(CertificateError) as caught:
            require_names(chain, WILDCARDS, "the deployments need")
        assert str(caught.value) == (
            "the certificate 'CN=ece.example.com' lacks DNS:*.apm.ece.example.com, DNS:*.fleet.ece.example.com, which"
            " the deployments need; it has DNS:*.ece.example.com. Have one issued with these names, too."
        )

    def test_a_wildcard_that_nobody_accepts(self):
        with pytest.raises(CertificateError, match="is a wildcard that no client accepts"):
            require_names(EceChain(LEAF.key, CHAIN), ["*.com"], "somebody needs")


def test_authorities_with_other_keys_are_doubted():
    elliptic = authority("CN=Elliptic", key_type="ec-p256")
    signed = leaf(elliptic)
    chain = build_chain(signed.key, signed.certificate, [elliptic.certificate], NOW)
    assert ["'CN=Elliptic' has a key of the type ec-p256" in each for each in doubts(chain)] == [True]
    assert doubts(EceChain(LEAF.key, CHAIN)) == []
