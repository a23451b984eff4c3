# Copyright: Stack TLS contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Installing what the stack needs on a Debian-like machine."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from stacklib.shell import StackError, run, say, timed

#: Debian package -> the program or file that shows it is there, however it was installed.
NEEDED = {
    "podman": "podman",
    "runc": "runc",
    "netavark": "/usr/lib/podman/netavark",
    "aardvark-dns": "/usr/lib/podman/aardvark-dns",
    "mmdebstrap": "mmdebstrap",
    "maven": "mvn",
    "npm": "npm",
    "golang-go": "go",
}


def missing() -> list[str]:
    """The packages to install."""
    return [package for package, sign in NEEDED.items() if not (shutil.which(sign) or Path(sign).is_file())]


def setup() -> None:
    """Install the missing packages; nothing that is there is upgraded."""
    packages = missing()
    if not packages:
        say("all that is needed is installed")
        return
    if os.geteuid() != 0 or not shutil.which("apt-get"):
        raise StackError(f"install these, or run it as root on a Debian-like machine: {' '.join(packages)}")
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    with timed(f"installed {' '.join(packages)}"):
        run(["apt-get", "update", "-q"], env=environment, timeout=600)
        command = ["apt-get", "install", "-q", "-y", "--no-install-recommends", "--no-upgrade", *packages]
        run(command, env=environment, timeout=1800)
