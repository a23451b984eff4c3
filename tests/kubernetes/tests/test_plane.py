# Copyright: Stack TLS contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The ports that a control plane chooses, and the names that it may have."""

from __future__ import annotations

import socket
from dataclasses import astuple
from typing import TYPE_CHECKING

import pytest
from controlplane import plane
from controlplane.cli import main

if TYPE_CHECKING:
    from pathlib import Path


def ports(folder: Path, name: str) -> set[int]:
    (folder / name).mkdir(exist_ok=True)
    return set(astuple(plane._ports(folder / name / "ports.json")))


def test_a_control_plane_keeps_its_ports(tmp_path: Path) -> None:
    assert ports(tmp_path, "one") == ports(tmp_path, "one")


def test_each_has_ports_of_its_own_whether_it_runs_or_not(tmp_path: Path) -> None:
    assert len(ports(tmp_path, "one") | ports(tmp_path, "two")) == 6


def test_ports_that_others_took_are_given_up(tmp_path: Path) -> None:
    before = ports(tmp_path, "one")
    with socket.create_server(("127.0.0.1", min(before))):
        assert not before & ports(tmp_path, "one")


@pytest.mark.parametrize("name", ["", "../other", "Two", "-x", "a/b"])
def test_names_are_no_paths(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main([f"--name={name}", "status"])
    assert f"{name!r} is not made of lower case letters, digits and hyphens" in capsys.readouterr().err
