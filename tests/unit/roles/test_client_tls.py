# Copyright: Stack TLS contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The settings that the role renders for clients, and what its preflight refuses; Ansible runs the role's own tasks."""

from __future__ import annotations

import json
import re
import sys
import types
from pathlib import Path

import pytest
import yaml
from applying import run_plays

ROOT = Path(__file__).resolve().parents[3]
ROLE = ROOT / "roles/client_tls"
LANGUAGES = ["curl", "dotnet", "go", "java", "javascript", "php", "python", "ruby"]
KEYED = {"client_tls_role_descriptors": {"reader": {"cluster": ["monitor"]}}}
RENDERED = {
    "api_key": {**KEYED, "client_tls_languages": LANGUAGES},
    "service_token": {
        "client_tls_authentication": "service_token",
        "client_tls_service_account": "elastic/fleet-server",
        "client_tls_languages": LANGUAGES,
    },
    "certificate": {
        "client_tls_authentication": "certificate",
        "client_tls_roles": ["viewer"],
        "client_tls_languages": LANGUAGES,
    },
    "both": {**KEYED, "client_tls_certificate": True, "client_tls_languages": LANGUAGES},
    "pkcs12": {
        "client_tls_authentication": "certificate",
        "client_tls_roles": ["viewer"],
        "client_tls_format": "pkcs12",
        "client_tls_passphrase": "secret",
        "client_tls_truststore": True,
        "client_tls_truststore_password": "secret",
        "client_tls_languages": ["java", "javascript"],
    },
    "pattern": {
        "client_tls_authentication": "certificate",
        "client_tls_roles": ["viewer"],
        "client_tls_subject": "CN=shop-1,O=Shop",
        "client_tls_dn_pattern": "cn=shop-*,O=Shop",
        "client_tls_languages": ["curl"],
    },
    # What comes from the command line is text.
    "text": {
        **KEYED,
        "client_tls_truststore": "false",
        "client_tls_return_secret": "false",
        "client_tls_certificate": "true",
        "client_tls_pool_size": "10",
        "client_tls_connect_timeout": "5",
        "client_tls_request_timeout": "30",
        "client_tls_max_retries": "5",
        "client_tls_retry_on_status": ["429", "502"],
        "client_tls_languages": LANGUAGES,
    },
}
REFUSED = {
    "nameless": ({**KEYED, "client_tls_name": ""}, "client_tls_name is ''. It names the application"),
    "path": ({**KEYED, "client_tls_name": "../etc"}, "client_tls_name is '../etc'"),
    "clusterless": ({**KEYED, "client_tls_elasticsearch_group": "none"}, "no host in the group 'none'"),
    "unlimited": (
        {},
        "client_tls_role_descriptors is empty, and an API key without them may do all that its owner may",
    ),
    "accountless": ({"client_tls_authentication": "service_token"}, "client_tls_service_account is ''"),
    "roleless": ({"client_tls_authentication": "certificate"}, "so it needs roles: set client_tls_roles"),
    "realmless": (
        {**RENDERED["certificate"], "stacktls_kibana_authentication": "service_token"},
        "Elasticsearch is given no PKI realm for it, because stacktls_kibana_authentication is 'service_token'",
    ),
    "unmapped": (
        {**RENDERED["certificate"], "client_tls_dn_pattern": "CN=clerk-*,O=Shop"},
        "client_tls_dn_pattern is 'CN=clerk-*,O=Shop', which the certificate of shop does not match: it is CN=shop.",
    ),
    "language": ({**KEYED, "client_tls_languages": ["cobol", "go"]}, "client_tls_languages has cobol; there are curl,"),
    "passphrase": ({**RENDERED["pkcs12"], "client_tls_passphrase": ""}, "client_tls_passphrase is empty"),
    "pem": (
        {**RENDERED["pkcs12"], "client_tls_languages": ["curl", "go", "java"]},
        "the clients for curl, go do not",
    ),
    "trust": ({**RENDERED["pkcs12"], "client_tls_truststore_password": ""}, "client_tls_truststore_password is empty"),
    "relative": ({**KEYED, "client_tls_config_path": "etc/shop"}, "client_tls_config_path is 'etc/shop', and must be"),
    "one address": (
        {**KEYED, "client_tls_elasticsearch_url": "https://lb:9200"},
        "client_tls_elasticsearch_url is 'https://lb:9200', and must be a list, such as [https://lb:9200].",
    ),
    "plain": (
        {**KEYED, "client_tls_elasticsearch_url": ["https://es1:9200", "http://es2:9200"]},
        "client_tls_elasticsearch_url has http://es2:9200. Applications reach Elasticsearch by HTTPS only",
    ),
    "passwordless": (
        {**RENDERED["certificate"], "stacktls_elasticsearch_password": ""},
        "stacktls_elasticsearch_password is empty. The user elastic has to log in",
    ),
    "keyed": (
        {**KEYED, "stacktls_elasticsearch_password": "", "stacktls_elasticsearch_api_key": "id:key"},
        "stacktls_elasticsearch_password is empty, and another API key cannot make the API key of shop",
    ),
    "expiration": ({**KEYED, "client_tls_expiration": "3 months"}, "expiration: '3 months' is not a span of time."),
    "renewal": ({**KEYED, "client_tls_renew_before": "500d"}, "each run would make a new key"),
    "overlap": ({**KEYED, "client_tls_overlap": "soon"}, "overlap: 'soon' is not a span of time."),
    "metadata": ({**KEYED, "client_tls_metadata": {"stacktls_host": "x"}}, "metadata cannot have 'stacktls_host'"),
    "lifetime": ({**RENDERED["certificate"], "client_tls_not_after": "+1y"}, "'1y' is not a span of time."),
    "authority": ({**KEYED, "client_tls_ca_certificates": "none"}, "element 1 of certificates: holds no certificate"),
    "two places": (
        {**KEYED, "client_tls_return_secret": True, "client_tls_store_command": ["put"]},
        "client_tls_store_command and client_tls_return_secret are both set",
    ),
}


def tasks_of(half, *names):
    found = {task["name"]: task for task in yaml.safe_load((ROLE / f"tasks/{half}.yml").read_text())}
    return [found[name] for name in names]


def play():
    """Preflight, and where that is content, the settings, each host of the inventory into a folder of its own."""
    [check] = tasks_of("preflight", "Check the variables")
    say, render, bring = tasks_of(
        "apply",
        "Say how Elasticsearch is reached",
        "Render the settings of its client",
        "Bring the sources for languages that are compiled",
    )
    say["loop"] = ["connection.json"]
    for task in (say, render):
        task["ansible.builtin.template"].update({"src": f"{ROLE}/templates/{{{{ item }}}}.j2"})
    bring["ansible.builtin.copy"].update({"src": f"{ROLE}/files/{{{{ item }}}}"})
    for task in (say, render, bring):
        for arguments in (value for key, value in task.items() if key.startswith("ansible.builtin")):
            arguments.update(dest="{{ out }}/{{ inventory_hostname }}/{{ item }}", mode="0600")
            arguments.pop("owner")
            arguments.pop("group")
    told = {"content": "{{ checked | to_json }}", "dest": "{{ out }}/{{ inventory_hostname }}.json", "mode": "0600"}
    return {
        "hosts": "applications",
        "gather_facts": False,
        "vars_files": [str(ROLE / "vars/main.yml")],
        "tasks": [
            {**check, "register": "checked", "ignore_errors": True},
            {"ansible.builtin.copy": told},
            *({**task, "when": "checked is not failed"} for task in (say, render, bring)),
        ],
    }


def inventory():
    """The applications; the defaults of the roles give way to their variables, as in a role."""
    defaults = {"stacktls_host_name": "{{ inventory_hostname }}", "stacktls_signer": "authority"}
    defaults.update(stacktls_elasticsearch_group="elasticsearch", stacktls_elasticsearch_port=9200)
    defaults.update(stacktls_elasticsearch_username="elastic", stacktls_elasticsearch_password="login-secret")
    defaults.update(stacktls_elasticsearch_api_key="", stacktls_kibana_authentication="pki")
    defaults.update(yaml.safe_load((ROLE / "defaults/main.yml").read_text()), client_tls_name="shop")
    cases = {**RENDERED, **{name: case for name, (case, _message) in REFUSED.items()}}
    nodes = {"es1": {"stacktls_host_name": "es1.example.com"}, "es2": {"stacktls_host_name": "es2.example.com"}}
    groups = {"elasticsearch": {"hosts": nodes}, "applications": {"hosts": cases}}
    return {"all": {"vars": defaults, "children": groups}}


@pytest.fixture(scope="module")
def results(tmp_path_factory):
    folder = tmp_path_factory.mktemp("applications")
    (folder / "inventory.json").write_text(json.dumps(inventory()))
    (folder / "play.json").write_text(json.dumps([play()]))
    for name in RENDERED:
        (folder / name).mkdir()
    run_plays(folder, "play.json")
    return folder


@pytest.mark.parametrize("name", RENDERED)
def test_what_is_complete_passes(results, name):
    checked = json.loads((results / f"{name}.json").read_text())
    assert not checked["failed"], checked["msg"]


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_missing_is_told(results, name):
    checked = json.loads((results / f"{name}.json").read_text())
    assert checked["failed"]
    assert REFUSED[name][1] in checked["msg"]
    assert not (results / name).exists()


def test_the_neutral_settings_say_everything(results):
    assert json.loads((results / "api_key/connection.json").read_text()) == {
        "name": "shop",
        "hosts": ["https://es1.example.com:9200", "https://es2.example.com:9200"],
        "ca_path": "/etc/shop/elasticsearch/ca.crt",
        "truststore_path": "",
        "authorization_scheme": "ApiKey",
        "secret_path": "/etc/shop/elasticsearch/api_key",
        "client_certificate_path": "",
        "client_key_path": "",
        "client_pkcs12_path": "",
        "client_pkcs12_password_path": "",
        "pool_size": 10,
        "connect_timeout": 5,
        "request_timeout": 30,
        "max_retries": 5,
        "retry_on_status": [429, 502, 503, 504],
    }


@pytest.mark.parametrize("name", RENDERED)
def test_the_neutral_settings_name_the_way_to_log_in(results, name):
    said = json.loads((results / name / "connection.json").read_text())
    expected = {
        "api_key": ("ApiKey", "api_key", "", ""),
        "service_token": ("Bearer", "service_token", "", ""),
        "certificate": ("", "", "client.crt", ""),
        "both": ("ApiKey", "api_key", "client.crt", ""),
        "pkcs12": ("", "", "", "client.p12"),
        "pattern": ("", "", "client.crt", ""),
        "text": ("ApiKey", "api_key", "client.crt", ""),
    }[name]
    paths = (Path(said[key]).name for key in ("secret_path", "client_certificate_path", "client_pkcs12_path"))
    assert (said["authorization_scheme"], *paths) == expected


@pytest.mark.parametrize("name", RENDERED)
def test_each_language_gets_its_files_and_no_other(results, name):
    wanted = yaml.safe_load((ROLE / "vars/main.yml").read_text())["client_tls_files_of"]
    files = [file for language in RENDERED[name]["client_tls_languages"] for file in wanted[language]]
    assert sorted(path.name for path in (results / name).iterdir()) == sorted(["connection.json", *files])


@pytest.mark.parametrize("name", ["api_key", "service_token", "certificate", "both"])
def test_python_has_the_arguments_of_its_client(results, name, monkeypatch):
    given = {}
    client = types.ModuleType("elasticsearch")
    client.Elasticsearch = lambda **arguments: given.update(arguments)
    monkeypatch.setitem(sys.modules, "elasticsearch", client)
    monkeypatch.setattr(Path, "read_text", lambda self, *_: f"secret of {self}\n", raising=True)
    text = open(results / name / "elasticsearch_client.py").read()  # noqa: SIM115  # Path is replaced
    module: dict[str, object] = {}
    exec(compile(text, "elasticsearch_client.py", "exec"), module)
    module["connect"](max_retries=1)
    folder = "/etc/shop/elasticsearch"
    login = {
        "api_key": {"api_key": f"secret of {folder}/api_key"},
        "service_token": {"bearer_auth": f"secret of {folder}/service_token"},
        "certificate": {},
        "both": {"api_key": f"secret of {folder}/api_key"},
    }[name]
    certificate = {"client_cert": f"{folder}/client.crt", "client_key": f"{folder}/client.key"}
    assert given == {
        "hosts": ["https://es1.example.com:9200", "https://es2.example.com:9200"],
        "verify_certs": True,
        "ca_certs": f"{folder}/ca.crt",
        **(certificate if name in ("certificate", "both") else {}),
        **login,
        "connections_per_node": 10,
        "request_timeout": 30,
        "max_retries": 1,
        "retry_on_timeout": True,
        "retry_on_status": [429, 502, 503, 504],
        "retry_backoff_base": 0.1,
        "retry_backoff_cap": 5,
        "sniff_on_start": False,
        "sniff_before_requests": False,
        "sniff_on_node_failure": False,
    }


@pytest.mark.parametrize("name", ["service_token", "both"])
@pytest.mark.parametrize("file", ["elasticsearch_client.rb", "elasticsearch_client.php"])
def test_ruby_and_php_have_the_options_of_their_clients(results, name, file):
    """Nothing runs these two here, so that their text is compared; see docs/clients.md."""
    expected = (Path(__file__).parent / "client_tls" / f"{name}.{file}").read_text()
    assert (results / name / file).read_text() == expected


def test_text_means_what_it_says(results):
    said = json.loads((results / "text/connection.json").read_text())
    assert (said["truststore_path"], said["connect_timeout"], said["retry_on_status"]) == ("", 5, [429, 502])
    client = (results / "text/elasticsearch-client.mjs").read_text()
    assert "timeout: 5000," in client
    assert "requestTimeout: 30000," in client
    assert "error.statusCode !== 429" in client
    assert '"retry_on_status": [429, 502],' in (results / "text/elasticsearch_client.py").read_text()


@pytest.mark.parametrize("name", RENDERED)
def test_verification_is_never_off_and_no_secret_is_in_a_file(results, name):
    for path in (results / name).iterdir():
        text = path.read_text()
        assert not re.search(r"verify_certs\W+False|rejectUnauthorized\W+false|insecure|verify: false", text), path.name
        assert "http://" not in text, path.name
