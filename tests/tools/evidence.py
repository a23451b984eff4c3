# Copyright: Stack TLS contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Prints what the molecule scenarios measured that are named, out of build/evidence."""

from __future__ import annotations

import json
import sys
from pathlib import Path


def show(table: dict[str, dict[str, str]]) -> None:
    """Print a table of what was observed, a line a row."""
    columns = list(dict.fromkeys(column for row in table.values() for column in row))
    lines = [["", *columns], *([name, *(row.get(column, "-") for column in columns)] for name, row in table.items())]
    widths = [max(map(len, column)) for column in zip(*lines)]
    for line in lines:
        print("  " + "  ".join(cell.ljust(width) for cell, width in zip(line, widths)).rstrip())


def is_table(proved: object) -> bool:
    """Whether it has rows, and each of them cells that are text."""
    rows = [*proved.values()] if isinstance(proved, dict) else []
    return bool(rows) and all(isinstance(row, dict) and {*map(type, row.values())} == {str} for row in rows)


for scenario in sys.argv[1:]:
    path = Path(f"build/evidence/{scenario}.json")
    evidence = json.loads(path.read_text())
    print(f"\n{scenario}: {len(evidence['proved'])} proofs in {path}")
    for phase in evidence["phases"]:
        tasks = ", ".join(f"{host} {each['tasks']}/{each['changed']}" for host, each in phase["hosts"].items())
        mode = " (check mode)" if phase["check_mode"] else ""
        print(f"{phase['seconds']:8.1f} s  {phase['playbook']}{mode}: tasks/changed {tasks}")
    for name, proved in evidence["proved"].items():
        if is_table(proved):
            print(f"  {name}:")
            show(proved)
