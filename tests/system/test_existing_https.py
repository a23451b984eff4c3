# Copyright: Stack TLS contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A node that Elasticsearch gave HTTPS when it was installed: replaced, resumed after a kill, and put back."""

from __future__ import annotations

import os
import signal
import subprocess
import time

import pytest
from conftest import CA_PASSPHRASE, ELASTIC_PASSWORD, ROOT, Estate

pytestmark = pytest.mark.stack

TOPOLOGY = ROOT / "tests/stack/topologies/existing.json"
CONFIGURATION = "/etc/elasticsearch"
FILES = f"cd {CONFIGURATION} && find . -type f -exec sha256sum {{}} + -printf '%p %u:%g %m\\n' | sort"
SHOWN = "openssl s_client -connect own9:9200 -servername own9 </dev/null 2>/dev/null | openssl x509 -noout -issuer"
START = """
systemctl start elasticsearch
for _attempt in $(seq 60); do
    curl --silent --cacert /etc/elasticsearch/certs/http_ca.crt https://own9:9200 && exit
    sleep 1
done
exit 1
"""


class Node(Estate):
    """One node, as the package of Elasticsearch leaves it."""

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

    def process(self):
        return self.execute("own9", "systemctl", "show", "--property", "MainPID", "elasticsearch").stdout


@pytest.fixture(scope="module")
def node(tmp_path_factory):
    return Node(tmp_path_factory.mktemp("existing"))


@pytest.fixture(scope="module")
def before(node):
    """The files as Elasticsearch left them."""
    return node.shell(FILES)


def test_check_mode_foresees_it(node, before):
    run = node.play("site", "--check", "--diff")
    assert run.status == 0, run.output
    assert "-    path: certs/http.p12" in run.output or "-  keystore.path: certs/http.p12" in run.output, run.output
    assert node.shell(FILES) == before


def test_a_run_that_is_killed_before_the_restart_is_resumed(node, before):
    process = node.process()
    command = ["ansible-playbook", "-i", "hosts.json", "-i", "variables.json", "stacktls.elastic.site"]
    with subprocess.Popen(
        command, cwd=node.folder, env=node.environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True,
        start_new_session=True,
    ) as run:  # fmt: skip
        for line in run.stdout:
            if line.startswith("TASK") and "Bring the changes into force" in line:
                os.killpg(run.pid, signal.SIGKILL)
    time.sleep(2)
    assert node.process() == process
    assert "http.p12" not in node.shell(f"cat {CONFIGURATION}/elasticsearch.yml")
    assert "Elasticsearch security auto-configuration" in node.shell(SHOWN)

    run = node.play("site")
    assert run.status == 0, run.output
    assert node.process() != process
    assert "Elasticsearch security auto-configuration" not in node.shell(SHOWN)
    assert node.shell(f"test -e {CONFIGURATION}/certs/http.p12 && echo kept") == "kept\n"
    again = node.play("site")
    assert (again.status, again.changed()) == (0, 0), again.output


def test_what_was_there_is_put_back(node, before):
    run = node.play("rollback")
    assert run.status == 0, run.output
    assert "Elasticsearch security auto-configuration" in node.shell(SHOWN)
    assert node.shell(FILES) == before
