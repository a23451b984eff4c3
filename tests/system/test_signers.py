# Copyright: Stack TLS contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A company's own authority in the place of ours: asked by a person, behind a command, in a vault; brought files."""

from __future__ import annotations

import subprocess

import pytest
from conftest import CA_PASSPHRASE, kibana_certificate

pytestmark = pytest.mark.stack

AUTHORITY = """
openssl req -x509 -newkey rsa:2048 -nodes -keyout root.key -out root.crt -days 100 -subj /CN=Company-Root
openssl req -newkey rsa:2048 -nodes -keyout issuing.key -out issuing.csr -subj /CN=Company-Issuing
printf 'basicConstraints=critical,CA:TRUE\\nkeyUsage=critical,keyCertSign' >ca.ext
openssl x509 -req -in issuing.csr -CA root.crt -CAkey root.key -days 90 -extfile ca.ext -out issuing.crt
"""
SIGN = """#!/bin/sh
set -eu
cd "$(dirname "$0")"
{
    case $STACKTLS_PROFILE in client) echo extendedKeyUsage=clientAuth ;; *) echo extendedKeyUsage=serverAuth ;; esac
    [ -z "$STACKTLS_SUBJECT_ALT_NAMES" ] || echo "subjectAltName=$STACKTLS_SUBJECT_ALT_NAMES"
} >leaf.ext
openssl x509 -req -CA issuing.crt -CAkey issuing.key -days 60 -extfile leaf.ext 2>errors || { cat errors >&2; exit 1; }
cat issuing.crt
"""


VAULT = f"openssl rsa -aes256 -in issuing.key -passout pass:{CA_PASSPHRASE} -out vault.key"
BROUGHT = """
openssl req -newkey rsa:2048 -nodes -keyout http.key -subj /CN=es1 -out http.csr
names=DNS:es1,DNS:localhost,IP:127.0.1.41
STACKTLS_PROFILE=server STACKTLS_SUBJECT_ALT_NAMES=$names ./sign <http.csr >http.crt
openssl req -newkey rsa:2048 -keyout client.key -passout pass:source-secret -subj /CN=kibana-client -out client.csr
STACKTLS_PROFILE=client STACKTLS_SUBJECT_ALT_NAMES=DNS:kb1 ./sign <client.csr >client.crt
"""


STRANGER = "openssl genrsa -out stranger.key 2048"


def prepare(fresh, script):
    folder = fresh.folder / "company"
    folder.mkdir(exist_ok=True)
    subprocess.run(["sh", "-ec", script], cwd=folder, check=True, capture_output=True)
    return folder


def has_mutual_tls(fresh, wanted):
    """Run the playbook, let Elasticsearch say whom it sees, and run it again; where the certificates come from."""
    run = fresh.play(**wanted)
    assert run.status == 0, run.output
    user = fresh.seen(*kibana_certificate())
    assert user["authentication_realm"] == {"name": "realm1", "type": "pki"}
    assert user["roles"] == ["kibana_system"]
    assert fresh.status() == "available"
    again = fresh.play(**wanted)
    assert (again.status, again.changed()) == (0, 0), again.output
    assert not (fresh.folder / "stacktls-ca").exists()
    path = "/etc/elasticsearch/certs/http.crt"
    return fresh.execute("es1", "openssl", "x509", "-in", path, "-noout", "-issuer", "-serial").stdout


@pytest.fixture(scope="module")
def company(fresh):
    folder = prepare(fresh, AUTHORITY)
    command = folder / "sign"
    command.write_text(SIGN)
    command.chmod(0o755)
    return {
        "stacktls_signer_command": [str(command)],
        "stacktls_issuer_certificates": (folder / "root.crt").read_text(),
    }


def test_a_request_that_waits_stops_the_run_before_the_service_is_touched(fresh, company):
    before = fresh.process("es1")
    settings = fresh.execute("es1", "cat", "/etc/elasticsearch/elasticsearch.yml").stdout
    run = fresh.play(**company, stacktls_signer="csr_only")
    assert run.status != 0
    assert "the certificate 'http' waits for an answer to" in run.output
    assert (fresh.folder / "stacktls-requests" / "es1-http.csr").exists()
    assert fresh.process("es1") == before
    assert fresh.execute("es1", "cat", "/etc/elasticsearch/elasticsearch.yml").stdout == settings


@pytest.mark.soak
def test_mutual_tls_with_certificates_of_a_command(fresh, company):
    wanted = {**company, "stacktls_signer": "command"}
    assert "Company-Issuing" in has_mutual_tls(fresh, wanted)


@pytest.mark.soak
def test_mutual_tls_with_an_authority_out_of_a_vault(fresh, company):
    folder = prepare(fresh, VAULT)
    before = fresh.execute("es1", "cat", "/etc/elasticsearch/certs/http.crt", check=False).stdout
    wanted = {
        "stacktls_ca_private_key": (folder / "vault.key").read_text(),
        "stacktls_issuer_certificates": (folder / "issuing.crt").read_text() + (folder / "root.crt").read_text(),
        "elasticsearch_tls_key_type": "ec-p384",  # another key, so that this authority has to sign
        "kibana_mutual_tls_key_type": "ec-p384",
    }
    assert "Company-Issuing" in has_mutual_tls(fresh, wanted)
    assert fresh.execute("es1", "cat", "/etc/elasticsearch/certs/http.crt").stdout != before


def brought(fresh, company):
    folder = prepare(fresh, BROUGHT)
    return {
        "stacktls_signer": "brought",
        "stacktls_issuer_certificates": company["stacktls_issuer_certificates"],
        "elasticsearch_tls_source_certificate_path": str(folder / "http.crt"),
        "elasticsearch_tls_source_private_key_path": str(folder / "http.key"),
        "elasticsearch_tls_source_chain_path": str(folder / "root.crt"),
        "kibana_mutual_tls_source_certificate_path": str(folder / "client.crt"),
        "kibana_mutual_tls_source_private_key_path": str(folder / "client.key"),
        "kibana_mutual_tls_source_chain_path": str(folder / "root.crt"),
        "kibana_mutual_tls_source_passphrase": "source-secret",
    }


def test_what_was_brought_is_looked_at_before_anything_is_changed(fresh, company):
    """With all that is amiss: what does not fit, and who would not trust whom."""
    wanted, before = brought(fresh, company), fresh.fingerprint()
    wanted["elasticsearch_tls_source_private_key_path"] = str(prepare(fresh, STRANGER) / "stranger.key")
    run = fresh.play(**wanted, kibana_mutual_tls_signer="authority")
    assert run.status != 0
    text = " ".join(run.output.split())
    assert "holds no certificate of the private key in" in text
    assert "Elasticsearch and Kibana on kb1 would not trust each other: kibana_mutual_tls_signer is authority" in text
    assert fresh.fingerprint() == before


@pytest.mark.soak
def test_mutual_tls_with_certificates_that_were_brought(fresh, company):
    wanted = brought(fresh, company)
    shown = has_mutual_tls(fresh, wanted)
    path = wanted["elasticsearch_tls_source_certificate_path"]
    serial = subprocess.run(["openssl", "x509", "-in", path, "-noout", "-serial"], check=True, capture_output=True)
    assert serial.stdout.decode() in shown


@pytest.mark.soak
def test_mutual_tls_with_an_authority_on_another_host(fresh):
    fresh.reset()  # an authority that none of the others knows
    assert "Company-Issuing" not in has_mutual_tls(fresh, {"stacktls_ca_host": "kb1"})
    folder = "/var/lib/stacktls/ca"
    assert fresh.execute("kb1", "stat", "-c", "%U %a", f"{folder}/ca.key").stdout == "root 600\n"
    assert fresh.execute("es1", "ls", folder, check=False).stdout == ""
    fresh.execute("kb1", "rm", "-r", folder)


@pytest.mark.soak
def test_from_our_authority_to_that_of_the_company_and_back(fresh, company):
    """At once, and by way of trust in both."""
    fresh.reset()
    run = fresh.play()
    assert run.status == 0, run.output
    theirs, ours = brought(fresh, company), {}
    both = company["stacktls_issuer_certificates"] + (fresh.folder / "stacktls-ca/ca.crt").read_text()
    for wanted in (theirs, ours, {"stacktls_trusted_certificates": both}):
        run = fresh.play(**wanted)
        assert run.status == 0, run.output
        assert fresh.seen(*kibana_certificate())["username"] == "kibana-client"
        assert fresh.status() == "available"
    mixed = {**theirs, "kibana_mutual_tls_signer": "authority", "stacktls_trusted_certificates": both}
    for wanted in (mixed, {**theirs, "stacktls_trusted_certificates": both}, theirs):
        run = fresh.play(**wanted)
        assert run.status == 0, run.output
        assert fresh.status() == "available"
        again = fresh.play(**wanted)
        assert (again.status, again.changed()) == (0, 0), again.output


@pytest.mark.soak
def test_a_rollback_does_not_put_back_a_name_that_has_no_roles_any_more(fresh):
    fresh.reset()
    assert fresh.play().status == 0
    run = fresh.play(kibana_mutual_tls_subject="CN=kibana-two")
    assert run.status == 0, run.output
    before = fresh.fingerprint()
    back = fresh.play("rollback")
    assert back.status != 0
    assert "The way back is another run with the earlier kibana_mutual_tls_subject" in " ".join(back.output.split())
    assert (fresh.fingerprint(), fresh.status()) == (before, "available")
