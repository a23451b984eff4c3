# Copyright: Stack TLS contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Ansible's way into a container: never into a process that took the number of one that is gone."""

from __future__ import annotations

import importlib.util
import os
from pathlib import Path
from types import SimpleNamespace

import pytest
from ansible.errors import AnsibleConnectionFailure

_FILE = Path(__file__).resolve().parents[1] / "connection_plugins/stack_container.py"
_SPEC = importlib.util.spec_from_file_location("stack_container", _FILE)
stack_container = importlib.util.module_from_spec(_SPEC)
_SPEC.loader.exec_module(stack_container)


@pytest.mark.parametrize(
    ("content", "found"),
    [
        (None, "no container runs"),
        ("999999999", "no container runs"),
        (str(os.getpid()), "is no container of the stack"),
    ],
)
def test_only_containers_are_entered(tmp_path: Path, content: str | None, found: str) -> None:
    path = tmp_path / "es1"
    if content:
        path.write_text(content)
    connection = stack_container.Connection(SimpleNamespace(remote_addr="es1", shell=None, executable="/bin/sh"), None)
    connection.get_option = {"pid_file": str(path)}.__getitem__
    with pytest.raises(AnsibleConnectionFailure, match=found):
        connection.exec_command("true")
