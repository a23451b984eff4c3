# Copyright: Stack TLS contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Run the benchmarks: a table of ratios on standard output, and the same in a JSON file."""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

_ROOT = Path(__file__).resolve().parents[1]
_COLLECTIONS = _ROOT / "build/collections"
sys.path.insert(0, str(_COLLECTIONS))

from . import estate, hosts, keystore, signing  # noqa: E402 - the collection has to be found first
from .measure import say  # noqa: E402
from .node import Node  # noqa: E402

_ESTATE_BOUNDS = {"tasks": "<= 20", "starts": "<= 0", "changes": "<= 0"}
# Bounds of the design: at most, or at least, so much.
_BOUNDS = {
    "converged_vs_ping_20": "<= 1.3",
    "converged_vs_ping_100": "<= 1.3",
    "first_vs_ping_20": "<= 2.5",
    "community_crypto_vs_ours_20": ">= 4",
    "keystore_cli_vs_ours": ">= 3",
    "keystore_vs_kdf": "<= 1.3",
    "certutil_vs_ours_ec": ">= 20",
    "rsa_vs_keygen": "<= 1.2",
    "hosts_500_rss_mb": "<= 1000",
    "estate_3_converged_seconds": "<= 45",
    **{f"estate_{nodes}_converged_{name}": bound for nodes in (1, 3) for name, bound in _ESTATE_BOUNDS.items()},
}


@dataclass(frozen=True)
class Sizes:
    """How much is measured."""

    rounds: int
    certificates: int
    certutil: int
    many_hosts: int
    curve: tuple[int, ...]
    nodes: tuple[int, ...]


_FULL = Sizes(rounds=3, certificates=1000, certutil=100, many_hosts=100, curve=(50, 500), nodes=(1, 3))
_QUICK = Sizes(rounds=1, certificates=20, certutil=2, many_hosts=0, curve=(5,), nodes=(1,))


def main() -> int:
    """Measure what was asked for; the status is 1 where a figure is out of its bound."""
    parser = argparse.ArgumentParser(prog="benchmarks", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="tiny sizes: whether it works, not how fast it is")
    parser.add_argument("--rounds", type=int, help="how often each is measured, 3 times by default")
    parser.add_argument("--output", type=Path, default=_ROOT / "build/bench.json")
    parser.add_argument("part", nargs="*", choices=["hosts", "keystore", "signing", "curve", "estate", []], default=[])
    given = parser.parse_args()
    sizes = _QUICK if given.quick else _FULL
    sizes = replace(sizes, rounds=given.rounds or sizes.rounds)
    found: dict[str, float] = json.loads(given.output.read_text()) if given.part and given.output.exists() else {}
    with tempfile.TemporaryDirectory(prefix="benchmark-") as folder:
        for name, part in _parts(Path(folder), sizes).items():
            if name in (given.part or [name]):
                say(f"{name}:")
                found.update(part())
    given.output.parent.mkdir(exist_ok=True)
    given.output.write_text(json.dumps({name: round(value, 4) for name, value in found.items()}, indent=2) + "\n")
    return _report(found, judged=not given.quick)


def _parts(folder: Path, sizes: Sizes) -> dict[str, Callable[[], dict[str, float]]]:
    def with_node(measure: Callable[[Node], dict[str, float]]) -> dict[str, float]:
        node = Node(folder / "node", _COLLECTIONS)
        try:
            return measure(node)
        finally:
            node.close()

    def measure_hosts() -> dict[str, float]:
        few = hosts.runs(folder, _COLLECTIONS, 20 if sizes.many_hosts else 2, sizes.rounds, with_first=True)
        many = hosts.runs(folder, _COLLECTIONS, sizes.many_hosts, 2, with_first=False) if sizes.many_hosts else {}
        return {**few, **many}

    def measure_estates() -> dict[str, float]:
        return {
            name: figure
            for nodes in sizes.nodes
            for name, figure in estate.figures(folder, _COLLECTIONS, nodes, sizes.rounds).items()
        }

    return {
        "hosts": measure_hosts,
        "keystore": lambda: with_node(lambda node: keystore.ratios(folder, node, sizes.rounds)),
        "signing": lambda: with_node(
            lambda node: signing.ratios(folder, node, sizes.certificates, sizes.certutil, sizes.rounds)
        ),
        "curve": lambda: hosts.curve(folder, _COLLECTIONS, sizes.curve),
        "estate": measure_estates,
    }


def _report(found: dict[str, float], *, judged: bool) -> int:
    """Print the table; 1 where a figure is out of its bound."""
    missed = []
    print(f"{'figure':36} {'measured':>10}  bound")
    for name, value in found.items():
        bound = _BOUNDS.get(name, "")
        holds = not bound or (value <= float(bound[3:]) if bound[0] == "<" else value >= float(bound[3:]))
        if not holds:
            missed.append(name)
        print(f"{name:36} {value:10.2f}  {bound}{'' if holds or not judged else '  MISSED'}")
    print(f"{os.cpu_count()} processors; every ratio is of medians of runs in turn.")
    return 1 if judged and missed else 0


if __name__ == "__main__":
    sys.exit(main())
