# Copyright: Stack TLS contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A real pair of services: the base state, and the way back to it. Needs root and about two minutes."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from stacklib import services
from stacklib.podman import inspect_container, podman, try_podman
from stacklib.shell import StackError
from stacklib.topology import parse

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.stack

STACK = Path(__file__).resolve().parent.parent / "stack"
PASSWORD = "elastic-of-the-selftest"
DEFINITION = json.dumps(
    {
        "name": "selftest",
        "hosts": [
            {"name": "es", "kind": "elasticsearch", "address": "127.0.1.201", "elastic_password": PASSWORD},
            {"name": "kb", "kind": "kibana", "address": "127.0.1.202", "elasticsearch": "es"},
            {"name": "auto", "kind": "elasticsearch", "address": "127.0.1.203", "state": "autoconfigured"},
            {"name": "bare", "kind": "kibana", "address": "127.0.1.204", "elasticsearch": "auto", "state": "bare"},
            {"name": "bt", "kind": "beats", "address": "127.0.1.206"},
            {"name": "cl", "kind": "client", "address": "127.0.1.207"},
        ],
    }
)
ES = "stacktls-selftest-es"
KB = "stacktls-selftest-kb"
BT = "stacktls-selftest-bt"
CL = "stacktls-selftest-cl"
TOOLS = "/usr/share/elasticsearch/bin"


def stack(command: str, definition: str = DEFINITION) -> subprocess.CompletedProcess[str]:
    return subprocess.run([STACK, command, "-"], input=definition, capture_output=True, text=True, check=False)


def inside(container: str, *command: str) -> str:
    return podman("exec", container, *command)


def elasticsearch() -> services.Endpoint:
    return services.elasticsearch("127.0.1.201", PASSWORD)


@pytest.fixture(scope="module", autouse=True)
def _running() -> Iterator[None]:
    assert parse(DEFINITION)
    started = stack("up")
    assert started.returncode == 0, started.stderr
    yield
    assert stack("down").returncode == 0


def test_elasticsearch_asks_for_a_password_and_has_its_licence() -> None:
    with pytest.raises(OSError, match=r"^401 "):
        services.elasticsearch("127.0.1.201", "wrong").request("GET", "/")
    assert elasticsearch().request("GET", "/")["version"]["number"] == "9.4.3"
    assert elasticsearch().request("GET", "/_license")["license"]["type"] == "trial"


def test_kibana_works_with_its_password() -> None:
    status = services.kibana("127.0.1.202", PASSWORD).request("GET", "/api/status")
    assert status["status"]["overall"]["level"] == "available"


def test_both_are_laid_out_as_their_packages_do() -> None:
    form = ("stat", "-c", "%U:%G %a %n")
    assert inside(ES, *form, "/etc/elasticsearch", "/etc/elasticsearch/elasticsearch.yml") == (
        "root:elasticsearch 2750 /etc/elasticsearch\nroot:elasticsearch 660 /etc/elasticsearch/elasticsearch.yml\n"
    )
    assert inside(KB, *form, "/etc/kibana", "/etc/kibana/kibana.yml") == (
        "root:kibana 2750 /etc/kibana\nroot:kibana 660 /etc/kibana/kibana.yml\n"
    )
    assert inside(ES, f"{TOOLS}/elasticsearch-keystore", "list").split() == ["bootstrap.password", "keystore.seed"]


@pytest.mark.parametrize("beat", ["filebeat", "metricbeat"])
def test_beats_are_real_and_laid_out_as_their_packages_do(beat: str) -> None:
    form = ("stat", "-c", "%U:%G %a %n")
    assert inside(BT, *form, f"/etc/{beat}", f"/etc/{beat}/{beat}.yml") == (
        f"root:root 755 /etc/{beat}\nroot:root 600 /etc/{beat}/{beat}.yml\n"
    )
    assert inside(BT, beat, "version").startswith(f"{beat} version 7.17.29 ")
    assert inside(BT, beat, "test", "config") == "Config OK\n"
    assert try_podman("exec", BT, "systemctl", "is-active", beat).stdout == "inactive\n"


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("python", "No module named 'elasticsearch_client'"),
        ("javascript", "Cannot find module '/nowhere/elasticsearch-client.mjs'"),
        ("java", "/nowhere/connection.json (No such file or directory)"),
        ("go", "open /nowhere/connection.json: no such file or directory"),
        ("curl", "/nowhere/elasticsearch.sh: No such file"),
    ],
)
def test_applications_start_and_ask_for_their_settings(language: str, words: str) -> None:
    result = try_podman("exec", CL, f"/opt/clients/{language}", "/nowhere", "whoami")
    assert result.status != 0
    assert words in result.text


def test_hosts_know_each_other_by_name() -> None:
    assert inside(KB, "getent", "ahostsv4", "es").startswith("127.0.1.201 ")
    assert inside(ES, "hostname") == "es\n"


def test_a_package_that_configured_itself_has_not_started() -> None:
    auto = "stacktls-selftest-auto"
    assert "BEGIN SECURITY AUTO CONFIGURATION" in inside(auto, "cat", "/etc/elasticsearch/elasticsearch.yml")
    assert "http.host: auto" in inside(auto, "cat", "/etc/elasticsearch/elasticsearch.yml")
    assert try_podman("exec", auto, "systemctl", "is-active", "elasticsearch").stdout == "inactive\n"


def test_a_start_that_fails_says_why() -> None:
    inside(KB, "systemctl", "stop", "kibana")
    inside(ES, "sh", "-c", "echo 'xpack.no.such: 1' >> /etc/elasticsearch/elasticsearch.yml")
    result = try_podman("exec", ES, "systemctl", "restart", "elasticsearch", timeout=330)
    assert result.status != 0
    assert "unknown setting [xpack.no.such]" in inside(ES, "journalctl", "-u", "elasticsearch", "--no-pager")


def test_reset_undoes_everything() -> None:
    """What the test before broke is mended too."""
    inside(ES, "sh", "-c", "mkdir -p /var/lib/stacktls /etc/elasticsearch/certs; touch /var/lib/stacktls/journal")
    inside(ES, "mkdir", "-p", "/etc/systemd/system/elasticsearch.service.d")
    inside(ES, "sh", "-c", f"echo x | {TOOLS}/elasticsearch-keystore add --stdin --force foreign.setting")
    inside(ES, "sh", "-c", "echo ES_PATH_CONF=/nowhere > /etc/default/elasticsearch")
    inside(KB, "sh", "-c", "echo '{' > /etc/kibana/kibana.yml; rm /etc/kibana/kibana.keystore")
    inside(BT, "sh", "-c", "rm /etc/filebeat/filebeat.yml; touch /var/lib/metricbeat/metricbeat.keystore")
    inside(CL, "mkdir", "/etc/orders")
    before = inspect_container(ES)
    back = stack("reset")
    assert back.returncode == 0, back.stderr
    after = inspect_container(ES)
    assert before is not None
    assert after is not None
    assert after["Id"] == before["Id"]
    left = "ls -d /var/lib/stacktls /etc/elasticsearch/certs /etc/systemd/system/elasticsearch.service.d 2>/dev/null"
    assert try_podman("exec", ES, "sh", "-c", left).stdout == ""
    assert inside(ES, f"{TOOLS}/elasticsearch-keystore", "list").split() == ["bootstrap.password", "keystore.seed"]
    assert inside(KB, "sh", "-c", "ls /etc/kibana").split()[:1] == ["kibana.keystore"]
    assert inside(BT, "filebeat", "test", "config") == "Config OK\n"
    assert inside(BT, "ls", "/var/lib/metricbeat") == ""
    assert try_podman("exec", CL, "test", "-e", "/etc/orders").status == 1
    test_kibana_works_with_its_password()


@pytest.mark.soak
def test_data_does_not_survive_a_reset() -> None:
    mapping = {"enabled": True, "roles": ["x"], "rules": {"field": {"dn": "*"}}}
    elasticsearch().request("PUT", "/_security/role_mapping/mine", mapping)
    assert stack("reset").returncode == 0
    assert elasticsearch().request("GET", "/_security/role_mapping") == {}


def test_what_is_ready_is_reused_at_once() -> None:
    begin = time.monotonic()
    again = stack("up")
    assert again.returncode == 0, again.stderr
    assert "Elasticsearch runs" not in again.stderr
    assert time.monotonic() - begin < 10


def test_a_container_whose_processes_are_gone_is_made_again() -> None:
    before = inspect_container(ES)
    assert before is not None
    for process in (before["State"]["ConmonPid"], before["State"]["Pid"]):
        os.kill(process, signal.SIGKILL)
    again = stack("up")
    assert again.returncode == 0, again.stderr
    after = inspect_container(ES)
    assert after is not None
    assert after["Id"] != before["Id"]
    assert elasticsearch().request("GET", "/_cluster/health")["status"] in ("green", "yellow")
    test_kibana_works_with_its_password()


def test_a_second_topology_may_not_take_an_address() -> None:
    other = {"name": "other", "hosts": [{"name": "es", "kind": "elasticsearch", "address": "127.0.1.201"}]}
    refused = stack("up", json.dumps(other))
    assert refused.returncode == 1
    assert "127.0.1.201 is in use by host 'es' of the topology 'selftest'" in refused.stderr
    assert inspect_container("stacktls-other-es") is None


def test_a_service_that_never_answers_is_an_error() -> None:
    with pytest.raises(StackError, match="no success in 1 s"):
        services.elasticsearch("127.0.1.205", PASSWORD).until("GET", "/", seconds=1)
