# Copyright: Stack TLS contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Secrets reach neither output, command lines, diffs, world-readable files nor the controller's temporary folder."""

from __future__ import annotations

import pytest
from conftest import CA_PASSPHRASE, ELASTIC_PASSWORD, KIBANA_PASSPHRASE
from watching import Watch

pytestmark = pytest.mark.stack

SECRETS = (CA_PASSPHRASE, ELASTIC_PASSWORD, KIBANA_PASSPHRASE, "kibana-system-test-password", "BEGIN PRIVATE KEY")


KEYSTORE_TOOL = "/usr/share/kibana/bin/kibana-keystore --allow-root"


@pytest.fixture(scope="module")
def watched(fresh):
    """A first run at the highest verbosity with diffs, and what was seen beside it."""
    fresh.execute("kb1", "bash", "-c", f"echo geheim | {KEYSTORE_TOOL} add --stdin elasticsearch.password")
    watch = Watch(fresh.folder / "tmp")
    watch.start()
    run = fresh.play("mutual_tls", "-vvvvv", "--diff")
    watch.done.set()
    watch.join()
    assert run.status == 0, run.output[-3000:]
    return run, watch


def test_no_secret_in_the_output(watched):
    run, _watch = watched
    shown = [line for line in run.output.splitlines() for secret in SECRETS if secret in line]
    assert shown == []


def test_no_old_password_is_left_in_the_keystore_of_kibana(fresh, watched):
    listed = fresh.execute("kb1", "bash", "-c", f"{KEYSTORE_TOOL} list").stdout.split()
    assert listed == ["elasticsearch.ssl.keyPassphrase"]


def test_diff_shows_settings(watched):
    run, _watch = watched
    assert "+xpack.security.http.ssl.client_authentication: optional" in run.output
    assert "elasticsearch.ssl.keyPassphrase" in run.output


def test_no_secret_on_a_command_line_or_in_the_temporary_folder(watched):
    _run, watch = watched
    assert watch.looks > 50
    assert watch.found(SECRETS) == set()


@pytest.mark.parametrize(("host", "folder"), [("es1", "/etc/elasticsearch"), ("kb1", "/etc/kibana")])
def test_no_world_readable_secret(fresh, watched, host, folder):
    words = "|".join(("PRIVATE KEY", *SECRETS[:3]))
    search = f"find {folder} /var/lib/stacktls -type f -perm /o+r -exec grep -lE '{words}' {{}} +"
    assert fresh.execute(host, "bash", "-c", f"{search} || true").stdout == ""


@pytest.mark.parametrize("host", ["es1", "kb1"])
def test_nothing_is_left_on_the_hosts(fresh, watched, host):
    search = "find /tmp /root/.ansible /etc/elasticsearch /etc/kibana -name 'ansible-tmp-*' -o -name '*.new'"
    assert fresh.execute(host, "bash", "-c", f"{search} 2>/dev/null || true").stdout == ""
