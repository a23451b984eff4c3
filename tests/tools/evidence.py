# Copyright: Stack TLS contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Prints what each molecule scenario measured, out of build/evidence."""

from __future__ import annotations

import json
from pathlib import Path

for path in sorted(Path("build/evidence").glob("*.json")):
    evidence = json.loads(path.read_text())
    print(f"\n{evidence['scenario']}: {len(evidence['proved'])} proofs in {path}")
    for phase in evidence["phases"]:
        tasks = ", ".join(f"{host} {each['tasks']}/{each['changed']}" for host, each in phase["hosts"].items())
        mode = " (check mode)" if phase["check_mode"] else ""
        print(f"{phase['seconds']:8.1f} s  {phase['playbook']}{mode}: tasks/changed {tasks}")
