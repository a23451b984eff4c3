# Copyright: Stack TLS contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A service that does not come back after the change gets its files again, and the error tells why."""

from __future__ import annotations

import pytest

pytestmark = pytest.mark.stack


def contents(pair, host, *paths):
    return pair.execute(host, "sha256sum", *paths).stdout


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
    plain = fresh.execute(
        "es1", "curl", "--silent", "--write-out", "%{http_code}", "--output", "/dev/null", "http://es1:9200"
    )
    assert plain.stdout == "401"
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
