# Copyright: Stack TLS contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A stand-in for ``docker`` on hosts of Elastic Cloud Enterprise, because none can be had for tests. It is NOT docker.

It answers the commands of Elastic's pages "Configure the TLS version" and "Allow x509 Certificates Signed with SHA-1":
``exec`` and ``inspect`` of the director, ``run`` of its script, and ``rm -f`` of the proxy, which an Elastic Cloud
Enterprise starts again by itself. What a real script does is not known here.

``docker_standin.py FOLDER COMMAND ...``: FOLDER stands for a host; it has ``state.json``, and gets ``calls.jsonl`` with
what was called. Hosts of one platform name the same file in ``platform``: scripts write there, and proxies read it when
they start.
"""

from __future__ import annotations

import json
import os
import sys
import time
import uuid
from pathlib import Path

SECRET = "secret-of-zookeeper"
DIRECTOR = {
    "image": "docker.example.com/cloud-enterprise:3.8.0",
    "hosts": ["containerhost:192.0.2.10", "other:192.0.2.11"],
}


def main() -> int:
    folder, arguments = Path(sys.argv[1]), sys.argv[2:]
    state = json.loads((folder / "state.json").read_text())
    call = {
        "time": time.time(),
        "arguments": arguments,
        "secret_in_environment": os.environ.get("SHELL_ZK_AUTH") == SECRET,
    }
    with (folder / "calls.jsonl").open("a") as log:
        log.write(json.dumps(call) + "\n")
    command = arguments[0]
    if command == "run":
        return run(state, next(each for each in arguments if each.startswith("FOUND_SCRIPT=")))
    if command == "rm":
        return remove(folder, state, arguments[-1])
    name = arguments[1] if command == "exec" else arguments[-1]
    if name in state.get("proxies", {}):
        print(state["proxies"][name])
        return 0
    if name not in state["directors"]:
        print(f"Error: No such object: {name}", file=sys.stderr)
        return 1
    print(state.get("secret", SECRET) if command == "exec" else json.dumps(DIRECTOR), end="")
    return 0


def run(state: dict, script: str) -> int:
    """The script of a director."""
    print(state.get("run_words", ""), file=sys.stderr)
    if "platform" in state:
        with Path(state["platform"]).open("a") as platform:
            platform.write(f"{script}\n")
    return int(state.get("run_status", 0))


def remove(folder: Path, state: dict, name: str) -> int:
    """The container goes, and another one of its name is there, as the runner of a host sees to it."""
    if name in state.get("proxies", {}):
        state["proxies"][name] = uuid.uuid4().hex
        state["started_with"] = Path(state["platform"]).read_text().splitlines()
        (folder / "state.json").write_text(json.dumps(state))
    return 0


if __name__ == "__main__":
    sys.exit(main())
