# Copyright: Stack TLS contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Certificates are renewed, one identity is retired, and another authority takes the place of the present one."""

from __future__ import annotations

import json
import os
import socket
import subprocess
from pathlib import Path

import pytest
from conftest import CA_PASSPHRASE, kibana_certificate

pytestmark = pytest.mark.stack

SHOWN = "openssl s_client -connect es1:9200 </dev/null 2>/dev/null | openssl x509 -noout -fingerprint -sha256"
VERIFIED = "openssl s_client -connect es1:9200 -verify_hostname es1 -verify_return_error -CAfile /dev/stdin"
AUTHENTICATE = "curl --silent --cacert /etc/elasticsearch/certs/ca.crt --write-out ' %{http_code}'"
AUTHENTICATE += " --cert /tmp/old.crt --key /tmp/old.key https://es1:9200/_security/_authenticate"
OLD = f"""
openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout old.key -subj /CN=old -out old.csr
printf 'extendedKeyUsage=clientAuth' >old.ext
openssl x509 -req -in old.csr -CA stacktls-ca/ca.crt -CAkey stacktls-ca/ca.key -passin pass:{CA_PASSPHRASE} \\
    -days 2 -extfile old.ext -out old.crt
"""
COMPANY_PASSPHRASE = "company-secret-4711"
COMPANY = f"""
openssl req -x509 -newkey rsa:3072 -nodes -keyout root.key -out root.crt -days 4000 -subj /CN=Company-Root
openssl req -newkey rsa:3072 -keyout issuing.key -passout pass:{COMPANY_PASSPHRASE} -out issuing.csr -subj /CN=Issuing
printf 'basicConstraints=critical,CA:TRUE\nkeyUsage=critical,keyCertSign,cRLSign' >ca.ext
openssl x509 -req -in issuing.csr -CA root.crt -CAkey root.key -days 3000 -extfile ca.ext -out issuing.crt
"""


def fingerprint(pair):
    """Of the certificate that Elasticsearch shows."""
    return pair.execute("es1", "bash", "-c", SHOWN).stdout


def process(pair):
    return pair.execute("es1", "systemctl", "show", "--property", "MainPID", "elasticsearch").stdout


def state(pair):
    return json.loads((pair.folder / "stacktls-ca/rotation.json").read_text())


def authority(pair):
    return (pair.folder / "stacktls-ca/ca.crt").read_text()


def public_key(certificate):
    command = ["openssl", "x509", "-noout", "-pubkey"]
    return subprocess.run(command, check=True, capture_output=True, text=True, input=certificate).stdout


def verifies(pair, certificates):
    """Whether openssl verifies what Elasticsearch shows with these authorities alone."""
    return pair.execute("es1", *VERIFIED.split(), check=False, given=certificates).returncode == 0


def seen_with_old(pair):
    """The status with which Elasticsearch answers a client certificate of the first authority; 000 where it refuses."""
    return pair.execute("es1", "bash", "-c", AUTHENTICATE, check=False).stdout.split()[-1]


@pytest.fixture(scope="module")
def estate(fresh):
    """The pair as `site` leaves it."""
    run = fresh.play("site")
    assert run.status == 0, run.output
    return fresh


@pytest.fixture
def old_client(estate):
    """A client certificate of the authority that signs now, on the host of Elasticsearch."""
    subprocess.run(["sh", "-ec", OLD], cwd=estate.folder, check=True, capture_output=True)
    for name in ("old.crt", "old.key"):
        estate.copy_to("es1", estate.folder / name, f"/tmp/{name}")
    assert seen_with_old(estate) == "200"


def test_what_is_due_is_renewed_without_a_restart_of_elasticsearch(estate):
    before, running = fingerprint(estate), process(estate)
    nothing = estate.play("renew")
    assert (nothing.status, nothing.changed()) == (0, 0), nothing.output
    assert "Nothing was due; the first certificate to expire is that of" in nothing.output

    report = estate.folder / "renewal.json"
    minutes = {
        "elasticsearch_tls_not_after": "+30m",
        "elasticsearch_tls_subject_alt_names": ["es1", "localhost", "search"],
        "stacktls_renewal_report": str(report),
    }
    changed = estate.play("renew", elasticsearch_tls_renew_before="10m", **minutes)
    assert changed.status == 0, changed.output
    short = fingerprint(estate)
    assert (short != before, process(estate)) == (True, running)

    due = estate.play("renew", elasticsearch_tls_renew_before="29m50s", **minutes)
    assert due.status == 0, due.output
    assert "es1 elasticsearch CN=es1: valid until" in due.output
    after = fingerprint(estate)
    assert (after != short, process(estate)) == (True, running)
    (http,) = [each for each in json.loads(report.read_text())["certificates"] if each["service"] == "elasticsearch"]
    assert (http["issued"], http["days_left"]) == (True, 0)

    again = estate.play("renew", elasticsearch_tls_renew_before="10m", **minutes)
    assert (again.status, again.changed(), fingerprint(estate)) == (0, 0, after), again.output


def test_two_runs_at_once_do_not_get_in_each_others_way(estate):
    stat = Path(f"/proc/{os.getpid()}/stat").read_text().rpartition(")")[2].split()
    holder = {
        "machine": socket.gethostname(),
        "boot": Path("/proc/sys/kernel/random/boot_id").read_text().strip(),
        "pid": os.getpid(),
        "began": stat[19],
        "since": "2026-01-31T09:00:00Z",
        "purpose": "rotation",
    }
    lock = estate.folder / "stacktls-ca/run.lock"
    lock.write_text(json.dumps(holder))
    before = estate.fingerprint()
    run = estate.play("renew")
    assert run.status != 0
    words = f"rotation on {holder['machine']} (process {os.getpid()}) works on this stack since {holder['since']}"
    assert words in " ".join(run.output.split())
    assert estate.fingerprint() == before
    lock.write_text(json.dumps({**holder, "began": "1"}))  # it has ended
    run = estate.play("renew", "--check")
    assert run.status == 0, run.output
    lock.unlink()


@pytest.mark.usefixtures("old_client")
def test_a_rotation_that_is_killed_twice_comes_to_its_end(estate):
    first = authority(estate)
    estate.play_until("Bring the changes into force", "rotate_ca")
    assert state(estate)["stage"] == "trust"
    assert authority(estate) == first

    trusted = "All hosts have followed to the stage trust"
    estate.play_until("Issue the client certificate", "rotate_ca", after=trusted)
    assert state(estate)["stage"] == "issue"
    assert seen_with_old(estate) == "200"
    run = estate.play("rotate_ca")
    assert run.status == 0, run.output
    assert "The rotation has come to its end." in run.output
    second = authority(estate)
    assert second != first
    assert (verifies(estate, second), verifies(estate, first)) == (True, False)
    assert seen_with_old(estate) == "000"
    assert "kibana_system" in estate.seen(*kibana_certificate())["roles"]
    assert estate.kibana_level() == "available"

    again = estate.play("rotate_ca")
    assert (again.status, again.changed()) == (0, 0), again.output


@pytest.mark.soak
def test_a_root_of_the_same_key(estate):
    before, shown = authority(estate), fingerprint(estate)
    renew = {"stack_ca_rotation_name": "renewed", "stack_ca_rotation_stage": "renew"}
    run = estate.play("rotate_ca", **renew)
    assert run.status == 0, run.output
    after = authority(estate)
    assert after != before
    assert public_key(after) == public_key(before)
    assert fingerprint(estate) == shown  # nothing was issued again
    assert after in estate.execute("es1", "cat", "/etc/elasticsearch/certs/ca.crt").stdout
    assert verifies(estate, after)
    assert estate.kibana_level() == "available"
    again = estate.play("rotate_ca", **renew)
    assert (again.status, again.changed()) == (0, 0), again.output


@pytest.mark.soak
def test_the_former_authority_signs_the_next_until_it_is_taken_back(estate):
    first = authority(estate)
    given = {"stack_ca_rotation_name": "crossed", "stack_ca_rotation_cross_sign": True}
    for stage in ("trust", "issue"):
        run = estate.play("rotate_ca", stack_ca_rotation_stage=stage, **given)
        assert run.status == 0, run.output
    second = authority(estate)
    assert second != first
    assert (verifies(estate, second), verifies(estate, first)) == (True, True)

    run = estate.play("rotate_ca", stack_ca_rotation_stage="undo", **given)
    assert run.status == 0, run.output
    assert state(estate)["stage"] == "undone"
    assert authority(estate) == first
    assert (verifies(estate, second), verifies(estate, first)) == (False, True)
    assert second not in estate.execute("es1", "cat", "/etc/elasticsearch/certs/ca.crt").stdout
    assert estate.kibana_level() == "available"
    for playbook, stage in (("rotate_ca", "undo"), ("site", "all")):
        again = estate.play(playbook, stack_ca_rotation_stage=stage, **given)
        assert (again.status, again.changed()) == (0, 0), again.output


@pytest.mark.soak
def test_an_authority_that_was_brought(estate):
    first = authority(estate)
    subprocess.run(["sh", "-ec", COMPANY], cwd=estate.folder, check=True, capture_output=True)
    run = estate.play(
        "rotate_ca",
        stack_ca_rotation_name="company",
        stack_ca_rotation_certificate=str(estate.folder / "issuing.crt"),
        stack_ca_rotation_chain=str(estate.folder / "root.crt"),
        stack_ca_rotation_private_key=str(estate.folder / "issuing.key"),
        stack_ca_rotation_passphrase=COMPANY_PASSPHRASE,
    )
    assert run.status == 0, run.output
    assert COMPANY_PASSPHRASE not in run.output
    root = (estate.folder / "root.crt").read_text()
    assert (verifies(estate, root), verifies(estate, first)) == (True, False)
    assert "kibana_system" in estate.seen(*kibana_certificate())["roles"]
    again = estate.play("site")  # without the files that were brought
    assert (again.status, again.changed()) == (0, 0), again.output


@pytest.mark.soak
def test_an_authority_on_another_host(estate):
    estate.reset()
    estate.execute("kb1", "rm", "-rf", "/var/lib/stacktls/ca")
    there = {"stacktls_ca_host": "kb1"}
    run = estate.play("site", **there)
    assert run.status == 0, run.output
    first = estate.execute("kb1", "cat", "/var/lib/stacktls/ca/ca.crt").stdout
    run = estate.play("rotate_ca", **there)
    assert run.status == 0, run.output
    second = estate.execute("kb1", "cat", "/var/lib/stacktls/ca/ca.crt").stdout
    assert (verifies(estate, second), verifies(estate, first)) == (True, False)
    assert json.loads(estate.execute("kb1", "cat", "/var/lib/stacktls/ca/rotation.json").stdout)["finished"]
    assert not (estate.folder / "stacktls-ca").exists()
    again = estate.play("rotate_ca", **there)
    assert (again.status, again.changed()) == (0, 0), again.output
    estate.execute("kb1", "rm", "-r", "/var/lib/stacktls/ca")
