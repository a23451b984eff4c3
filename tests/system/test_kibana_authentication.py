# Copyright: Stack TLS contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A token in place of the PKI realm: not proved, and after a trial. The molecule scenario "no_license" has the rest."""

from __future__ import annotations

import json

import pytest
from conftest import ELASTIC_PASSWORD, kibana_certificate

pytestmark = [pytest.mark.stack, pytest.mark.soak]

TOKEN = {"stacktls_kibana_authentication": "service_token"}
TRIAL = {"stacktls_license_start_trial": True}
PASSPHRASE_ENTRY = "elasticsearch.ssl.keyPassphrase"
TOKEN_ENTRY = "elasticsearch.serviceAccountToken"
HOSTS = (("es1", "elasticsearch"), ("kb1", "kibana"))


@pytest.fixture(scope="module")
def pair(services):
    """The pair with a trial that was started, and Kibana's login by certificate."""
    services.reset("basic")
    run = services.play(**TRIAL)
    assert run.status == 0, run.output
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


def test_a_token_that_is_not_proved_is_taken_away_again(pair):
    before = processes(pair)
    run = pair.play(**TOKEN, kibana_mutual_tls_elasticsearch_url=["https://es1:9299"])
    assert run.status != 0
    assert "nothing listens there" in run.output
    assert (keystore(pair), tokens(pair)) == ([PASSPHRASE_ENTRY], [])
    assert processes(pair) == before
    assert pair.status() == "available"
    assert pair.seen(*kibana_certificate())["roles"] == ["kibana_system"]


def test_the_trial_is_over(pair):
    run = pair.play(**TOKEN)
    assert run.status == 0, run.output
    ask(pair, "POST", "/_license/start_basic?acknowledge=true")
    refused(pair, "[kb1", "active basic, does not permit the PKI realm", "used up its trial", *TOKEN, **TRIAL)
    has_token(pair)


def test_a_node_with_a_realm_that_its_licence_does_not_permit_starts(pair):
    pair.execute("es1", "systemctl", "restart", "elasticsearch")
    run = pair.play(**TOKEN)
    assert (run.status, run.changed()) == (0, 0), run.output
    has_token(pair)
