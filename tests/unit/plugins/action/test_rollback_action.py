# Copyright: Stack TLS contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The action plugin as people run it: a real task, on this machine, with everything logged that Ansible can log."""

from __future__ import annotations

import json
import sys

import pytest
from running import play_logging_all

SECRET = "geheim-und-lang"
KIBANA = f"# our file\nelasticsearch.password: {SECRET}\nserver.port: 5601\n"


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """What a rollback would put back of two settings files, one of them broken meanwhile, and all that was logged."""
    home = tmp_path_factory.mktemp("home")
    for name in ("kibana.yml", "broken.yml"):
        (home / name).write_text(KIBANA)
    journal = str(home / "journal")
    wanted = {"settings": {"server.port": 5602}, "absent": ["elasticsearch.password"], "journal": journal}
    tasks = [
        {"stacktls.elastic.settings": {"path": str(home / name), **wanted}} for name in ("kibana.yml", "broken.yml")
    ]
    tasks += [
        {"ansible.builtin.command": {"cmd": f"cp {sys.executable} {home}/broken.yml"}},
        {"stacktls.elastic.rollback": {"journal": journal}, "check_mode": True, "diff": True, "register": "shown"},
        {"stacktls.elastic.rollback": {"journal": journal}, "check_mode": True, "register": "plain"},
        {"ansible.builtin.copy": {"content": "{{ [shown, plain] | to_json }}", "dest": str(home / "results.json")}},
    ]
    (home / "play.json").write_text(json.dumps([{"hosts": "localhost", "gather_facts": False, "tasks": tasks}]))
    logged = play_logging_all(home)
    return json.loads((home / "results.json").read_text()), logged


def test_settings_files_are_shown_with_their_secrets_hidden(run):
    (shown, plain), _logged = run
    broken, kibana = shown["diff"]
    assert kibana["before"].endswith("# our file\nserver.port: 5602\n")
    assert kibana["after"].endswith(KIBANA.replace(SECRET, "********"))
    assert kibana["after"].startswith("sha256: ")
    assert [broken, kibana["after"].partition("#")[0]] == [plain["diff"][0], plain["diff"][1]["after"]]


def test_no_secret_is_logged(run):
    assert SECRET not in run[1]
    assert SECRET not in json.dumps(run[0])
