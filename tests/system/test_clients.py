# Copyright: Stack TLS contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Applications beside each other on a host of the scenario `clients`: what is announced, refused, and kept apart."""

from __future__ import annotations

import base64
import json

import pytest
import yaml
from conftest import ROOT, Estate

pytestmark = pytest.mark.stack

SCENARIO = ROOT / "extensions/molecule/clients"
FOLDERS = ("/etc/stock", "/opt/stock", "/etc/fleet", "/etc/watch", "/opt/exporter")
STOCK = {"client_tls_name": "stock", "client_tls_languages": ["curl", "go", "python"], "client_tls_overlap": "0"}
FILES = "find {} -type f -exec sha256sum {{}} + -printf '%p %u:%g %m %T@\\n' 2>/dev/null | sort"
WHOAMI = ". {}/elasticsearch.sh; elasticsearch /_security/_authenticate"

NODES = """
- hosts: elasticsearch
  gather_facts: false
  any_errors_fatal: true
  roles: [stacktls.elastic.stack_ca, stacktls.elastic.elasticsearch_tls]
"""


class Applications(Estate):
    """The host of the applications, and the cluster that they talk to."""

    def __init__(self, folder) -> None:
        topology = (SCENARIO / "topology").read_text().strip()
        inventory = yaml.safe_load((SCENARIO / "inventory/variables.yml").read_text())["all"]
        variables = {**inventory["vars"], **inventory["children"]["clients"]["vars"], "client_tls_pki_users": []}
        super().__init__(folder, ROOT / f"tests/stack/topologies/{topology}.json", variables)
        self.environment["MOLECULE_PROJECT_DIRECTORY"] = str(ROOT)

    def shell(self, script: str) -> str:
        """What a script says on the host of the applications."""
        return self.execute("cl1", "bash", "-c", script, check=False).stdout

    def key(self, folder: str) -> str:
        """The id of the API key that an application logs in with; empty where Elasticsearch refuses it."""
        return json.loads(self.shell(WHOAMI.format(folder))).get("api_key", {}).get("id", "")

    def stored(self, folder: str) -> str:
        """The id of the API key in the application's file."""
        return base64.b64decode(self.shell(f"cat {folder}/api_key")).decode().partition(":")[0]


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """Nodes with TLS, and no application but those of the scenario."""
    site = Applications(tmp_path_factory.mktemp("applications"))
    playbook = site.folder / "nodes.yml"
    playbook.write_text(NODES)
    run = site.play(str(playbook))
    assert run.status == 0, run.output
    site.shell(f"rm -rf {' '.join(FOLDERS)}")
    return site


def differences(run):
    """What a run with --diff showed, without what Ansible's own modules tell in another way in check mode."""
    lines = [line for line in run.output.splitlines() if line[:1] in "+-" and line[:3] not in ("+++", "---")]
    return [line for line in lines if not line.lstrip("+- ").startswith(('"mode":', '"owner":', '"group":'))]


def test_check_mode_announces_what_the_run_does(site):
    wanted = {**STOCK, "client_tls_truststore": True, "client_tls_truststore_password": "stock-secret-4711"}
    announced = site.play("clients", "--check", "--diff", **wanted)
    assert announced.status == 0, announced.output
    assert site.shell("ls /etc/stock") == ""
    done = site.play("clients", "--diff", **wanted)
    assert done.status == 0, done.output
    assert announced.changed() == done.changed() > 5
    assert differences(announced) == differences(done)
    again = site.play("clients", **wanted)
    assert (again.status, again.changed()) == (0, 0), again.output


@pytest.mark.soak
def test_two_applications_of_one_name_do_not_end_each_others_key(site):
    other = {**STOCK, "client_tls_config_path": "/opt/stock"}
    site.shell("mkdir -p /opt/stock")
    for wanted in (STOCK, other, STOCK, other):
        run = site.play("clients", **wanted)
        assert run.status == 0, run.output
    assert run.changed() == 0, run.output
    first, second = (site.key(folder) for folder in ("/etc/stock/elasticsearch", "/opt/stock"))
    assert first
    assert second
    assert first != second
    renewed = site.play("clients", **{**other, "client_tls_expiration": "30d"})
    assert renewed.status == 0, renewed.output
    assert site.key("/etc/stock/elasticsearch") == first
    assert site.key("/opt/stock") not in ("", second)
    assert site.key("/opt/stock") == site.stored("/opt/stock")


def test_authorities_that_do_not_verify_the_nodes_change_nothing(site):
    site.shell(
        "openssl req -x509 -newkey rsa:2048 -nodes -keyout /root/s.key -out /root/s.crt -subj /CN=Stranger -days 2"
    )
    stranger = site.shell("cat /root/s.crt")
    before = site.shell(FILES.format("/etc/stock"))
    run = site.play("clients", **STOCK, client_tls_ca_certificates=stranger)
    assert run.status != 0
    words = " ".join(run.output.split())
    assert "stock on cl1 would not reach Elasticsearch with the authorities of client_tls_ca_certificates" in words
    assert "es1:9200: its issuer" in words
    assert site.shell(FILES.format("/etc/stock")) == before
    assert site.key("/etc/stock/elasticsearch")


def test_a_name_that_the_nodes_do_not_have_changes_nothing(site):
    before = site.shell(FILES.format("/etc/stock"))
    address = json.loads((site.folder / "hosts.json").read_text())["all"]["hosts"]["es1"]["stack_address"]
    url = f"https://{address}:9200"
    run = site.play("clients", **STOCK, client_tls_elasticsearch_url=[url])
    assert run.status != 0
    assert "would not reach Elasticsearch" in run.output
    assert site.shell(FILES.format("/etc/stock")) == before


def test_variables_of_the_command_line_are_text(site):
    given = ("client_tls_truststore=false", "client_tls_return_secret=false", "client_tls_connect_timeout=5")
    run = site.play("clients", *(word for each in given for word in ("-e", each)), **STOCK)
    assert run.status == 0, run.output
    assert json.loads(site.shell("cat /etc/stock/elasticsearch/connection.json"))["truststore_path"] == ""


def test_an_application_logs_in_with_the_token_of_a_service_account(site):
    account = {"client_tls_authentication": "service_token", "client_tls_service_account": "elastic/fleet-server"}
    wanted = {"client_tls_name": "fleet", "client_tls_languages": ["curl"], **account}
    run = site.play("clients", **wanted)
    assert run.status == 0, run.output
    seen = json.loads(site.shell(WHOAMI.format("/etc/fleet/elasticsearch")))
    assert (seen["username"], seen["authentication_realm"]["type"]) == ("elastic/fleet-server", "_service_account")
    assert site.shell("stat -c '%U %a' /etc/fleet/elasticsearch/service_token") == "application 600\n"
    again = site.play("clients", **wanted)
    assert (again.status, again.changed()) == (0, 0), again.output


USERS = [
    {"name": "watch", "roles": ["remote_monitoring_agent"], "user": "application", "languages": ["curl"]},
    {
        "name": "exporter",
        "roles": ["monitoring_user", "viewer"],
        "subject": "CN=exporter-cl1,OU=Monitoring",
        "dn_pattern": "CN=exporter-*,OU=Monitoring",
        "config_path": "/opt/exporter",
        "languages": ["curl"],
    },
]


def watching(site, users):
    """Options for hosts that have these users and no application of their own."""
    path = site.folder / "users.json"
    variables = {"client_tls_name": "", "client_tls_pki_users": users}
    path.write_text(json.dumps({"all": {"children": {"clients": {"vars": variables}}}}))
    return ("-i", str(path))


def test_users_who_log_in_by_certificate(site):
    announced = site.play("clients", *watching(site, USERS), "--check")
    assert announced.status == 0, announced.output
    assert site.shell("ls -d /etc/watch /opt/exporter") == ""
    run = site.play("clients", *watching(site, USERS))
    assert run.status == 0, run.output
    assert run.changed() == announced.changed() > 8
    for folder, roles in (("/etc/watch/elasticsearch", USERS[0]["roles"]), ("/opt/exporter", USERS[1]["roles"])):
        seen = json.loads(site.shell(WHOAMI.format(folder)))
        assert (seen["authentication_realm"]["type"], sorted(seen["roles"])) == ("pki", roles)
    assert site.shell("stat -c '%U %a' /etc/watch/elasticsearch/client.key") == "application 600\n"
    again = site.play("clients", *watching(site, USERS))
    assert (again.status, again.changed()) == (0, 0), again.output


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        (
            {"dn_pattern": "CN=others-*"},
            "client_tls_dn_pattern is 'CN=others-*', which the certificate of watch does not",
        ),
        pytest.param({"role": "viewer"}, "role", marks=pytest.mark.soak),
        pytest.param({"user": "nobody-there"}, "runs as user 'nobody-there'", marks=pytest.mark.soak),
    ],
)
def test_a_user_that_cannot_be_is_refused_before_a_change(site, wrong, words):
    before = site.shell(FILES.format("/etc/watch"))
    run = site.play("clients", *watching(site, [{**USERS[0], **wrong}]))
    assert run.status != 0, run.output
    assert words in " ".join(run.output.split())
    assert site.shell(FILES.format("/etc/watch")) == before


def test_the_host_is_left_as_it_was(site):
    site.shell(f"rm -rf {' '.join(FOLDERS)} /root/s.key /root/s.crt")
