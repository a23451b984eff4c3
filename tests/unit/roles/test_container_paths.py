# Copyright: Stack TLS contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The paths in the settings of a service, on a host and in a container; Ansible renders the roles' own templates."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml
from applying import run_plays

ROOT = Path(__file__).resolve().parents[3]
KIBANA = "stacktls_kibana"
SEEN = {"elasticsearch_tls": "elasticsearch_tls", "kibana_tls": KIBANA, "kibana_mutual_tls": KIBANA}
"""The roles, and how the variables of their folders begin."""
CASES = {
    "host": ({}, "/etc/it/certs"),
    "container": ({"container_config_path": "/usr/share/it/config"}, "/usr/share/it/config/certs"),
    "slashed": ({"config_path": "/etc/it/"}, "/etc/it//certs"),
    "elsewhere": (
        {"config_path": "/srv/c++/", "container_config_path": "/config/", "certificates_path": "/srv/c++/tls/http"},
        "/config/tls/http",
    ),
    "folder": ({"container_config_path": "/config", "certificates_path": "/etc/it"}, "/config"),
    "beside": ({"container_config_path": "/config", "certificates_path": "/etc/it-certs"}, ""),
    "outside": ({"certificates_path": "/srv/certs"}, ""),
}
"""What somebody sets, and where the service sees its certificates; nowhere, where that is refused."""
PATHS = {
    "elasticsearch_tls": [
        ("xpack.security.http.ssl.certificate", "http.crt"),
        ("xpack.security.http.ssl.key", "http.key"),
        ("xpack.security.http.ssl.certificate_authorities", ["ca.crt"]),
        ("xpack.security.authc.realms.pki.realm1.certificate_authorities", ["ca.crt"]),
    ],
    "kibana_tls": [("server.ssl.certificate", "kibana-server.crt"), ("server.ssl.key", "kibana-server.key")],
    "kibana_mutual_tls": [
        ("elasticsearch.ssl.certificateAuthorities", ["elasticsearch-ca.crt"]),
        ("elasticsearch.ssl.certificate", "kibana-client.crt"),
        ("elasticsearch.ssl.key", "kibana-client.key"),
    ],
}


def check_of(role):
    tasks = yaml.safe_load((ROOT / "roles" / role / "tasks/preflight.yml").read_text())
    return next(task for task in tasks if "the folder of certificates" in task["name"])


def play_of(role):
    """What the role's preflight says of the folder, its settings, and a path that its tasks use on the host."""
    folder = ROOT / "roles" / role
    found = f"{{{{ {{'settings': {role}_settings, 'path': {role}_certificate_path, 'check': checked}} | to_json }}}}"
    written = {"content": found, "dest": f"{{{{ out }}}}/{{{{ inventory_hostname }}}}-{role}", "mode": "0600"}
    return {
        "hosts": "all",
        "gather_facts": False,
        "vars_files": [str(ROOT / "roles/stacktls/vars/main.yml"), *map(str, sorted(folder.glob("vars/**/*.yml")))],
        "tasks": [
            {**check_of(role), "register": "checked", "ignore_errors": True},
            {"ansible.builtin.copy": written},
        ],
    }


def inventory():
    """A host for each case; the defaults of the roles give way to its variables, as in a role."""
    defaults = {"elasticsearch_tls_config_path": "/etc/it", "stacktls_kibana_config_path": "/etc/it"}
    given = {}
    for role in ["stacktls", *SEEN]:
        given.update(yaml.safe_load((ROOT / "roles" / role / "defaults/main.yml").read_text()))
    hosts = {
        name: {f"{prefix}_{option}": value for prefix in SEEN.values() for option, value in options.items()}
        for name, (options, _seen) in CASES.items()
    }
    return {"all": {"vars": {**given, **defaults}, "hosts": hosts}}


@pytest.fixture(scope="module")
def results(tmp_path_factory):
    folder = tmp_path_factory.mktemp("containers")
    (folder / "inventory.json").write_text(json.dumps(inventory()))
    for role in SEEN:
        place = folder / role
        place.mkdir()
        (place / "templates").symlink_to(ROOT / "roles" / role / "templates")
        (place / "play.json").write_text(json.dumps([play_of(role)]))
    plays = [f"{role}/play.json" for role in SEEN]
    run_plays(folder, *plays)
    return {(name, role): json.loads((folder / f"{name}-{role}").read_text()) for name in CASES for role in SEEN}


def below(folder, names):
    return [f"{folder}/{each}" for each in names] if isinstance(names, list) else f"{folder}/{names}"


@pytest.mark.parametrize("role", SEEN)
@pytest.mark.parametrize("name", [name for name, (_options, seen) in CASES.items() if seen])
def test_settings_name_files_as_the_service_sees_them(results, role, name):
    found, (options, seen) = results[name, role], CASES[name]
    assert not found["check"].get("failed")
    settings = {setting: found["settings"].get(setting) for setting, _names in PATHS[role]}
    assert settings == {setting: below(seen, names) for setting, names in PATHS[role]}
    assert Path(found["path"]).parent == Path(options.get("certificates_path", "/etc/it/certs"))


@pytest.mark.parametrize("role", SEEN)
def test_a_folder_that_the_container_does_not_see_is_refused(results, role):
    check = results["beside", role]["check"]
    assert check["failed"]
    assert "is /etc/it-certs, which is not below /etc/it, the folder that" in check["msg"]


def test_a_folder_that_elasticsearch_may_not_read_is_refused(results):
    check = results["outside", "elasticsearch_tls"]["check"]
    assert check["failed"]
    assert "which is not below /etc/it, the folder that Elasticsearch reads certificates and keys in." in check["msg"]
    assert not results["outside", "kibana_tls"]["check"].get("failed")
