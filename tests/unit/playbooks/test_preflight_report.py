# Copyright: Stack TLS contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the playbook ``preflight`` tells of hosts, also of those that are lost on the way."""

from __future__ import annotations

import json

from playing import LOCAL, run_playbook

FINDING = {
    "host": "a",
    "service": "kibana",
    "level": "warning",
    "subject": "the clock",
    "found": "is late.",
    "hint": "",
}
NOBODY = {"ansible_connection": "ssh", "ansible_host": "127.0.0.1", "ansible_port": 9}


def report(folder, hosts):
    """Ask each host something, then report; returns the run and the findings."""
    role = {"import_role": {"name": "stacktls.elastic.stacktls", "tasks_from": "report"}}
    plays = [
        {"hosts": "nodes", "gather_facts": False, "tasks": [{"ansible.builtin.raw": "true"}]},
        {"hosts": "nodes", "gather_facts": False, "tasks": [role]},
    ]
    (folder / "play.json").write_text(json.dumps(plays))
    path = folder / "report.json"
    done = run_playbook(folder, "play.json", {"nodes": hosts}, stacktls_preflight_report=str(path))
    return done, json.loads(path.read_text())["findings"]


def test_a_host_that_is_lost_on_the_way_is_an_error(tmp_path):
    done, findings = report(tmp_path, {"a": {**LOCAL, "stacktls_findings": [FINDING]}, "b": NOBODY})
    assert done.returncode != 0
    assert [(each["host"], each["level"]) for each in findings] == [("b", "error"), ("a", "warning")]
    assert "1 thing would keep the run from its end" in done.stdout


def test_warnings_and_hosts_without_findings_do_not_stop_the_run(tmp_path):
    done, findings = report(tmp_path, {"a": {**LOCAL, "stacktls_findings": [FINDING]}, "c": LOCAL})
    assert done.returncode == 0, done.stdout
    assert findings == [FINDING]
    assert "warning  a  kibana  the clock: is late." in done.stdout


def test_what_two_roles_find_in_the_same_file_is_told_once(tmp_path):
    _done, findings = report(tmp_path, {"a": {**LOCAL, "stacktls_findings": [FINDING, FINDING]}})
    assert findings == [FINDING]
