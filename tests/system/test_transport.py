# Copyright: Stack TLS contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Transport certificates that elasticsearch-certutil made are replaced under load, in three rolling steps."""

from __future__ import annotations

import pytest
from cluster import Cluster

pytestmark = [pytest.mark.stack, pytest.mark.soak]

TRANSPORT = {"elasticsearch_tls_transport_enabled": True}


@pytest.fixture(scope="module")
def cluster(tmp_path_factory):
    """HTTPS is there; the transport layer is as somebody else left it."""
    folder = tmp_path_factory.mktemp("transport")
    cluster = Cluster(folder, folder / "ca", reset=True)
    run = cluster.site()
    assert run.status == 0, run.output
    cluster.prepare_load()
    return cluster


def test_the_three_steps_fail_no_request_of_a_client_that_retries(cluster):
    before = cluster.processes()
    with cluster.load() as load:
        run = cluster.site(**TRANSPORT)
    assert run.status == 0, run.output
    assert all(cluster.processes()[name] != before[name] for name in cluster.nodes)
    assert cluster.allocation() is None
    cluster.proved(load.tally, "transport.txt")
    again = cluster.site(**TRANSPORT)
    assert (again.status, again.changed()) == (0, 0), again.output
