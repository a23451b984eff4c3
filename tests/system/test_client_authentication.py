# Copyright: Stack TLS contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Elasticsearch answers nobody without a certificate, people log in to Kibana all the same, and the way back."""

from __future__ import annotations

import json

import pytest
from conftest import ELASTIC_PASSWORD, kibana_certificate

pytestmark = pytest.mark.stack

REQUIRED = {"elasticsearch_tls_client_authentication": "required"}
ALWAYS = "elasticsearch.ssl.alwaysPresentCertificate: true"
PASSWORD = ("--user", f"elastic:{ELASTIC_PASSWORD}")


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


def usages(pair):
    command = ("openssl", "x509", "-noout", "-ext", "extendedKeyUsage", "-in", "/etc/elasticsearch/certs/http.crt")
    return pair.execute("es1", *command).stdout


def is_open(pair):
    """Certificates are taken and not needed."""
    assert ask(pair, *PASSWORD) == "elastic"
    assert ask(pair, *kibana_certificate()) == "kibana-client"
    assert (pair.status(), logged_in(pair)) == ("available", "elastic")
    assert ALWAYS not in pair.execute("kb1", "cat", "/etc/kibana/kibana.yml").stdout
    assert "Client" not in usages(pair)


def is_closed(pair):
    """Nobody is answered without one."""
    assert "certificate required" in ask(pair, *PASSWORD)
    assert ask(pair, *PASSWORD, *kibana_certificate()) == "elastic"
    assert ask(pair, *kibana_certificate()) == "kibana-client"
    assert (pair.status(), logged_in(pair)) == ("available", "elastic")
    assert ALWAYS in pair.execute("kb1", "cat", "/etc/kibana/kibana.yml").stdout
    assert "Client" in usages(pair)


def is_converged(pair, **variables):
    before = pair.fingerprint()
    for options in ((), ("--check",)):
        again = pair.play("mutual_tls", *options, **variables)
        assert (again.status, again.changed()) == (0, 0), again.output
    assert pair.fingerprint() == before


def test_certificates_are_required_when_everybody_has_one(fresh):
    before = fresh.fingerprint()
    foreseen = fresh.play("mutual_tls", "--check", **REQUIRED)
    assert foreseen.status == 0, foreseen.output
    assert fresh.fingerprint() == before

    run = fresh.play(**REQUIRED)
    assert run.status == 0, run.output
    tasks = [line for line in run.output.splitlines() if line.startswith("TASK")]
    kibana, last = (
        next(at for at, task in enumerate(tasks) if name in task) for name in ("kibana.yml", "Require cert")
    )
    assert kibana < last
    is_closed(fresh)
    is_converged(fresh, **REQUIRED)


def test_a_renewed_certificate_is_reloaded_and_proved(fresh):
    """What reloads a certificate and what asks the cluster has to come with one, too."""
    names = ["es1", "localhost", "elasticsearch.example.com"]
    process = fresh.execute("es1", "systemctl", "show", "--property", "MainPID", "elasticsearch").stdout
    run = fresh.play(**REQUIRED, elasticsearch_tls_subject_alt_names=names)
    assert run.status == 0, run.output
    assert fresh.execute("es1", "systemctl", "show", "--property", "MainPID", "elasticsearch").stdout == process
    run = fresh.play(**REQUIRED, elasticsearch_tls_subject_alt_names=names, stacktls_pki_realm_order=5)
    assert run.status == 0, run.output
    is_closed(fresh)


def test_and_back(fresh):
    run = fresh.play()
    assert run.status == 0, run.output
    is_open(fresh)
    is_converged(fresh)


@pytest.mark.soak
def test_a_rollback_opens_and_closes_again(fresh):
    for variables, state in ((REQUIRED, is_open), ({}, is_closed)):
        run = fresh.play(**variables)
        assert run.status == 0, run.output
        run = fresh.play("rollback")
        assert run.status == 0, run.output
        state(fresh)
