# Copyright: Stack TLS contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The certificates of simulated hosts: ours, the same work by community.crypto, and ansible.builtin.ping as the floor.

A simulated host is a folder of this machine that Ansible reaches with its local connection. So all programs that would
run on a host run here, and share its processors.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from functools import partial
from pathlib import Path

from .measure import Usage, medians, say, usage

_HERE = Path(__file__).resolve().parent
_FORKS = 20


class Site:
    """An inventory of simulated hosts, and an authority."""

    def __init__(self, folder: Path, collections: Path, count: int) -> None:
        self.folder = folder
        self._hosts = folder / "hosts"
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        names = "".join(f"host{number:04d}\n" for number in range(count))
        variables = f"ansible_connection=local\nansible_python_interpreter={sys.executable}\nfolder={self._hosts}\n"
        (folder / "hosts.ini").write_text(f"[all]\n{names}[all:vars]\n{variables}ca_path={folder}/ca\n")
        self._environment = {
            **os.environ,
            "ANSIBLE_COLLECTIONS_PATH": str(collections),
            "ANSIBLE_FORKS": str(_FORKS),
            "ANSIBLE_PIPELINING": "true",
            "ANSIBLE_STDOUT_CALLBACK": "ansible.builtin.minimal",
            "ANSIBLE_LOCALHOST_WARNING": "false",
            "ANSIBLE_INVENTORY_UNPARSED_WARNING": "false",
        }
        self.play("authority")

    def empty(self) -> None:
        """Hosts without any certificate."""
        shutil.rmtree(self._hosts, ignore_errors=True)
        self._hosts.mkdir()

    def play(self, name: str) -> None:
        """Run one of the playbooks."""
        ended = subprocess.run(
            self._command(name), env=self._environment, cwd=self.folder, capture_output=True, text=True, check=False
        )
        if ended.returncode:
            raise RuntimeError(f"{name}: {(ended.stdout + ended.stderr)[-3000:]}")

    def first(self, name: str) -> None:
        """Run one of the playbooks against empty hosts."""
        self.empty()
        self.play(name)

    def usage(self, name: str) -> Usage:
        """What a run of one of the playbooks takes."""
        return usage(self._command(name), self._environment, self.folder)

    def _command(self, name: str) -> list[str]:
        playbook = str(_HERE / "playbooks" / f"{name}.yml")
        program = shutil.which("ansible-playbook") or "ansible-playbook"
        return [sys.executable, program, "-i", "hosts.ini", playbook]


def runs(folder: Path, collections: Path, count: int, rounds: int, *, with_first: bool) -> dict[str, float]:
    """Ratios of runs against so many hosts; the first run is compared only on request, as it takes long."""
    say(f"{count} hosts")
    ours, peer = Site(folder / "ours", collections, count), Site(folder / "peer", collections, count)
    ours.first("ours")
    peer.first("community_crypto")
    works = {
        "ping": partial(ours.play, "ping"),
        "ours, converged": partial(ours.play, "ours"),
        "community.crypto, converged": partial(peer.play, "community_crypto"),
    }
    if with_first:
        works["ours, first run"] = partial(ours.first, "ours")
    taken = medians(rounds, works)
    floor, converged = taken["ping"], taken["ours, converged"]
    result = {
        f"converged_vs_ping_{count}": converged / floor,
        f"community_crypto_vs_ours_{count}": taken["community.crypto, converged"] / converged,
    }
    if with_first:
        result[f"first_vs_ping_{count}"] = taken["ours, first run"] / floor
    return result


def curve(folder: Path, collections: Path, counts: tuple[int, ...]) -> dict[str, float]:
    """Seconds a host and memory of the controller, as the number of hosts grows."""
    result = {}
    for count in counts:
        say(f"{count} hosts")
        site = Site(folder / "curve", collections, count)
        site.first("ours")
        found = site.usage("ours")
        result[f"hosts_{count}_seconds_per_host"] = found.seconds / count
        result[f"hosts_{count}_rss_mb"] = found.megabytes
    return result
