# Copyright: Stack TLS contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A service that does not come back after the change gets its files again, and the error tells why.

And a person who wants to go back to before the last run can.
"""

from __future__ import annotations

import pytest

pytestmark = pytest.mark.stack


def contents(pair, host, *paths):
    return pair.execute(host, "sha256sum", *paths).stdout


def state(pair):
    """What the files of both services are, with owner and mode."""
    script = "find $0 -type f -exec stat -c '%n %U:%G %a' {} + -exec sha256sum {} + | sort"
    hosts = {"es1": "/etc/elasticsearch", "kb1": "/etc/kibana"}
    return {host: pair.execute(host, "bash", "-c", script, folder).stdout for host, folder in hosts.items()}


def plain_http(pair):
    """The status that Elasticsearch answers without TLS and without a login."""
    command = ("curl", "--silent", "--write-out", "%{http_code}", "--output", "/dev/null", "http://es1:9200")
    return pair.execute("es1", *command).stdout


@pytest.mark.soak
def test_a_person_can_go_back_to_before_the_last_run(fresh):
    before = state(fresh)
    run = fresh.play()
    assert run.status == 0, run.output
    after = state(fresh)

    check = fresh.play("rollback", "--check", "--diff")
    assert (check.status, state(fresh)) == (0, after), check.output
    assert "-mode: 0640" in check.output
    back = fresh.play("rollback")
    assert back.status == 0, back.output
    assert (back.changed(), state(fresh)) == (check.changed(), before)
    assert plain_http(fresh) == "401"
    assert fresh.status() == "available"

    again = fresh.play("rollback")
    assert (again.status, again.changed()) == (0, 0), again.output
    assert state(fresh) == before


def test_elasticsearch_that_refuses_the_settings(fresh):
    files = ("/etc/elasticsearch/elasticsearch.yml", "/etc/elasticsearch/elasticsearch.keystore")

    # A second native realm: only Elasticsearch itself knows that this is wrong.
    line = "xpack.security.authc.realms.native.theirs.order: 7"
    fresh.execute("es1", "bash", "-c", f"echo '{line}' >> {files[0]}")
    before = contents(fresh, "es1", *files)
    run = fresh.play()
    after = contents(fresh, "es1", *files)
    fresh.execute("es1", "sed", "-i", "/native.theirs/d", files[0])

    assert run.status != 0
    assert "did not come back after the change" in run.output
    assert "multiple [native] realms are configured" in run.output.replace("\\n", " ")
    assert "The previous files were put back" in run.output
    assert after == before
    assert fresh.execute("es1", "bash", "-c", "ls /etc/elasticsearch/certs").stdout == ""
    assert plain_http(fresh) == "401"
    assert fresh.status() == "available"


def test_kibana_that_does_not_come_back(fresh):
    files = ("/etc/kibana/kibana.yml",)
    before = contents(fresh, "kb1", *files)
    override = "/etc/systemd/system/kibana.service.d/slow.conf"
    text = '[Service]\\nExecStart=\\nExecStart=/bin/sh -c "echo FATAL no room in here; exit 1"\\nRestart=no\\n'
    fresh.execute(
        "kb1", "bash", "-c", f"mkdir -p $(dirname {override}); printf '{text}' > {override}; systemctl daemon-reload"
    )
    try:
        run = fresh.play(stacktls_kibana_restart_timeout=20)
    finally:
        fresh.execute("kb1", "bash", "-c", f"rm {override}; systemctl daemon-reload; systemctl reset-failed kibana")

    assert run.status != 0
    assert "kibana did not come back after the change" in run.output
    assert "FATAL no room in here" in run.output
    assert contents(fresh, "kb1", *files) == before
    assert "elasticsearch.password" in fresh.execute("kb1", "cat", *files).stdout


def test_next_run_heals_both(fresh):
    run = fresh.play()
    assert run.status == 0, run.output
    assert fresh.status() == "available"


def test_changes_of_a_run_that_was_cut_off_are_put_back_alone_where_a_person_says_so(fresh):
    before = state(fresh)
    cut_off = fresh.play(
        "mutual_tls", "--tags", "certificates,settings", kibana_mutual_tls_verification_mode="certificate"
    )
    assert cut_off.status == 0, cut_off.output  # everything but the restart
    assert state(fresh) != before

    asked = fresh.play("rollback")
    assert asked.status != 0
    assert "a run was cut off, and left changes that are not in force: kibana on kb1" in asked.output
    back = fresh.play("rollback", stacktls_rollback_run="unfinished")
    assert back.status == 0, back.output
    assert state(fresh) == before
