# Copyright: Stack TLS contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is seen of servers on the loopback interface: TLS of every kind, and what is no TLS."""

from __future__ import annotations

import contextlib
import socket
import ssl
import subprocess
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Callable

import pytest
from ansible_collections.stacktls.elastic.plugins.module_utils import _tls_endpoint_info, _tls_probe
from ansible_collections.stacktls.elastic.plugins.module_utils._errors import StackTlsError
from ansible_collections.stacktls.elastic.plugins.module_utils._tls_address import parse_address
from ansible_collections.stacktls.elastic.plugins.module_utils._tls_endpoint_info import (
    MODULE_ARGUMENTS,
    gather_endpoint_info,
)
from cryptography import x509
from loopback import LOOPBACK, SECRET, Issued, Server

Start = Callable[..., Server]
Look = Callable[..., dict[str, Any]]
TLS_1_2, TLS_1_3 = ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3
BOTH = pytest.mark.parametrize("version", [TLS_1_2, TLS_1_3])


@pytest.fixture
def look(ca_path: str) -> Look:
    def run(server: Server | int | str, **options: Any) -> dict[str, Any]:
        defaults = {name: spec.get("default") for name, spec in MODULE_ARGUMENTS["argument_spec"].items()}
        port = server.port if isinstance(server, Server) else server
        endpoint = f"localhost:{port}" if isinstance(port, int) else port
        params = {**defaults, "endpoints": [endpoint], "ca_path": ca_path, "timeout": 5, **options}
        (found,) = gather_endpoint_info(params)["endpoints"]
        return found

    return run


@pytest.fixture
def plain() -> Iterator[Callable[[Callable[[socket.socket], None]], int]]:
    """Starts a server that does with each connection what it is told; returns its port."""
    listeners: list[socket.socket] = []

    def run(work: Callable[[socket.socket], None]) -> int:
        listener = socket.create_server(("127.0.0.1", 0))
        listeners.append(listener)

        def serve() -> None:
            with contextlib.suppress(OSError):
                while True:
                    connection = listener.accept()[0]
                    with connection, contextlib.suppress(OSError):
                        work(connection)

        threading.Thread(target=serve, daemon=True).start()
        return int(listener.getsockname()[1])

    yield run
    for listener in listeners:
        listener.close()


class TestServer:
    @BOTH
    def test_everything_of_a_good_server(
        self, start: Start, ca: Issued, server_certificate: Issued, look: Look, version: ssl.TLSVersion
    ) -> None:
        found = look(start(server_certificate, newest=version, clients=ssl.CERT_NONE))
        assert (found["state"], found["problem"], found["verified"], found["name_covered"]) == ("tls", "", True, True)
        assert found["protocol"] == version.name.replace("_", ".")
        assert found["cipher"]
        # OpenSSL's servers complete the chain with what they trust themselves.
        assert [each["subject"] for each in found["certificates"]] == ["CN=es1", "CN=test CA"]
        assert found["certificates"][0]["subject_alt_names"] == ["DNS:localhost", "IP:127.0.0.1"]
        assert (found["client_authentication"], found["client_certificate_authorities"]) == ("none", [])
        assert found["protocols"] is None

    @BOTH
    def test_the_chain_as_it_is_sent(
        self, start: Start, ca: Issued, look: Look, tmp_path: Path, version: ssl.TLSVersion
    ) -> None:
        intermediate = ca.sign("intermediate", ca=True)
        leaf = intermediate.sign("es1", names=LOOPBACK)
        for chain, in_order in (([intermediate, ca], True), ([ca, intermediate], False)):
            (tmp_path / "chain.pem").write_bytes(b"".join(each.pem() for each in (leaf, *chain)))
            found = look(start(leaf, chain=tmp_path / "chain.pem", newest=version))
            names = [each["subject"] for each in found["certificates"]]
            assert names == [
                "CN=es1",
                *(f"CN={each}" for each in (["intermediate", "test CA"][:: 1 if in_order else -1])),
            ]
            assert found["chain_in_order"] is in_order
            assert found["verified"]

    def test_protocols(self, start: Start, server_certificate: Issued, look: Look) -> None:
        newest = {"TLSv1": False, "TLSv1.1": False, "TLSv1.2": True, "TLSv1.3": True}
        assert look(start(server_certificate), probe_protocols=True)["protocols"] == newest
        only = look(start(server_certificate, newest=TLS_1_2), probe_protocols=True)["protocols"]
        assert only == {**newest, "TLSv1.3": False}
        only = look(start(server_certificate, newest=TLS_1_3), probe_protocols=True)["protocols"]
        assert only == {**newest, "TLSv1.2": False}

    @pytest.mark.filterwarnings("ignore::DeprecationWarning")
    def test_an_old_server_is_seen_all_the_same(self, start: Start, server_certificate: Issued, look: Look) -> None:
        server = start(server_certificate, newest=ssl.TLSVersion.TLSv1_1, clients=ssl.CERT_NONE)
        found = look(server, probe_protocols=True)
        assert (found["state"], found["protocol"]) == ("tls", "TLSv1.1")
        assert found["protocols"] == {"TLSv1": False, "TLSv1.1": True, "TLSv1.2": False, "TLSv1.3": False}
        assert found["verified"] is None
        assert found["certificates"][0]["subject"] == "CN=es1"


class TestTrust:
    @pytest.mark.parametrize(
        ("options", "words"),
        [
            ({"days": (-9, -2), "names": LOOPBACK}, "it, or a CA above it, has expired."),
            ({"days": (2, 9), "names": LOOPBACK}, "not yet valid."),
            ({"names": [x509.DNSName("other")]}, "it is not for the name localhost, it is for other."),
        ],
    )
    @BOTH
    def test_why_not(
        self, start: Start, ca: Issued, look: Look, options: dict[str, Any], words: str, version: ssl.TLSVersion
    ) -> None:
        found = look(start(ca.sign("es1", **options), newest=version))
        assert found["verified"] is False
        assert words in found["verification_problem"]
        assert found["state"] == "tls"
        assert found["client_authentication"] == "optional"
        assert found["certificates"][0]["subject"] == "CN=es1"

    def test_another_issuer(self, start: Start, stranger: Issued, look: Look, ca_path: str) -> None:
        found = look(start(stranger.sign("es1", names=LOOPBACK)))
        assert (found["verified"], found["name_covered"]) == (False, True)
        assert found["verification_problem"] == f"its issuer CN=stranger CA is not in {ca_path}."

    def test_authorities_as_text(self, server: Server, ca: Issued, stranger: Issued, look: Look) -> None:
        assert look(server, ca_path=None, ca_certificates=ca.pem().decode())["verified"]
        found = look(server, ca_path=None, ca_certificates=stranger.pem().decode())
        assert found["verification_problem"] == "its issuer CN=test CA is not in ca_certificates."

    def test_authorities_of_the_system(self, server: Server, look: Look) -> None:
        assert "not among the CAs of this system" in look(server, ca_path=None)["verification_problem"]

    def test_another_server_name(self, start: Start, ca: Issued, look: Look) -> None:
        server = start(ca.sign("es1", names=[x509.DNSName("es1.example.com")]))
        found = look(server, server_name="es1.example.com")
        assert (found["verified"], found["name_covered"], found["server_name"]) == (True, True, "es1.example.com")
        found = look(server)
        assert (found["verified"], found["name_covered"]) == (False, False)

    def test_an_address(self, server: Server, look: Look) -> None:
        assert look(f"127.0.0.1:{server.port}")["verified"]


class TestClientCertificates:
    @BOTH
    @pytest.mark.parametrize(
        ("clients", "words"),
        [(ssl.CERT_NONE, "none"), (ssl.CERT_OPTIONAL, "optional"), (ssl.CERT_REQUIRED, "required")],
    )
    def test_whether_they_are_asked_for(
        self,
        start: Start,
        server_certificate: Issued,
        look: Look,
        version: ssl.TLSVersion,
        clients: ssl.VerifyMode,
        words: str,
    ) -> None:
        found = look(start(server_certificate, clients=clients, newest=version))
        assert found["client_authentication"] == words
        assert (found["problem"], found["verified"]) == ("", True)
        assert found["certificates"][0]["subject"] == "CN=es1"
        assert found["protocol"] == version.name.replace("_", ".")
        assert found["cipher"]
        assert found["client_certificate_accepted"] is None

    @BOTH
    def test_a_certificate_that_is_accepted(
        self, start: Start, ca: Issued, server_certificate: Issued, look: Look, tmp_path: Path, version: ssl.TLSVersion
    ) -> None:
        server = start(server_certificate, clients=ssl.CERT_REQUIRED, newest=version)
        client = ca.sign("client")
        (tmp_path / "client.pem").write_bytes(client.pem() + client.key_pem(SECRET))
        (tmp_path / "client.p12").write_bytes(client.pkcs12(SECRET, []))
        for options in (
            {"client_certificate_path": str(tmp_path / "client.pem"), "client_key_passphrase": SECRET},
            {"client_pkcs12_path": str(tmp_path / "client.p12"), "client_pkcs12_password": SECRET},
        ):
            found = look(server, **options)
            assert (found["client_certificate_accepted"], found["client_certificate_problem"]) == (True, "")
            assert found["client_authentication"] == "required"

    @BOTH
    @pytest.mark.parametrize("clients", [ssl.CERT_OPTIONAL, ssl.CERT_REQUIRED])
    def test_a_certificate_that_is_refused(
        self,
        start: Start,
        stranger: Issued,
        server_certificate: Issued,
        look: Look,
        tmp_path: Path,
        version: ssl.TLSVersion,
        clients: ssl.VerifyMode,
    ) -> None:
        server = start(server_certificate, clients=clients, newest=version)
        client = stranger.sign("client")
        (tmp_path / "client.pem").write_bytes(client.pem() + client.key_pem())
        found = look(server, client_certificate_path=str(tmp_path / "client.pem"))
        assert found["client_certificate_accepted"] is False
        assert found["client_certificate_problem"] == "the server refused it: the server's alert is unknown CA."
        assert found["verified"]

    def test_a_certificate_that_nobody_asks_for(
        self, start: Start, ca: Issued, server_certificate: Issued, look: Look, tmp_path: Path
    ) -> None:
        client = ca.sign("client")
        (tmp_path / "client.pem").write_bytes(client.pem() + client.key_pem())
        server = start(server_certificate, clients=ssl.CERT_NONE)
        found = look(server, client_certificate_path=str(tmp_path / "client.pem"))
        assert found["client_certificate_accepted"] is None
        assert found["client_certificate_problem"] == "the server did not ask for it."

    def test_who_hangs_up_after_the_handshake_requires_them(
        self, server_certificate: Issued, ca_path: str, look: Look, plain: Any, tmp_path: Path
    ) -> None:
        """As Node.js does, and with it Kibana."""
        context = server_context(server_certificate, tmp_path)
        context.load_verify_locations(ca_path)
        context.verify_mode = ssl.CERT_OPTIONAL

        def hang_up(connection: socket.socket) -> None:
            context.wrap_socket(connection, server_side=True).close()

        assert look(plain(hang_up))["client_authentication"] == "required"

    def test_a_server_that_says_nothing_more(
        self, server_certificate: Issued, ca_path: str, look: Look, plain: Any, tmp_path: Path, monkeypatch: Any
    ) -> None:
        monkeypatch.setattr(_tls_probe, "_CONFIRMATION_SECONDS", 0.2)
        context = server_context(server_certificate, tmp_path)
        context.load_verify_locations(ca_path)
        context.verify_mode = ssl.CERT_OPTIONAL
        context.minimum_version = TLS_1_3
        context.num_tickets = 0

        def stay(connection: socket.socket) -> None:
            context.wrap_socket(connection, server_side=True).recv(1)

        assert look(plain(stay))["client_authentication"] == "asked"

    def test_a_python_that_does_not_tell(
        self, start: Start, server_certificate: Issued, look: Look, monkeypatch: Any
    ) -> None:
        monkeypatch.setattr(_tls_probe, "CAN_LISTEN", False)
        monkeypatch.setattr(_tls_probe, "_CONFIRMATION_SECONDS", 0.1)
        monkeypatch.setattr(_tls_endpoint_info, "CAN_LISTEN", False)
        found = look(start(server_certificate))
        assert (found["client_authentication"], found["verified"]) == ("unknown", True)
        assert [each["subject"] for each in found["certificates"]] == ["CN=es1"]


def server_context(certificate: Issued, folder: Path) -> ssl.SSLContext:
    (folder / "server.pem").write_bytes(certificate.pem() + certificate.key_pem())
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "server.pem")
    return context


@BOTH
def test_accepted_authorities(
    ca: Issued, stranger: Issued, server_certificate: Issued, look: Look, tmp_path: Path, version: ssl.TLSVersion
) -> None:
    (tmp_path / "server.pem").write_bytes(server_certificate.pem() + server_certificate.key_pem())
    (tmp_path / "accepted.pem").write_bytes(ca.pem() + stranger.pem())
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    command = ["openssl", "s_server", "-accept", f"127.0.0.1:{port}", "-cert", "server.pem", "-CAfile", "accepted.pem"]
    command += ["-verify", "1", "-quiet", "-verify_quiet", "-tls1_2" if version == TLS_1_2 else "-tls1_3"]
    server = subprocess.Popen(command, cwd=tmp_path, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL)
    try:
        deadline = time.monotonic() + 10
        while (found := look(port))["state"] == "refused" and time.monotonic() < deadline:
            time.sleep(0.02)
    finally:
        server.kill()
        server.communicate()
    assert sorted(found["client_certificate_authorities"]) == ["CN=stranger CA", "CN=test CA"]
    assert (found["client_authentication"], found["verified"]) == ("optional", True)


class TestOtherProtocols:
    def test_plain_http_that_answers_at_once(self, plain: Any, look: Look) -> None:
        def answer(connection: socket.socket) -> None:
            connection.recv(9999)
            connection.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")

        found = look(plain(answer))
        assert (found["state"], found["problem"]) == ("plain_http", "it speaks plain HTTP, not TLS.")
        assert (found["certificates"], found["verified"], found["client_authentication"]) == ([], None, "unknown")

    def test_plain_http_that_waits_for_a_line(self, start: Start, look: Look) -> None:
        server = start()
        server.answer(200, "{}")
        assert look(server)["state"] == "plain_http"
        assert [(each.method, each.path, each.body) for each in server.received][-1] == ("HEAD", "/", b"")

    def test_nothing_listens(self, look: Look) -> None:
        with socket.create_server(("127.0.0.1", 0)) as listener:
            port = listener.getsockname()[1]
        found = look(port)
        assert (found["state"], found["problem"]) == ("refused", "the connection was refused: nothing listens there.")

    def test_a_name_that_nobody_knows(self, look: Look) -> None:
        assert look("nowhere.invalid:9200")["state"] == "unresolved"

    def test_silence(self, plain: Any, look: Look) -> None:
        started = time.monotonic()
        found = look(plain(lambda connection: bool(connection.recv(1) and time.sleep(9))), timeout=0.2)
        assert (found["state"], time.monotonic() - started < 6) == ("silent", True)
        assert found["problem"] == "it accepts connections, and said nothing within 0.2 seconds."

    def test_one_byte_a_moment(self, plain: Any, look: Look) -> None:
        def drip(connection: socket.socket) -> None:
            for byte in b"\x16\x03\x03\x20\x00" + bytes(99):
                connection.sendall(bytes([byte]))
                time.sleep(0.1)

        started = time.monotonic()
        found = look(plain(drip), timeout=0.3)
        assert time.monotonic() - started < 8
        assert found["problem"] == "the handshake failed: no answer in time." or found["state"] == "silent"

    def test_who_closes_at_once(self, plain: Any, look: Look) -> None:
        assert look(plain(lambda connection: None))["state"] == "closed"

    @pytest.mark.parametrize(
        "banner", [b"SSH-2.0-OpenSSH_9.9\r\n", b"220 mail ESMTP\r\n", b"\x00\x01\x02", b"\x16hello"]
    )
    def test_something_else(self, plain: Any, look: Look, banner: bytes) -> None:
        def greet(connection: socket.socket) -> None:
            connection.sendall(banner)
            connection.recv(9999)

        found = look(plain(greet))
        assert (found["state"], repr(banner) in found["problem"]) == ("other", True)

    @pytest.mark.parametrize(
        "noise", [b"\x16\x03\x03\x00\x04\x02\x00\x00\x00", b"\x15\x03\x03\x00\x02\x02\x28", b"\x16\x03" + bytes(60)]
    )
    def test_noise_that_looks_like_tls(self, plain: Any, look: Look, noise: bytes) -> None:
        def answer(connection: socket.socket) -> None:
            connection.recv(9999)
            connection.sendall(noise)

        found = look(plain(answer), probe_protocols=True)
        assert (found["state"], found["certificates"], found["verified"]) == ("tls", [], None)
        assert found["problem"].startswith("the handshake failed: ")
        assert not any(found["protocols"].values())


class TestManaged:
    """Deployments that Elastic runs: a URL, and certificates that the authorities of the system vouch for."""

    @pytest.fixture
    def system_trust(self, ca_path: str, monkeypatch: pytest.MonkeyPatch) -> None:
        """OpenSSL reads this file in place of the system's own."""
        monkeypatch.setenv("SSL_CERT_FILE", ca_path)

    def test_it_is_trusted(self, system_trust: None, start: Start, server_certificate: Issued, look: Look) -> None:
        server = start(server_certificate, clients=ssl.CERT_NONE)
        found = look(f"https://localhost:{server.port}/app/home", ca_path=None)
        assert (found["host"], found["port"], found["server_name"]) == ("localhost", server.port, "localhost")
        assert (found["state"], found["verified"], found["name_covered"]) == ("tls", True, True)
        assert found["endpoint"] == f"https://localhost:{server.port}/app/home"

    def test_others_are_not(self, system_trust: None, start: Start, stranger: Issued, look: Look) -> None:
        found = look(start(stranger.sign("es1", names=LOOPBACK)).url, ca_path=None)
        assert found["verified"] is False
        assert "its issuer CN=stranger CA is not among the CAs of this system" in found["verification_problem"]

    def test_the_name_is_told_to_the_server(
        self, system_trust: None, ca: Issued, start: Start, server_certificate: Issued, look: Look
    ) -> None:
        """One address serves many deployments, so the name decides which certificate it shows (SNI)."""
        asked: list[str | None] = []
        server = start(server_certificate, named=asked.append)
        name = "my-deployment.es.example.com"
        found = look(f"https://localhost:{server.port}", ca_path=None, server_name=name)
        assert asked[0] == found["server_name"] == name
        assert (found["name_covered"], found["verified"]) == (False, False)


class TestOptions:
    @pytest.mark.parametrize(
        "endpoint", ["es1", "es1:", ":9200", "es1:0", "es1:65536", "a b:1", "https:es1:9200", "::1:1"]
    )
    def test_what_is_no_endpoint(self, look: Look, endpoint: str) -> None:
        with pytest.raises(StackTlsError, match="not a host with a port"):
            look(endpoint)

    @pytest.mark.parametrize(
        "endpoint", ["http://es1:9200", "https://", "https://:443", "https://es1:0", "https://es1:99999", "https://a b"]
    )
    def test_what_is_no_url_of_https(self, look: Look, endpoint: str) -> None:
        with pytest.raises(StackTlsError, match=r"is not a URL of HTTPS\. Write es1\.example\.com:9200 or https://"):
            look(endpoint)

    def test_a_url_with_a_password_is_not_repeated(self, look: Look) -> None:
        with pytest.raises(StackTlsError, match="an endpoint holds a user or a password") as caught:
            look(f"https://elastic:{SECRET}@es1:9200")
        assert SECRET not in str(caught.value)

    @pytest.mark.parametrize(
        ("endpoint", "where"),
        [
            ("https://my-deployment.es.eu-west-1.aws.found.io", ("my-deployment.es.eu-west-1.aws.found.io", 443)),
            ("https://My-Deployment.kb.example.com:9243/app/home?x=1", ("my-deployment.kb.example.com", 9243)),
            ("https://[2001:db8::1]/", ("2001:db8::1", 443)),
        ],
    )
    def test_what_a_url_names(self, endpoint: str, where: tuple[str, int]) -> None:
        assert parse_address(endpoint) == (*where, where[0])
        assert parse_address(endpoint, "other.example.com") == (*where, "other.example.com")

    def test_a_name_that_cannot_be_sent(self, look: Look) -> None:
        with pytest.raises(StackTlsError, match="cannot be used"):
            look("a..b:9200")

    def test_an_address_of_the_sixth_version(self, look: Look) -> None:
        found = look("[::1]:9")
        assert (found["host"], found["port"]) == ("::1", 9)

    def test_files_are_checked_first(self, look: Look) -> None:
        with pytest.raises(StackTlsError, match="/missing: no such file"):
            look("localhost:9", ca_path="/missing")
        with pytest.raises(StackTlsError, match="ca_certificates: holds no CA certificate"):
            look("localhost:9", ca_path=None, ca_certificates="hello")

    def test_a_time_out_has_a_lower_limit(self, look: Look) -> None:
        with pytest.raises(StackTlsError, match="timeout is 0"):
            look("localhost:9", timeout=0)

    def test_several_endpoints_wait_side_by_side(self, server: Server, plain: Any, look: Look) -> None:
        silent = [plain(lambda connection: time.sleep(9)) for _number in range(6)]
        defaults = {name: spec.get("default") for name, spec in MODULE_ARGUMENTS["argument_spec"].items()}
        endpoints = [*(f"localhost:{port}" for port in silent), f"localhost:{server.port}"]
        started = time.monotonic()
        found = gather_endpoint_info({**defaults, "endpoints": endpoints, "timeout": 1})["endpoints"]
        assert time.monotonic() - started < 5  # one after the other would be six
        assert [each["endpoint"] for each in found] == endpoints
        assert [each["state"] for each in found] == ["silent"] * 6 + ["tls"]
