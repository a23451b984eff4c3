# Copyright: Stack TLS contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""podman with settings of our own, kept in the cache: nothing under /etc is touched."""

from __future__ import annotations

import json
import os
import resource
import shutil
from functools import lru_cache
from pathlib import Path
from shlex import quote
from typing import TYPE_CHECKING, Any

from stacklib import cache
from stacklib.shell import Result, StackError, attempt, run

if TYPE_CHECKING:
    from collections.abc import Sequence

_CAP_SYS_RESOURCE = 24


def settings(limits: Sequence[str], systemd: bool) -> str:
    """The text of containers.conf. Without systemd podman can use neither its cgroups nor its journal."""
    lines = ["# Written by tests/stack/stack", "[containers]", 'base_hosts_file = "none"']
    if limits:
        lines.append(f"default_ulimits = {json.dumps(list(limits))}")
    lines += ["[network]", 'network_backend = "netavark"', "[engine]", 'runtime = "runc"']
    if not systemd:
        lines += ['cgroup_manager = "cgroupfs"', 'events_logger = "file"']
    return "\n".join(lines) + "\n"


def needed_limits() -> list[str]:
    """The limits to set where this process may not raise them, as podman would by default; else nothing."""
    effective = next(
        line.split()[1] for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("CapEff:")
    )
    if int(effective, 16) >> _CAP_SYS_RESOURCE & 1:
        return []
    # podman lowers its own limits to these before it starts anything.
    ceilings = {
        "nofile": (resource.RLIMIT_NOFILE, 1048576),
        "nproc": (resource.RLIMIT_NPROC, int(Path("/proc/sys/kernel/pid_max").read_text())),
    }
    hard = {name: (resource.getrlimit(kind)[1], ceiling) for name, (kind, ceiling) in ceilings.items()}
    lowest = {name: min(value for value in pair if value != resource.RLIM_INFINITY) for name, pair in hard.items()}
    return [f"{name}={value}:{value}" for name, value in lowest.items()]


@lru_cache(maxsize=1)
def configuration() -> Path:
    """Write the settings for this machine, and return their path."""
    path = cache.folder() / "containers.conf"
    cache.write(path, settings(needed_limits(), Path("/run/systemd/system").is_dir()).encode())
    return path


@lru_cache(maxsize=1)
def wrapper() -> Path:
    """An executable `podman` that uses the settings by itself, for programs whose environment is not ours."""
    real = shutil.which("podman")
    if real is None:
        raise StackError("podman is not installed: run 'stack setup'")
    path = cache.folder() / "bin" / "podman"
    path.parent.mkdir(exist_ok=True)
    script = f'#!/bin/sh\nCONTAINERS_CONF={quote(str(configuration()))} exec {quote(real)} "$@"\n'
    cache.write(path, script.encode(), 0o755)
    return path


def environment() -> dict[str, str]:
    """The variables that make any podman on this machine use the settings."""
    return {"CONTAINERS_CONF": str(configuration())}


def podman(*arguments: str, stdin: bytes | None = None, timeout: float = 300) -> str:
    """Run podman; an exit status other than 0 is an error."""
    return run(["podman", *arguments], stdin=stdin, timeout=timeout, env={**os.environ, **environment()})


def try_podman(*arguments: str, stdin: bytes | None = None, timeout: float = 120) -> Result:
    """Run podman and return how it ended."""
    return attempt(["podman", *arguments], stdin=stdin, timeout=timeout, env={**os.environ, **environment()})


def image_labels(name: str) -> dict[str, str]:
    """The labels of an image; none if there is no such image, or podman's storage lost a part of it."""
    result = try_podman("image", "inspect", name)
    if result.status != 0:
        return {}
    return json.loads(result.stdout)[0].get("Labels") or {}


def inspect_container(name: str) -> dict[str, Any] | None:
    """What podman knows of a container; None if there is none."""
    result = try_podman("container", "inspect", name)
    return json.loads(result.stdout)[0] if result.status == 0 else None


def containers(label: str) -> list[dict[str, Any]]:
    """All containers with the label, running or not."""
    return json.loads(podman("ps", "--all", "--format", "json", "--filter", f"label={label}") or "[]") or []
