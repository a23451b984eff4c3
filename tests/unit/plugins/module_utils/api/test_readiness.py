# Copyright: Stack TLS contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import hashlib
import json
import ssl

import pytest
from ansible_collections.stacktls.elastic.plugins.module_utils._readiness import Readiness, TransportReadiness
from ansible_collections.stacktls.elastic.plugins.module_utils._tls_client import TlsOptions
from cryptography.x509.oid import ExtendedKeyUsageOID
from loopback import LOOPBACK


def kibana_status(level):
    return json.dumps({"status": {"overall": {"level": level}}})


@pytest.mark.parametrize(
    ("status", "amiss"), [(200, ""), (401, ""), (403, ""), (503, "answers 503"), (404, "answers 404")]
)
def test_elasticsearch_is_up_with_or_without_an_answer_to_strangers(server, ca_path, status, amiss):
    server.answer(status, "{}")
    assert Readiness("elasticsearch", [server.url], TlsOptions(ca_path=ca_path)).amiss() in (
        amiss,
        f"{server.url} {amiss}",
    )


def test_the_certificate_on_disk_has_to_be_shown(server, ca, ca_path, server_certificate, tmp_path):
    server.answer(401, "{}")
    path = tmp_path / "http.crt"
    path.write_bytes(server_certificate.pem() + ca.pem())
    assert Readiness("elasticsearch", [server.url], TlsOptions(ca_path=ca_path), str(path)).amiss() == ""
    path.write_bytes(ca.sign("es1", names=LOOPBACK).pem())
    assert (
        "does not show the certificate of"
        in Readiness("elasticsearch", [server.url], TlsOptions(ca_path=ca_path), str(path)).amiss()
    )


def test_the_certificate_of_a_fingerprint_has_to_be_shown(server, ca_path, server_certificate):
    server.answer(401, "{}")
    shown = hashlib.sha256(ssl.PEM_cert_to_DER_cert(server_certificate.pem().decode())).hexdigest()
    assert Readiness("elasticsearch", [server.url], TlsOptions(ca_path=ca_path), fingerprint=shown).amiss() == ""
    another = Readiness("elasticsearch", [server.url], TlsOptions(ca_path=ca_path), fingerprint="0" * 64)
    assert "does not show the certificate with the SHA-256 fingerprint 000" in another.amiss()


def test_stranger_is_not_ready(server, stranger, tmp_path):
    server.answer(401, "{}")
    path = tmp_path / "other.crt"
    path.write_bytes(stranger.pem())
    assert "is not trusted" in Readiness("elasticsearch", [server.url], TlsOptions(ca_path=str(path))).amiss()


@pytest.mark.parametrize(
    ("status", "body", "amiss"),
    [
        (200, kibana_status("available"), ""),
        (401, "{}", ""),
        (200, kibana_status("degraded"), "Kibana's status is degraded"),
        (503, "Kibana server is not ready yet", "answers 503: Kibana server is not ready yet"),
        (200, "[]", "answers 200"),
    ],
)
def test_kibana_has_to_be_available(server, ca_path, status, body, amiss):
    server.answer(status, body)
    found = Readiness("kibana", [server.url], TlsOptions(ca_path=ca_path)).amiss()
    assert amiss in found if amiss else found == ""
    assert server.received[-1].path == "/api/status"
    assert "Authorization" not in server.received[-1].headers


def test_next_address_is_tried(server, ca_path):
    server.answer(200, kibana_status("available"))
    assert Readiness("kibana", ["http://127.0.0.1:1", server.url], TlsOptions(ca_path=ca_path)).amiss() == ""


def test_every_reason_is_told(ca_path):
    amiss = Readiness("kibana", ["http://127.0.0.1:1", "https://127.0.0.1:1"], TlsOptions(ca_path=ca_path)).amiss()
    assert amiss.count("refused") == 2


def test_missing_ca_file_is_a_reason_to_look_again(server, tmp_path):
    assert "no such file" in Readiness("kibana", [server.url], TlsOptions(ca_path=str(tmp_path / "ca.crt"))).amiss()


@pytest.fixture
def own(ca, tmp_path):
    """The options of a service with its own certificate for these purposes, that of a server for none."""

    def make(*purposes):
        certificate = ca.sign("es1", names=LOOPBACK, purposes=purposes)
        (tmp_path / "http.crt").write_bytes(certificate.pem() + ca.pem())
        (tmp_path / "http.key").write_bytes(certificate.key_pem("secret-4711"))
        return TlsOptions(
            ca_path=str(tmp_path / "ca.crt"),
            client_certificate_path=str(tmp_path / "http.crt"),
            client_key_path=str(tmp_path / "http.key"),
            client_key_passphrase="secret-4711",
        )

    return make


SERVER, CLIENT = ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH


def test_a_service_that_requires_certificates_is_shown_its_own(start, server_certificate, ca_path, own):
    server = start(server_certificate, clients=ssl.CERT_REQUIRED)
    server.answer(401, "{}")
    assert (
        "asks for a client certificate" in Readiness("elasticsearch", [server.url], TlsOptions(ca_path=ca_path)).amiss()
    )
    assert Readiness("elasticsearch", [server.url], own(SERVER, CLIENT)).amiss() == ""
    assert server.received[-1].client_name == "es1"


def test_a_kibana_that_requires_certificates_is_shown_one_in_pkcs12(start, server_certificate, ca, ca_path, tmp_path):
    server = start(server_certificate, clients=ssl.CERT_REQUIRED)
    server.answer(200, kibana_status("available"))
    path = tmp_path / "client.p12"
    path.write_bytes(ca.sign("kibana-client", purposes=(CLIENT,)).pkcs12("secret-4711", []))
    tls = TlsOptions(ca_path=ca_path, client_pkcs12_path=str(path), client_pkcs12_password="secret-4711")
    assert Readiness("kibana", [server.url], tls).amiss() == ""
    assert server.received[-1].client_name == "kibana-client"
    path.unlink()
    assert "no such file" in Readiness("kibana", [server.url], tls).amiss()


def test_a_certificate_for_servers_only_is_not_presented(server, ca_path, own, tmp_path):
    server.answer(401, "{}")
    assert Readiness("elasticsearch", [server.url], own(SERVER)).amiss() == ""
    assert server.received[-1].client_name == ""
    identity = own(SERVER, CLIENT)
    (tmp_path / "http.crt").write_bytes(b"-----BEGIN CERTIFICATE-----\nAA==\n-----END CERTIFICATE-----\n")
    assert identity.as_server() == TlsOptions(ca_path=ca_path)
    (tmp_path / "http.crt").unlink()
    assert identity.as_server() == TlsOptions(ca_path=ca_path)


def test_the_transport_layer_has_to_show_the_certificate_on_disk(server, ca, ca_path, server_certificate, tmp_path):
    address, path, key = server.url.removeprefix("https://"), tmp_path / "transport.crt", tmp_path / "transport.key"

    def amiss(issued, *addresses):
        path.write_bytes(issued.pem())
        key.write_bytes(issued.key_pem())
        given = {"certificate_path": str(path), "key_path": str(key), "key_passphrase": None, "ca_path": ca_path}
        return TransportReadiness.of({"address": addresses, **given}).amiss()

    assert amiss(server_certificate, "127.0.0.1:1", address) == ""
    another = amiss(ca.sign("es1", names=LOOPBACK), "127.0.0.1:1", address)
    assert "the transport layer at 127.0.0.1:1: " in another
    assert f"the transport layer at {address}: it does not show the certificate of {path} yet" in another
