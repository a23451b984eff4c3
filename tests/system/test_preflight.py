# Copyright: Stack TLS contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the playbook ``preflight`` tells of a pair that is as it should be, where something else is wrong with it."""

from __future__ import annotations

import json
from contextlib import contextmanager

import pytest

pytestmark = pytest.mark.stack

LITTLE = {"password": "little-secret-4711", "roles": ["remote_monitoring_collector"]}
NOWHERE = {"settings": {"index.number_of_replicas": 0, "index.routing.allocation.require.rack": "nowhere"}}


def told(pair, **variables):
    """The findings of a run that changes nothing on the hosts, and the run."""
    report = pair.folder / "report.json"
    before = pair.fingerprint()
    run = pair.play("preflight", **variables, stacktls_preflight_report=str(report))
    assert run.changed() <= 1, run.output  # the report itself
    assert "Traceback" not in run.output
    assert pair.fingerprint() == before
    return json.loads(report.read_text())["findings"], run


def ask(pair, method, path, body=None):
    status, said = pair.ask(method, path, body)
    assert status.startswith("2"), said


@contextmanager
def stopped(pair, host, service):
    pair.execute(host, "systemctl", "stop", service)
    try:
        yield
    finally:
        pair.execute(host, "systemctl", "start", service)


def test_nothing_is_amiss(site):
    findings, run = told(site)
    assert (findings, run.status) == ([], 0), run.output


def test_another_passphrase_of_the_authority(site):
    findings, run = told(site, stacktls_ca_passphrase="another-secret-4711")
    assert [(each["level"], each["service"]) for each in findings] == [("error", "authority")]
    assert "stacktls_ca_passphrase" in findings[0]["found"]
    assert run.status != 0
    assert "another-secret-4711" not in run.output


@pytest.mark.parametrize(
    "login",
    [{"stacktls_elasticsearch_password": "wrong-secret-4711"}, {"stacktls_elasticsearch_api_key": "abc:wrong-secret"}],
    ids=["password", "API key"],
)
def test_a_login_that_is_not_accepted(site, login):
    findings, run = told(site, **login)
    assert [(each["level"], each["host"], each["subject"]) for each in findings] == [("error", "es1", "the login")]
    assert "HTTP 401" in findings[0]["found"]
    assert run.status != 0
    assert "wrong-secret" not in run.output


def test_a_login_that_may_do_too_little(site):
    ask(site, "PUT", "/_security/user/little", LITTLE)
    try:
        login = {"stacktls_elasticsearch_username": "little", "stacktls_elasticsearch_password": LITTLE["password"]}
        findings, _rest = told(site, **login)
    finally:
        ask(site, "DELETE", "/_security/user/little")
    assert [(each["level"], each["subject"]) for each in findings] == [("error", "the login")]
    assert "lacks manage_security" in findings[0]["found"]


@pytest.mark.soak
def test_a_cluster_that_is_red(site):
    ask(site, "PUT", "/lost?wait_for_active_shards=0", NOWHERE)
    try:
        kept, run = told(site)
        changing, changed_run = told(site, stacktls_native_realm_order=7)
    finally:
        ask(site, "DELETE", "/lost")
    assert [each["level"] for each in kept] == ["warning"]
    assert "is red" in kept[0]["found"]
    assert run.status == 0, run.output
    assert [each["level"] for each in changing] == ["error"]
    assert changed_run.status != 0


@pytest.mark.soak
def test_a_node_that_is_stopped(site):
    with stopped(site, "es1", "elasticsearch"):
        findings, run = told(site)
    assert [(each["level"], each["host"], each["subject"]) for each in findings] == [("warning", "es1", "the node")]
    assert "https://es1:9200: the connection was refused" in findings[0]["found"]
    assert run.status == 0, run.output


@pytest.mark.soak
def test_a_kibana_that_is_stopped(site):
    with stopped(site, "kb1", "kibana"):
        findings, run = told(site)
    assert [(each["level"], each["host"], each["subject"]) for each in findings] == [
        ("warning", "kb1", "service kibana")
    ]
    assert "does not run (inactive)" in findings[0]["found"]
    assert run.status == 0, run.output
