# Copyright: Stack TLS contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The action plugin as people run it: real tasks, on this machine, with everything logged that Ansible can log."""

from __future__ import annotations

import base64
import json

import pytest
from running import play_logging_all

FOREIGN = "geheim-und-lang"
FILE = f"# our file\nelasticsearch.password: {FOREIGN}\nserver.port: 5601\n"
TWICE = FILE + f"server:\n  port: {FOREIGN}\n"
TASKS = {
    "unchanged": {"settings": {"server.port": 5601}},
    "checked": {"settings": {"server": {"port": 5602}, "pid.file": "/run/k"}, "journal": "~/journal"},
    "changed": {"settings": {"server": {"port": 5602}, "pid.file": "/run/k"}, "journal": "~/journal"},
    "closed": {"mode": "0600", "version_files": ["~/none.md", "~/README.md"]},
    "refused": {"settings": {"server.port": 1}, "path": "~/twice.yml"},
    "reported": {"settings": {"server.port": 5603}, "report": ["server.port", "server.host"]},
    "secret": {"report": ["elasticsearch.password"]},
    "unknown": {"setting": {"server.port": 1}},
}


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    """The home of the user on the host, with the files that the tasks are about."""
    home = tmp_path_factory.mktemp("home")
    (home / "kibana.yml").write_text(FILE)
    (home / "kibana.yml").chmod(0o644)
    (home / "twice.yml").write_text(TWICE)
    (home / "README.md").write_text("# Welcome to Filebeat 8.17.3-SNAPSHOT\n")
    return home


@pytest.fixture(scope="module")
def run(home):
    """All tasks in one play: the result of each, and all that was logged meanwhile."""
    tasks = [
        {
            "name": f"<{name}>",
            "stacktls.elastic.settings": {"path": "~/kibana.yml", **options},
            "register": name,
            "check_mode": name in ("checked", "reported"),
            "diff": True,
            "ignore_errors": True,
        }
        for name, options in TASKS.items()
    ]
    results = "{{ dict(names | zip(names | map('extract', vars))) | to_json }}"
    tasks.append(
        {
            "name": "<end>",
            "ansible.builtin.copy": {"content": results, "dest": str(home / "results.json"), "mode": "600"},
        }
    )
    play = {"hosts": "localhost", "gather_facts": False, "vars": {"names": list(TASKS)}, "tasks": tasks}
    (home / "play.json").write_text(json.dumps([play]))
    logged = play_logging_all(home)
    return json.loads((home / "results.json").read_text()), logged


@pytest.fixture
def results(run):
    return run[0]


def logged(run, name):
    """What was logged from the start of one task to the start of the next."""
    names = [*TASKS, "end"]
    _before, _start, rest = run[1].partition(f"TASK [<{name}>]")
    return rest.partition(f"TASK [<{names[names.index(name) + 1]}>]")[0]


def test_what_is_wanted_is_merged_and_the_rest_stays(home, results):
    text = FILE.replace("5601", "5602") + "\n# Managed by stacktls.elastic\npid.file: /run/k\n"
    assert (home / "kibana.yml").read_text() == text
    assert results["changed"] == {
        "changed": True,
        "failed": False,
        "diff": {
            "before": FILE.replace(FOREIGN, "********"),
            "after": text.replace(FOREIGN, "********"),
            "before_header": "~/kibana.yml",
            "after_header": "~/kibana.yml",
        },
        "differences": [{"name": "pid.file", "change": "added"}, {"name": "server.port", "change": "changed"}],
        "attributes": [],
        "restart_pending": True,
    }


def test_a_tilde_is_the_home_of_the_host(home, results):
    assert (home / "journal" / "pending" / "0000").read_text() == FILE


def test_another_mode_is_told(results):
    assert results["closed"]["changed"]
    assert results["closed"]["differences"] == []
    assert results["closed"]["attributes"] == ["mode"]
    assert results["closed"]["diff"]["before"] == "mode: 0644\n" + results["changed"]["diff"]["after"]
    assert results["closed"]["diff"]["after"] == "mode: 0600\n" + results["changed"]["diff"]["after"]


def test_check_mode_says_the_same(results):
    assert results["checked"] == results["changed"]


def test_an_unchanged_file_is_left_alone(results):
    assert results["unchanged"] == {
        "changed": False,
        "failed": False,
        "differences": [],
        "attributes": [],
        "restart_pending": False,
    }


@pytest.mark.parametrize(
    ("name", "trips"), [("unchanged", 1), ("checked", 1), ("changed", 2), ("refused", 1), ("reported", 1)]
)
def test_round_trips(run, name, trips):
    assert logged(run, name).count("Pipelining is enabled.") == trips


def test_what_is_refused_changes_nothing(home, results):
    assert results["refused"]["msg"] == (
        "~/twice.yml: server.port is set twice: line 3, column 1, and line 5, column 3."
        " Keep one of the two: it is not certain which of them counts."
    )
    assert (home / "twice.yml").read_text() == TWICE


def test_values_are_reported_as_they_were_and_as_they_will_be(results):
    assert results["reported"]["found"] == {"server.port": "5602"}
    assert results["reported"]["reported"] == {"server.port": "5603"}


def test_of_a_secret_only_the_name_is_told(results):
    assert results["secret"]["reported"] == {"elasticsearch.password": "********"}


def test_the_version_is_told(results):
    assert results["closed"]["version"] == "8.17.3-SNAPSHOT"
    assert "version" not in results["changed"]


def test_a_wrong_option_is_refused(results):
    assert "module: setting. Supported parameters include:" in results["unknown"]["msg"]


def test_no_log_of_any_level_holds_what_else_is_in_the_file(run):
    assert '"inspected"' in run[1].replace("\\", ""), "the log shows what modules answer"
    assert FOREIGN not in run[1]
    for shift in range(3):
        encoded = base64.b64encode(("x" * shift + FOREIGN).encode()).decode()
        assert encoded[4:-4] not in run[1]
