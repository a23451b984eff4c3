# Copyright: Stack TLS contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is installed on a machine, and what is not."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest
from stacklib import machine
from stacklib.shell import StackError

if TYPE_CHECKING:
    from pathlib import Path


def test_only_what_is_missing_would_be_installed(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    there = tmp_path / "there"
    there.touch()
    needed = {"shell": "sh", "file": str(there), "nothing": "no-such-program", "no-file": str(tmp_path / "gone")}
    monkeypatch.setattr(machine, "NEEDED", needed)
    assert machine.missing() == ["nothing", "no-file"]


def test_who_cannot_install_is_told_what(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(machine, "NEEDED", {"package-a": "no-such-program"})
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    with pytest.raises(StackError, match="as root on a Debian-like machine: package-a"):
        machine.setup()
