# Copyright: Stack TLS contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Three nodes, a Kibana and a real Filebeat whose authorities are replaced under load.

Filebeat sends ten lines a second all the time, and Kibana is asked once a second whether it is available.
"""

from __future__ import annotations

import json
import subprocess
import threading
import time
from contextlib import contextmanager

from cluster import Cluster
from conftest import KIBANA_PASSPHRASE, ROOT, SHOWN_FINGERPRINT
from filebeat import FilebeatHost

TOPOLOGY = ROOT / "tests/stack/topologies/rotation.json"
VARIABLES = {
    "elasticsearch_tls_transport_enabled": True,
    "kibana_mutual_tls_passphrase": KIBANA_PASSPHRASE,
    "beats_tls_beats": [{"name": "filebeat"}],
    "beats_tls_settings": {"output.elasticsearch.allow_older_versions": True},
}
LINES_A_SECOND = 10


class Availability(threading.Thread):
    """How often Kibana said that it is available; it may restart for its own certificate."""

    def __init__(self, cluster: Rotating) -> None:
        super().__init__(daemon=True)
        self.cluster = cluster
        self.ended = threading.Event()
        self.asked = self.available = self.away_in_a_row = self.longest_away = 0

    def run(self) -> None:
        while not self.ended.wait(1):
            available = self.cluster.kibana_level() == "available"
            self.asked += 1
            self.available += available
            self.away_in_a_row = 0 if available else self.away_in_a_row + 1
            self.longest_away = max(self.longest_away, self.away_in_a_row)


class Rotating(FilebeatHost, Cluster):
    """Three nodes, a Kibana and a Filebeat, whose authorities are replaced."""

    def stage(self):
        return json.loads((self.authority / "rotation.json").read_text())

    def rotate(self, name, stage):
        return self.play("rotate_ca", stack_ca_rotation_name=name, stack_ca_rotation_stage=stage)

    def fingerprints(self):
        """Of the certificate that each node shows."""
        return {
            name: subprocess.run(
                ["sh", "-ec", SHOWN_FINGERPRINT.format(address)], check=True, capture_output=True, text=True
            ).stdout
            for name, address in self.nodes.items()
        }

    def follow(self, stage):
        """Whom the load trusts, and whose certificate it has, before this stage begins."""
        certificates = self.authority / "ca.crt"
        trusted = self.authority / "trusted.crt"
        bundle = self.folder / "bundle.crt"
        bundle.write_text(certificates.read_text() + (trusted.read_text() if trusted.exists() else ""))
        if stage == "drop":
            self.sign_client()
        return self.load(str(bundle))

    @contextmanager
    def watched(self, stage):
        """Searches, lines of Filebeat and looks at Kibana while the block runs: none is lost. What a person is told."""
        words = []
        started = time.monotonic()
        available = Availability(self)
        available.start()
        feeder = threading.Thread(target=self._feed, args=(available.ended,), daemon=True)
        feeder.start()
        try:
            with self.follow(stage) as load:
                yield words
        finally:
            seconds = time.monotonic() - started
            available.ended.set()
            available.join()
            feeder.join()
        tally = load.tally
        arrived, events = self.settled()
        words += [
            f"{seconds:.0f} s",
            f"{tally.sent} searches, {tally.by_certificate} by certificate, {tally.failed_once} failed at their first "
            f"node, {len(tally.failed_on_every_node)} at every node",
            f"Filebeat: {self.written} lines written until now, {arrived} arrived, {events - arrived} twice",
            f"Kibana: available at {available.available} of {available.asked} looks, "
            f"at most {available.longest_away} in a row not",
        ]
        assert tally.failed_on_every_node == []
        assert tally.rate >= 20
        assert arrived == self.written
        assert self.kibana_level() == "available"

    def _feed(self, ended):
        while not ended.is_set():
            self.write(LINES_A_SECOND, pause=1 / LINES_A_SECOND)
            ended.wait(1)


def told(*lines):
    path = ROOT / "build/evidence/rotation.txt"
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a") as stream:
        print(*lines, sep="\n", file=stream)
    print(*lines, sep="\n")
