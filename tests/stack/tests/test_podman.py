# Copyright: Stack TLS contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The settings that podman gets."""

from __future__ import annotations

from stacklib.podman import settings


def test_without_systemd_podman_manages_its_cgroups_itself() -> None:
    text = settings([], systemd=False)
    assert 'cgroup_manager = "cgroupfs"' in text
    assert 'events_logger = "file"' in text


def test_what_the_machine_allows_is_left_alone() -> None:
    text = settings([], systemd=True)
    assert "ulimits" not in text
    assert "cgroup" not in text


def test_limits_that_cannot_be_raised_are_set() -> None:
    assert 'default_ulimits = ["nofile=20000:20000", "nproc=100:100"]' in settings(
        ["nofile=20000:20000", "nproc=100:100"], systemd=True
    )
