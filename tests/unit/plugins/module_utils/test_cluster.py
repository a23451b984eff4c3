# Copyright: Stack TLS contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import json
from datetime import datetime, timedelta, timezone

import pytest
from ansible_collections.stacktls.elastic.plugins.module_utils import _cluster
from ansible_collections.stacktls.elastic.plugins.module_utils._cluster import (
    CLUSTER_ARGUMENTS,
    Cluster,
    cluster_of,
)
from ansible_collections.stacktls.elastic.plugins.module_utils._endpoint import EndpointError
from ansible_collections.stacktls.elastic.plugins.module_utils._errors import ApiError, FileError, ServiceError
from ansible_collections.stacktls.elastic.plugins.module_utils._journal import Journal
from ansible_collections.stacktls.elastic.plugins.module_utils._pki._authorities import make_authority
from ansible_collections.stacktls.elastic.plugins.module_utils._pki._certificates import Lifetime, encode_certificates
from ansible_collections.stacktls.elastic.plugins.module_utils._pki._keys import generate_private_key
from ansible_collections.stacktls.elastic.plugins.module_utils._pki._names import parse_name
from ansible_collections.stacktls.elastic.plugins.module_utils._service import Service
from ansible_collections.stacktls.elastic.plugins.module_utils._tls_client import TlsOptions
from ansible_collections.stacktls.elastic.plugins.module_utils._waiting import Clock

RUNNING = Service("elasticsearch", lambda command: (0, "", ""))
STOPPED = Service("elasticsearch", lambda command: (3, "", ""))
ALLOCATION = "cluster.routing.allocation.enable"


def fail(error):
    raise error


class Api:
    """A cluster as its API shows it; ``healths`` are answered in turn, the last one for ever."""

    def __init__(self, *healths, nodes=3, data_nodes=3, allocation=None):
        self.healths = list(healths or ["green"])
        self.nodes, self.data_nodes = nodes, data_nodes
        self.allocation = allocation
        self.asked = []
        self.fails = {}

    def call(self, method, path, body=None):
        self.asked.append(f"{method} {path.split('?')[0]}")
        if self.asked[-1] in self.fails:
            raise self.fails[self.asked[-1]]
        if path == "/_cluster/health":
            return self.health()
        if method == "PUT":
            self.allocation = body["persistent"][ALLOCATION]
        return {"persistent": {} if self.allocation is None else {ALLOCATION: self.allocation}}

    def health(self):
        found = self.healths.pop(0) if len(self.healths) > 1 else self.healths[0]
        if isinstance(found, ApiError):
            fail(found)
        status, _comma, moving = found.partition(",")
        return {
            "status": status,
            "number_of_nodes": self.nodes,
            "number_of_data_nodes": self.data_nodes,
            "relocating_shards": int(moving or 0),
            "initializing_shards": 0,
            "unassigned_shards": 0 if status == "green" else 2,
        }


class Time:
    seconds = 0.0

    def sleep(self, seconds):
        self.seconds += seconds


@pytest.fixture
def note(tmp_path):
    return tmp_path / "allocation.json"


@pytest.fixture
def around(note):
    def make(before, after=None, health="green"):
        time = Time()
        clock = Clock(lambda: time.seconds, time.sleep)
        return Cluster(lambda: before, lambda: after or before, health, str(note), 10, clock)

    return make


def test_a_turn_limits_allocation_and_puts_it_back(around, note):
    api = Api(allocation="new_primaries")
    cluster = around(api)
    cluster.prepare(RUNNING)
    assert (api.allocation, json.loads(note.read_text())) == ("primaries", {ALLOCATION: "new_primaries"})
    assert "POST /_flush" in api.asked
    cluster.restore()
    cluster.wait_until_healthy()
    assert (api.allocation, note.exists()) == ("new_primaries", False)


def test_it_waits_until_the_cluster_is_healthy(around):
    api = Api("yellow", EndpointError("refused", transient=True), "green,2", "green")
    around(api).prepare(RUNNING)
    assert api.allocation == "primaries"


@pytest.mark.parametrize("health", ["red", "yellow", "green,1"])
def test_an_unhealthy_cluster_keeps_its_node(around, note, health):
    api = Api(health)
    with pytest.raises(ServiceError, match=r"Its status is .* Nothing was restarted"):
        around(api).prepare(RUNNING)
    assert (api.allocation, note.exists()) == (None, False)


@pytest.mark.parametrize(("wanted", "status"), [("yellow", "yellow"), ("any", "red"), ("any", "yellow,3")])
def test_less_health_can_be_asked_for(around, wanted, status):
    around(Api(status), health=wanted).prepare(RUNNING)


def test_replicas_have_no_place_beside_a_single_data_node(around):
    around(Api("yellow", data_nodes=1)).prepare(RUNNING)
    with pytest.raises(ServiceError, match="Its status is red and should be yellow"):
        around(Api("red", data_nodes=1)).prepare(RUNNING)


def test_nobody_is_limited_beside_a_single_node(around, note):
    api = Api("yellow", nodes=1, data_nodes=1)
    around(api).prepare(RUNNING)
    assert (api.allocation, note.exists()) == (None, False)


@pytest.mark.parametrize("value", ["primaries", "none"])
def test_what_somebody_limited_stays_limited(around, value):
    api = Api(allocation=value)
    cluster = around(api)
    cluster.prepare(RUNNING)
    cluster.restore()
    assert api.allocation == value


def test_a_run_that_was_cut_off_is_made_good_before_health_is_asked(around, note):
    note.write_text(json.dumps({ALLOCATION: None}))
    api = Api(allocation="primaries")
    cluster = around(api)
    cluster.prepare(RUNNING)
    assert api.asked[:2] == ["PUT /_cluster/settings", "GET /_cluster/health"]
    cluster.restore()
    assert api.allocation is None


@pytest.mark.parametrize("status", [401, 403, None])
def test_what_time_does_not_mend_is_not_waited_for(around, status):
    api = Api(ApiError("not accepted", status=status))
    with pytest.raises(ApiError, match="not accepted"):
        around(api).prepare(RUNNING)
    assert api.asked == ["GET /_cluster/health"]


def test_a_flush_that_is_refused_stops_nothing(around):
    api = Api()
    api.fails["POST /_flush"] = ApiError("busy", status=429)
    around(api).prepare(RUNNING)
    assert api.allocation == "primaries"


def test_the_node_is_missed_until_it_is_back(around):
    before, after = Api(), Api(EndpointError("refused", transient=True), "yellow", nodes=2)
    cluster = around(before, after)
    cluster.prepare(RUNNING)
    assert cluster.missing() == "refused"
    assert cluster.missing() == "The cluster has 2 of 3 nodes."
    after.nodes = 3
    assert cluster.missing() == ""


def test_allocation_is_put_back_after_a_roll_back_too(around, note):
    before = Api()
    cluster = around(before, Api())
    cluster.prepare(RUNNING)
    before.fails["PUT /_cluster/settings"] = EndpointError("refused", transient=True)
    said = cluster.restored_after_roll_back()
    assert f"{ALLOCATION} of the cluster is still 'primaries'" in said
    assert note.exists()
    before.fails.clear()
    assert cluster.restored_after_roll_back() == ""
    assert (before.allocation, note.exists()) == (None, False)
    assert cluster.restored_after_roll_back() == ""


def test_a_node_that_is_stopped_needs_no_permission(around, note):
    api = Api("red")
    around(api).prepare(STOPPED)
    assert (api.asked, note.exists()) == ([], False)


def test_a_cluster_that_stays_unhealthy_afterwards_ends_the_run(around):
    with pytest.raises(ServiceError, match="The node is back with its changes in force"):
        around(Api("yellow")).wait_until_healthy()


def test_without_the_option_there_is_nobody_to_ask(tmp_path):
    assert not isinstance(cluster_of({}, "/note", TlsOptions(), Journal("/nowhere")), Cluster)
    given = {name: argument.get("default") for name, argument in CLUSTER_ARGUMENTS.items()}
    given.update(url=["https://127.0.0.1:1"], ca_path=str(tmp_path / "none.crt"), username="u", password="p")
    with pytest.raises(FileError, match=r"none\.crt"):
        cluster_of(given, "/note", TlsOptions(), Journal("/nowhere")).prepare(RUNNING)
    given.update(
        current_ca_path=str(tmp_path / "former.crt"), current_url=["https://127.0.0.1:1"], ca_path="", timeout=1
    )
    with pytest.raises(ServiceError, match="refused"):  # the former authority is gone, and needed no more
        cluster_of(given, "/note", TlsOptions(), Journal("/nowhere")).prepare(RUNNING)


def test_until_the_restart_the_authorities_before_the_changes_are_trusted_too(tmp_path, monkeypatch):
    """A node shows its former certificate until it has noticed the new one."""
    asked = []
    monkeypatch.setattr(_cluster, "ApiClient", lambda options: asked.append(options["ca_certificates"]) or Api())
    trusted, other, journal = tmp_path / "ca.crt", tmp_path / "other.crt", Journal(str(tmp_path / "journal"))
    former, another = authority("CN=Former"), authority("CN=Another")
    trusted.write_text(former)
    other.write_text(another)
    for kind in ("trust", "realm_trust"):
        journal.record(str(trusted), kind)
        trusted.write_text("the next")
    given = {name: argument.get("default") for name, argument in CLUSTER_ARGUMENTS.items()}
    given.update(url=["https://127.0.0.1:1"], ca_path=str(trusted), current_ca_path=str(other), health="any")

    def restarts():
        cluster = cluster_of(given, str(tmp_path / "note"), TlsOptions(), journal)
        cluster.prepare(RUNNING)
        cluster.wait_until_healthy()

    restarts()
    other.write_text(another.replace("M", "N"))  # as damaged as what a run mends
    restarts()
    assert asked == [f"{another}\n{former}", None, former, None]


def authority(name):
    lifetime = Lifetime.starting(datetime.now(timezone.utc), 10, timedelta(hours=1))
    made = make_authority(parse_name(name), generate_private_key("ec-p256"), lifetime)
    return encode_certificates([made]).decode()
