# Copyright: Stack TLS contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whom a connection trusts, what it presents, and the words where either fails."""

from __future__ import annotations

import os
import ssl
from pathlib import Path
from typing import Any, Callable

import pytest
from ansible_collections.stacktls.elastic.plugins.module_utils._api import ApiClient
from ansible_collections.stacktls.elastic.plugins.module_utils._errors import (
    ApiError,
    CertificateError,
    FileError,
    StackTlsError,
)
from ansible_collections.stacktls.elastic.plugins.module_utils._tls_client import VerificationError
from cryptography import x509
from loopback import LOOPBACK, SECRET, Issued, Server

Params = Callable[..., dict[str, Any]]
Start = Callable[..., Server]


def call(arguments: dict[str, Any]) -> None:
    ApiClient(arguments, lambda _: None).call("GET", "/")


class TestTrust:
    def distrusted(self, arguments: dict[str, Any]) -> str:
        with pytest.raises(VerificationError) as caught:
            call(arguments)
        return str(caught.value)

    def test_another_name(self, start: Start, ca: Issued, params: Params) -> None:
        server = start(ca.sign("es1", names=[x509.DNSName("es1.example.com"), LOOPBACK[1]]))
        words = self.distrusted(params(server))
        assert "it is not for the name localhost, it is for es1.example.com, 127.0.0.1." in words
        assert server.received == []

    def test_another_address(self, start: Start, ca: Issued, params: Params) -> None:
        server = start(ca.sign("es1", names=[LOOPBACK[0]]))
        words = self.distrusted(params(f"https://127.0.0.1:{server.port}"))
        assert "it is not for the name 127.0.0.1, it is for localhost." in words

    def test_no_alternative_name(self, start: Start, ca: Issued, params: Params) -> None:
        assert "it is for CN=es1." in self.distrusted(params(start(ca.sign("es1"))))

    def test_another_issuer(self, start: Start, stranger: Issued, params: Params, ca_path: str) -> None:
        words = self.distrusted(params(start(stranger.sign("es1", names=LOOPBACK))))
        assert f"its issuer CN=stranger CA is not in {ca_path}. Give the CA that issued it" in words

    def test_the_system_does_not_know_the_issuer(self, server: Server, params: Params) -> None:
        assert "CN=test CA is not among the CAs of this system" in self.distrusted(params(server, ca_path=None))

    def test_expired(self, start: Start, ca: Issued, params: Params) -> None:
        words = self.distrusted(params(start(ca.sign("es1", days=(-9, -2), names=LOOPBACK))))
        assert "has expired" in words

    def test_not_yet_valid(self, start: Start, ca: Issued, params: Params) -> None:
        words = self.distrusted(params(start(ca.sign("es1", days=(2, 9), names=LOOPBACK))))
        assert "not yet valid" in words

    def test_an_intermediate_can_be_trusted_alone(
        self, start: Start, ca: Issued, params: Params, tmp_path: Path
    ) -> None:
        intermediate = ca.sign("intermediate", ca=True)
        (tmp_path / "intermediate.crt").write_bytes(intermediate.pem())
        server = start(intermediate.sign("es1", names=LOOPBACK))
        server.answer(200, "{}")
        call(params(server, ca_path=str(tmp_path / "intermediate.crt")))

    def test_verification_is_switched_off_by_name_only(self, start: Start, stranger: Issued, params: Params) -> None:
        server = start(stranger.sign("other"))
        server.answer(200, "{}")
        call(params(server, validate_certs=False))
        assert len(server.received) == 1

    @pytest.mark.filterwarnings("ignore::DeprecationWarning")
    def test_tls_1_1_is_not_spoken(self, start: Start, server_certificate: Issued, params: Params) -> None:
        server = start(server_certificate, newest=ssl.TLSVersion.TLSv1_1)
        with pytest.raises(ApiError, match="no TLS connection could be made"):
            call(params(server, retries=0))

    @pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
    def test_newer_versions_are(
        self, start: Start, server_certificate: Issued, params: Params, version: ssl.TLSVersion
    ) -> None:
        server = start(server_certificate, newest=version)
        server.answer(200, "{}")
        call(params(server))

    def test_a_file_without_a_certificate(self, params: Params, tmp_path: Path) -> None:
        (tmp_path / "empty.crt").write_text("nothing")
        with pytest.raises(CertificateError, match=r"empty\.crt: holds no CA certificate in PEM form"):
            call(params("https://localhost", ca_path=str(tmp_path / "empty.crt")))

    def test_a_missing_file(self, params: Params) -> None:
        with pytest.raises(FileError, match=r"/missing/ca\.crt: no such file"):
            call(params("https://localhost", ca_path="/missing/ca.crt"))


@pytest.fixture
def required(start: Start, server_certificate: Issued) -> Server:
    """A server that takes nobody without a client certificate."""
    server = start(server_certificate, clients=ssl.CERT_REQUIRED)
    server.answer(200, "{}")
    return server


@pytest.fixture
def client(ca: Issued) -> Issued:
    return ca.sign("kibana-client")


@pytest.fixture
def temporary_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder for temporary files of its own."""
    folder = tmp_path / "tmp"
    folder.mkdir()
    monkeypatch.setenv("TMPDIR", str(folder))
    monkeypatch.setattr("tempfile.tempdir", None)
    return folder


class TestClientCertificate:
    @pytest.fixture
    def files(self, client: Issued, tmp_path: Path) -> Path:
        (tmp_path / "client.crt").write_bytes(client.pem())
        (tmp_path / "client.key").write_bytes(client.key_pem())
        (tmp_path / "encrypted.key").write_bytes(client.key_pem(SECRET))
        (tmp_path / "both.pem").write_bytes(client.key_pem(SECRET) + client.pem())
        return tmp_path

    @pytest.mark.parametrize(
        ("certificate", "key", "passphrase"),
        [
            ("client.crt", "client.key", None),
            ("client.crt", "client.key", "not needed"),
            ("client.crt", "encrypted.key", SECRET),
            ("both.pem", None, SECRET),
        ],
    )
    def test_pem(
        self, required: Server, params: Params, files: Path, certificate: str, key: str | None, passphrase: str | None
    ) -> None:
        call(
            params(
                required,
                client_certificate_path=str(files / certificate),
                client_key_path=key and str(files / key),
                client_key_passphrase=passphrase,
            )
        )
        assert required.received[0].client_name == "kibana-client"

    @pytest.mark.parametrize(
        ("key", "passphrase", "words"),
        [
            ("encrypted.key", None, "the private key is encrypted. Give client_key_passphrase."),
            ("encrypted.key", "", "the private key is encrypted. Give client_key_passphrase."),
            ("encrypted.key", "other", "does not open with client_key_passphrase"),
            ("other.key", None, "the private key is not the one of the certificate in"),
            ("client.crt", None, "holds no private key in PEM form"),
            ("damaged.key", None, "is damaged or not in PEM form"),
            ("missing.key", None, "no such file"),
        ],
    )
    def test_pem_that_cannot_be_used(
        self, ca: Issued, params: Params, files: Path, key: str, passphrase: str | None, words: str
    ) -> None:
        (files / "other.key").write_bytes(ca.key_pem())
        (files / "damaged.key").write_bytes(ca.key_pem()[:60] + b"\n-----END PRIVATE KEY-----\n")
        with pytest.raises(StackTlsError) as caught:
            call(
                params(
                    "https://localhost",
                    client_certificate_path=str(files / "client.crt"),
                    client_key_path=str(files / key),
                    client_key_passphrase=passphrase,
                )
            )
        assert words in str(caught.value)
        assert str(files / key) in str(caught.value)

    @pytest.mark.parametrize("password", [SECRET, "pässwörd", ""])
    def test_pkcs12_touches_no_disk(
        self, required: Server, params: Params, ca: Issued, tmp_path: Path, temporary_folder: Path, password: str
    ) -> None:
        intermediate = ca.sign("intermediate", ca=True)
        client = intermediate.sign("kibana-client")
        (tmp_path / "client.p12").write_bytes(client.pkcs12(password, [intermediate.certificate]))
        before = sorted(tmp_path.rglob("*"))
        open_files = os.listdir("/proc/self/fd")
        arguments = params(required, client_pkcs12_path=str(tmp_path / "client.p12"), client_pkcs12_password=password)
        ApiClient(arguments)
        assert len(os.listdir("/proc/self/fd")) == len(open_files)
        call(arguments)
        assert required.received[0].client_name == "kibana-client"
        assert sorted(tmp_path.rglob("*")) == before

    @pytest.mark.parametrize("password", [None, "", "other"])
    def test_pkcs12_with_another_password(
        self, params: Params, client: Issued, tmp_path: Path, password: str | None
    ) -> None:
        path = tmp_path / "client.p12"
        path.write_bytes(client.pkcs12(SECRET, []))
        with pytest.raises(CertificateError, match=r"client\.p12: the PKCS#12 file .*Check client_pkcs12"):
            call(params("https://localhost", client_pkcs12_path=str(path), client_pkcs12_password=password))

    def test_pkcs12_without_a_key(self, params: Params, client: Issued, tmp_path: Path) -> None:
        from cryptography.hazmat.primitives.serialization import NoEncryption, pkcs12

        path = tmp_path / "trust.p12"
        content = pkcs12.serialize_key_and_certificates(None, None, client.certificate, None, NoEncryption())
        path.write_bytes(content)
        with pytest.raises(CertificateError, match=r"trust\.p12: the PKCS#12 file lacks the private key"):
            call(params("https://localhost", client_pkcs12_path=str(path), client_pkcs12_password=""))

    def test_none_where_one_is_required(self, required: Server, params: Params) -> None:
        with pytest.raises(ApiError, match="it asks for a client certificate and none was presented") as caught:
            call(params(required))
        assert "client_certificate_path" in caught.value.hint

    def test_one_of_a_stranger(self, required: Server, params: Params, stranger: Issued, tmp_path: Path) -> None:
        path = tmp_path / "stranger.pem"
        client = stranger.sign("kibana-client")
        path.write_bytes(client.key_pem() + client.pem())
        with pytest.raises(ApiError, match=r"it refused the client certificate in .*stranger\.pem \(alert: unknown CA"):
            call(params(required, client_certificate_path=str(path)))
        assert required.received == []
