# Copyright: Stack TLS contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Elasticsearch answers nobody without a certificate, people log in to Kibana all the same, and the way back.

It begins with a Kibana that an enrolment token connected, as ``kibana-setup`` leaves it.
"""

from __future__ import annotations

import json
import time

import pytest
from conftest import ELASTIC_PASSWORD, kibana_certificate

pytestmark = pytest.mark.stack

REQUIRED = {"elasticsearch_tls_client_authentication": "required"}
ALWAYS = "elasticsearch.ssl.alwaysPresentCertificate: true"
PASSWORD = ("--user", f"elastic:{ELASTIC_PASSWORD}")


ENROLLED = """
# This section was automatically generated during setup.
elasticsearch.hosts: ['http://es1:9200']
elasticsearch.serviceAccountToken: {token}
"""


def api(pair, method, path):
    """What the administrator is answered over plain HTTP."""
    command = ("curl", "--silent", "--show-error", "--fail-with-body", "--request", method, *PASSWORD)
    return json.loads(pair.execute("es1", *command, "http://es1:9200" + path).stdout)


@pytest.fixture(scope="module")
def enrolled(fresh):
    """A Kibana that logs in with the token that its enrolment made."""
    path = "/_security/service/elastic/kibana/credential/token/enroll-process-token-1700000000000"
    settings = ENROLLED.format(token=api(fresh, "POST", path)["token"]["value"])
    script = """
sed -i '/^elasticsearch[.]/d' /etc/kibana/kibana.yml
cat >>/etc/kibana/kibana.yml
systemctl restart kibana
for _attempt in $(seq 60); do
    curl --silent http://kb1:5601/api/status | grep --quiet '"level":"available"' && exit
    sleep 1
done
exit 1
"""
    fresh.execute("kb1", "bash", "-ec", script, given=settings)
    assert fresh.status() == "available"
    return fresh


def ask(pair, *options):
    """Whom Elasticsearch sees, or why it does not answer."""
    ca = "/etc/kibana/certs/elasticsearch-ca.crt"
    command = ("curl", "--silent", "--show-error", "--cacert", ca, "https://es1:9200/_security/_authenticate")
    answer = pair.execute("kb1", *command, *options, check=False)
    return json.loads(answer.stdout)["username"] if answer.returncode == 0 else answer.stderr


def logged_in(pair):
    """Whom Kibana sees who comes with the password of elastic."""
    header = ("--header", "x-elastic-internal-origin: test")
    url = "http://kb1:5601/internal/security/me"
    return json.loads(pair.execute("kb1", "curl", "--silent", "--show-error", *header, *PASSWORD, url).stdout)[
        "username"
    ]


def status_soon(pair):
    """What Kibana says when it has noticed that Elasticsearch is back."""
    for _attempt in range(30):
        if pair.status() == "available":
            break
        time.sleep(1)
    return pair.status()


def usages(pair):
    command = ("openssl", "x509", "-noout", "-ext", "extendedKeyUsage", "-in", "/etc/elasticsearch/certs/http.crt")
    return pair.execute("es1", *command).stdout


def is_open(pair):
    """Certificates are taken and not needed."""
    assert ask(pair, *PASSWORD) == "elastic"
    assert ask(pair, *kibana_certificate()) == "kibana-client"
    assert (status_soon(pair), logged_in(pair)) == ("available", "elastic")
    assert ALWAYS not in pair.execute("kb1", "cat", "/etc/kibana/kibana.yml").stdout
    assert "Client" not in usages(pair)


def is_closed(pair):
    """Nobody is answered without one."""
    assert "certificate required" in ask(pair, *PASSWORD)
    assert ask(pair, *PASSWORD, *kibana_certificate()) == "elastic"
    assert ask(pair, *kibana_certificate()) == "kibana-client"
    assert (status_soon(pair), logged_in(pair)) == ("available", "elastic")
    assert ALWAYS in pair.execute("kb1", "cat", "/etc/kibana/kibana.yml").stdout
    assert "Client" in usages(pair)


def is_converged(pair, **variables):
    before = pair.fingerprint()
    for options in ((), ("--check",)):
        again = pair.play("mutual_tls", *options, **variables)
        assert (again.status, again.changed()) == (0, 0), again.output
    assert pair.fingerprint() == before


def test_certificates_are_required_when_everybody_has_one(enrolled):
    fresh = enrolled
    before = fresh.fingerprint()
    foreseen = fresh.play("mutual_tls", "--check", **REQUIRED)
    assert foreseen.status == 0, foreseen.output
    assert fresh.fingerprint() == before

    run = fresh.play(**REQUIRED)
    assert run.status == 0, run.output
    tasks = [line for line in run.output.splitlines() if line.startswith("TASK")]
    kibana, last = (
        next(at for at, task in enumerate(tasks) if name in task) for name in ("kibana.yml", "the second step")
    )
    assert kibana < last
    is_closed(fresh)
    is_converged(fresh, **REQUIRED)


def test_the_token_of_the_enrolment_is_ended(fresh):
    path = "https://es1:9200/_security/service/elastic/kibana/credential"
    command = ("curl", "--silent", "--show-error", "--cacert", "/etc/kibana/certs/elasticsearch-ca.crt", path)
    answer = fresh.execute("kb1", *command, *PASSWORD, *kibana_certificate())
    assert json.loads(answer.stdout)["tokens"] == {}
    assert "serviceAccountToken" not in fresh.execute("kb1", "cat", "/etc/kibana/kibana.yml").stdout


def test_a_rollback_does_not_put_back_a_login_that_was_ended(fresh):
    before = fresh.fingerprint()
    for options in ((), ("--check",)):
        refused = fresh.play("rollback", *options)
        assert refused.status != 0
        assert "another run with stacktls_kibana_authentication: service_token." in " ".join(refused.output.split())
    assert fresh.fingerprint() == before


@pytest.mark.soak
def test_a_renewed_certificate_is_reloaded_and_proved(fresh):
    """What reloads a certificate and what asks the cluster has to come with one, too."""
    names = ["es1", "localhost", "elasticsearch.example.com"]
    process = fresh.process("es1")
    run = fresh.play(**REQUIRED, elasticsearch_tls_subject_alt_names=names)
    assert run.status == 0, run.output
    assert fresh.process("es1") == process
    run = fresh.play(**REQUIRED, elasticsearch_tls_subject_alt_names=names, stacktls_pki_realm_order=5)
    assert run.status == 0, run.output
    is_closed(fresh)


@pytest.mark.soak
def test_and_back(fresh):
    run = fresh.play()
    assert run.status == 0, run.output
    is_open(fresh)
    is_converged(fresh)


@pytest.mark.soak
def test_a_rollback_opens_and_closes_again(fresh):
    plays(fresh, {}, REQUIRED)
    plays(fresh, "rollback")
    is_open(fresh)
    plays(fresh, REQUIRED, {})
    plays(fresh, "rollback")
    is_closed(fresh)


def plays(pair, *wanted):
    """Run the playbook with these variables, or another one."""
    for each in wanted:
        run = pair.play(each) if isinstance(each, str) else pair.play(**each)
        assert run.status == 0, run.output
