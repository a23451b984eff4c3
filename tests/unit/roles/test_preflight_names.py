# Copyright: Stack TLS contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The preflight of the roles as Ansible runs it: what a service publishes against the names of its certificate."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml
from applying import run_plays

ROOT = Path(__file__).resolve().parents[3]
TASKS = {
    "elasticsearch_tls": "Check that the certificate has the names that the node publishes",
    "kibana_tls": "Check that the certificate has the names by which Kibana is reached",
}
CASES = {
    "nothing": ("elasticsearch_tls", {}, {}),
    "by-name": ("elasticsearch_tls", {"network.host": "by-name"}, {}),
    "by-address": ("elasticsearch_tls", {"network.host": ["_local_", "192.0.2.1"]}, {}),
    "address-named": (
        "elasticsearch_tls",
        {"http.publish_host": "192.0.2.1"},
        {"elasticsearch_tls_subject_alt_names": ["IP:192.0.2.1"]},
    ),
    "not-asked": (
        "elasticsearch_tls",
        {"network.host": "192.0.2.1"},
        {"elasticsearch_tls_check_published_names": False},
    ),
    "special": ("elasticsearch_tls", {"network.host": "_site_", "node.name": "special"}, {}),
    "kibana": ("kibana_tls", {"server.publicBaseUrl": "https://kibana:5601", "server.host": "0.0.0.0"}, {}),
    "public": ("kibana_tls", {"server.publicBaseUrl": "https://www.example.com/kibana"}, {}),
}


def play_of(role, hosts):
    """The task of the role's preflight, with the variables of the role."""
    folder = ROOT / "roles" / role
    tasks = yaml.safe_load((folder / "tasks/preflight.yml").read_text())
    task = next(each for each in tasks if each["name"] == TASKS[role])
    written = {"content": "{{ found | to_json }}", "dest": "{{ out }}/{{ inventory_hostname }}", "mode": "0600"}
    return {
        "hosts": hosts,
        "gather_facts": False,
        "vars_files": [*map(str, sorted(folder.glob("vars/**/*.yml")))],
        "tasks": [{**task, "register": "found", "ignore_errors": True}, {"ansible.builtin.copy": written}],
    }


def inventory():
    """A host for each case; the defaults of the roles give way to its variables, as in a role."""
    defaults = {"stacktls_host_name": "{{ inventory_hostname }}", "stacktls_kibana_config_path": "/etc/kibana"}
    for role in TASKS:
        defaults.update(yaml.safe_load((ROOT / "roles" / role / "defaults/main.yml").read_text()))
    hosts = {
        name: {**options, f"{role}_settings_plan": {"reported": reported}}
        for name, (role, reported, options) in CASES.items()
    }
    return {"all": {"vars": defaults, "hosts": hosts}}


@pytest.fixture(scope="module")
def results(tmp_path_factory):
    folder = tmp_path_factory.mktemp("preflight")
    (folder / "inventory.json").write_text(json.dumps(inventory()))
    plays = [play_of(role, [name for name, case in CASES.items() if case[0] == role]) for role in TASKS]
    (folder / "plays.json").write_text(json.dumps(plays))
    run_plays(folder, "plays.json")
    return {name: json.loads((folder / name).read_text()) for name in CASES}


@pytest.mark.parametrize("name", ["nothing", "by-name", "address-named", "kibana"])
def test_covered_names_pass(results, name):
    assert not results[name]["failed"]


def test_a_missing_name_is_told_with_its_setting_and_the_way_out(results):
    assert results["by-address"]["msg"] == (
        "Elasticsearch on by-address tells others to reach it as 192.0.2.1 (network.host in"
        " /etc/elasticsearch/elasticsearch.yml), and its certificate would not be valid for that. Add it to"
        " elasticsearch_tls_subject_alt_names, or set elasticsearch_tls_check_published_names to false where no client"
        " uses it."
    )


def test_the_check_can_be_switched_off(results):
    assert results["not-asked"]["skipped"]


def test_what_cannot_be_checked_is_said(results):
    assert not results["special"]["failed"]
    assert results["special"]["msg"] == (
        "The certificate has the names that the node publishes."
        " network.host is _site_, which cannot be checked: the node finds out the address when it starts."
    )


def test_the_public_address_of_kibana_counts(results):
    assert (
        "Kibana on public is reached as www.example.com (server.publicBaseUrl in /etc/kibana/kibana.yml)"
        in (results["public"]["msg"])
    )
