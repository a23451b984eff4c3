# Copyright: Stack TLS contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every form of our certificates in real Elasticsearch nodes, and what its own tool makes read by us.

One node of each version takes a form for each of its three uses: HTTP, transport and PKI realm. Needs root and some
minutes.
"""

from __future__ import annotations

import http.client
import io
import json
import socket
import ssl
import time
import zipfile
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any

import pytest
from ansible_collections.stacktls.elastic.plugins.module_utils._pki._authorities import make_authority
from ansible_collections.stacktls.elastic.plugins.module_utils._pki._bundle import encode_bundle
from ansible_collections.stacktls.elastic.plugins.module_utils._pki._certificates import (
    Authority,
    Identity,
    Lifetime,
    Specification,
    encode_certificates,
    issue,
)
from ansible_collections.stacktls.elastic.plugins.module_utils._pki._keys import (
    as_public_key,
    encode_private_key,
    generate_private_key,
)
from ansible_collections.stacktls.elastic.plugins.module_utils._pki._kinds import ENCRYPTIONS
from ansible_collections.stacktls.elastic.plugins.module_utils._pki._names import parse_name, print_name
from ansible_collections.stacktls.elastic.plugins.module_utils._pki._pkcs12 import (
    container_encryption,
    encode_container,
    load_container,
)
from ansible_collections.stacktls.elastic.plugins.module_utils._pki._sans import parse_alternative_names
from ansible_collections.stacktls.elastic.plugins.module_utils._pki._truststore import (
    encode_truststore,
    holds_private_key,
)
from bare_node import CONF, HOME, BareNode, stack

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = pytest.mark.stack

CERTUTIL = f"{HOME}/bin/elasticsearch-certutil"
SECRET = "a secret of ASCII"
CLIENT = 'CN=client,OU=\\#1 \\"quoted\\",O=Example\\, \u00e4'

COMMON = """
discovery.type: single-node
node.store.allow_mmap: false
xpack.license.self_generated.type: trial
xpack.security.autoconfiguration.enabled: false
xpack.security.enrollment.enabled: false
xpack.security.http.ssl.enabled: true
xpack.security.http.ssl.client_authentication: optional
xpack.security.transport.ssl.enabled: true
xpack.security.authc.realms.pki.pki1.order: 1
"""
PKCS12_HTTP = """
xpack.security.http.ssl.keystore.path: certs/http.p12
xpack.security.http.ssl.truststore.path: certs/trust.p12
"""
PEM_HTTP = """
xpack.security.http.ssl.certificate: certs/http.crt
xpack.security.http.ssl.key: certs/http.key
xpack.security.http.ssl.certificate_authorities: certs/bundle.crt
"""
PKCS12_TRANSPORT = """
xpack.security.transport.ssl.keystore.path: certs/http.p12
xpack.security.transport.ssl.truststore.path: certs/trust.p12
"""
PEM_TRANSPORT = """
xpack.security.transport.ssl.certificate: certs/http.crt
xpack.security.transport.ssl.key: certs/encrypted.key
xpack.security.transport.ssl.certificate_authorities: certs/bundle.crt
"""
OPEN_REALM = "xpack.security.authc.realms.pki.pki1.truststore.path: certs/open.p12\n"
BUNDLE_REALM = "xpack.security.authc.realms.pki.pki1.certificate_authorities: certs/bundle.crt\n"


@dataclass(frozen=True)
class Forms:
    """A node, and the forms that it takes."""

    node: BareNode
    key_type: str
    encryption: str
    settings: str
    secrets: tuple[str, ...]


FORMS = (
    Forms(
        BareNode("trust", "es9", "9.4.3", "127.0.1.71"),
        "ec-p256",
        "aes-256",
        COMMON + PKCS12_HTTP + PEM_TRANSPORT + OPEN_REALM,
        (
            "xpack.security.http.ssl.keystore.secure_password",
            "xpack.security.http.ssl.truststore.secure_password",
            "xpack.security.transport.ssl.secure_key_passphrase",
        ),
    ),
    Forms(
        BareNode("trust", "es8", "8.16.6", "127.0.1.72"),
        "rsa-2048",
        "3des",
        COMMON + PEM_HTTP + PKCS12_TRANSPORT + BUNDLE_REALM,
        (
            "xpack.security.transport.ssl.keystore.secure_password",
            "xpack.security.transport.ssl.truststore.secure_password",
        ),
    ),
)
NODES = [forms.node for forms in FORMS]


@pytest.fixture(scope="module")
def containers() -> Iterator[None]:
    stack("reset", NODES)
    yield
    stack("down", NODES)


@pytest.fixture(params=FORMS, ids=lambda forms: forms.node.version, scope="module")
def forms(request: pytest.FixtureRequest, containers: None) -> Forms:
    return request.param


@pytest.fixture(scope="module")
def node(forms: Forms) -> BareNode:
    return forms.node


class Pki:
    """A root, an intermediate below it, and whom it certifies; beside them a root that nobody uses."""

    def __init__(self, key_type: str) -> None:
        self._key_type = key_type
        self._lifetime = Lifetime.starting(datetime.now(timezone.utc), 30, timedelta(hours=1))
        self.root = self._authority("CN=Root - with \u00e4, O=Example")
        self.stranger = self._authority("CN=Nobody uses this")

    def _authority(self, subject: str) -> Authority:
        key = generate_private_key(self._key_type)
        return Authority(make_authority(parse_name(subject), key, self._lifetime), key)

    def identity(self, subject: str, names: tuple[str, ...], profile: str) -> Identity:
        key = generate_private_key(self._key_type)
        specification = Specification(parse_name(subject), parse_alternative_names(names), profile, self._key_type)
        certificate = issue(specification, as_public_key(key.public_key()), self.root, self._lifetime)
        return Identity(key, certificate, (self.root.certificate,))


# ---------------------------------------------------------------- what we make


@pytest.fixture(scope="module")
def pki(forms: Forms) -> Pki:
    return Pki(forms.key_type)


@pytest.fixture(scope="module")
def started(forms: Forms, node: BareNode, pki: Pki) -> BareNode:
    """The node with all files in place, after its start."""
    server = pki.identity(f"CN={node.name}", (node.name, f"IP:{node.address}"), "both")
    authorities = [pki.stranger.certificate, pki.root.certificate]
    files = {
        "http.p12": encode_container(server, SECRET, "http", forms.encryption),
        "http.crt": encode_certificates([server.certificate]),
        "http.key": encode_private_key(server.key, None),
        "encrypted.key": encode_private_key(server.key, SECRET),
        "bundle.crt": encode_bundle(authorities),
        "trust.p12": encode_truststore(authorities, SECRET, forms.encryption),
        "open.p12": encode_truststore(authorities, None),
    }
    node.put(f"{CONF}/certs", files)
    node.start(forms.settings, dict.fromkeys(forms.secrets, SECRET))
    return node


def client_context(pki: Pki, folder: Path) -> ssl.SSLContext:
    """One that verifies with our bundle and presents a client certificate of the root."""
    client = pki.identity(CLIENT, (), "client")
    (folder / "client.pem").write_bytes(
        encode_certificates([client.certificate]) + encode_private_key(client.key, None)
    )
    (folder / "bundle.crt").write_bytes(encode_bundle([pki.root.certificate]))
    context = ssl.create_default_context(cafile=str(folder / "bundle.crt"))
    context.load_cert_chain(str(folder / "client.pem"))
    return context


def authenticate(node: BareNode, context: ssl.SSLContext) -> dict[str, Any]:
    """Whom the node sees; waits until it knows its licence."""
    for _attempt in range(60):
        connection = http.client.HTTPSConnection(node.address, 9200, context=context, timeout=20)
        connection.request("GET", "/_security/_authenticate")
        answer = connection.getresponse()
        content = json.loads(answer.read())
        if answer.status == 200:
            return content
        time.sleep(0.5)
    raise AssertionError(content)


def test_http_and_realm_take_our_forms(started: BareNode, pki: Pki, tmp_path: Path) -> None:
    found = authenticate(started, client_context(pki, tmp_path))
    assert found["authentication_realm"] == {"name": "pki1", "type": "pki"}
    assert found["username"] == "client"
    assert found["metadata"]["pki_dn"] == print_name(parse_name(CLIENT))


def test_transport_takes_our_forms(started: BareNode, pki: Pki, tmp_path: Path) -> None:
    context, address = client_context(pki, tmp_path), (started.address, 9300)
    with socket.create_connection(address, timeout=20) as plain:
        channel = context.wrap_socket(plain, server_hostname=started.address)
        assert channel.getpeercert()
        channel.close()


# --------------------------------------------------- what Elasticsearch's own tool makes

ANSWERS = "n\nn\nn\n\n\n\nn\nlocalhost\n\ny\n127.0.0.1\n\ny\nn\nhttp-secret\nhttp-secret\n/tmp/made/http.zip\n"
"""To `certutil http`: no request, a new authority without password, one certificate for localhost."""


@pytest.fixture(scope="module")
def made(node: BareNode) -> dict[str, bytes]:
    """An authority, certificates with and without password, and the archive for HTTP."""
    authority = "--ca /tmp/made/ca.p12 --ca-pass ca-secret"
    script = (
        f"rm -rf /tmp/made; mkdir /tmp/made; cat >/tmp/made/answers;"
        f" {CERTUTIL} ca --silent --out /tmp/made/ca.p12 --pass ca-secret"
        f" && {CERTUTIL} cert --silent {authority} --pass '' --out /tmp/made/empty.p12 --name empty --dns es1"
        f" && {CERTUTIL} cert --silent {authority} --pass secret --out /tmp/made/secret.p12 --name secret"
        f" && {CERTUTIL} http </tmp/made/answers"
    )
    node.shell(script, ANSWERS.encode())
    with zipfile.ZipFile(io.BytesIO(node.take("/tmp/made/http.zip"))) as archive:
        http_store = archive.read("elasticsearch/http.p12")
    return {name: node.take(f"/tmp/made/{name}.p12") for name in ("ca", "empty", "secret")} | {"http": http_store}


@pytest.mark.parametrize(
    ("name", "password", "alias", "authorities"),
    [
        ("ca", "ca-secret", "ca", 0),
        ("empty", "", "empty", 1),
        ("secret", "secret", "secret", 1),
        ("http", "http-secret", "http", 1),
    ],
)
def test_we_read_what_the_tool_makes(
    made: dict[str, bytes], name: str, password: str, alias: str, authorities: int
) -> None:
    identity, found = load_container(made[name], password)
    assert identity.matches()
    assert found == alias
    assert len(identity.authorities) == authorities
    assert container_encryption(made[name]) == "aes-256"
    assert holds_private_key(made[name], None)


def test_the_authority_of_the_tool_is_trusted(node: BareNode, made: dict[str, bytes]) -> None:
    """What the tool puts beside a key is no trusted entry, and a truststore of ours with it is read by Java."""
    authority = load_container(made["empty"], "")[0].authorities[0]
    assert authority == load_container(made["ca"], "ca-secret")[0].certificate
    for encryption in ENCRYPTIONS:
        node.put("/tmp/listed", {"trust.p12": encode_truststore([authority], "list-secret", encryption)})
        listed = node.shell("keytool -list -keystore /tmp/listed/trust.p12 -storepass list-secret")
        assert listed.count("trustedCertEntry") == 1
