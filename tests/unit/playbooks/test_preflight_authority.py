# Copyright: Stack TLS contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the playbook ``preflight`` tells of the certificate authority that ``site`` would sign with."""

from __future__ import annotations

import json

import pytest
from playing import LOCAL, run_playbook

PASSPHRASE = "authority-4711"
NO_PEM = "-----BEGIN nothing"


def make(folder, name="ca", **options):
    """An authority in a folder."""
    given = {"path": str(folder / name), "common_name": "Ours", "passphrase": PASSPHRASE, **options}
    play = {"hosts": "localhost", "gather_facts": False, "tasks": [{"stacktls.elastic.certificate_authority": given}]}
    (folder / "make.json").write_text(json.dumps([play]))
    done = run_playbook(folder, "make.json", {})
    assert done.returncode == 0, done.stdout


def told(folder, hosts=("es1",), **variables):
    """What the report says of authorities, and how the run ended."""
    given = {"stacktls_ca_path": str(folder / "ca"), "stacktls_ca_passphrase": PASSPHRASE, **variables}
    report = folder / "report.json"
    groups = {"elasticsearch": dict.fromkeys(hosts, LOCAL)}
    done = run_playbook(folder, "stacktls.elastic.preflight", groups, stacktls_preflight_report=str(report), **given)
    findings = json.loads(report.read_text())["findings"]
    return [each for each in findings if each["service"] == "authority"], done


def only(findings):
    assert len(findings) == 1, findings
    return findings[0]


def files(folder):
    return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file() and ".json" not in path.name}


@pytest.mark.parametrize("passphrase", ["wrong-4711", pytest.param("", marks=pytest.mark.soak)])
def test_another_passphrase_is_told_by_its_variable(tmp_path, passphrase):
    make(tmp_path)
    before = files(tmp_path)
    findings, done = told(tmp_path, ("es1", "es2"), stacktls_ca_passphrase=passphrase)
    finding = only(findings)
    assert (finding["level"], finding["host"]) == ("error", "localhost")
    assert f"stacktls_ca_passphrase: set it (in a vault) to the passphrase of {tmp_path}/ca/ca.key" in finding["found"]
    assert done.returncode != 0
    assert files(tmp_path) == before


@pytest.mark.soak
def test_a_new_authority_without_a_passphrase_is_told(tmp_path):
    findings, _rest = told(tmp_path, stacktls_ca_passphrase="")
    assert "stacktls_ca_passphrase" in only(findings)["found"]
    assert not (tmp_path / "ca").exists()


def test_an_authority_that_is_to_be_made_is_not_made_yet(tmp_path):
    findings, _rest = told(tmp_path)
    assert findings == []
    assert not (tmp_path / "ca").exists()


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        pytest.param(
            lambda ca: (ca / "ca.key").unlink(),
            "ca.key: this part of the certificate authority is missing",
            id="incomplete",
            marks=pytest.mark.soak,
        ),
        pytest.param(lambda ca: (ca / "ca.crt").write_text(NO_PEM), "ca.crt", id="certificate", marks=pytest.mark.soak),
        pytest.param(lambda ca: (ca / "ca.key").write_text(NO_PEM), "ca.key", id="key"),
    ],
)
def test_a_damaged_authority_is_told(tmp_path, spoil, said):
    make(tmp_path)
    spoil(tmp_path / "ca")
    findings, _rest = told(tmp_path)
    assert said in only(findings)["found"]
    assert "stacktls_ca_path" in only(findings)["found"]


def test_an_authority_that_expires_soon_is_a_warning(tmp_path):
    make(tmp_path, not_after="+20d")
    findings, _rest = told(tmp_path)
    finding = only([each for each in findings if "expires in 19 days" in each["found"]])
    assert finding["level"] == "warning"


def test_both_authorities_are_looked_at(tmp_path):
    make(tmp_path)
    make(tmp_path, "ca-transport")
    given = {"stacktls_ca_passphrase": "another", "elasticsearch_tls_transport_enabled": True}
    findings, _rest = told(tmp_path, **given)
    found = only(findings)["found"]
    assert "the variable is stacktls_ca_passphrase" in found.lower()
    assert "stacktls_transport_ca_passphrase" in found
    assert f"{tmp_path}/ca-transport/ca.key" in found


def test_the_host_that_keeps_it_may_be_out_of_reach(tmp_path):
    away = {"ansible_connection": "ssh", "ansible_host": "127.0.0.1", "ansible_port": 9}
    report = tmp_path / "report.json"
    groups = {"elasticsearch": {"es1": LOCAL}, "vaults": {"vault1": away}}
    given = {"stacktls_ca_host": "vault1", "stacktls_ca_path": "/srv/ca", "stacktls_ca_passphrase": PASSPHRASE}
    done = run_playbook(tmp_path, "stacktls.elastic.preflight", groups, stacktls_preflight_report=str(report), **given)
    assert report.exists(), done.stdout + done.stderr
    finding = only([each for each in json.loads(report.read_text())["findings"] if each["service"] == "authority"])
    assert (finding["host"], finding["level"]) == ("vault1", "error")
    assert "stacktls_ca_host (vault1)" in finding["found"]


@pytest.mark.soak
def test_a_file_to_import_that_is_not_there_is_told(tmp_path):
    missing = {"stack_ca_import_certificate": "/nowhere/ca.crt", "stack_ca_import_private_key": "/nowhere/ca.key"}
    findings, _rest = told(tmp_path, **missing)
    assert "/nowhere/ca.key: no such file" in only(findings)["found"]
    assert "the variables stack_ca_" in only(findings)["found"]


@pytest.mark.soak
def test_a_variable_that_no_authority_can_have_is_told(tmp_path):
    findings, _rest = told(tmp_path, stack_ca_key_type="ed448")
    assert "stack_ca_key_type" in only(findings)["found"]
