# Copyright: Stack TLS contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A pair without a paid licence: refused, with a token, with a trial and a certificate, and back to the token."""

from __future__ import annotations

import json

import pytest
from conftest import ELASTIC_PASSWORD, kibana_certificate

pytestmark = pytest.mark.stack

TOKEN = {"stacktls_kibana_authentication": "service_token"}
TRIAL = {"stacktls_license_start_trial": True}
PASSPHRASE_ENTRY = "elasticsearch.ssl.keyPassphrase"
TOKEN_ENTRY = "elasticsearch.serviceAccountToken"
SECRET = "AAEAAWVsYXN0aWMva2liYW5h"  # how every token of elastic/kibana begins
HOSTS = (("es1", "elasticsearch"), ("kb1", "kibana"))

AS_ITS_PACKAGE_LEFT_IT = """
systemctl stop kibana
rm -rf /etc/kibana /var/lib/stacktls /var/lib/kibana/*
cp -a /usr/share/stack/kibana/pristine /etc/kibana
"""


@pytest.fixture(scope="module")
def basic(services):
    """The pair as somebody else left it, with the licence that costs nothing."""
    services.reset("basic")
    return services


def ask(pair, method, path, host="https://es1:9200"):
    """What the administrator is answered."""
    command = ["curl", "--silent", "--show-error", "--insecure", "--request", method]
    done = pair.execute("es1", *command, "--user", f"elastic:{ELASTIC_PASSWORD}", host + path)
    return json.loads(done.stdout)


def tokens(pair):
    return [*ask(pair, "GET", "/_security/service/elastic/kibana/credential")["tokens"]]


def keystore(pair):
    return sorted(pair.execute("kb1", "/usr/share/kibana/bin/kibana-keystore", "--allow-root", "list").stdout.split())


def processes(pair):
    return [pair.execute(host, "systemctl", "show", "--property", "MainPID", unit).stdout for host, unit in HOSTS]


def refused(pair, *expected, **variables):
    """Run the playbook and see that it fails with these words, and changes nothing."""
    before = pair.fingerprint()
    run = pair.play(**variables)
    assert run.status != 0, run.output
    text = " ".join(run.output.split())
    for words in expected:
        assert words in text, run.output
    assert pair.fingerprint() == before


def has_token(pair):
    """Kibana logs in with a token, and its certificate is nothing but one."""
    assert pair.status() == "available"
    assert keystore(pair) == [TOKEN_ENTRY, PASSPHRASE_ENTRY]
    assert tokens(pair) == ["kibana-kb1"]
    settings = pair.execute("kb1", "cat", "/etc/kibana/kibana.yml").stdout
    assert "elasticsearch.ssl.certificate: " in settings
    assert "elasticsearch.username" not in settings
    assert (
        "client_authentication: optional" in pair.execute("es1", "cat", "/etc/elasticsearch/elasticsearch.yml").stdout
    )


def test_basic_licence_is_refused_with_both_ways_out(basic):
    refused(basic, "[es1]", "active basic, does not permit the PKI realm", "Platinum", *TRIAL, *TOKEN)


def test_a_token_needs_no_paid_licence(basic):
    run = basic.play("mutual_tls", "-vvv", "--diff", **TOKEN)
    assert run.status == 0, run.output[-3000:]
    assert SECRET not in run.output
    assert "sees kb1 as user elastic/kibana of realm _service_account" in " ".join(run.output.split())
    has_token(basic)
    assert "realms.pki" not in basic.execute("es1", "cat", "/etc/elasticsearch/elasticsearch.yml").stdout
    again = basic.play(**TOKEN)
    assert (again.status, again.changed()) == (0, 0), again.output


def test_with_a_trial_it_logs_in_by_certificate(basic):
    before = basic.fingerprint()
    foreseen = basic.play("mutual_tls", "--check", **TRIAL)
    assert foreseen.status == 0, foreseen.output
    assert basic.fingerprint() == before
    assert ask(basic, "GET", "/_license")["license"]["type"] == "basic"

    run = basic.play(**TRIAL)
    assert run.status == 0, run.output
    assert run.changed() == foreseen.changed()
    user = basic.seen(*kibana_certificate())
    assert (user["authentication_realm"]["type"], user["roles"]) == ("pki", ["kibana_system"])
    assert basic.status() == "available"
    assert (keystore(basic), tokens(basic)) == ([PASSPHRASE_ENTRY], [])
    again = basic.play()
    assert (again.status, again.changed()) == (0, 0), again.output


def install(pair, more):
    """A Kibana as its package left it, and never started: all of its settings are comments."""
    pair.execute("kb1", "bash", "-ec", AS_ITS_PACKAGE_LEFT_IT)
    text = pair.execute("kb1", "cat", "/etc/kibana/kibana.yml").stdout
    assert not [line for line in text.splitlines() if line and not line.startswith("#")]
    pair.execute("kb1", "bash", "-ec", more)


def test_a_new_kibana_logs_in_by_its_certificate(basic):
    """Nobody carries an enrolment token to it."""
    install(basic, "echo 'server.host: kb1' >>/etc/kibana/kibana.yml")
    enabled = basic.execute("kb1", "systemctl", "is-enabled", "kibana", check=False).stdout
    run = basic.play()
    assert run.status == 0, run.output
    assert "sees kb1 as user kibana-client of realm realm1" in " ".join(run.output.split())
    assert (basic.status(), keystore(basic)) == ("available", [PASSPHRASE_ENTRY])
    assert basic.execute("kb1", "systemctl", "is-enabled", "kibana", check=False).stdout == enabled
    again = basic.play()
    assert (again.status, again.changed()) == (0, 0), again.output


@pytest.mark.soak
def test_and_back_to_a_token(basic):
    elasticsearch = processes(basic)[0]
    run = basic.play(**TOKEN)
    assert run.status == 0, run.output
    has_token(basic)
    assert basic.seen(*kibana_certificate())["roles"] == []
    assert processes(basic)[0] == elasticsearch  # what is not needed any more costs no restart
    again = basic.play(**TOKEN)
    assert (again.status, again.changed()) == (0, 0), again.output


@pytest.mark.soak
def test_the_trial_is_over(basic):
    ask(basic, "POST", "/_license/start_basic?acknowledge=true")
    refused(basic, "[kb1", "active basic, does not permit the PKI realm", "used up its trial", *TOKEN, **TRIAL)
    has_token(basic)


@pytest.mark.soak
def test_a_node_with_a_realm_that_its_licence_does_not_permit_starts(basic):
    basic.execute("es1", "systemctl", "restart", "elasticsearch")
    run = basic.play(**TOKEN)
    assert (run.status, run.changed()) == (0, 0), run.output
    has_token(basic)


@pytest.mark.soak
def test_a_new_kibana_gets_a_token_over_the_api(basic):
    """It listens where nobody told it otherwise, and an old package made it no keystore."""
    install(basic, "rm /etc/kibana/kibana.keystore")
    foreseen = basic.play("mutual_tls", "--check", **TOKEN)
    assert foreseen.status == 0, foreseen.output
    run = basic.play(**TOKEN)
    assert run.status == 0, run.output
    assert run.changed() == foreseen.changed()
    assert ask(basic, "GET", "/api/status", "http://localhost:5601")["status"]["overall"]["level"] == "available"
    assert (keystore(basic), tokens(basic)) == ([TOKEN_ENTRY, PASSPHRASE_ENTRY], ["kibana-kb1"])
    again = basic.play(**TOKEN)
    assert (again.status, again.changed()) == (0, 0), again.output


@pytest.mark.soak
def test_a_token_that_is_not_proved_is_taken_away_again(services):
    services.reset("basic")
    assert services.play(stacktls_license_start_trial=True).status == 0
    before = processes(services)
    run = services.play(**TOKEN, kibana_mutual_tls_elasticsearch_url=["https://es1:9299"])
    assert run.status != 0
    assert "nothing listens there" in run.output
    assert (keystore(services), tokens(services)) == ([PASSPHRASE_ENTRY], [])
    assert processes(services) == before
    assert services.status() == "available"
    assert services.seen(*kibana_certificate())["roles"] == ["kibana_system"]
