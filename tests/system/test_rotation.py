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
from conftest import CA_PASSPHRASE, SHOWN_FINGERPRINT, kibana_certificate

pytestmark = pytest.mark.stack

VERIFIED = "openssl s_client -connect es1:9200 -verify_hostname es1 -verify_return_error -CAfile /dev/stdin"
CERTS = "/etc/elasticsearch/certs"
AS_OLD = f"curl --silent --cacert {CERTS}/ca.crt --cert /tmp/old.crt --key /tmp/old.key"
AUTHENTICATE = f"{AS_OLD} --write-out ' %{{http_code}}' https://es1:9200/_security/_authenticate"
KEY_OF_OLD = f"""{AS_OLD} --json '{{"name": "of old"}}' https://es1:9200/_security/api_key"""
CERTIFICATE_OF_OLD = """
- hosts: es1
  gather_facts: false
  tasks:
    - name: Ask for another certificate of the name
      stacktls.elastic.certificate:
        certificate_path: /root/old.crt
        private_key_path: /root/old.key
        subject: CN=old
        profile: client
        ca_path: "{{ playbook_dir }}/stacktls-ca"
        ca_passphrase: "{{ stacktls_ca_passphrase }}"
"""
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
    return pair.execute("es1", "bash", "-c", SHOWN_FINGERPRINT.format("es1")).stdout


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


@pytest.fixture
def old_client(site):
    """A client certificate of the authority that signs now, on the host of Elasticsearch."""
    subprocess.run(["sh", "-ec", OLD], cwd=site.folder, check=True, capture_output=True)
    for name in ("old.crt", "old.key"):
        site.copy_to("es1", site.folder / name, f"/tmp/{name}")
    assert seen_with_old(site) == "200"


def test_what_is_due_is_renewed_without_a_restart_of_elasticsearch(site):
    before, running = fingerprint(site), site.process("es1")
    nothing = site.play("renew")
    assert (nothing.status, nothing.changed()) == (0, 0), nothing.output
    assert "Nothing was due; the first certificate to expire is that of" in nothing.output

    report = site.folder / "renewal.json"
    minutes = {
        "elasticsearch_tls_not_after": "+30m",
        "elasticsearch_tls_subject_alt_names": ["es1", "localhost", "search"],
        "stacktls_renewal_report": str(report),
    }
    changed = site.play("renew", elasticsearch_tls_renew_before="10m", **minutes)
    assert changed.status == 0, changed.output
    short = fingerprint(site)
    assert (short != before, site.process("es1")) == (True, running)

    due = site.play("renew", elasticsearch_tls_renew_before="29m50s", **minutes)
    assert due.status == 0, due.output
    assert "es1 elasticsearch CN=es1: valid until" in due.output
    after = fingerprint(site)
    assert (after != short, site.process("es1")) == (True, running)
    (http,) = [each for each in json.loads(report.read_text())["certificates"] if each["service"] == "elasticsearch"]
    assert (http["issued"], http["days_left"]) == (True, 0)

    again = site.play("renew", elasticsearch_tls_renew_before="10m", **minutes)
    assert (again.status, again.changed(), fingerprint(site)) == (0, 0, after), again.output


def test_a_broken_certificate_of_kibana_is_renewed_with_a_restart_of_kibana_alone(site):
    path, certificate = "/etc/kibana/certs/kibana-client.crt", kibana_certificate()
    running, kibana = site.process("es1"), site.process("kb1", "kibana")
    site.execute("kb1", "sh", "-c", f"echo '-----BEGIN nothing' >{path}")
    run = site.play("renew")
    assert run.status == 0, run.output
    assert (site.process("es1"), site.process("kb1", "kibana") != kibana) == (running, True)
    assert site.kibana_level() == "available"
    assert "kibana_system" in site.seen(*certificate)["roles"]
    again = site.play("renew")
    assert (again.status, again.changed()) == (0, 0), again.output


@pytest.mark.usefixtures("old_client")
def test_an_identity_that_is_retired_may_do_nothing_at_once(site):
    mappings = {"old-alone": {"field": {"dn": "CN=old"}}, "old-too": {"field": {"dn": ["CN=old", "CN=other"]}}}
    for name, rules in mappings.items():
        given = {"enabled": True, "roles": ["superuser"], "rules": rules}
        assert site.ask("PUT", f"/_security/role_mapping/{name}", given)[0] == "200"
    made = site.execute("es1", "bash", "-c", KEY_OF_OLD).stdout
    key = json.loads(made)["encoded"]
    assert site.ask("GET", "/_security/_authenticate", key=key)[0] == "200"

    check = site.play("retire", "--check", stacktls_retire_dn="CN=old")
    assert check.status == 0, check.output
    assert roles_of_old(site) == ["superuser"]
    run = site.play("retire", stacktls_retire_dn="CN=old")
    assert (run.status, run.changed()) == (0, check.changed()), run.output
    assert roles_of_old(site) == []
    assert site.ask("GET", "/_security/_authenticate", key=key)[0] == "401"
    assert "Elasticsearch does not check revocation lists." in run.output
    again = site.play("retire", stacktls_retire_dn="CN=old")
    assert (again.status, again.changed()) == (0, 0), again.output

    (site.folder / "old.yml").write_text(CERTIFICATE_OF_OLD)
    refused = site.play(str(site.folder / "old.yml"))
    assert refused.status != 0
    assert "retired" in refused.output
    for name in mappings:
        site.ask("DELETE", f"/_security/role_mapping/{name}")


def roles_of_old(pair):
    """Those that Elasticsearch gives whoever comes with the certificate of the first authority."""
    return json.loads(pair.execute("es1", "bash", "-c", AUTHENTICATE).stdout.rsplit(" ", 1)[0])["roles"]


def test_two_runs_at_once_do_not_get_in_each_others_way(site):
    stat = Path(f"/proc/{os.getpid()}/stat").read_text().rpartition(")")[2].split()
    holder = {
        "machine": socket.gethostname(),
        "boot": Path("/proc/sys/kernel/random/boot_id").read_text().strip(),
        "pid": os.getpid(),
        "began": stat[19],
        "since": "2026-01-31T09:00:00Z",
        "purpose": "rotation",
    }
    lock = site.folder / "stacktls-ca/run.lock"
    lock.write_text(json.dumps(holder))
    before = site.fingerprint()
    run = site.play("renew")
    assert run.status != 0
    words = f"rotation on {holder['machine']} (process {os.getpid()}) works on this stack since {holder['since']}"
    assert words in " ".join(run.output.split())
    assert site.fingerprint() == before
    lock.write_text(json.dumps({**holder, "began": "1"}))  # it has ended
    run = site.play("renew", "--check")
    assert run.status == 0, run.output
    lock.unlink()


@pytest.mark.usefixtures("old_client")
def test_a_rotation_that_is_killed_twice_comes_to_its_end(site):
    first = authority(site)
    site.play_until("Bring the changes into force", "rotate_ca")
    assert state(site)["stage"] == "trust"
    assert authority(site) == first

    trusted = "All hosts have followed to the stage trust"
    site.play_until("Issue the client certificate", "rotate_ca", after=trusted)
    assert state(site)["stage"] == "issue"
    assert seen_with_old(site) == "200"
    run = site.play("rotate_ca")
    assert run.status == 0, run.output
    assert "The rotation has come to its end." in run.output
    second = authority(site)
    assert second != first
    assert (verifies(site, second), verifies(site, first)) == (True, False)
    assert seen_with_old(site) == "000"
    assert "kibana_system" in site.seen(*kibana_certificate())["roles"]
    assert site.kibana_level() == "available"

    again = site.play("rotate_ca")
    assert (again.status, again.changed()) == (0, 0), again.output

    before = site.fingerprint()
    refused = site.play("rollback")
    assert refused.status != 0
    assert "The way back is the playbook rotate_ca" in " ".join(refused.output.split())
    assert site.fingerprint() == before


@pytest.mark.soak
def test_a_root_of_the_same_key(site):
    before, shown = authority(site), fingerprint(site)
    renew = {"stack_ca_rotation_name": "renewed", "stack_ca_rotation_stage": "renew"}
    run = site.play("rotate_ca", **renew)
    assert run.status == 0, run.output
    after = authority(site)
    assert after != before
    assert public_key(after) == public_key(before)
    assert fingerprint(site) == shown  # nothing was issued again
    assert after in site.execute("es1", "cat", "/etc/elasticsearch/certs/ca.crt").stdout
    assert verifies(site, after)
    assert site.kibana_level() == "available"
    again = site.play("rotate_ca", **renew)
    assert (again.status, again.changed()) == (0, 0), again.output


@pytest.mark.soak
def test_the_former_authority_signs_the_next_until_it_is_taken_back(site):
    first = authority(site)
    given = {"stack_ca_rotation_name": "crossed", "stack_ca_rotation_cross_sign": True}
    for stage in ("trust", "issue"):
        run = site.play("rotate_ca", stack_ca_rotation_stage=stage, **given)
        assert run.status == 0, run.output
    second = authority(site)
    assert second != first
    assert (verifies(site, second), verifies(site, first)) == (True, True)

    run = site.play("rotate_ca", stack_ca_rotation_stage="undo", **given)
    assert run.status == 0, run.output
    assert state(site)["stage"] == "undone"
    assert authority(site) == first
    assert (verifies(site, second), verifies(site, first)) == (False, True)
    assert second not in site.execute("es1", "cat", "/etc/elasticsearch/certs/ca.crt").stdout
    assert site.kibana_level() == "available"
    for playbook, stage in (("rotate_ca", "undo"), ("site", "all")):
        again = site.play(playbook, stack_ca_rotation_stage=stage, **given)
        assert (again.status, again.changed()) == (0, 0), again.output


@pytest.mark.soak
def test_an_authority_that_was_brought(site):
    first = authority(site)
    subprocess.run(["sh", "-ec", COMPANY], cwd=site.folder, check=True, capture_output=True)
    run = site.play(
        "rotate_ca",
        stack_ca_rotation_name="company",
        stack_ca_rotation_certificate=str(site.folder / "issuing.crt"),
        stack_ca_rotation_chain=str(site.folder / "root.crt"),
        stack_ca_rotation_private_key=str(site.folder / "issuing.key"),
        stack_ca_rotation_passphrase=COMPANY_PASSPHRASE,
    )
    assert run.status == 0, run.output
    assert COMPANY_PASSPHRASE not in run.output
    root = (site.folder / "root.crt").read_text()
    assert (verifies(site, root), verifies(site, first)) == (True, False)
    assert "kibana_system" in site.seen(*kibana_certificate())["roles"]
    again = site.play("site")  # without the files that were brought
    assert (again.status, again.changed()) == (0, 0), again.output


@pytest.mark.soak
def test_an_authority_on_another_host(site):
    site.reset()
    site.execute("kb1", "rm", "-rf", "/var/lib/stacktls/ca")
    there = {"stacktls_ca_host": "kb1"}
    run = site.play("site", **there)
    assert run.status == 0, run.output
    first = site.execute("kb1", "cat", "/var/lib/stacktls/ca/ca.crt").stdout
    run = site.play("rotate_ca", **there)
    assert run.status == 0, run.output
    second = site.execute("kb1", "cat", "/var/lib/stacktls/ca/ca.crt").stdout
    assert (verifies(site, second), verifies(site, first)) == (True, False)
    assert json.loads(site.execute("kb1", "cat", "/var/lib/stacktls/ca/rotation.json").stdout)["finished"]
    assert not (site.folder / "stacktls-ca").exists()
    again = site.play("rotate_ca", **there)
    assert (again.status, again.changed()) == (0, 0), again.output
    site.execute("kb1", "rm", "-r", "/var/lib/stacktls/ca")


@pytest.mark.soak  # "make test" has what a retirement takes away
def test_the_owner_of_a_retired_name_goes_on_with_another_one_and_a_new_key(site):
    site.reset()
    run = site.play("site")
    assert run.status == 0, run.output
    key = site.execute("kb1", "cat", "/etc/kibana/certs/kibana-client.key").stdout
    for name in ("kibana-client.crt", "kibana-client.key"):
        site.execute("kb1", "cp", f"/etc/kibana/certs/{name}", f"/root/{name}")
    run = site.play("retire", stacktls_retire_dn="CN=kibana-client")
    assert run.status == 0, run.output
    assert "kb1" in run.output  # where the certificate was put
    refused = site.play("site", "--check", kibana_mutual_tls_not_after="+30d")
    assert refused.status != 0
    assert "retired" in refused.output

    named = {"kibana_mutual_tls_subject": "CN=kibana-next"}
    run = site.play("site", **named)
    assert run.status == 0, run.output
    assert site.execute("kb1", "cat", "/etc/kibana/certs/kibana-client.key").stdout != key
    seen = site.seen(*kibana_certificate())
    assert (seen["username"], seen["roles"], site.kibana_level()) == ("kibana-next", ["kibana_system"], "available")
    assert site.seen(*kibana_certificate(folder="/root"))["roles"] == []
    again = site.play("site", **named)
    assert (again.status, again.changed()) == (0, 0), again.output
