# Copyright: Stack TLS contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A stand-in for ``docker`` on hosts of Elastic Cloud Enterprise, because none can be had for tests. It is NOT docker.

It answers the commands of Elastic's pages "Configure the TLS version" and "Allow x509 Certificates Signed with SHA-1":
``exec`` and ``inspect`` of the director, ``run`` of its script, and ``rm -f`` of the proxy, which an Elastic Cloud
Enterprise starts again by itself. What a real script does is not known here.

``docker_standin.py FOLDER COMMAND ...``: FOLDER has ``state.json``, and gets ``calls.jsonl`` with what was called.
"""

from __future__ import annotations

import json
import os
import sys
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
    call = {"arguments": arguments, "secret_in_environment": os.environ.get("SHELL_ZK_AUTH") == SECRET}
    with (folder / "calls.jsonl").open("a") as log:
        log.write(json.dumps(call) + "\n")
    command = arguments[0]
    if command == "run":
        print(state.get("run_words", ""), file=sys.stderr)
        return int(state.get("run_status", 0))
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


def remove(folder: Path, state: dict, name: str) -> int:
    """The container goes, and another one of its name is there, as the runner of a host sees to it."""
    if name in state.get("proxies", {}):
        state["proxies"][name] = uuid.uuid4().hex
        (folder / "state.json").write_text(json.dumps(state))
    return 0


if __name__ == "__main__":
    sys.exit(main())
