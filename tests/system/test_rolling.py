# Copyright: Stack TLS contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Three nodes restart one after the other under load. One that does not come back: molecule scenario "failed_node"."""

from __future__ import annotations

import json
import subprocess

import pytest
from conftest import ELASTIC_PASSWORD, ROOT, Estate
from load import Load, Login

pytestmark = pytest.mark.stack

TOPOLOGY = ROOT / "tests/stack/topologies/clients.json"
# As the scenarios on this topology leave it, so that the cluster need not be converted again.
AUTHORITY = ROOT / "build/molecule-clients-ca"
CA_PASSPHRASE = "authority-test-passphrase"
ALLOCATION = "cluster.routing.allocation.enable"
CLIENT = f"""
openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout load.key -subj /CN=load -out load.csr
printf 'extendedKeyUsage=clientAuth' >load.ext
openssl x509 -req -in load.csr -CA {AUTHORITY}/ca.crt -CAkey {AUTHORITY}/ca.key -passin pass:{CA_PASSPHRASE} \\
    -days 2 -extfile load.ext -out load.crt
"""


class Cluster(Estate):
    """Three nodes of Elasticsearch."""

    def __init__(self, folder):
        variables = {
            "stacktls_ca_path": str(AUTHORITY),
            "stacktls_ca_passphrase": CA_PASSPHRASE,
            "stacktls_elasticsearch_password": ELASTIC_PASSWORD,
        }
        super().__init__(folder, TOPOLOGY, variables)
        hosts = json.loads((folder / "hosts.json").read_text())["all"]
        self.nodes = {
            name: hosts["hosts"][name]["stack_address"] for name in hosts["children"]["elasticsearch"]["hosts"]
        }
        self.ca_path = str(AUTHORITY / "ca.crt")

    def site(self, **variables):
        return self.play("site", "--limit", "elasticsearch,localhost", **variables)

    def api(self, method, path, body=None):
        name, address = next(iter(self.nodes.items()))
        command = ["curl", "--silent", "--show-error", "--fail-with-body", "--cacert", self.ca_path, "--config", "-"]
        command += ["--resolve", f"{name}:9200:{address}", "--request", method, f"https://{name}:9200{path}"]
        command += ["--header", "Content-Type: application/json", "--data", json.dumps(body)] if body else []
        login = f'user = "elastic:{ELASTIC_PASSWORD}"'
        answer = subprocess.run(command, input=login, check=True, capture_output=True, text=True)
        return json.loads(answer.stdout)

    def allocation(self):
        return self.api("GET", "/_cluster/settings?flat_settings=true")["persistent"].get(ALLOCATION)

    def processes(self):
        show = ("systemctl", "show", "--property", "MainPID", "elasticsearch")
        return {name: self.execute(name, *show).stdout for name in self.nodes}

    def give_orders(self, **orders):
        """Let the PKI realm have another order on each node."""
        inventory = json.loads((self.folder / "variables.json").read_text())
        inventory["all"]["hosts"] = {name: {"order": order} for name, order in orders.items()}
        inventory["all"]["vars"]["stacktls_pki_realm_order"] = "{{ order }}"
        (self.folder / "variables.json").write_text(json.dumps(inventory))

    def load(self):
        password = Login.with_password(self.ca_path, "elastic", ELASTIC_PASSWORD)
        files = [str(self.folder / name) for name in ("load.crt", "load.key")]
        return Load(self.nodes, (password, Login.with_certificate(self.ca_path, *files)), "load")


@pytest.fixture(scope="module")
def cluster(tmp_path_factory):
    cluster = Cluster(tmp_path_factory.mktemp("cluster"))
    run = cluster.site()
    assert run.status == 0, run.output
    subprocess.run(["sh", "-ec", CLIENT], cwd=cluster.folder, check=True, capture_output=True)
    rules = {"all": [{"field": {"dn": "CN=load"}}, {"field": {"realm.name": "realm1"}}]}
    cluster.api("PUT", "/_security/role_mapping/load", {"roles": ["superuser"], "rules": rules, "enabled": True})
    if cluster.api("GET", "/load?ignore_unavailable=true"):
        cluster.api("DELETE", "/load")
    cluster.api("PUT", "/load", {"settings": {"number_of_shards": 3, "number_of_replicas": 1}})
    cluster.api("PUT", "/load/_doc/1?refresh=true", {"a": 1})
    return cluster


def test_a_change_that_restarts_all_nodes_fails_no_request_of_a_client_that_retries(cluster):
    before = cluster.processes()
    with cluster.load() as load:
        run = cluster.site(stacktls_pki_realm_order=5)
    assert run.status == 0, run.output
    assert all(cluster.processes()[name] != before[name] for name in cluster.nodes)
    assert cluster.allocation() is None
    tally = load.tally
    print(
        f"{tally.sent} searches at {tally.rate:.0f} a second, {tally.by_certificate} of them by client certificate: "
        f"{tally.failed_once} failed at their first node, {len(tally.failed_on_every_node)} at every node"
    )
    evidence = ROOT / "build/evidence/rolling.txt"
    evidence.parent.mkdir(parents=True, exist_ok=True)
    evidence.write_text(f"sent {tally.sent}\nfailed once {tally.failed_once}\nfailed {tally.failed_on_every_node}\n")
    assert tally.failed_on_every_node == []
    assert tally.failed_once > 0  # the nodes were away, and the load has noticed
    assert tally.rate >= 20
    assert abs(tally.sent - 2 * tally.by_certificate) <= 1


def test_allocation_that_a_killed_run_left_limited_is_put_back_by_the_next(cluster):
    cluster.give_orders(es1=5, es2=6, es3=5)
    note = json.dumps({ALLOCATION: None})
    cluster.execute("es2", "sh", "-c", f"echo '{note}' >/var/lib/stacktls/elasticsearch/allocation.json")
    cluster.api("PUT", "/_cluster/settings", {"persistent": {ALLOCATION: "primaries"}})
    run = cluster.site()
    assert run.status == 0, run.output
    assert cluster.allocation() is None
    again = cluster.site()
    assert (again.status, again.changed()) == (0, 0), again.output
