# Copyright: Stack TLS contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""One container a host, with systemd as its first process: made, reused, entered, removed."""

from __future__ import annotations

import io
import tarfile
import time
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING

from stacklib import cache, catalog, rendering
from stacklib.podman import containers, inspect_container, podman, try_podman
from stacklib.shell import StackError, say
from stacklib.topology import BARE, LICENSES, SECURED

if TYPE_CHECKING:
    from collections.abc import Mapping

    from stacklib.shell import Result
    from stacklib.topology import Host, Topology

TOPOLOGY_LABEL = "stacktls.topology"
HOST_LABEL = "stacktls.host"
ADDRESS_LABEL = "stacktls.address"
_WANTED_LABEL = "stacktls.wanted"
_OPTIONS = ("--pull=never", "--systemd=always", "--cap-add=SYS_ADMIN", "--network=host")
_BASE_STATE = (Path(__file__).resolve().parent / "inside" / "base-state.sh").read_text()
_READY = "/usr/share/stack/ready"
_BOOT_SECONDS = 180
_START_SECONDS = 330


class Container:
    """The container of one host of a topology."""

    def __init__(self, topology: Topology, host: Host) -> None:
        """Nothing is done yet."""
        self.topology = topology
        self.host = host
        self.name = topology.container(host)

    # -------------------------------------------------------------------------- existence

    def ensure(self) -> bool:
        """Have it run, reused if it is as wanted and alive; tell whether it is (also) in a finished base state."""
        wanted = self._wanted()
        found = inspect_container(self.name)
        if found and found["Config"]["Labels"].get(_WANTED_LABEL) == wanted and found["State"]["Running"]:
            probe = self.attempt("test", "-e", _READY)
            if probe.status in (0, 1):
                return probe.status == 0
            say(f"{self.host.name}: its processes are gone, it is made again")
        if found:
            remove(self.name)
        self._create(wanted)
        return False

    def _wanted(self) -> str:
        # A licence comes with the base state, so a reset gives another one to the same container.
        licensed = replace(self.host, license=LICENSES[0])
        host = {key: value for key, value in asdict(licensed).items() if key not in ("groups", "vars")}
        image = podman("image", "inspect", "--format", "{{.Id}}", self.host.product.image).strip()
        texts = (*self._files(licensed).values(), _BASE_STATE)
        return cache.digest([image, str(host), *_OPTIONS, *self._addresses_and_pid(), *texts])

    def _addresses_and_pid(self) -> list[str]:
        known = [f"--add-host={each.name}:{each.address}" for each in self.topology.hosts]
        return [*known, f"--pidfile={pid_files() / self.name}"]

    def _create(self, wanted: str) -> None:
        podman(
            "run",
            "--detach",
            *_OPTIONS,
            f"--name={self.name}",
            f"--hostname={self.host.name}",
            *self._addresses_and_pid(),
            f"--label={TOPOLOGY_LABEL}={self.topology.name}",
            f"--label={HOST_LABEL}={self.host.name}",
            f"--label={ADDRESS_LABEL}={self.host.address}",
            f"--label={_WANTED_LABEL}={wanted}",
            self.host.product.image,
        )
        end = time.monotonic() + _BOOT_SECONDS
        while self.attempt("systemctl", "is-system-running").stdout.strip() not in ("running", "degraded"):
            if time.monotonic() > end:
                log = try_podman("logs", "--tail=20", self.name).text
                raise StackError(f"{self.host.name}: systemd did not come up in {_BOOT_SECONDS} s\n{log}")
            time.sleep(0.2)

    # --------------------------------------------------------------------------- contents

    def to_base_state(self, more: Mapping[str, bytes]) -> None:
        """Stop what runs and put its files back; `more` files come on top of those of the state."""
        own = self._files(self.host)
        files = {path: text.encode() for path, text in own.items()} | dict(more)
        script = ("sh", "-c", _BASE_STATE, "base-state.sh")
        for program in catalog.PROGRAMS[self.host.kind]:
            made = cache.digest(own.values())
            self.execute(*script, program, self.host.state, made, stdin=_tar(files), timeout=300)

    def _files(self, host: Host) -> dict[str, str]:
        if host.state == BARE:
            return {}
        if not host.is_elasticsearch:
            return {"etc/kibana/kibana.yml": rendering.kibana_yml(host)}
        files = {"run/stack/bootstrap.password": host.elastic_password}
        if host.state == SECURED:
            files["etc/elasticsearch/elasticsearch.yml"] = rendering.elasticsearch_yml(self.topology, host)
        return files

    def start(self) -> None:
        """Start the product; an error carries the end of its journal."""
        unit = f"{self.host.kind}.service"
        result = self.attempt("systemctl", "start", unit, timeout=_START_SECONDS)
        if result.status != 0:
            raise StackError(f"{self.host.name}: {result.text}\n{self.journal()}")

    def journal(self) -> str:
        """The end of the product's journal."""
        return self.attempt("journalctl", "--no-pager", "--lines=40", f"--unit={self.host.kind}.service").text

    def mark_ready(self) -> None:
        """Note that the base state is complete."""
        self.execute("touch", _READY)

    # --------------------------------------------------------------------------- entering

    def execute(self, *command: str, stdin: bytes | None = None, timeout: float = 120) -> str:
        """Run a program inside that must succeed."""
        return podman("exec", "--interactive", self.name, *command, stdin=stdin, timeout=timeout)

    def attempt(self, *command: str, timeout: float = 120) -> Result:
        """Run a program inside and return how it ended."""
        return try_podman("exec", self.name, *command, timeout=timeout)


def pid_files() -> Path:
    """The folder with a file for each container, named like it: the ID of its first process."""
    path = cache.folder() / "pids"
    path.mkdir(exist_ok=True)
    return path


def remove(name: str) -> None:
    """Remove a container in whatever state podman left it."""
    result = try_podman("rm", "--force", "--time=0", name)
    if result.status != 0:
        try_podman("container", "cleanup", name)
        result = try_podman("rm", "--force", "--time=0", name)
    if result.status != 0:
        raise StackError(f"podman cannot remove the container {name}:\n{result.text}")


def refuse_shared_addresses(topology: Topology) -> None:
    """Two topologies at one address would disturb each other."""
    addresses = {host.address: host.name for host in topology.hosts}
    for other in containers(TOPOLOGY_LABEL):
        name, host, address = (other["Labels"][label] for label in (TOPOLOGY_LABEL, HOST_LABEL, ADDRESS_LABEL))
        if other["State"] == "running" and name != topology.name and address in addresses:
            raise StackError(
                f"{addresses[address]}: the address {address} is in use by host {host!r} of the topology {name!r}: "
                "bring that down first"
            )


def _tar(files: Mapping[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        for name, content in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            member.mode = 0o600
            member.mtime = int(time.time())
            archive.addfile(member, io.BytesIO(content))
    return buffer.getvalue()
