# Copyright: Stack TLS contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A container with Elasticsearch's own tools; the service in it does not run."""

from __future__ import annotations

import json
import shlex
from pathlib import Path

from .services import ROOT, Services

_HOST = {"name": "es1", "kind": "elasticsearch", "address": "127.0.1.51", "state": "bare"}


class Node(Services):
    """The container."""

    def __init__(self, folder: Path, collections: Path) -> None:
        super().__init__(folder, collections, {"name": "bench", "hosts": [_HOST]})

    def play(self, name: str, **variables: str) -> None:
        """Run one of the playbooks."""
        extra = [argument for each in variables.items() for argument in ("-e", "=".join(each))]
        self.ansible(str(ROOT / "benchmarks/playbooks" / f"{name}.yml"), *extra)

    def certutil(self, count: int) -> None:
        """So many certificates by certutil, out of one start of Java."""
        names = [f"h{number}" for number in range(count)]
        instances = [{"name": name, "dns": [f"{name}.example.com"], "ip": ["192.0.2.11"]} for name in names]
        text = shlex.quote(json.dumps({"instances": instances}))
        tool = "/usr/share/elasticsearch/bin/elasticsearch-certutil"
        self.run(
            "es1",
            f"cd /tmp && rm -f ca.zip out.zip && printf %s {text} > instances.yml"
            f" && [ -d ca ] || {{ {tool} ca --pem --out /tmp/ca.zip --silent && python3 -m zipfile -e ca.zip . ; }}",
        )
        self.run(
            "es1",
            f"cd /tmp && {tool} cert --silent --pem --in /tmp/instances.yml --out /tmp/out.zip --keysize 2048"
            " --ca-cert /tmp/ca/ca.crt --ca-key /tmp/ca/ca.key && rm out.zip",
        )
