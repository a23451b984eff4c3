# Copyright: Stack TLS contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the role makes of the certificates that Kibana asks browsers for, as Ansible computes it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml
from applying import run_plays

ROOT = Path(__file__).resolve().parents[3]

CERTS = "/etc/kibana/certs"
OURS, CLIENTS = f"{CERTS}/kibana-server-ca.crt", f"{CERTS}/elasticsearch-ca.crt"
PEM = {
    "client_certificate_path": f"{CERTS}/kibana-client.crt",
    "client_key_path": f"{CERTS}/kibana-client.key",
    "client_key_passphrase": "secret-4711",
}
PKCS12 = {"client_pkcs12_path": f"{CERTS}/kibana-client.p12", "client_pkcs12_password": "secret-4711"}


def found(authentication, *authorities):
    """What kibana.yml says now."""
    return {"server.ssl.clientAuthentication": authentication, "server.ssl.certificateAuthorities": [*authorities]}


REQUIRED = {"kibana_tls_client_authentication": "required"}
CASES = {
    "nothing": ({}, {}),
    "people": ({}, {"stacktls_kibana_pki_login": True}),
    "people-text": ({}, {"stacktls_kibana_pki_login": "false"}),
    "public": ({}, {"stacktls_kibana_pki_login": True, "kibana_tls_signer": "brought"}),
    "required": ({}, REQUIRED),
    "required-pkcs12": ({}, {**REQUIRED, "kibana_mutual_tls_format": "pkcs12"}),
    "back": (found("required", OURS), {}),
    "back-single": ({**found("required"), "server.ssl.certificateAuthorities": OURS}, {}),
    "off-already": (found("none", "/etc/kibana/theirs.crt"), {}),
    "theirs": (found("required", OURS, "/etc/kibana/theirs.crt"), {}),
    "of-the-system": (found("optional"), {}),
    "theirs-kept": (
        found("required", "/etc/kibana/theirs.crt"),
        {**REQUIRED, "kibana_tls_client_ca_paths": ["/etc/kibana/theirs.crt", CLIENTS]},
    ),
}
COMPUTED = (
    "kibana_tls_client_authentication",
    "kibana_tls_client_ca_paths",
    "kibana_tls_would_be_opened",
    "kibana_tls_status_identity",
    "kibana_tls_settings_absent",
)


def inventory():
    """A host for each case; the defaults of the roles give way to its variables, as in a role."""
    defaults = {"kibana_mutual_tls_passphrase": "secret-4711"}
    for role in ("stacktls", "kibana_tls"):
        defaults.update(yaml.safe_load((ROOT / "roles" / role / "defaults/main.yml").read_text()))
    hosts = {
        name: {**variables, "kibana_tls_settings_plan": {"found": settings}}
        for name, (settings, variables) in CASES.items()
    }
    return {"all": {"vars": defaults, "hosts": hosts}}


@pytest.fixture(scope="module")
def computed(tmp_path_factory):
    folder = tmp_path_factory.mktemp("kibana")
    values = ", ".join(f"'{name}': {name}" for name in COMPUTED)
    written = {
        "content": f"{{{{ {{{values}}} | to_json }}}}",
        "dest": "{{ out }}/{{ inventory_hostname }}",
        "mode": "0600",
    }
    play = {
        "hosts": "all",
        "gather_facts": False,
        "vars_files": [str(ROOT / "roles" / role / "vars/main.yml") for role in ("stacktls", "kibana_tls")],
        "tasks": [{"ansible.builtin.copy": written}],
    }
    (folder / "inventory.json").write_text(json.dumps(inventory()))
    (folder / "play.json").write_text(json.dumps([play]))
    run_plays(folder, "play.json")
    return {name: json.loads((folder / name).read_text()) for name in CASES}


@pytest.mark.parametrize(
    ("name", "authentication"),
    [("nothing", "none"), ("people", "optional"), ("people-text", "none"), ("required", "required")],
)
def test_what_is_asked_of_browsers(computed, name, authentication):
    assert computed[name]["kibana_tls_client_authentication"] == authentication
    is_removed = "server.ssl.clientAuthentication" in computed[name]["kibana_tls_settings_absent"]
    assert is_removed == (authentication == "none")


def test_the_authority_is_that_of_client_certificates(computed):
    assert computed["people"]["kibana_tls_client_ca_paths"] == [OURS]
    assert computed["public"]["kibana_tls_client_ca_paths"] == [CLIENTS]


@pytest.mark.parametrize(
    ("name", "identity"),
    [
        ("nothing", {}),
        ("people", {}),
        ("required", PEM),
        ("required-pkcs12", PKCS12),
        ("back", PEM),
        ("theirs-kept", PEM),
    ],
)
def test_its_status_is_asked_for_with_a_certificate_where_one_is_required(computed, name, identity):
    assert computed[name]["kibana_tls_status_identity"] == identity


@pytest.mark.parametrize("name", CASES)
def test_what_somebody_else_closed_is_not_opened(computed, name):
    assert computed[name]["kibana_tls_would_be_opened"] == (name in ("theirs", "of-the-system"))
