# Copyright: Stack TLS contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Scripts beside a director, with a stand-in of docker."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

import pytest
from ansible_collections.stacktls.elastic.plugins.module_utils._ece_director_script import (
    MODULE_ARGUMENTS,
    SCRIPTS,
    run_director_script,
)
from ansible_collections.stacktls.elastic.plugins.module_utils._errors import StackTlsError

ROOT = next(path for path in Path(__file__).parents if (path / "galaxy.yml").exists())
DOCKER = ROOT / "tests/integration/targets/ece_director_script/files/docker_standin.py"
SECRET = "secret-of-zookeeper"  # as the stand-in has it


class Host:
    """A host with a director, as far as the stand-in of docker goes."""

    def __init__(self, folder):
        self.folder = folder
        self.state({})

    def state(self, content):
        (self.folder / "state.json").write_text(json.dumps({"directors": ["frc-directors-director"], **content}))

    def run(self, script="allowX509Sha1Certs.sc", check_mode=False, **options):
        defaults = {name: spec.get("default") for name, spec in MODULE_ARGUMENTS["argument_spec"].items()}
        params = {
            **defaults,
            "script": script,
            "container_command": [sys.executable, str(DOCKER), str(self.folder)],
            "record_path": str(self.folder / "record"),
            "shell_folder": str(self.folder / ".found-shell"),
            "timeout": 20,
            **options,
        }
        return run_director_script(params, check_mode=check_mode)

    def calls(self):
        log = self.folder / "calls.jsonl"
        return [json.loads(line) for line in log.read_text().splitlines()] if log.exists() else []

    def commands(self):
        return [call["arguments"][0] for call in self.calls()]


@pytest.fixture
def host(tmp_path):
    return Host(tmp_path)


@pytest.mark.parametrize("script", SCRIPTS)
def test_four_steps(host, script):
    checked = host.run(script, check_mode=True)
    assert (checked["changed"], checked["run"], host.commands()) == (True, "", ["inspect"])
    ran = host.run(script)
    assert (ran["changed"], ran["script"], host.commands()) == (True, script, ["inspect", "inspect", "exec", "run"])
    checked_again, ran_again = host.run(script, check_mode=True), host.run(script)
    assert [checked_again["changed"], ran_again["changed"], len(host.calls())] == [False, False, 4]
    assert ran["run"] == checked_again["run"] == ran_again["run"] != ""
    assert ran["diff"] == checked["diff"]
    assert ran["diff"]["before"] == {"script": "unknown"}
    assert ran_again["diff"]["before"] == ran_again["diff"]["after"] == {"script": script}


def test_the_command_is_the_documented_one(host):
    host.run()
    assert host.calls()[-1]["arguments"] == [
        *("run", "-v", f"{host.folder}/.found-shell:/elastic_cloud_apps/shell/.found-shell"),
        *("--env", "SHELL_ZK_AUTH", "--add-host", "containerhost:192.0.2.10", "--add-host", "other:192.0.2.11"),
        *("--env", "FOUND_SCRIPT=allowX509Sha1Certs.sc", "--rm", "docker.example.com/cloud-enterprise:3.8.0"),
        "/elastic_cloud_apps/shell/run-shell.sh",
    ]
    assert host.calls()[-1]["secret_in_environment"] is True


def test_the_secret_is_nowhere_else(host):
    result = host.run()
    assert SECRET not in json.dumps([result, [call["arguments"] for call in host.calls()]])
    assert SECRET not in "".join(path.read_text() for path in (host.folder / "record").iterdir())


def test_each_kind_has_its_own_record(host):
    host.run("allowX509Sha1Certs.sc")
    assert host.run("setIntermediateTls.sc")["previous_script"] == ""
    other = host.run("rejectX509Sha1Certs.sc")
    assert (other["changed"], other["previous_script"]) == (True, "allowX509Sha1Certs.sc")


def test_force(host):
    first = host.run()
    again = host.run(force=True)
    assert again["changed"]
    assert again["run"] != first["run"]


def test_a_script_that_fails_is_not_remembered(host):
    host.state({"run_status": 3, "run_words": f"zookeeper does not accept {SECRET}"})
    with pytest.raises(StackTlsError, match=r"ended with status 3: zookeeper does not accept \*{8}"):
        host.run()
    host.state({})
    assert host.run()["changed"]


def test_no_director_on_this_host(host):
    host.state({"directors": []})
    with pytest.raises(StackTlsError, match="Is this a host with the role director, where the container frc-dir"):
        host.run(check_mode=True)


def test_no_docker_on_this_host(host):
    with pytest.raises(StackTlsError, match=r"container_command .* cannot be run on this host: no such program"):
        host.run(container_command=["/missing/docker"])


def test_a_director_without_its_secret(host):
    host.state({"secret": ""})
    with pytest.raises(StackTlsError, match="has no FOUND_ZK_READWRITE"):
        host.run()


def test_a_record_that_cannot_be_understood(host):
    os.mkdir(host.folder / "record")
    (host.folder / "record/sha1_certificates.json").write_text("[]")
    with pytest.raises(StackTlsError, match=r"sha1_certificates\.json: cannot be understood. Remove it"):
        host.run()


def test_the_record_can_be_read_by_everybody_and_holds_no_secret(host):
    host.run()
    path = host.folder / "record/sha1_certificates.json"
    assert (path.stat().st_mode & 0o777, sorted(json.loads(path.read_text()))) == (0o644, ["run", "script"])
