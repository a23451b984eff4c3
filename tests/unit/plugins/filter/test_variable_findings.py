# Copyright: Stack TLS contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml
from ansible.errors import AnsibleFilterError
from ansible_collections.stacktls.elastic.plugins.filter.variable_findings import FilterModule
from ansible_collections.stacktls.elastic.plugins.plugin_utils._variables import catalogue

variable_findings = FilterModule().filters()["variable_findings"]
ROOT = Path(__file__).resolve().parents[4]


def told(**variables):
    return [(each["level"], each["subject"]) for each in variable_findings({"es1": variables}, ["es1"])]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("stacktls_host_name", None),
        ("stacktls_host_name", ""),
        ("stacktls_host_name", "{{ vault_name }}"),
        ("stacktls_host_name", "{{ stacktls_ca_path }}"),
        ("elasticsearch_tls_current_ca_path", None),
        ("elasticsearch_tls_subject_alt_names", None),
        ("elasticsearch_tls_subject_alt_names", ["es1", None]),
        ("stack_ca_path_length", None),
        ("client_tls_pki_users", None),
    ],
)
def test_what_has_no_value_is_an_error(name, value):
    given = {"vault_name": None, "stacktls_ca_path": "{{ vault_name }}", name: value}
    assert ("error", name) in told(**given)


def test_all_of_them_are_told_at_once():
    given = {"stacktls_host_name": None, "kibana_tls_passphrase": None, "beats_tls_beats": None}
    assert told(**given) == [("error", name) for name in sorted(given)]


def test_it_is_said_where_the_value_is_missing():
    variables = {"stacktls_ca_passphrase": "{{ vault_passphrase }}", "vault_passphrase": None}
    (finding,) = variable_findings({"es1": variables}, ["es1"])
    assert finding["found"] == "has no value (it is vault_passphrase)."


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("stacktls_ca_passphrase", ""),
        ("stacktls_ca_passphrase", "{{ vault_unknown }}"),
        ("stacktls_host_name", "{{ stacktls_host_name }}"),
        ("elasticsearch_tls_current_url", []),
        ("elasticsearch_tls_transport_enabled", False),
        ("stacktls_preflight_report", "report.json"),
        ("stacktls_clients_group", "apps"),
        ("stacktls_findings", None),
        ("elasticsearch_tls_licence", None),
        ("somebody_elses", None),
        ("stacktlsish", 1),
    ],
)
def test_what_can_be_used_is_passed_over(name, value):
    assert told(**{name: value}) == []


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("stacktls_ca_pasphrase", "stacktls_ca_passphrase"),
        ("elasticsearch_tls_ca_passphrase", "stacktls_ca_passphrase"),
        ("kibana_tls_subject_altnames", "kibana_tls_subject_alt_names"),
        ("stacktls_client_group", "stacktls_clients_group"),
        ("stack_ca_passphrase", "stacktls_ca_passphrase"),
    ],
)
def test_a_name_that_nobody_reads_is_a_warning_with_the_nearest_one(name, meant):
    (finding,) = variable_findings({"es1": {name: "secret-4711"}}, ["es1"])
    assert finding["level"] == "warning"
    assert finding["hint"].startswith(f"Did you mean {meant}?")
    assert "secret-4711" not in str(finding)


def test_a_name_like_no_other_is_a_warning_without_a_guess():
    (finding,) = variable_findings({"es1": {"beats_tls_zzzzqqqq9999": 1}}, ["es1"])
    assert finding["hint"] == "Otherwise remove it."


def test_what_is_amiss_on_several_hosts_is_told_once():
    hosts = {f"es{number}": {"stacktls_host_name": None} for number in range(1, 7)}
    (finding,) = variable_findings(hosts, [*hosts][:5])
    assert finding["host"] == "es1"
    assert finding["found"] == "has no value. It is so on es1, es2, es3 and 2 others."


@pytest.mark.parametrize("arguments", [([], ["es1"]), ({}, "es1"), ({}, None)])
def test_other_input_is_refused(arguments):
    with pytest.raises(AnsibleFilterError, match="needs hostvars"):
        variable_findings(*arguments)


@pytest.mark.parametrize("role", sorted(path.name for path in (ROOT / "roles").iterdir()))
def test_each_variable_of_a_role_is_known(role):
    folder = ROOT / "roles" / role
    names = set(yaml.safe_load((folder / "defaults/main.yml").read_text()))
    facts = {
        name
        for path in folder.rglob("*.yml")
        for name in re.findall(r"register: (\w+)|^    (\w+): >-", path.read_text())
    }
    assert names <= catalogue().options
    assert {name for pair in facts for name in pair if name.startswith(f"{role}_")} <= catalogue().names


def test_examples_set_nothing_that_nobody_reads():
    text = "".join(path.read_text() for path in (ROOT / "examples").rglob("*.yml"))
    names = {name for name in re.findall(r"^ +(\w+):", text, re.MULTILINE) if name.startswith(catalogue().prefixes)}
    assert names
    assert names <= catalogue().names
