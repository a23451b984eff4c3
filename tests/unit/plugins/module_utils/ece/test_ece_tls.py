# Copyright: Stack TLS contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The certificates of Elastic Cloud Enterprise over real HTTPS, with the stand-in of its API."""

from __future__ import annotations

import json
import socket

import pytest
from ansible_collections.stacktls.elastic.plugins.module_utils._ece_tls import MODULE_ARGUMENTS, manage_ece_tls
from ansible_collections.stacktls.elastic.plugins.module_utils._errors import ApiError, StackTlsError
from ansible_collections.stacktls.elastic.plugins.module_utils._pki._keys import encode_private_key
from ansible_collections.stacktls.elastic.plugins.module_utils._tls_client import VerificationError
from ece_pki import PASSPHRASE, WILDCARDS, authority, leaf, pem_of
from ece_standin import RefusalError

ROOT = authority("CN=Root")
MIDDLE = authority("CN=Middle", ROOT)
UI = leaf(MIDDLE)
PROXY = leaf(MIDDLE, WILDCARDS, subject="CN=deployments")
AUTHORITIES = pem_of(ROOT, MIDDLE).decode()  # not in order
SENT = ["RSA PRIVATE KEY", *["CERTIFICATE"] * 3]


@pytest.fixture
def manage(platform, tmp_path):
    """Runs the module's work, and returns its result; what it warned of is in ``manage.warnings``."""
    (tmp_path / "old-ca.crt").write_text(platform.root_pem)

    def run(service="ui", check_mode=False, **options):
        defaults = {name: spec.get("default") for name, spec in MODULE_ARGUMENTS["argument_spec"].items()}
        made = UI if service == "ui" else PROXY
        params = {
            **defaults,
            "service": service,
            "url": [f"https://localhost:{platform.ports['ui']}"],
            "ca_path": str(tmp_path / "old-ca.crt"),
            "api_key": platform.api_key,
            "private_key": made.key_pem.decode(),
            "certificate": made.pem.decode(),
            "chain": AUTHORITIES,
            "domain": "ece.example.com",
            "wait_timeout": 10,
            "timeout": 5,
            "retries": 0,
            **options,
        }
        return manage_ece_tls(params, run.warnings.append, check_mode=check_mode)

    run.warnings = []
    return run


def methods_of(platform):
    return [request["method"] for request in platform.requests]


@pytest.mark.parametrize("service", ["ui", "proxy"])
class TestFourSteps:
    def test_it(self, manage, platform, service):
        before = platform.services[service].certificates
        checked = manage(service, check_mode=True)
        assert (checked["changed"], methods_of(platform)) == (True, ["GET"])
        assert platform.services[service].certificates == before
        ran = manage(service)
        assert methods_of(platform) == ["GET", "GET", "POST", "GET"]
        assert platform.requests[2]["blocks"] == SENT
        checked_again, ran_again = manage(service, check_mode=True), manage(service)
        assert methods_of(platform)[4:] == ["GET", "GET"]
        assert [each["changed"] for each in (ran, checked_again, ran_again)] == [True, False, False]
        assert checked["reasons"] == ran["reasons"]
        assert [each["code"] for each in ran["reasons"]] == ["certificate", "authorities"]
        assert checked["diff"] == ran["diff"]
        assert (ran_again["reasons"], ran_again["replaced_chain"]) == ([], [])
        assert ran_again["diff"]["before"] == ran_again["diff"]["after"]

    def test_what_is_told(self, manage, platform, service):
        ran = manage(service)
        leaf_subject = "CN=ece.example.com" if service == "ui" else "CN=deployments"
        assert [each["subject"] for each in ran["chain"]] == [leaf_subject, "CN=Middle", "CN=Root"]
        assert [each["subject"] for each in ran["replaced_chain"]] == [
            f"CN=elastic ce {service}",
            "CN=elastic ce master",
        ]
        assert ran["diff"]["after"].splitlines()[0].startswith(f"{leaf_subject}; expires 20")
        assert ran["reasons"][0]["text"].endswith(f"'CN=elastic ce {service}', which the platform made itself")
        told = json.dumps([ran, platform.requests])
        assert "PRIVATE KEY-----" not in told
        assert platform.api_key not in told

    def test_the_key_is_opened_and_sent_open(self, manage, platform, service):
        closed = encode_private_key(UI.key, PASSPHRASE).decode()
        assert manage(service, private_key=closed, private_key_passphrase=PASSPHRASE)["changed"]
        assert platform.requests[1]["blocks"] == SENT


class TestTrust:
    def test_the_api_is_trusted_with_its_old_and_with_its_new_certificate(self, manage, platform):
        manage()
        platform.requests.clear()
        # ca_path still names the authority of the installation, and the Cloud UI no longer has a certificate of it.
        assert manage()["changed"] is False
        assert methods_of(platform) == ["GET"]

    def test_a_stranger_is_told_by_the_authorities_that_were_given(self, manage, platform):
        stranger = authority("CN=Stranger")
        made = leaf(stranger)
        platform.install("ui", (made.key_pem + made.pem + pem_of(stranger)).decode())
        with pytest.raises(VerificationError, match=r"CN=Stranger is not in .*/old-ca\.crt"):
            manage()
        assert platform.requests == []

    def test_the_certificate_of_the_proxies_says_nothing_of_the_api(self, manage, platform):
        made = leaf(ROOT)
        platform.install("ui", (made.key_pem + made.pem + pem_of(ROOT)).decode())
        with pytest.raises(VerificationError):
            manage("proxy")

    def test_further_authorities_may_vouch_for_the_api(self, manage, platform, tmp_path):
        manage()
        with pytest.raises(VerificationError):
            manage("proxy")
        (tmp_path / "ui.pem").write_bytes(UI.key_pem + UI.pem + pem_of(ROOT))
        assert manage("proxy", further_ca_paths=[str(tmp_path / "ui.pem")])["changed"]


class TestLogin:
    def test_user_and_password(self, manage, platform):
        assert manage(api_key=None, username=platform.user, password=platform.password)["changed"]

    def test_a_key_that_is_not_accepted(self, manage):
        with pytest.raises(ApiError) as caught:
            manage(api_key="another")
        assert caught.value.status == 401
        assert str(caught.value).endswith(
            ": Elastic Cloud Enterprise does not accept this API key (HTTP 401): The supplied authentication is invalid"
            " (root.unauthenticated). Is it invalidated or expired?"
        )


class TestRefusals:
    @pytest.mark.parametrize(
        ("refusal", "message"),
        [
            (
                RefusalError(400, "cert.invalid_cert_chain", "Certificate chain was invalid."),
                "refused the request (HTTP 400): Certificate chain was invalid (cert.invalid_cert_chain). Nothing was",
            ),
            (
                RefusalError(449, "root.unauthorized.rbac.elevated_permissions_required", "Elevate"),
                "asks this API key for elevated permissions (HTTP 449): Elevate (root.unauthorized.rbac.elevated_",
            ),
            (RefusalError(403, "root.unauthorized", "No"), "does not allow this to this API key (HTTP 403): No (root"),
            (RefusalError(500, "root.unhandled", "Oh"), "cannot answer now (HTTP 500): Oh (root.unhandled). Try again"),
        ],
    )
    def test_in_words(self, manage, platform, refusal, message):
        platform.refusal = refusal
        before = platform.services["ui"].certificates
        with pytest.raises(ApiError) as caught:
            manage()
        assert f"Elastic Cloud Enterprise {message}" in str(caught.value)
        assert caught.value.status == refusal.status
        assert platform.services["ui"].certificates == before

    def test_a_key_that_is_repeated_is_not_shown(self, manage, platform):
        platform.refusal = RefusalError(400, "cert.invalid_cert_chain", f"What is {UI.key_pem.decode()}?")
        with pytest.raises(ApiError, match=r"What is \*{8} \(cert.invalid_cert_chain\)"):
            manage()

    def test_something_else_answers(self, manage, platform):
        platform.chain_of = lambda service: {"hello": "world"}
        with pytest.raises(ApiError, match="something else than Elastic Cloud Enterprise answered"):
            manage()

    def test_the_chain_is_none_of_the_api(self, manage, platform):
        platform.api_managed = False
        with pytest.raises(ApiError, match="cannot be replaced through the API"):
            manage()
        assert methods_of(platform) == ["GET"]

    def test_a_present_chain_that_cannot_be_read_is_replaced(self, manage, platform):
        whole = platform.chain_of
        platform.chain_of = lambda service: {**whole(service), "chain": ["what?"]}
        checked = manage(check_mode=True)
        assert [reason["code"] for reason in checked["reasons"]] == ["unreadable"]


class TestProof:
    def test_a_chain_takes_effect_later(self, manage, platform):
        platform.delay = 1.5
        assert manage()["changed"]
        assert methods_of(platform).count("GET") >= 3

    def test_a_chain_that_never_takes_effect(self, manage, platform):
        platform.forgetful = True
        with pytest.raises(ApiError) as caught:
            manage(wait_timeout=1)
        assert "accepted the chain of ui, and its API does not show it: not ready after 1 s. Still" in str(caught.value)

    def test_a_time_that_cannot_be_waited_for(self, manage, platform):
        with pytest.raises(StackTlsError, match="wait_timeout is -3, it must not be a negative number of seconds"):
            manage(wait_timeout=-3)
        assert methods_of(platform) == []

    def test_an_address_shows_it(self, manage, platform):
        addresses = [f"localhost:{platform.ports['proxy']}", f"https://localhost:{platform.ports['proxy']}/"]
        checked = manage("proxy", check_mode=True, probe_addresses=addresses)
        assert [each["served"] for each in checked["probes"]] == [False, False]
        assert checked["probes"][0]["problem"].startswith("not ready after 0 s. it shows 'CN=elastic ce proxy' with")
        ran = manage("proxy", probe_addresses=addresses, probe_server_name="es1.ece.example.com")
        assert ran["probes"] == [{"address": each, "served": True, "problem": ""} for each in addresses]

    def test_an_address_shows_another_one(self, manage, platform):
        with pytest.raises(StackTlsError, match=r"localhost:\d+ does not show the certificate that the API has"):
            manage("proxy", probe_addresses=[f"localhost:{platform.ports['ui']}"], wait_timeout=1)

    def test_nobody_listens_at_an_address(self, manage):
        with socket.create_server(("127.0.0.1", 0)) as closed:
            port = closed.getsockname()[1]
        with pytest.raises(StackTlsError, match="it cannot be connected"):
            manage("proxy", probe_addresses=[f"localhost:{port}"], wait_timeout=1)


class TestSources:
    def test_all_in_one_file(self, manage, platform, tmp_path):
        path = tmp_path / "ece.pem"
        path.write_bytes(pem_of(ROOT) + UI.pem + UI.key_pem + pem_of(MIDDLE))
        ran = manage(private_key=None, certificate=None, chain=None, certificate_path=str(path))
        assert (ran["changed"], platform.requests[1]["blocks"]) == (True, SENT)

    def test_files(self, manage, tmp_path):
        for name, content in (("key", UI.key_pem), ("crt", UI.pem), ("root", pem_of(ROOT)), ("middle", pem_of(MIDDLE))):
            (tmp_path / name).write_bytes(content)
        paths = {"private_key_path": str(tmp_path / "key"), "certificate_path": str(tmp_path / "crt")}
        chain = [str(tmp_path / "root"), str(tmp_path / "middle")]
        assert manage(private_key=None, certificate=None, chain=None, chain_paths=chain, **paths)["changed"]

    @pytest.mark.parametrize(
        ("options", "message"),
        [
            ({"chain": None}, "certificate: the issuer of 'CN=ece.example.com', 'CN=Middle', is missing"),
            ({"chain": "what?"}, "chain: holds no certificate in PEM form"),
            ({"private_key": "what?"}, "private_key: holds no private key in PEM form. Give private_key_path or"),
            ({"private_key": None}, "certificate: holds no private key in PEM form. Give private_key_path or"),
            (
                {"private_key": encode_private_key(UI.key, PASSPHRASE).decode()},
                "private_key: the private key is encrypted and no passphrase is given. Give private_key_passphrase.",
            ),
            (
                {"private_key": encode_private_key(UI.key, PASSPHRASE).decode(), "private_key_passphrase": "other"},
                "private_key: the private key cannot be opened with this passphrase. Check private_key_passphrase.",
            ),
            (
                {"private_key": leaf(ROOT, key_type="ec-p256").key_pem.decode()},
                "private_key: the private key is of the type ec-p256, and Elastic Cloud Enterprise takes RSA keys",
            ),
            (
                {"private_key": encode_private_key(ROOT.key, None).decode(), "chain": None},
                "certificate: holds no certificate of the private key in private_key.",
            ),
            ({"certificate": None, "certificate_path": "/missing"}, "/missing: no such file"),
            ({"names": ["other.example.com"]}, "lacks DNS:other.example.com, which names asks for"),
            ({"url": ["https://ece.example.com:12443"]}, "lacks DNS:ece.example.com, which url asks for: the Cloud UI"),
            ({"url": ["http://localhost:12400"]}, "is one without TLS, and a private key is sent there"),
            (
                {"url": ["localhost"]},
                "is not the address of an Elastic Cloud Enterprise. Write it as https://host:12443.",
            ),
            ({"probe_addresses": ["localhost"]}, "is not a host with a port"),
        ],
    )
    def test_what_is_wrong_is_found_before_anything_is_asked(self, manage, platform, options, message):
        with pytest.raises(StackTlsError) as caught:
            manage(**{"names": [], **options})
        assert message in str(caught.value)
        assert platform.requests == []

    def test_names_of_the_proxies(self, manage):
        narrow = leaf(MIDDLE, ("*.ece.example.com",)).pem.decode()
        with pytest.raises(StackTlsError) as caught:
            manage("proxy", certificate=narrow)
        assert "lacks DNS:*.apm.ece.example.com, DNS:*.fleet.ece.example.com, which the deployments" in str(
            caught.value
        )
        assert manage("proxy", certificate=narrow, subdomains=[])["changed"]

    def test_proxies_without_a_wildcard(self, manage):
        one = leaf(MIDDLE, ("es1.ece.example.com",)).pem.decode()
        with pytest.raises(StackTlsError, match="neither domain nor names says what"):
            manage("proxy", certificate=one, domain=None)
        assert manage("proxy", certificate=one, domain=None, names=["es1.ece.example.com"])["changed"]

    def test_the_path_of_the_api_may_be_in_the_url(self, manage, platform):
        assert manage(url=[f"https://localhost:{platform.ports['ui']}/api/v1/"])["changed"]

    def test_an_authority_with_another_key_is_warned_of_once(self, manage):
        elliptic = authority("CN=Elliptic", key_type="ec-p256")
        made = leaf(elliptic)
        options = {"certificate": made.pem.decode(), "chain": pem_of(elliptic).decode()}
        assert manage(**options)["changed"]
        assert not manage(**options)["changed"]
        assert len(manage.warnings) == 1
