# Copyright: Stack TLS contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Our PKCS#12 files against those who read them, in one start of each: Java, node-forge as Kibana uses it, openssl."""

from __future__ import annotations

import base64
import json
import subprocess
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from ansible_collections.stacktls.elastic.plugins.module_utils._pki._authorities import make_authority
from ansible_collections.stacktls.elastic.plugins.module_utils._pki._certificates import (
    Authority,
    Identity,
    Lifetime,
    Specification,
    issue,
)
from ansible_collections.stacktls.elastic.plugins.module_utils._pki._keys import as_public_key, generate_private_key
from ansible_collections.stacktls.elastic.plugins.module_utils._pki._kinds import ENCRYPTIONS
from ansible_collections.stacktls.elastic.plugins.module_utils._pki._names import parse_name
from ansible_collections.stacktls.elastic.plugins.module_utils._pki._pkcs12 import encode_container
from ansible_collections.stacktls.elastic.plugins.module_utils._pki._truststore import encode_truststore

if TYPE_CHECKING:
    from cryptography import x509

pytestmark = pytest.mark.stack

HERE = Path(__file__).resolve().parent
PASSWORDS = [None, "", "secret", "p\u00e4ssw\u00f6rd \u20ac", "\U0001f511" * 40]

REFUSED = "java.io.IOException: keystore password was incorrect"
"""Java's answer to a password that is not ASCII, too, whatever encryption it was used for."""


@dataclass(frozen=True)
class Store:
    """A file, and what it was made of."""

    key_type: str
    password: str | None
    encryption: str
    content: bytes

    @property
    def is_wide(self) -> bool:
        """Whether the password has characters outside ASCII."""
        return not (self.password or "").isascii()


@pytest.fixture(scope="module")
def identities() -> dict[str, Identity]:
    """A leaf of a root for either family of keys."""
    now, found = datetime.now(timezone.utc), {}
    for key_type in ("rsa-2048", "ec-p256"):
        lifetime = Lifetime.starting(now, 30, timedelta(hours=1))
        root_key, key = generate_private_key(key_type), generate_private_key(key_type)
        root = make_authority(parse_name("CN=root \u00e4,O=Example"), root_key, lifetime)
        specification = Specification(parse_name("CN=leaf"), (), "both", key_type)
        leaf = issue(specification, as_public_key(key.public_key()), Authority(root, root_key), lifetime)
        found[key_type] = Identity(key, leaf, (root,))
    return found


def protections() -> list[tuple[str | None, str]]:
    return [(password, encryption) for password in PASSWORDS for encryption in ENCRYPTIONS]


@pytest.fixture(scope="module")
def key_stores(identities: dict[str, Identity]) -> list[Store]:
    return [
        Store(key_type, password, encryption, encode_container(identity, password, "the k\u00e9y", encryption))
        for key_type, identity in identities.items()
        for password, encryption in protections()
    ]


@pytest.fixture(scope="module")
def truststores(identities: dict[str, Identity]) -> list[Store]:
    roots: list[x509.Certificate] = [identity.authorities[0] for identity in identities.values()]
    return [
        Store("", password, encryption, encode_truststore(roots, password, encryption))
        for password, encryption in protections()
    ]


def _base64(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


def _java_line(store: Store) -> str:
    password = "-" if store.password is None else "=" + _base64(store.password)
    return f"{password} {base64.b64encode(store.content).decode()}\n"


def java_finds(stores: list[Store]) -> list[str]:
    """What the Java of this machine finds in each."""
    lines = "".join(_java_line(store) for store in stores)
    command = ["java", str(HERE / "java" / "ReadStores.java")]
    result = subprocess.run(command, input=lines, capture_output=True, text=True, check=True)
    return result.stdout.splitlines()


def test_java_reads_key_stores(key_stores: list[Store]) -> None:
    names = {"rsa-2048": "RSA", "ec-p256": "EC"}
    # Java passes over a key that is not encrypted.
    wholes = ["" if store.password is None else f"PrivateKeyEntry {names[store.key_type]} 2;" for store in key_stores]
    assert java_finds(key_stores) == [REFUSED if store.is_wide else whole for store, whole in zip(key_stores, wholes)]


def test_java_reads_truststores(truststores: list[Store]) -> None:
    expected = [REFUSED if store.is_wide else "trustedCertEntry;" * 2 for store in truststores]
    assert java_finds(truststores) == expected


def test_java_refuses_other_passwords(truststores: list[Store]) -> None:
    others = [Store("", "another", each.encryption, each.content) for each in truststores if each.password is not None]
    assert java_finds(others) == [REFUSED] * len(others)


def test_keytool_lists_a_truststore(truststores: list[Store], tmp_path: Path) -> None:
    chosen = next(store for store in truststores if store.password == "secret")
    (tmp_path / "a.p12").write_bytes(chosen.content)
    command = ["keytool", "-list", "-v", "-keystore", "a.p12", "-storepass", "secret"]
    shown = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True).stdout
    assert shown.count("Entry type: trustedCertEntry") == 2


def forge_finds(stores: list[Store], folder: Path) -> list[dict[str, Any]]:
    """What Kibana finds in each: the kinds of PEM, or the error."""
    cases = []
    for number, store in enumerate(stores):
        path = folder / f"{number}.p12"
        path.write_bytes(store.content)
        cases.append({"path": str(path), **({} if store.password is None else {"password": store.password})})
    script = (
        "import { readFileSync } from 'node:fs'; import { pathToFileURL } from 'node:url';"
        "const { readPkcs12 } = await import(pathToFileURL(process.argv[1]));"
        "const look = ({ path, password }) => { try { const { key, cert, ca } = readPkcs12(path, password);"
        "return { key: !!key, cert: !!cert, ca: ca.length }; } catch (error) { return { error: error.message }; } };"
        "console.log(JSON.stringify(JSON.parse(readFileSync(0, 'utf8')).map(look)));"
    )
    module = HERE.parent / "kibana" / "src" / "pkcs12.js"
    command = ["node", "--input-type=module", "--eval", script, str(module)]
    result = subprocess.run(command, input=json.dumps(cases), capture_output=True, text=True, check=True)
    return json.loads(result.stdout)


def test_kibana_reads_rsa_key_stores(key_stores: list[Store], tmp_path: Path) -> None:
    rsa = [store for store in key_stores if store.key_type == "rsa-2048"]
    # node-forge derives the key of AES from another encoding of what is not ASCII.
    found = forge_finds(rsa, tmp_path)
    opened = ["error" not in each for each in found]
    assert opened == [not store.is_wide or store.encryption == "3des" for store in rsa]
    whole = {"key": True, "cert": True, "ca": 1}
    assert [each for each in found if "error" not in each] == [whole] * sum(opened)


def test_kibana_finds_nothing_in_ec_key_stores(key_stores: list[Store], tmp_path: Path) -> None:
    ec = [store for store in key_stores if store.key_type == "ec-p256" and not store.is_wide]
    assert forge_finds(ec, tmp_path) == [{"key": False, "cert": False, "ca": 0}] * len(ec)


def test_kibana_reads_the_rsa_authorities_of_truststores(truststores: list[Store], tmp_path: Path) -> None:
    stores = [store for store in truststores if not store.is_wide]
    assert forge_finds(stores, tmp_path) == [{"key": False, "cert": False, "ca": 1}] * len(stores)


@pytest.mark.parametrize(("password", "encryption"), protections())
def test_openssl_reads_both(
    key_stores: list[Store], truststores: list[Store], password: str | None, encryption: str, tmp_path: Path
) -> None:
    chosen = [
        each for each in [*key_stores, *truststores] if (each.password, each.encryption) == (password, encryption)
    ]
    assert len(chosen) == 3
    for store in chosen:
        (tmp_path / "a.p12").write_bytes(store.content)
        (tmp_path / "password").write_text(f"{password or ''}\n")
        command = ["openssl", "pkcs12", "-in", "a.p12", "-noenc", "-passin", "file:password"]
        command += ["-nomacver"] if password is None else []
        shown = subprocess.run(command, cwd=tmp_path, capture_output=True, check=True).stdout
        assert shown.count(b"BEGIN CERTIFICATE") == 2
        assert shown.count(b"BEGIN PRIVATE KEY") == (1 if store.key_type else 0)
        assert shown.count(b"2.16.840.1.113894.746875.1.1") == (0 if store.key_type else 2)
