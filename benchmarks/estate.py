# Copyright: Stack TLS contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The whole of ``site`` on real services, transport layer included: tasks a host, and starts of Java and Node.

The peer is ``ansible.builtin.ping`` on the same hosts over the same connection, measured in turn with the converged
run: what twenty tasks that do nothing would take. A first run, and a converged one.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from .measure import medians, say, seconds
from .services import Services

_PASSWORD = "elastic-test-password"  # noqa: S105 - of the test stack
_PINGS = 20
_RECAP = re.compile(r"^(\S+) +: ok=(\d+) +changed=(\d+)", re.MULTILINE)
# A program in front of the one that counts: services keep their own process, which is started through it, too.
_COUNT = """
path=$(readlink -f "$(command -v {0} || echo /usr/share/elasticsearch/jdk/bin/{0})")
[ -e "$path.counted" ] && exit
mv "$path" "$path.counted"
printf '#!/bin/sh\\necho {0} >>/var/log/{0}-starts\\nexec %s.counted "$@"\\n' "$path" >"$path"
chmod 755 "$path"
touch /var/log/{0}-starts
chmod 666 /var/log/{0}-starts
"""


class Estate(Services):
    """Elasticsearch nodes of one cluster, and a Kibana."""

    def __init__(self, folder: Path, collections: Path, nodes: int) -> None:
        self._programs = {f"es{number + 1}": "java" for number in range(nodes)} | {"kb1": "node"}
        cluster = [
            {"name": name, "kind": "elasticsearch", "address": f"127.0.1.{60 + number}", "cluster": "estate"}
            for number, name in enumerate(each for each in self._programs if each != "kb1")
        ]
        kibana = {"name": "kb1", "kind": "kibana", "address": "127.0.1.69", "elasticsearch": "es1"}
        super().__init__(folder, collections, {"name": f"estate{nodes}", "hosts": [*cluster, kibana]})
        variables = {
            "stacktls_ca_passphrase": "authority-test-passphrase",
            "stacktls_elasticsearch_password": _PASSWORD,
            "kibana_mutual_tls_passphrase": "kibana-test-passphrase",
            "elasticsearch_tls_transport_enabled": True,
        }
        (folder / "variables.json").write_text(json.dumps(variables))
        pings = "".join(f"    - ansible.builtin.ping:\n      # {number}\n" for number in range(_PINGS))
        (folder / "ping.yml").write_text(f"- hosts: all\n  gather_facts: false\n  tasks:\n{pings}")
        for host, program in self._programs.items():
            self.run(host, _COUNT.format(program))

    def site(self, *options: str) -> dict[str, tuple[int, int]]:
        """Tasks that ran, and changes, by host."""
        printed = self.ansible("stacktls.elastic.site", "-e", f"@{self.folder / 'variables.json'}", *options)
        return {host: (int(ok), int(changed)) for host, ok, changed in _RECAP.findall(printed)}

    def ping(self) -> None:
        """Twenty tasks that do nothing."""
        self.ansible(str(self.folder / "ping.yml"))

    def starts(self) -> dict[str, int]:
        """How often Java or Node was started on each host."""
        return {
            host: len(self.run(host, f"cat /var/log/{program}-starts").split())
            for host, program in self._programs.items()
        }


@contextmanager
def _estate(folder: Path, collections: Path, nodes: int) -> Iterator[Estate]:
    estate = Estate(folder, collections, nodes)
    try:
        yield estate
    finally:
        estate.close()


def figures(folder: Path, collections: Path, nodes: int, rounds: int) -> dict[str, float]:
    """What a first and a converged run take on so many nodes and one Kibana."""
    with _estate(folder / f"estate{nodes}", collections, nodes) as estate:
        before = estate.starts()
        first = seconds(estate.site)
        between = estate.starts()
        say(f"{nodes} nodes, first run {first:.1f} s, starts {_gained(before, between)}")
        converged = medians(rounds, {"converged": estate.site, "20 pings": estate.ping})
        tasks = estate.site()
        checked = estate.site("--check")
        after = estate.starts()
        say(f"{nodes} nodes, converged, tasks and changes {tasks}, starts {_gained(between, after)}")
    return {
        f"estate_{nodes}_first_seconds": first,
        f"estate_{nodes}_first_starts": sum(_gained(before, between).values()),
        f"estate_{nodes}_converged_seconds": converged["converged"],
        f"estate_{nodes}_converged_vs_20_pings": converged["converged"] / converged["20 pings"],
        f"estate_{nodes}_converged_tasks": max(ran for ran, _changed in tasks.values()),
        f"estate_{nodes}_converged_starts": sum(_gained(between, after).values()),
        f"estate_{nodes}_converged_changes": sum(changed for _ran, changed in [*tasks.values(), *checked.values()]),
    }


def _gained(before: dict[str, int], after: dict[str, int]) -> dict[str, int]:
    return {host: after[host] - count for host, count in before.items()}
