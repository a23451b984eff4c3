# Copyright: Stack TLS contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the playbook ``preflight`` tells of variables without a value, and of names that nobody reads."""

from __future__ import annotations

import json

from playing import LOCAL, run_playbook


def told(folder, hosts, **variables):
    """What the report says of the inventory, as level, host and variable, and how the run ended."""
    report = folder / "report.json"
    given = {"stacktls_ca_path": str(folder / "ca"), "stacktls_preflight_report": str(report), **variables}
    groups = {"elasticsearch": {host: {**LOCAL, **own} for host, own in hosts.items()}}
    done = run_playbook(folder, "stacktls.elastic.preflight", groups, "-e", "stacktls_ca_pasphrase=x", **given)
    assert report.exists(), done.stdout + done.stderr
    findings = json.loads(report.read_text())["findings"]
    return [(each["level"], each["host"], each["subject"]) for each in findings if each["service"] == "inventory"], done


def test_all_variables_without_a_value_are_told_by_name(tmp_path):
    hosts = {
        "es1": {"stacktls_host_name": None, "elasticsearch_tls_subject_alt_names": None},
        "es2": {"elasticsearch_tls_current_ca_path": None},
    }
    findings, done = told(tmp_path, hosts, stacktls_signer_command=None)
    assert set(findings) == {
        ("error", "es1", "elasticsearch_tls_subject_alt_names"),
        ("error", "es1", "stacktls_host_name"),
        ("error", "es2", "elasticsearch_tls_current_ca_path"),
        ("error", "es1", "stacktls_signer_command"),
        ("warning", "es1", "stacktls_ca_pasphrase"),
    }
    assert done.returncode != 0
    words = " ".join(done.stdout.split())
    assert "stacktls_host_name: has no value. Give it one, or remove the line" in words
    assert "Did you mean stacktls_ca_passphrase?" in words
