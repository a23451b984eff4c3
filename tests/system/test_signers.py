# Copyright: Stack TLS contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A company's own authority in the place of ours: first asked by a person, then behind a command."""

from __future__ import annotations

import subprocess

import pytest
from conftest import KIBANA_PASSPHRASE

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


@pytest.fixture(scope="module")
def company(fresh):
    folder = fresh.folder / "company"
    folder.mkdir()
    subprocess.run(["sh", "-ec", AUTHORITY], cwd=folder, check=True, capture_output=True)
    command = folder / "sign"
    command.write_text(SIGN)
    command.chmod(0o755)
    return {
        "stacktls_signer_command": [str(command)],
        "stacktls_issuer_certificates": (folder / "root.crt").read_text(),
    }


def test_a_request_that_waits_stops_the_run_before_the_service_is_touched(fresh, company):
    before = fresh.execute("es1", "systemctl", "show", "--property", "MainPID", "elasticsearch").stdout
    settings = fresh.execute("es1", "cat", "/etc/elasticsearch/elasticsearch.yml").stdout
    run = fresh.play(**company, stacktls_signer="csr_only")
    assert run.status != 0
    assert "the certificate 'http' waits for an answer to" in run.output
    assert (fresh.folder / "stacktls-requests" / "es1-http.csr").exists()
    assert fresh.execute("es1", "systemctl", "show", "--property", "MainPID", "elasticsearch").stdout == before
    assert fresh.execute("es1", "cat", "/etc/elasticsearch/elasticsearch.yml").stdout == settings


def test_mutual_tls_with_certificates_of_a_command(fresh, company):
    wanted = {**company, "stacktls_signer": "command"}
    run = fresh.play(**wanted)
    assert run.status == 0, run.output
    folder = "/etc/kibana/certs"
    files = (
        "--cert",
        f"{folder}/kibana-client.crt",
        "--key",
        f"{folder}/kibana-client.key",
        "--pass",
        KIBANA_PASSPHRASE,
    )
    user = fresh.seen(*files)
    assert user["authentication_realm"] == {"name": "realm1", "type": "pki"}
    assert user["roles"] == ["kibana_system"]
    assert fresh.status() == "available"
    issuer = fresh.execute("es1", "openssl", "x509", "-in", "/etc/elasticsearch/certs/http.crt", "-noout", "-issuer")
    assert "Company-Issuing" in issuer.stdout
    again = fresh.play(**wanted)
    assert (again.status, again.changed()) == (0, 0), again.output
    assert not (fresh.folder / "stacktls-ca").exists()
