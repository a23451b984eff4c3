# Copyright: Stack TLS contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Three nodes of Elasticsearch, and a load of searches on them."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

from conftest import ELASTIC_PASSWORD, ROOT, Estate, Run
from load import Load, Login, Tally

TOPOLOGY = ROOT / "tests/stack/topologies/clients.json"
CA_PASSPHRASE = "authority-test-passphrase"
ALLOCATION = "cluster.routing.allocation.enable"
CLIENT = f"""
openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout load.key -subj /CN=load -out load.csr
printf 'extendedKeyUsage=clientAuth' >load.ext
openssl x509 -req -in load.csr -CA {{authority}}/ca.crt -CAkey {{authority}}/ca.key -passin pass:{CA_PASSPHRASE} \\
    -days 2 -extfile load.ext -out load.crt
"""


class Cluster(Estate):
    """Three nodes of Elasticsearch.

    :param authority: the folder of the authority for HTTP.
    :param topology: the hosts.
    :param reset: as of any estate.
    :param variables: further variables of the inventory.
    """

    def __init__(
        self, folder: Path, authority: Path, topology: Path = TOPOLOGY, *, reset: bool = False, **variables: object
    ) -> None:
        self.authority = authority
        variables = {
            **variables,
            "stacktls_ca_path": str(authority),
            "stacktls_ca_passphrase": CA_PASSPHRASE,
            "stacktls_elasticsearch_password": ELASTIC_PASSWORD,
        }
        super().__init__(folder, topology, variables, reset=reset)
        hosts = json.loads((folder / "hosts.json").read_text())["all"]
        self.nodes = {
            name: hosts["hosts"][name]["stack_address"] for name in hosts["children"]["elasticsearch"]["hosts"]
        }
        self.ca_path = str(authority / "ca.crt")

    def site(self, **variables: object) -> Run:
        """Run `site` on the nodes."""
        return self.play("site", "--limit", "elasticsearch,localhost", **variables)

    def api(self, method: str, path: str, body: object = None) -> Any:
        """Ask the first node as the user elastic."""
        name, address = next(iter(self.nodes.items()))
        command = ["curl", "--silent", "--show-error", "--fail-with-body", "--cacert", self.ca_path, "--config", "-"]
        command += ["--resolve", f"{name}:9200:{address}", "--request", method, f"https://{name}:9200{path}"]
        command += ["--header", "Content-Type: application/json", "--data", json.dumps(body)] if body else []
        login = f'user = "elastic:{ELASTIC_PASSWORD}"'
        answer = subprocess.run(command, input=login, check=True, capture_output=True, text=True)
        return json.loads(answer.stdout)

    def allocation(self) -> str | None:
        """What allocation of shards is limited to."""
        return self.api("GET", "/_cluster/settings?flat_settings=true")["persistent"].get(ALLOCATION)

    def processes(self) -> dict[str, str]:
        """The process of each node."""
        return {name: self.process(name) for name in self.nodes}

    def give_orders(self, **orders: int) -> None:
        """Let the PKI realm have another order on each node."""
        self.give_variables(
            {name: {"order": order} for name, order in orders.items()}, stacktls_pki_realm_order="{{ order }}"
        )

    def give_variables(self, hosts: dict[str, dict[str, object]], **shared: object) -> None:
        """Let the inventory have these variables of hosts, in place of earlier ones, and these of all hosts."""
        path = self.folder / "variables.json"
        inventory = json.loads(path.read_text())
        inventory["all"]["hosts"] = hosts
        inventory["all"]["vars"].update(shared)
        path.write_text(json.dumps(inventory))

    def sign_client(self) -> None:
        """The client certificate of the load, by the authority that signs now."""
        script = CLIENT.format(authority=self.authority)
        subprocess.run(["sh", "-ec", script], cwd=self.folder, check=True, capture_output=True)

    def prepare_load(self) -> None:
        """An index to search, and a client certificate with its role mapping."""
        self.sign_client()
        rules = {"all": [{"field": {"dn": "CN=load"}}, {"field": {"realm.name": "realm1"}}]}
        self.api("PUT", "/_security/role_mapping/load", {"roles": ["superuser"], "rules": rules, "enabled": True})
        if self.api("GET", "/load?ignore_unavailable=true"):
            self.api("DELETE", "/load")
        self.api("PUT", "/load", {"settings": {"number_of_shards": 3, "number_of_replicas": 1}})
        self.api("PUT", "/load/_doc/1?refresh=true", {"a": 1})

    def load(self, ca_path: str = "") -> Load:
        """A constant load of searches on all nodes.

        :param ca_path: whom it trusts, where that is not the authority for HTTP alone.
        """
        trusted = ca_path or self.ca_path
        password = Login.with_password(trusted, "elastic", ELASTIC_PASSWORD)
        files = [str(self.folder / name) for name in ("load.crt", "load.key")]
        return Load(self.nodes, (password, Login.with_certificate(trusted, *files)), "load")

    def proved(self, tally: Tally, evidence: str) -> None:
        """Nobody who tries again has failed. What came of it goes to a file of this name in build/evidence."""
        print(
            f"{tally.sent} searches in {tally.seconds:.0f} s, {tally.by_certificate} of them by client certificate: "
            f"{tally.failed_once} failed at their first node, {len(tally.failed_on_every_node)} at every node"
        )
        path = ROOT / "build/evidence" / evidence
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(
            f"sent {tally.sent}\nseconds {tally.seconds:.0f}\n"
            f"failed once {tally.failed_once}\nfailed {tally.failed_on_every_node}\n"
        )
        assert tally.failed_on_every_node == []
        assert tally.failed_once > 0  # the nodes were away, and the load has noticed
        assert tally.rate >= 20
        assert abs(tally.sent - 2 * tally.by_certificate) <= 1
