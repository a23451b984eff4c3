# Copyright: Stack TLS contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which groups of hosts the playbooks ask for, as their plays for the controller see the inventory."""

from __future__ import annotations

import pytest
from playing import run_playbook


def play(folder, playbook, *groups):
    """Run what a playbook does on the controller."""
    hosts = {group: [f"{group}-host"] for group in groups}
    return run_playbook(folder, f"stacktls.elastic.{playbook}", hosts, "--limit", "localhost")


@pytest.mark.parametrize("playbook", ["site", "preflight", "mutual_tls"])
def test_elasticsearch_is_always_needed(tmp_path, playbook):
    done = play(tmp_path, playbook, "kibana", "clients")
    assert done.returncode != 0
    assert "The inventory has no host in the group 'elasticsearch'." in done.stdout


@pytest.mark.parametrize("playbook", ["site", "preflight"])
def test_kibana_may_be_missing(tmp_path, playbook):
    done = play(tmp_path, playbook, "elasticsearch", "clients")
    assert done.returncode == 0, done.stdout


def test_mutual_tls_needs_both(tmp_path):
    done = play(tmp_path, "mutual_tls", "elasticsearch", "clients")
    assert done.returncode != 0
    assert "The inventory has no host in the group 'kibana'." in done.stdout
    assert play(tmp_path, "mutual_tls", "elasticsearch", "kibana").returncode == 0


def test_clients_needs_applications(tmp_path):
    done = play(tmp_path, "clients", "elasticsearch")
    assert done.returncode != 0
    assert "The inventory has no host in the group 'clients'." in done.stdout
    assert play(tmp_path, "clients", "elasticsearch", "clients").returncode == 0
