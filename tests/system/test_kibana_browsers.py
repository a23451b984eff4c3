# Copyright: Stack TLS contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""HTTPS of Kibana: forms of its certificate, the way from plain HTTP, renewal in the running process; seen by curl.

The molecule scenario "browsers" sees it with a real browser.
"""

from __future__ import annotations

import json

import pytest
from conftest import ELASTIC_PASSWORD, ROOT

pytestmark = pytest.mark.stack

CERTS = "/etc/kibana/certs"
PLAIN = {"kibana_tls_redirect_http_from_port": 5680}
NAMES = {"kibana_tls_subject_alt_names": ["kb1", "localhost", "kibana.example.com"]}
PKCS12 = {"kibana_tls_format": "pkcs12", "kibana_tls_passphrase": "browser-secret-4711"}
VERIFIED = f"-CAfile {CERTS}/kibana-server-ca.crt -verify_return_error"
SHOWN = f"openssl s_client -connect kb1:5601 -servername kb1 {VERIFIED} </dev/null"


def shell(pair, script):
    return pair.execute("kb1", "bash", "-c", script).stdout


def names_shown(pair):
    return shell(pair, f"{SHOWN} 2>/dev/null | openssl x509 -noout -ext subjectAltName")


def browse(pair, url, *options):
    """Status, and address of a redirection, that a client sees which trusts our authority only."""
    command = ("curl", "--silent", "--show-error", "--cacert", f"{CERTS}/kibana-server-ca.crt", "--output", "/dev/null")
    written = ("--write-out", "%{http_code} %{redirect_url}", url)
    return pair.execute("kb1", *command, *options, *written).stdout.strip()


def is_converged(pair, **variables):
    again = pair.play("site", **variables)
    return (again.status, again.changed()) == (0, 0) or pytest.fail(again.output)


@pytest.fixture(scope="module")
def site(services):
    run = services.play("site", **PLAIN)
    assert run.status == 0, run.output
    return services


def test_plain_http_leads_to_https(site):
    assert browse(site, "http://kb1:5680/app/home") == "302 https://kb1:5601/app/home"
    assert browse(site, "https://kb1:5601/api/status") == "200"
    assert is_converged(site, **PLAIN)


def test_another_certificate_is_shown_by_the_same_process(site):
    before, wanted = site.process("kb1", "kibana"), {**PLAIN, **NAMES}
    check = site.play("site", "--check", "--diff", **wanted)
    run = site.play("site", **wanted)
    assert run.status == 0, run.output
    assert (check.status, check.changed()) == (0, run.changed()), check.output
    assert site.process("kb1", "kibana") == before
    assert "DNS:kibana.example.com" in names_shown(site)
    assert browse(site, "https://kb1:5601/api/status") == "200"
    assert is_converged(site, **wanted)


def test_kibana_that_is_starting_is_not_killed_by_a_signal(site):
    """Because of it the certificate is in force after a restart."""
    site.execute("kb1", "systemctl", "restart", "--no-block", "kibana")
    run = site.play("site", **PLAIN)  # fewer names again
    assert run.status == 0, run.output
    assert "kibana.example.com" not in names_shown(site)
    assert shell(site, "systemctl show --property NRestarts kibana") == "NRestarts=0\n"


@pytest.mark.soak
@pytest.mark.parametrize("passphrase", ["browser-secret-4711", ""])
def test_form_of_the_certificate(site, passphrase):
    wanted = {**PLAIN, **PKCS12}
    run = site.play("site", **wanted)
    assert run.status == 0, run.output
    assert shell(site, f"ls {CERTS} | grep server").split() == ["kibana-server-ca.crt", "kibana-server.p12"]
    assert browse(site, "https://kb1:5601/api/status") == "200"
    assert is_converged(site, **wanted)

    wanted = {**PLAIN, "kibana_tls_passphrase": passphrase}
    run = site.play("site", **wanted)
    assert run.status == 0, run.output
    files = ["kibana-server-ca.crt", "kibana-server.crt", "kibana-server.key"]
    assert shell(site, f"ls {CERTS} | grep server").split() == files
    assert ("ENCRYPTED" in shell(site, f"cat {CERTS}/kibana-server.key")) == bool(passphrase)
    listed = shell(site, "/usr/share/kibana/bin/kibana-keystore --allow-root list").split()
    assert listed == ["elasticsearch.ssl.keyPassphrase"] + ["server.ssl.keyPassphrase"] * bool(passphrase)
    assert browse(site, "https://kb1:5601/api/status") == "200"
    assert is_converged(site, **wanted)


@pytest.mark.soak
def test_pkcs12_file_is_taken_over_by_the_same_process(site):
    run = site.play("site", **PLAIN, **PKCS12)
    assert run.status == 0, run.output
    before = site.process("kb1", "kibana")
    run = site.play("site", **PLAIN, **PKCS12, **NAMES)
    assert run.status == 0, run.output
    assert site.process("kb1", "kibana") == before
    assert "DNS:kibana.example.com" in names_shown(site)


REFUSED = {
    "an EC key in PKCS#12": ({**PKCS12, "kibana_tls_key_type": "ec-p256"}, "Kibana finds no EC key in a PKCS#12 file"),
    "PKCS#12 without a password": ({**PKCS12, "kibana_tls_passphrase": ""}, "kibana_tls_passphrase is empty."),
    "certificates of people without a realm": (
        {"stacktls_kibana_pki_login": True, "stacktls_kibana_authentication": "service_token"},
        "stacktls_kibana_pki_login needs the PKI realm, and elasticsearch_tls_pki_realm_enabled is false",
    ),
    "certificates of people that nobody asks for": (
        {"stacktls_kibana_pki_login": True, "kibana_tls_client_authentication": "none"},
        "Kibana asks nobody for a certificate where kibana_tls_client_authentication is none.",
    ),
    "its own port": (
        {"kibana_tls_redirect_http_from_port": "5601"},
        "where Kibana itself listens. Choose another port.",
    ),
}


IN_TEST = ("certificates of people without a realm", "its own port")


@pytest.mark.parametrize(
    "case", [pytest.param(each, marks=[] if each in IN_TEST else [pytest.mark.soak]) for each in REFUSED]
)
def test_what_cannot_work_is_refused_before_anything_is_changed(site, case):
    variables, words = REFUSED[case]
    before = site.fingerprint()
    run = site.play("site", **variables)
    assert run.status != 0
    assert words in " ".join(run.output.split()), run.output
    assert site.fingerprint() == before


@pytest.fixture(scope="module")
def person(site):
    """The options of a client that has the certificate of examples/kibana."""
    run = site.play("site", **PLAIN, stacktls_kibana_pki_login=True)
    assert run.status == 0, run.output
    run = site.play(str(ROOT / "examples/kibana/people.yml"), vault_jdoe_password="jdoe-secret-4711")
    assert run.status == 0, run.output
    again = site.play(str(ROOT / "examples/kibana/people.yml"), vault_jdoe_password="jdoe-secret-4711")
    assert (again.status, again.changed()) == (0, 0), again.output
    site.copy_to("kb1", site.folder / "people/jdoe.p12", "/root/jdoe.p12")
    return ("--cert-type", "P12", "--cert", "/root/jdoe.p12:jdoe-secret-4711")


def who_is_seen(pair, *options):
    headers = ("--header", "x-elastic-internal-origin: test", "--cacert", f"{CERTS}/kibana-server-ca.crt")
    url = "https://kb1:5601/internal/security/me"
    return json.loads(pair.execute("kb1", "curl", "--silent", "--show-error", *headers, *options, url).stdout)


def test_a_person_logs_in_with_a_certificate(site, person):
    seen = who_is_seen(site, *person)
    assert (seen["username"], seen["roles"]) == ("jdoe", ["viewer"])
    assert seen["authentication_realm"] == {"name": "realm1", "type": "pki"}
    assert seen["metadata"]["pki_delegated_by_user"] == "kibana-client"
    assert is_converged(site, **PLAIN, stacktls_kibana_pki_login=True)


def test_passwords_still_do(site, person):
    assert who_is_seen(site, "--user", f"elastic:{ELASTIC_PASSWORD}")["username"] == "elastic"
    assert who_is_seen(site)["statusCode"] == 401


PEOPLE = {**PLAIN, "stacktls_kibana_pki_login": True}
REQUIRED = {**PEOPLE, "kibana_tls_client_authentication": "required"}
CLIENT_PKCS12 = {"kibana_mutual_tls_format": "pkcs12"}


def plays(pair, playbook="site", **variables):
    run = pair.play(playbook, **variables)
    assert run.status == 0, run.output
    return run


def gets_no_answer(pair, *options):
    """Which words curl has for it depends on whether it sees the alert or the end of the connection first."""
    command = ("curl", "--silent", "--show-error", "--cacert", f"{CERTS}/kibana-server-ca.crt", *options)
    answer = pair.execute("kb1", *command, "https://kb1:5601/api/status", check=False)
    return (answer.returncode != 0, answer.stdout) == (True, "") or pytest.fail(answer.stdout)


def is_closed(pair, person):
    assert gets_no_answer(pair)
    assert gets_no_answer(pair, "--tls-max", "1.2")
    assert who_is_seen(pair, *person)["username"] == "jdoe"


@pytest.mark.soak
def test_nobody_reaches_it_without_a_certificate(site, person):
    before = site.fingerprint()
    foreseen = site.play("site", "--check", "--diff", **REQUIRED)
    assert foreseen.status == 0, foreseen.output
    assert site.fingerprint() == before
    assert plays(site, **REQUIRED).changed() == foreseen.changed()
    is_closed(site, person)
    assert is_converged(site, **REQUIRED)


@pytest.mark.soak
def test_a_stranger_has_a_certificate_of_another_authority(site, person):
    subject = "openssl req -x509 -newkey rsa:2048 -nodes -subj /CN=jdoe/OU=people/O=Example"
    shell(site, f"{subject} -keyout /root/stranger.key -out /root/stranger.crt 2>&1")
    assert gets_no_answer(site, "--cert", "/root/stranger.crt", "--key", "/root/stranger.key")


@pytest.mark.soak
def test_its_status_is_asked_for_with_a_certificate_in_every_form(site, person):
    plays(site, **REQUIRED, **CLIENT_PKCS12)
    is_closed(site, person)
    before = site.process("kb1", "kibana")
    plays(site, **REQUIRED, **CLIENT_PKCS12, **NAMES)
    assert site.process("kb1", "kibana") == before  # a signal is sent only where it answers
    is_closed(site, person)
    plays(site, **PEOPLE, **CLIENT_PKCS12)
    assert who_is_seen(site)["statusCode"] == 401
    assert who_is_seen(site, *person)["username"] == "jdoe"
    plays(site, "rollback", **CLIENT_PKCS12)
    is_closed(site, person)
    plays(site, **REQUIRED)
    plays(site, "mutual_tls", **PLAIN, kibana_mutual_tls_verification_mode="certificate")
    is_closed(site, person)


def test_and_back(site, person):
    plays(site, **PLAIN)
    assert who_is_seen(site)["statusCode"] == 401
    assert who_is_seen(site, *person)["statusCode"] == 401
    text = shell(site, "cat /etc/kibana/kibana.yml")
    assert [name for name in ("clientAuthentication", "server.ssl.certificateAuthorities", "pki") if name in text] == []
