# Copyright: Stack TLS contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Containers with Elasticsearch as its package installs it, for tests of files that it should read."""

from __future__ import annotations

import io
import json
import subprocess
import tarfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from stacklib.podman import podman, try_podman
from stacklib.shell import StackError

STACK = Path(__file__).resolve().parent.parent
CONF = "/etc/elasticsearch"
HOME = "/usr/share/elasticsearch"
KEYSTORE = f"{CONF}/elasticsearch.keystore"


@dataclass(frozen=True)
class BareNode:
    """One container of a topology."""

    topology: str
    name: str
    version: str
    address: str

    @property
    def container(self) -> str:
        """Its name for podman."""
        return f"stacktls-{self.topology}-{self.name}"

    def shell(self, script: str, stdin: bytes = b"") -> str:
        """Run a script in it."""
        return podman("exec", "-i", self.container, "sh", "-c", script, stdin=stdin)

    def tool(self, name: str, *arguments: str) -> None:
        """Run one of Elasticsearch's command-line tools."""
        result = try_podman("exec", "-i", self.container, f"{HOME}/bin/{name}", *arguments)
        assert result.status == 0, result.text

    def put(self, folder: str, files: dict[str, bytes]) -> None:
        """Files in a folder of their own, which Elasticsearch may read."""
        self.shell(f"rm -rf {folder}; install -d -g elasticsearch -m 0750 {folder}")
        for name, content in files.items():
            self.shell(f"install -g elasticsearch -m 0640 /dev/stdin {folder}/{name}", content)

    def take(self, path: str) -> bytes:
        """The content of a file."""
        command = ["podman", "exec", self.container, "tar", "-P", "-c", path]
        archive = subprocess.run(command, capture_output=True, check=True).stdout
        with tarfile.open(fileobj=io.BytesIO(archive)) as opened:
            stream = opened.extractfile(path)
            assert stream is not None
            return stream.read()

    def start(self, settings: str, secrets: dict[str, str]) -> None:
        """Start with these settings and entries of the keystore.

        :raises StackError: with Elasticsearch's log, where it does not start.
        """
        original = "/root/elasticsearch.yml"
        self.shell(
            f"cp -n {CONF}/elasticsearch.yml {original}; cat {original} - >{CONF}/elasticsearch.yml",
            f"network.host: {self.name}\n{settings}".encode(),
        )
        self.shell(f"rm -f {KEYSTORE}; {HOME}/bin/elasticsearch-keystore create")
        for name, value in secrets.items():
            self.shell(f"{HOME}/bin/elasticsearch-keystore add --stdin {name}", value.encode())
        self.shell(f"chgrp elasticsearch {KEYSTORE}; chmod 0660 {KEYSTORE}; rm -f /var/log/elasticsearch/*")
        if try_podman("exec", self.container, "systemctl", "restart", "elasticsearch", timeout=330).status:
            raise StackError(self.shell("cat /var/log/elasticsearch/*.log"))


def stack(command: str, nodes: Sequence[BareNode]) -> None:
    """Run a command of the stack for these nodes, which are one topology."""
    hosts = [
        {"name": each.name, "kind": "elasticsearch", "version": each.version, "address": each.address, "state": "bare"}
        for each in nodes
    ]
    definition = json.dumps({"name": nodes[0].topology, "hosts": hosts})
    program = [str(STACK / "stack"), command, "-"]
    result = subprocess.run(program, input=definition, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stderr
