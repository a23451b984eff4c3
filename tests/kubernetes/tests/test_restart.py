# Copyright: Stack TLS contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Starting beside what is left of a control plane that was killed, and stopping.

Each test begins with what the last one leaves.
"""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest
from conftest import ELASTICSEARCH, Cluster, control_plane, until
from controlplane import programs
from kubernetes.config import new_client_from_config

if TYPE_CHECKING:
    from collections.abc import Iterator

    from controlplane.plane import Plane

pytestmark = pytest.mark.stack


@contextmanager
def stranger(plane: Plane) -> Iterator[subprocess.Popen[bytes]]:
    """A process of somebody else that looks into the same folder."""
    command = [sys.executable, "-c", "import time; time.sleep(600)", f"{plane.logs}/etcd.log"]
    with subprocess.Popen(command) as process:
        yield process
        process.kill()


def port(plane: Plane) -> int:
    """That of the API."""
    return int(new_client_from_config(str(plane.kubeconfig)).configuration.host.rpartition(":")[2])


def test_after_a_kill_all_that_was_stored_is_there(plane: Plane, cluster: Cluster) -> None:
    cluster.create("Elasticsearch", "es", ELASTICSEARCH)
    certificate = cluster.secret("es-es-http-certs-public")
    before = port(plane)
    for process in plane.processes():
        if process.program.name != programs.ETCD:  # one is left over
            os.kill(process.pid, signal.SIGKILL)
    until(lambda: len(plane.processes()) == 1)
    assert [line.split("  ")[1] for line in control_plane("status").stdout.splitlines()].count("stopped") == 4
    balancer = control_plane("load-balancer", cluster.namespace, "es-es-http", "192.0.2.10", status=1)
    assert "ERROR: the API does not answer; start it: control-plane --name selftest up" in balancer.stderr

    with socket.create_server(("127.0.0.1", before)), stranger(plane) as other:
        control_plane("up")
        assert other.poll() is None

    assert port(plane) != before
    assert {each.program.name for each in plane.processes()} == set(programs.PACKAGES)
    assert Cluster.of(plane, cluster.namespace).secret("es-es-http-certs-public") == certificate


def test_down_leaves_no_process_and_only_logs(plane: Plane) -> None:
    with stranger(plane) as other:
        control_plane("down")
        assert other.poll() is None
    assert plane.processes() == []
    assert [path.name for path in plane.state.iterdir()] == ["logs"]
    assert {path.stem for path in plane.logs.iterdir()} == set(programs.PACKAGES)
    control_plane("down")
    assert "ERROR: control plane selftest is not there" in control_plane("env", status=1).stderr


def test_a_start_that_fails_tells_why_and_leaves_no_process(plane: Plane) -> None:
    database = plane.state / "etcd/member/snap/db"
    database.parent.mkdir(parents=True)
    database.write_bytes(b"broken" * 10_000)
    message = control_plane("up", status=1).stderr
    assert "etcd has ended; if what was stored in it is broken: control-plane --name selftest reset" in message
    assert "invalid database" in message
    assert plane.processes() == []
