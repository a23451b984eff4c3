# Copyright: Stack TLS contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A run that is killed between its changes and their restart."""

from __future__ import annotations

import pytest
from conftest import CA_PASSPHRASE, ELASTIC_PASSWORD, ROOT, Estate

pytestmark = [pytest.mark.stack, pytest.mark.soak]

TOPOLOGY = ROOT / "tests/stack/topologies/existing.json"
SHOWN = "openssl s_client -connect own9:9200 -servername own9 </dev/null 2>/dev/null | openssl x509 -noout -issuer"
START = r"""
systemctl start elasticsearch
curl --silent --retry 60 --retry-all-errors --retry-delay 1 \
    --cacert /etc/elasticsearch/certs/http_ca.crt https://own9:9200
"""


class Node(Estate):
    """One node, as Elasticsearch's auto-configuration left it."""

    def __init__(self, folder):
        variables = {
            "stacktls_ca_passphrase": CA_PASSPHRASE,
            "stacktls_elasticsearch_password": ELASTIC_PASSWORD,
            "stacktls_license_start_trial": True,
        }
        super().__init__(folder, TOPOLOGY, variables)
        self.reset("basic")
        self.shell(START)

    def shell(self, script):
        return self.execute("own9", "bash", "-ec", script).stdout


def test_a_run_that_is_killed_before_the_restart_is_resumed(tmp_path):
    node = Node(tmp_path)
    process = node.process("own9")
    node.play_until("Bring the changes into force", "site")
    assert node.process("own9") == process
    assert "http.p12" not in node.shell("cat /etc/elasticsearch/elasticsearch.yml")
    assert "Elasticsearch security auto-configuration" in node.shell(SHOWN)

    run = node.play("site")
    assert run.status == 0, run.output
    assert node.process("own9") != process
    assert "Elasticsearch security auto-configuration" not in node.shell(SHOWN)
    again = node.play("site")
    assert (again.status, again.changed()) == (0, 0), again.output
