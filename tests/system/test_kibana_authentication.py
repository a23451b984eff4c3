# Copyright: Stack TLS contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A token in place of the PKI realm: not proved, and after a trial. The molecule scenario "no_license" has the rest."""

from __future__ import annotations

import json

import pytest
from conftest import kibana_certificate

pytestmark = pytest.mark.stack
soak = pytest.mark.soak  # of ways to log in, "make test" has the molecule scenario "no_license"

TOKEN = {"stacktls_kibana_authentication": "service_token"}
TRIAL = {"stacktls_license_start_trial": True}
PASSPHRASE_ENTRY = "elasticsearch.ssl.keyPassphrase"
TOKEN_ENTRY = "elasticsearch.serviceAccountToken"
HOSTS = (("es1", "elasticsearch"), ("kb1", "kibana"))

AS_ITS_PACKAGE_LEFT_IT = """
systemctl stop kibana
rm -rf /etc/kibana /var/lib/stacktls /var/lib/kibana/*
cp -a /usr/share/stack/kibana/pristine /etc/kibana
"""


@pytest.fixture(scope="module")
def pair(services):
    """The pair with a trial that was started, and Kibana's login by certificate."""
    services.reset("basic")
    run = services.play(**TRIAL)
    assert run.status == 0, run.output
    yield services
    services.reset()  # others need the licence of a trial


def tokens(pair):
    return [*pair.ask("GET", "/_security/service/elastic/kibana/credential")[1]["tokens"]]


def keystore(pair):
    return sorted(pair.execute("kb1", "/usr/share/kibana/bin/kibana-keystore", "--allow-root", "list").stdout.split())


def processes(pair):
    return [pair.process(host, service) for host, service in HOSTS]


def refused(pair, *expected, playbook="mutual_tls", **variables):
    """Run the playbook and see that it fails with these words, and changes nothing."""
    before = pair.fingerprint()
    run = pair.play(playbook, **variables)
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


def install(pair, more):
    """A Kibana as its package left it, and never started: all of its settings are comments."""
    pair.execute("kb1", "bash", "-ec", AS_ITS_PACKAGE_LEFT_IT)
    text = pair.execute("kb1", "cat", "/etc/kibana/kibana.yml").stdout
    assert not [line for line in text.splitlines() if line and not line.startswith("#")]
    pair.execute("kb1", "bash", "-ec", more)


def test_a_token_that_is_not_proved_is_taken_away_again(site):
    before = processes(site)
    run = site.play(**TOKEN, kibana_mutual_tls_elasticsearch_url=["https://es1:9299"])
    assert run.status != 0
    assert "nothing listens there" in run.output
    assert (keystore(site), tokens(site)) == ([PASSPHRASE_ENTRY], [])
    assert processes(site) == before
    assert site.kibana_level() == "available"
    assert site.seen(*kibana_certificate())["roles"] == ["kibana_system"]


@soak
def test_a_new_kibana_logs_in_by_its_certificate(pair):
    """Nobody carries an enrolment token to it."""
    install(pair, "echo 'server.host: kb1' >>/etc/kibana/kibana.yml")
    enabled = pair.execute("kb1", "systemctl", "is-enabled", "kibana", check=False).stdout
    run = pair.play()
    assert run.status == 0, run.output
    assert "sees kb1 as user kibana-client of realm realm1" in " ".join(run.output.split())
    assert (pair.status(), keystore(pair)) == ("available", [PASSPHRASE_ENTRY])
    assert pair.execute("kb1", "systemctl", "is-enabled", "kibana", check=False).stdout == enabled
    again = pair.play()
    assert (again.status, again.changed()) == (0, 0), again.output


@soak
def test_a_login_that_was_ended_is_not_put_back(pair):
    """With neither form of the way: the role mapping is gone, and then the token."""
    for variables, back in ((TOKEN, "pki"), ({}, "service_token")):
        run = pair.play(**variables)
        assert run.status == 0, run.output
        refused(pair, f"another run with stacktls_kibana_authentication: {back}.", playbook="rollback")
        assert pair.status() == "available"


@soak
def test_the_trial_is_over(pair):
    run = pair.play(**TOKEN)
    assert run.status == 0, run.output
    assert pair.ask("POST", "/_license/start_basic?acknowledge=true")[0] == "200"
    refused(pair, "[kb1", "active basic, does not permit the PKI realm", "used up its trial", *TOKEN, **TRIAL)
    has_token(pair)


@soak
def test_a_node_with_a_realm_that_its_licence_does_not_permit_starts(pair):
    pair.execute("es1", "systemctl", "restart", "elasticsearch")
    run = pair.play(**TOKEN)
    assert (run.status, run.changed()) == (0, 0), run.output
    has_token(pair)


@soak
def test_a_new_kibana_gets_a_token_over_the_api(pair):
    """It listens where nobody told it otherwise, and an old package made it no keystore."""
    install(pair, "rm /etc/kibana/kibana.keystore")
    foreseen = pair.play("mutual_tls", "--check", **TOKEN)
    assert foreseen.status == 0, foreseen.output
    run = pair.play(**TOKEN)
    assert run.status == 0, run.output
    assert run.changed() == foreseen.changed()
    status = pair.execute("kb1", "curl", "--silent", "--show-error", "http://localhost:5601/api/status").stdout
    assert json.loads(status)["status"]["overall"]["level"] == "available"
    assert (keystore(pair), tokens(pair)) == ([TOKEN_ENTRY, PASSPHRASE_ENTRY], ["kibana-kb1"])
    again = pair.play(**TOKEN)
    assert (again.status, again.changed()) == (0, 0), again.output
