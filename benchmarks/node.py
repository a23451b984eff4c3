# Copyright: Stack TLS contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A container with Elasticsearch's own tools; the service in it does not run."""

from __future__ import annotations

import json
import os
import shlex
import subprocess
from pathlib import Path

_ROOT = Path(__file__).resolve().parents[1]
_STACK = str(_ROOT / "tests/stack/stack")
_TOPOLOGY = (
    '{"name": "bench", "hosts": [{"name": "es1", "kind": "elasticsearch", "address": "127.0.1.51", "state": "bare"}]}'
)
_CONTAINER = "stacktls-bench-es1"


class Node:
    """The container, and how Ansible reaches it."""

    def __init__(self, folder: Path, collections: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._folder = folder
        self.environment = {
            **os.environ,
            **_stack_environment(),
            "ANSIBLE_COLLECTIONS_PATH": str(collections),
            "ANSIBLE_PIPELINING": "true",
        }
        self._stack("up")
        (folder / "node.json").write_text(self._stack("inventory", "--pipelined"))

    def close(self) -> None:
        """Remove the container."""
        self._stack("down")

    def run(self, script: str) -> str:
        """What a shell in the container prints."""
        return self._checked(["podman", "exec", _CONTAINER, "sh", "-c", script])

    def play(self, name: str, **variables: str) -> None:
        """Run one of the playbooks."""
        extra = [argument for each in variables.items() for argument in ("-e", "=".join(each))]
        playbook = str(_ROOT / "benchmarks/playbooks" / f"{name}.yml")
        self._checked(["ansible-playbook", "-i", str(self._folder / "node.json"), playbook, *extra])

    def certutil(self, count: int) -> None:
        """So many certificates by certutil, out of one start of Java."""
        names = [f"h{number}" for number in range(count)]
        instances = [{"name": name, "dns": [f"{name}.example.com"], "ip": ["192.0.2.11"]} for name in names]
        text = shlex.quote(json.dumps({"instances": instances}))
        tool = "/usr/share/elasticsearch/bin/elasticsearch-certutil"
        self.run(
            f"cd /tmp && rm -f ca.zip out.zip && printf %s {text} > instances.yml"
            f" && [ -d ca ] || {{ {tool} ca --pem --out /tmp/ca.zip --silent && python3 -m zipfile -e ca.zip . ; }}"
        )
        self.run(
            f"cd /tmp && {tool} cert --silent --pem --in /tmp/instances.yml --out /tmp/out.zip --keysize 2048"
            " --ca-cert /tmp/ca/ca.crt --ca-key /tmp/ca/ca.key && rm out.zip"
        )

    def _stack(self, command: str, *options: str) -> str:
        return self._checked([_STACK, command, *options, "-"], given=_TOPOLOGY)

    def _checked(self, arguments: list[str], given: str = "") -> str:
        ended = subprocess.run(
            arguments, input=given, env=self.environment, capture_output=True, text=True, check=False
        )
        if ended.returncode:
            raise RuntimeError(f"{arguments[0]}: {(ended.stdout + ended.stderr)[-3000:]}")
        return ended.stdout


def _stack_environment() -> dict[str, str]:
    script = f'eval "$({_STACK} env)" && env -0'
    printed = subprocess.run(["sh", "-c", script], check=True, capture_output=True, text=True).stdout
    return dict(line.split("=", 1) for line in printed.split("\0") if line)
