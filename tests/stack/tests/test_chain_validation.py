# Copyright: Stack TLS contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What we refuse to sign below a restricted authority is what Java or OpenSSL would refuse, and no more."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from ansible_collections.stacktls.elastic.plugins.module_utils._authority_store import AuthorityStore
from ansible_collections.stacktls.elastic.plugins.module_utils._pki._authorities import make_authority
from ansible_collections.stacktls.elastic.plugins.module_utils._pki._certificates import (
    Identity,
    Lifetime,
    encode_certificates,
)
from ansible_collections.stacktls.elastic.plugins.module_utils._pki._keys import generate_private_key
from ansible_collections.stacktls.elastic.plugins.module_utils._pki._names import parse_name
from own_authority import PASSPHRASE, certificates_of, identity, manage, opened

pytestmark = pytest.mark.stack

CHAIN_VALIDATION = Path(__file__).with_name("ChainValidation.java")
PERMITTED = ["DNS:example.com", "IP:10.0.0.0/8"]
EXCLUDED = ["DNS:secret.example.com"]
NAMES_REFUSED = "name constraints check failed"
VIOLATION = "subtree violation"

CASES = [
    # subject, names, what Java says, whether OpenSSL accepts
    ("CN=Some One", ["es1.example.com", "10.0.0.1"], "accepted", True),
    ("CN=Some One", ["*.a.example.com"], "accepted", True),
    ("CN=Some One", ["es1.other.com"], NAMES_REFUSED, False),
    ("CN=Some One", ["es1.secret.example.com"], NAMES_REFUSED, False),
    ("CN=Some One", ["192.168.0.1"], NAMES_REFUSED, False),
    ("CN=Some One", ["fd00::1"], NAMES_REFUSED, False),
    ("CN=Some One", [], "accepted", True),
    ("CN=kibana-client", [], NAMES_REFUSED, True),
    ("CN=kibana-client", ["kibana.example.com"], "accepted", True),
    ("CN=kibana_client", [], "accepted", True),
    ("CN=a_b.other.com", [], "accepted", False),
    ("CN=192.168.0.1", ["es1.example.com"], NAMES_REFUSED, True),
]


@pytest.fixture(scope="module")
def constrained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An intermediate authority with name constraints, below a root without."""
    folder = tmp_path_factory.mktemp("authorities")
    manage(folder / "root", common_name="Root")
    manage(
        folder / "ca",
        common_name="Constrained",
        issuer_path=str(folder / "root"),
        issuer_passphrase=PASSPHRASE,
        path_length=0,
        name_constraints_permitted=PERMITTED,
        name_constraints_excluded=EXCLUDED,
    )
    return folder / "ca"


def java_verdicts(folder: Path, identities: list[Identity]) -> list[str]:
    paths = []
    for number, each in enumerate(identities):
        paths.append(folder / f"chain-{number}.pem")
        paths[-1].write_bytes(encode_certificates([each.certificate, *each.authorities]))
    result = subprocess.run(["java", CHAIN_VALIDATION, *paths], capture_output=True, text=True, check=True)
    return result.stdout.splitlines()


def openssl_verdict(folder: Path, found: Identity) -> str:
    """Empty where OpenSSL accepts the chain."""
    for name, content in (
        ("leaf.pem", [found.certificate]),
        ("middle.pem", found.authorities[:-1]),
        ("root.pem", found.authorities[-1:]),
    ):
        (folder / name).write_bytes(encode_certificates(content))
    command = ["openssl", "verify", "-CAfile", "root.pem", "-untrusted", "middle.pem", "leaf.pem"]
    result = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    return "" if result.returncode == 0 else result.stderr


def test_names_that_clients_refuse(constrained: Path, tmp_path: Path) -> None:
    signed = [identity(constrained, subject, names) for subject, names, *_verdicts in CASES]
    by_java = java_verdicts(tmp_path, [found for found, _violations in signed])
    assert by_java == [java for _subject, _names, java, _openssl in CASES]
    for (subject, names, java, openssl), (found, said) in zip(CASES, signed):
        verdict = openssl_verdict(tmp_path, found)
        assert (VIOLATION in verdict) is not openssl, (subject, names, verdict)
        assert bool(said) is not (java == "accepted" and openssl), (subject, names, said)


def test_a_path_length_that_clients_refuse(constrained: Path, tmp_path: Path) -> None:
    above = certificates_of(constrained)
    key = generate_private_key("ec-p256")
    # The module refuses to make such an authority.
    certificate = make_authority(parse_name("CN=Below"), key, Lifetime.of(above[0]), issuer=opened(constrained))
    store = AuthorityStore(str(tmp_path))
    store.write_key(key, PASSPHRASE)
    store.write_certificates([certificate, *above])

    found, said = identity(tmp_path, "CN=Some One", ["es1.example.com"])

    assert said == ["'CN=Constrained' allows 0 authorities below it, not 1."]
    assert "pathLenConstraint violated" in java_verdicts(tmp_path, [found])[0]
    assert "path length constraint exceeded" in openssl_verdict(tmp_path, found)
