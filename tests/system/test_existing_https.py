# Copyright: Stack TLS contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A node that has HTTPS already, by Elasticsearch itself or by hand: replaced, resumed after a kill, and put back."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import time

import pytest
from conftest import CA_PASSPHRASE, ELASTIC_PASSWORD, ROOT, Estate

pytestmark = pytest.mark.stack

TOPOLOGIES = ROOT / "tests/stack/topologies"
CONFIGURATION = "/etc/elasticsearch"
FILES = f"cd {CONFIGURATION} && find . -type f -exec sha256sum {{}} + -printf '%p %u:%g %m\\n' | sort"
SHOWN = "openssl s_client -connect own9:9200 -servername own9 </dev/null 2>/dev/null | openssl x509 -noout -issuer"
CERTS = f"{CONFIGURATION}/certs"
BETWEEN_NODES = (
    f"openssl s_client -connect localhost:9300 -cert {CERTS}/transport.crt -key {CERTS}/transport.key"
    f" -CAfile {CERTS}/transport-ca.crt -verify_return_error </dev/null 2>/dev/null | openssl x509 -noout -issuer"
)
ANSWERS = """
for _attempt in $(seq 60); do
    curl --silent --cacert {ca_path} {url} && exit
    sleep 1
done
exit 1
"""
START = "systemctl start elasticsearch" + ANSWERS.format(
    ca_path=f"{CONFIGURATION}/certs/http_ca.crt", url="https://own9:9200"
)
# What somebody did by hand: a PKCS#12 file for one name, its password in the keystore, and an authority elsewhere.
BY_HAND = """
cd /root && rm -rf ca ca.zip
tools=/usr/share/elasticsearch/bin
$tools/elasticsearch-certutil ca --pem --silent --out /root/ca.zip
python3 -m zipfile -e ca.zip .
$tools/elasticsearch-certutil cert --silent --ca-cert /root/ca/ca.crt --ca-key /root/ca/ca.key \
    --name search --dns search.example.com --out /etc/elasticsearch/search.p12 --pass by-hand-4711
cp ca/ca.crt /etc/elasticsearch/search-ca.crt
chown root:elasticsearch /etc/elasticsearch/search.p12
chmod 640 /etc/elasticsearch/search.p12
echo by-hand-4711 | $tools/elasticsearch-keystore add --stdin --force xpack.security.http.ssl.keystore.secure_password
cat >>/etc/elasticsearch/elasticsearch.yml <<END
xpack.security.http.ssl:
  enabled: true
  keystore.path: search.p12
END
grep --quiet search.example.com /etc/hosts || echo 127.0.1.92 search.example.com >>/etc/hosts
systemctl restart elasticsearch
""" + ANSWERS.format(ca_path="/root/ca/ca.crt", url="https://search.example.com:9200")


class Node(Estate):
    """One node, as somebody else left it."""

    def __init__(self, folder, topology, licence, script, **more):
        variables = {
            **more,
            "stacktls_ca_passphrase": CA_PASSPHRASE,
            "stacktls_elasticsearch_password": ELASTIC_PASSWORD,
            "stacktls_license_start_trial": True,
        }
        super().__init__(folder, TOPOLOGIES / topology, variables)
        self.reset(licence)
        self.shell(script)

    def shell(self, script):
        return self.execute(self.topology["hosts"][0]["name"], "bash", "-ec", script).stdout

    def process(self):
        return self.shell("systemctl show --property MainPID elasticsearch")


@pytest.fixture(scope="module")
def node(tmp_path_factory):
    return Node(
        tmp_path_factory.mktemp("existing"), "existing.json", "basic", START, elasticsearch_tls_transport_enabled=True
    )


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
    time.sleep(2)  # what the killed run began on the host ends by itself
    assert node.process() == process
    assert "http.p12" not in node.shell(f"cat {CONFIGURATION}/elasticsearch.yml")
    assert "Elasticsearch security auto-configuration" in node.shell(SHOWN)

    run = node.play("site")
    assert run.status == 0, run.output
    assert node.process() != process
    assert "Elasticsearch security auto-configuration" not in node.shell(SHOWN)
    assert node.shell(f"test -e {CONFIGURATION}/certs/http.p12 && echo kept") == "kept\n"
    assert "Elastic Stack transport CA" in node.shell(BETWEEN_NODES)
    again = node.play("site")
    assert (again.status, again.changed()) == (0, 0), again.output


def test_what_was_there_is_put_back(node, before):
    run = node.play("rollback")
    assert run.status == 0, run.output
    assert "Elasticsearch security auto-configuration" in node.shell(SHOWN)
    assert node.shell(FILES) == before


@pytest.fixture(scope="module")
def old(tmp_path_factory):
    return Node(tmp_path_factory.mktemp("foreign"), "foreign.json", "trial", BY_HAND)


@pytest.mark.soak
def test_what_was_made_by_hand_has_to_be_named_and_is_replaced(old):
    before = old.shell(FILES)
    run = old.play("site")
    assert run.status != 0
    assert "elasticsearch_tls_current_ca_path" in run.output
    known = {"elasticsearch_tls_current_ca_path": f"{CONFIGURATION}/search-ca.crt"}
    run = old.play("site", **known)
    assert run.status != 0
    assert "search.example.com" in run.output  # the only name of that certificate
    assert old.shell(FILES) == before

    known["elasticsearch_tls_current_url"] = ["https://search.example.com:9200"]
    run = old.play("site", **known)
    assert run.status == 0, run.output
    listed = old.shell("/usr/share/elasticsearch/bin/elasticsearch-keystore list")
    assert "xpack.security.http.ssl.keystore.secure_password" not in listed
    again = old.play("site")
    assert (again.status, again.changed()) == (0, 0), again.output

    run = old.play("rollback", **known)
    assert run.status == 0, run.output
    assert old.shell(FILES) == before


IDENTITY = (
    "openssl s_client -connect search.example.com:9200 </dev/null 2>/dev/null"
    " | openssl x509 -noout -fingerprint -sha256"
)


@pytest.mark.soak
def test_what_was_made_by_hand_stays_where_that_is_wanted(old):
    """The certificate and its key, out of a PKCS#12 file whose password only the keystore of the node has."""
    before, shown = old.shell(FILES), old.shell(IDENTITY)
    wanted = {
        "elasticsearch_tls_adopt": True,
        "elasticsearch_tls_current_ca_path": f"{CONFIGURATION}/search-ca.crt",
        "elasticsearch_tls_subject_alt_names": ["search.example.com"],
        "elasticsearch_tls_check_published_names": False,
        "stacktls_host_name": "search.example.com",
        "stacktls_ca_path": str(old.folder / "adopted-ca"),
    }
    run = old.play("site", **wanted)
    assert run.status != 0
    assert "is not one of issuer_certificates" in run.output  # Kibana would not trust it
    assert (old.shell(FILES), old.shell(IDENTITY)) == (before, shown)

    shutil.rmtree(old.folder / "adopted-ca")
    wanted["stack_ca_import_certificate_content"] = old.shell("cat /root/ca/ca.crt")
    wanted["stack_ca_import_private_key_content"] = old.shell("cat /root/ca/ca.key")
    run = old.play("site", **wanted)
    assert run.status == 0, run.output
    assert old.shell(IDENTITY) == shown
    settings = old.shell(f"cat {CONFIGURATION}/elasticsearch.yml")
    assert f"certificate: {CERTS}/http.crt" in settings
    assert "search.p12" not in settings
    again = old.play("site", **wanted)
    assert (again.status, again.changed()) == (0, 0), again.output

    run = old.play("rollback", **wanted)
    assert run.status == 0, run.output
    assert (old.shell(FILES), old.shell(IDENTITY)) == (before, shown)
