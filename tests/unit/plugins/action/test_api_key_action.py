# Copyright: Stack TLS contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The action ``api_key`` between a host that keeps the secret and one that talks with Elasticsearch."""

from __future__ import annotations

import json
from types import SimpleNamespace

import pytest
from ansible.parsing.dataloader import DataLoader
from ansible_collections.stacktls.elastic.plugins.action import api_key as action
from ansible_collections.stacktls.elastic.plugins.module_utils._seal import seal, unseal
from ansible_collections.stacktls.elastic.plugins.plugin_utils import _issued_secrets

SECRET = "new:hidden-key"
TASK_VARS = {"inventory_hostname": "app-1", "hostvars": {"app-1": {}, "admin": {}}}
ARGUMENTS = {
    "name": "app",
    "role_descriptors": {"a": {"cluster": ["monitor"]}},
    "path": "~/key",
    "api_host": "admin",
    "url": ["https://es1:9200"],
    "username": "elastic",
    "password": "login-secret",
}
HELD = {"known": True, "path": "/root/key", "reasons": [{"code": "missing", "text": "it is not there"}]}
STORED = {**HELD, "reasons": [], "identity": "new", "files": ["/root/key"], "kinds": ["keystore"]}
DIFFERENCE = {"before": {}, "after": {"metadata": {}}, "before_header": "API key app", "after_header": "API key app"}


class Hosts:
    """Both hosts, which answer as the module would, and remember what they were sent."""

    def __init__(self):
        self.here, self.there = [], []
        self.store_fails = False
        self.is_due = True

    def on_host(self, arguments):
        self.here.append(json.loads(json.dumps(arguments)))
        phase = arguments.get("phase", "all")
        if phase == "all":
            return {"changed": True}
        if phase == "store" and self.store_fails:
            return {"failed": True, "msg": "no space left."}
        if phase == "store":
            assert unseal(arguments["exchange"]["sealed"], arguments["secrets"]["seal"]) == SECRET
        return {"held": STORED if phase == "store" or not self.is_due else HELD}

    def elsewhere(self, _action, host, module, arguments, task_vars):
        assert (host, module, task_vars) == ("admin", "stacktls.elastic.api_key", TASK_VARS)
        self.there.append(json.loads(json.dumps(arguments)))
        if arguments["phase"] == "abandon":
            return {"words": "It was taken back."}
        verdict = {"reasons": HELD["reasons"], "changed": self.is_due, "described": None, "diff": DIFFERENCE}
        if arguments["phase"] == "finish":
            return {"verdict": {**arguments["exchange"]["verdict"], "described": {"id": "new"}}}
        if self.is_due:
            verdict.update(is_due=True, identity="new", secret=seal(SECRET, arguments["secrets"]["seal"]))
        return {"verdict": verdict}


class InProcess(action.ActionModule):
    def __init__(self, arguments, check_mode, hosts):
        task = SimpleNamespace(args=arguments, check_mode=check_mode, async_val=0, action="api_key")
        connection = SimpleNamespace(_shell=SimpleNamespace(tmpdir=None), has_pipelining=True)
        super().__init__(task, connection, SimpleNamespace(check_mode=check_mode), DataLoader(), None, None)
        self.hosts = hosts

    def _execute_module(self, module_name=None, module_args=None, task_vars=None, **_options):
        assert module_name == "stacktls.elastic.api_key"
        return self.hosts.on_host(module_args)


@pytest.fixture
def hosts(monkeypatch):
    made = Hosts()
    monkeypatch.setattr(_issued_secrets, "run_elsewhere", made.elsewhere)
    return made


def run(hosts, check_mode=False, **given):
    arguments = {name: value for name, value in {**ARGUMENTS, **given}.items() if value is not None}
    return InProcess(arguments, check_mode, hosts).run(task_vars=TASK_VARS)


def phases(calls):
    return [call.get("phase", "all") for call in calls]


def test_the_secret_and_the_login_keep_apart(hosts):
    result = run(hosts)
    assert (phases(hosts.here), phases(hosts.there)) == (["inspect", "store"], ["ensure", "finish"])
    assert (result["changed"], result["api_key"], result["files"]) == (True, {"id": "new"}, ["/root/key"])
    assert "hidden-key" not in repr((hosts.here, hosts.there, result))
    assert "login-secret" not in repr(hosts.here)
    assert all(call["url"] == [] for call in hosts.here)
    assert all(call["path"] == "~/key" for call in hosts.here)
    assert all(call["exchange"]["host"] == "app-1" for call in hosts.there)


def test_a_converged_run_takes_one_call_of_each(hosts):
    hosts.is_due = False
    run(hosts)
    assert (phases(hosts.here), phases(hosts.there)) == (["inspect"], ["ensure"])


def test_check_mode_announces_the_file(hosts):
    result = run(hosts, check_mode=True)
    assert (phases(hosts.here), phases(hosts.there)) == (["inspect"], ["ensure"])
    assert (result["changed"], result["files"], result["kinds"]) == (True, ["/root/key"], ["keystore"])


def test_what_cannot_be_stored_is_taken_back(hosts):
    hosts.store_fails = True
    result = run(hosts)
    assert phases(hosts.there) == ["ensure", "abandon"]
    assert (result["failed"], result["msg"]) == (True, "no space left. It was taken back.")
    assert "hidden-key" not in repr((hosts.there, result))


def test_a_secret_that_is_returned_does_not_reach_the_host(hosts):
    result = run(hosts, path=None, return_secret=True)
    assert (hosts.here, phases(hosts.there)) == ([], ["ensure", "finish"])
    assert result["secret"] == SECRET


@pytest.mark.parametrize(("is_there", "asked"), [(True, ["inspect", "remove"]), (False, ["inspect"])])
def test_a_removal(hosts, is_there, asked):
    hosts.is_due = not is_there
    run(hosts, state="absent")
    assert (phases(hosts.here), phases(hosts.there)) == (asked, ["ensure"])


@pytest.mark.parametrize("api_host", [None, "app-1"])
def test_one_host_does_it_all_in_one_call(hosts, api_host):
    assert run(hosts, api_host=api_host) == {"changed": True}
    assert (phases(hosts.here), hosts.there) == (["all"], [])
    assert hosts.here[0]["exchange"] == {"host": "app-1"}


def test_internal_options_of_a_task_are_ignored(hosts):
    run(hosts, api_host=None, phase="abandon", exchange={"verdict": {}}, secrets={"seal": "x"})
    assert phases(hosts.here) == ["all"]
    assert "secrets" not in hosts.here[0]


@pytest.mark.parametrize(
    ("given", "words"),
    [({"path": None}, "it is not said where the secret goes"), ({"return_secret": True}, "one place only")],
)
def test_a_destination_is_needed_and_only_one(hosts, given, words):
    result = run(hosts, **given)
    assert result["failed"]
    assert words in result["msg"]
    assert (hosts.here, hosts.there) == ([], [])
