# Copyright: Stack TLS contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Another authority takes the place of the present one on three nodes under load, and runs are killed."""

from __future__ import annotations

import json
import random
import time

import pytest
from cluster import Cluster
from conftest import ROOT

pytestmark = [pytest.mark.stack, pytest.mark.soak]

# The load stands for the clients, and follows to each stage by itself.
NODES = {"stacktls_clients_group": "none", "stacktls_beats_group": "none", "elasticsearch_tls_transport_enabled": True}
KILLS = {"trust": 4, "issue": 3, "drop": 3}


class Rotating(Cluster):
    """Three nodes whose authorities are replaced."""

    def stage(self):
        return json.loads((self.authority / "rotation.json").read_text())

    def rotate(self, name, stage):
        return self.play("rotate_ca", **NODES, stack_ca_rotation_name=name, stack_ca_rotation_stage=stage)

    def follow(self, stage):
        """Whom the load trusts, and whose certificate it has, before this stage begins."""
        certificates = self.authority / "ca.crt"
        trusted = self.authority / "trusted.crt"
        bundle = self.folder / "bundle.crt"
        bundle.write_text(certificates.read_text() + (trusted.read_text() if trusted.exists() else ""))
        if stage == "drop":
            self.sign_client()
        return self.load(str(bundle))


@pytest.fixture(scope="module")
def cluster(tmp_path_factory):
    folder = tmp_path_factory.mktemp("rotation")
    cluster = Rotating(folder, folder / "ca")
    cluster.reset()
    run = cluster.play("site", **NODES)
    assert run.status == 0, run.output
    cluster.prepare_load()
    return cluster


def told(lines):
    path = ROOT / "build/evidence/rotation.txt"
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a") as stream:
        print(*lines, sep="\n", file=stream)
    print(*lines, sep="\n")


def test_no_stage_fails_a_request_of_a_client_that_retries(cluster):
    for stage in ("trust", "issue", "drop"):
        before, started = cluster.processes(), time.monotonic()
        with cluster.follow(stage) as load:
            run = cluster.rotate("under load", stage)
        assert run.status == 0, run.output
        tally, seconds = load.tally, time.monotonic() - started
        sent = f"{tally.sent} sent, {tally.by_certificate} by certificate"
        failed = f"{tally.failed_once} failed at their first node, {len(tally.failed_on_every_node)} at every node"
        told([f"{stage}: {seconds:.0f} s, {sent}, {failed}"])
        assert tally.failed_on_every_node == []
        assert tally.rate >= 20
        restarted = [name for name in cluster.nodes if cluster.processes()[name] != before[name]]
        assert restarted == ([] if stage == "issue" else list(cluster.nodes))
    assert cluster.stage()["finished"]
    again = cluster.play("rotate_ca", **NODES, stack_ca_rotation_name="under load")
    assert (again.status, again.changed()) == (0, 0), again.output


def test_runs_that_are_killed_at_any_moment_come_to_the_same_end(cluster):
    seed = random.randrange(10**6)
    chance = random.Random(seed)
    lines = [f"killed runs, seed {seed}"]
    for stage, kills in KILLS.items():
        with cluster.follow(stage) as load:
            for _number in range(kills):
                seconds = chance.uniform(5, 60)
                given = {"stack_ca_rotation_name": "killed", "stack_ca_rotation_stage": stage}
                was_killed = cluster.play_for(seconds, "rotate_ca", **NODES, **given)
                lines.append(f"{stage}: killed after {seconds:.0f} s" if was_killed else f"{stage}: came to its end")
            run = cluster.rotate("killed", stage)
            assert run.status == 0, run.output
        lines.append(f"{stage}: {load.tally.sent} sent, {len(load.tally.failed_on_every_node)} failed at every node")
        assert load.tally.failed_on_every_node == []
    told(lines)
    assert cluster.stage()["finished"]
    assert cluster.allocation() is None
    again = cluster.play("site", **NODES)
    assert (again.status, again.changed()) == (0, 0), again.output
