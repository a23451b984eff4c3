# Copyright: Stack TLS contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The playbook ``audit`` on a real pair: nothing after ``site``, and what somebody does to the files afterwards."""

from __future__ import annotations

import json

import pytest
from conftest import CA_PASSPHRASE, ELASTIC_PASSWORD, KIBANA_PASSPHRASE, ROOT

pytestmark = pytest.mark.stack

ELASTICSEARCH, KIBANA = "/etc/elasticsearch/certs", "/etc/kibana/certs"
NEW_KEY = "openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256"
SIGNED = f"""
{NEW_KEY} -out /tmp/server.key
openssl req -new -key /tmp/server.key -subj /CN=kb1 -out /tmp/server.csr
printf 'subjectAltName=DNS:kb1,DNS:localhost' >/tmp/server.ext
openssl x509 -req -in /tmp/server.csr -CA /tmp/ca.crt -CAkey /tmp/ca.key -passin pass:{CA_PASSPHRASE} -days 300 \\
    -sha256 -extfile /tmp/server.ext -out /tmp/server.crt
cat /tmp/server.key >{KIBANA}/kibana-server.key
cat /tmp/server.crt >{KIBANA}/kibana-server.crt
rm /tmp/ca.key /tmp/server.key
"""
OLD_AUTHORITY = f"""
{NEW_KEY} -out /tmp/old.key
openssl req -x509 -new -key /tmp/old.key -subj "/CN=Elastic Stack CA" -days 30 \\
    -addext basicConstraints=critical,CA:TRUE >>{ELASTICSEARCH}/ca.crt
"""
# Elasticsearch looks at its files every five seconds.
READ_AGAIN = """
for _attempt in $(seq 60); do
    curl --silent --output /dev/null --cacert /etc/elasticsearch/certs/ca.crt https://es1:9200 && exit
    sleep 1
done
exit 1
"""


def shell(pair, host, script):
    return pair.execute(host, "bash", "-ec", script).stdout


def audited(pair, *options):
    """The run, and its findings as level, kind, host and subject."""
    evidence = ROOT / "build/evidence"
    evidence.mkdir(parents=True, exist_ok=True)
    report = pair.folder / "audit.json"
    run = pair.play(
        "audit", *options, stacktls_audit_report=str(report), stacktls_audit_page=str(evidence / "audit.html")
    )
    found = json.loads(report.read_text())
    texts = [run.output, report.read_text(), (evidence / "audit.html").read_text()]
    assert not any(secret in text for secret in (CA_PASSPHRASE, ELASTIC_PASSWORD, KIBANA_PASSPHRASE) for text in texts)
    return run, {(each["level"], each["kind"], each["host"], each["subject"]) for each in found["findings"]}, found


@pytest.fixture(scope="module")
def before(fresh):
    return audited(fresh)


@pytest.fixture(scope="module")
def site(fresh, before):
    run = fresh.play("site")
    assert run.status == 0, run.output
    return fresh


def test_a_pair_that_speaks_plain_http(before):
    run, found, _report = before
    assert ("critical", "plain", "es1", "es1:9200") in found, run.output
    assert (run.status, run.changed()) == (2, 0)


def test_a_converged_pair_has_no_findings(site):
    fingerprint = site.fingerprint()
    run, found, report = audited(site, "-vvv")
    assert (found, run.status, run.changed()) == (set(), 0, 0), run.output
    assert site.fingerprint() == fingerprint
    uses = {(seen["host"], seen["use"]) for each in report["certificates"] for seen in each["seen"]}
    assert {("es1", "own"), ("es1", "shown"), ("es1", "trusted"), ("kb1", "own"), ("kb1", "shown")} <= uses


def test_a_key_of_another_certificate_that_everybody_can_read(site):
    key = f"{ELASTICSEARCH}/http.key"
    shell(site, "es1", f"cp --preserve {key} /tmp/saved.key; {NEW_KEY} >{key}; chmod 0644 {key}")
    try:
        run, found, _report = audited(site)
    finally:
        shell(site, "es1", f"cp --preserve /tmp/saved.key {key}; rm /tmp/saved.key")
        shell(site, "es1", READ_AGAIN)
    # Elasticsearch reads it while it runs; from then on its endpoint does not answer, and its API cannot be asked.
    critical = {("critical", kind, "es1", key) for kind in ("exposed_key", "mismatched_pair")}
    assert {each for each in found if each[0] == "critical"} == critical, run.output
    assert run.status == 2


def test_a_certificate_by_another_hand_that_kibana_has_not_loaded(site):
    for name in ("ca.crt", "ca.key"):
        site.copy_to("kb1", site.folder / "stacktls-ca" / name, f"/tmp/{name}")
    shell(site, "kb1", SIGNED)
    _run, found, _report = audited(site)
    crt = f"{KIBANA}/kibana-server.crt"
    assert found == {
        ("warning", "not_in_ledger", "kb1", crt),
        ("warning", "not_loaded", "kb1", crt),
        ("warning", "not_on_disk", "kb1", "kb1:5601"),
    }


def test_an_authority_that_is_still_trusted(site):
    shell(site, "es1", OLD_AUTHORITY)
    _run, found, _report = audited(site, "--limit", "es1,localhost")
    assert ("warning", "old_authority", "es1", f"{ELASTICSEARCH}/ca.crt") in found
