# Copyright: Stack TLS contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Three nodes restart one after the other under load. One that does not come back: molecule scenario "failed_node"."""

from __future__ import annotations

import json

import pytest
from cluster import ALLOCATION, Cluster
from conftest import ROOT

pytestmark = pytest.mark.stack


@pytest.fixture(scope="module")
def cluster(tmp_path_factory):
    """As the scenarios on this topology leave it, so that the cluster need not be converted again."""
    cluster = Cluster(tmp_path_factory.mktemp("cluster"), ROOT / "build/molecule-clients-ca")
    run = cluster.site()
    assert run.status == 0, run.output
    cluster.prepare_load()
    return cluster


def test_a_change_that_restarts_all_nodes_fails_no_request_of_a_client_that_retries(cluster):
    before = cluster.processes()
    with cluster.load() as load:
        run = cluster.site(stacktls_pki_realm_order=5)
    assert run.status == 0, run.output
    assert all(cluster.processes()[name] != before[name] for name in cluster.nodes)
    assert cluster.allocation() is None
    cluster.proved(load.tally, "rolling.txt")


@pytest.mark.soak  # of runs that are killed, "make test" has test_rotation.py
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
