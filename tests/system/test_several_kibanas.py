# Copyright: Stack TLS contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Two Kibanas behind one name: browsers verify either by it, and one is there while the other one restarts."""

from __future__ import annotations

import pytest
from conftest import CA_PASSPHRASE, ELASTIC_PASSWORD, KIBANA_CERTS, KIBANA_PASSPHRASE, ROOT, Estate

pytestmark = [pytest.mark.stack, pytest.mark.soak]

TOPOLOGY = ROOT / "tests/stack/topologies/kibanas.json"
NAME = "kibana.example.com"
ADDRESSES = {"kb1": "127.0.1.132", "kb2": "127.0.1.133"}
VARIABLES = {
    "stacktls_ca_passphrase": CA_PASSPHRASE,
    "stacktls_elasticsearch_password": ELASTIC_PASSWORD,
    "kibana_mutual_tls_passphrase": KIBANA_PASSPHRASE,
    "kibana_tls_subject_alt_names": ["{{ inventory_hostname }}", "localhost", NAME],
    "kibana_tls_public_base_url": f"https://{NAME}:5601",
}


class Kibanas(Estate):
    """Two Kibanas that work with one node."""

    def shell(self, host, script, given=""):
        return self.execute(host, "bash", "-ec", script, given=given).stdout

    def seen(self, host):
        """What a browser gets that knows the name only, from the Kibana of a host."""
        reached = f"--resolve {NAME}:5601:{ADDRESSES[host]} --cacert {KIBANA_CERTS}/kibana-server-ca.crt"
        told = "--silent --show-error --output /dev/null --write-out '%{http_code}'"
        return self.shell("kb1", f"curl {told} {reached} https://{NAME}:5601/api/status")

    def identity(self, host):
        """Whom Elasticsearch sees, as realm and name, when the Kibana of a host comes."""
        files = f"--cert {KIBANA_CERTS}/kibana-client.crt --key {KIBANA_CERTS}/kibana-client.key"
        url = "https://es1:9200/_security/_authenticate?filter_path=username,roles"
        # The passphrase of the key is on no command line.
        trusted = f"--config - --cacert {KIBANA_CERTS}/elasticsearch-ca.crt"
        return self.shell(host, f"curl --silent --show-error {files} {trusted} {url}", f'pass = "{KIBANA_PASSPHRASE}"')


@pytest.fixture(scope="module")
def kibanas(tmp_path_factory):
    kibanas = Kibanas(tmp_path_factory.mktemp("kibanas"), TOPOLOGY, VARIABLES, reset=True)
    run = kibanas.play("site")
    assert run.status == 0, run.output
    return kibanas


def test_browsers_verify_either_by_the_name_that_both_have(kibanas):
    assert [kibanas.seen(host) for host in ADDRESSES] == ["200", "200"]
    for host in ADDRESSES:
        assert f"server.publicBaseUrl: https://{NAME}:5601" in kibanas.shell(host, "cat /etc/kibana/kibana.yml")
    again = kibanas.play("site")
    assert (again.status, again.changed()) == (0, 0), again.output


def test_each_has_a_key_of_its_own_and_both_have_the_roles_of_kibana(kibanas):
    keys = [kibanas.shell(host, f"sha256sum <{KIBANA_CERTS}/kibana-client.key") for host in ADDRESSES]
    assert len(set(keys)) == len(keys)
    for host in ADDRESSES:
        assert kibanas.identity(host) == '{"username":"kibana-client","roles":["kibana_system"]}'


def test_one_restarts_after_the_other(kibanas):
    """The name is answered to all the time: one of them runs while the other one restarts."""
    watch = f"""
    while sleep 0.2; do
        for host in {" ".join(ADDRESSES)}; do
            curl --silent --max-time 2 --cacert {KIBANA_CERTS}/kibana-server-ca.crt --output /dev/null \\
                --write-out '%{{http_code}} ' https://$host:5601/api/status || true
        done
        echo
    done >/root/seen
    """
    kibanas.execute(
        "kb1", "systemd-run", "--quiet", "--unit=watch", "--property=RuntimeMaxSec=300", "bash", "-c", watch
    )
    before = [kibanas.process(host, "kibana") for host in ADDRESSES]
    run = kibanas.play("site", kibana_mutual_tls_key_type="rsa-2048")  # a new certificate towards Elasticsearch
    kibanas.execute("kb1", "systemctl", "stop", "watch")
    assert run.status == 0, run.output
    assert all(kibanas.process(host, "kibana") != old for host, old in zip(ADDRESSES, before))
    looks = [line.split() for line in kibanas.shell("kb1", "cat /root/seen").splitlines()]
    assert len(looks) > 10
    assert all("200" in look for look in looks), looks
    assert any(look.count("200") == 1 for look in looks), "no restart was seen"


def test_a_rollback_of_either_knows_that_its_name_has_no_roles_any_more(kibanas):
    """One of them told the role mapping of the name."""
    run = kibanas.play("site", kibana_mutual_tls_subject="CN=kibana-two")
    assert run.status == 0, run.output
    for host in ADDRESSES:
        back = kibanas.play("rollback", "--limit", host)
        assert back.status != 0
        assert "another run with the earlier kibana_mutual_tls_subject" in " ".join(back.output.split())
    assert [kibanas.seen(host) for host in ADDRESSES] == ["200", "200"]
