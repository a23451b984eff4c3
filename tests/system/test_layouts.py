# Copyright: Stack TLS contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Installations that are no packages: archives under another prefix and user, settings elsewhere, another restart."""

from __future__ import annotations

import json

import pytest
from conftest import kibana_certificate

pytestmark = pytest.mark.stack

# What somebody does who unpacks an archive: everything in one folder that belongs to one user, and a unit of one's own.
ELASTICSEARCH = """
systemctl stop elasticsearch
useradd --system --home-dir /opt/stack --shell /bin/false stack
mkdir -p /opt/stack/logs /opt/stack/data
cp -a /usr/share/elasticsearch /opt/stack/elasticsearch
cp -a /etc/elasticsearch /opt/stack/elasticsearch/config
rm /opt/stack/elasticsearch/logs
ln -s /opt/stack/logs /opt/stack/elasticsearch/logs
sed -i 's|/var/lib/elasticsearch|/opt/stack/data|; s|/var/log/elasticsearch|/opt/stack/logs|' \
    /opt/stack/elasticsearch/config/elasticsearch.yml /opt/stack/elasticsearch/config/jvm.options
cp -a /var/lib/elasticsearch/. /opt/stack/data
chown -R stack:stack /opt/stack
sed 's|/usr/share/elasticsearch|/opt/stack/elasticsearch|; s|/etc/elasticsearch|/opt/stack/elasticsearch/config|
     s#^\\(User\\|Group\\)=.*#\\1=stack#; /EnvironmentFile/d
     s|/run/elasticsearch|/run/stack|; s|RuntimeDirectory=.*|RuntimeDirectory=stack|
     s|systemd-entrypoint|elasticsearch|' \\
    /usr/lib/systemd/system/elasticsearch.service >/etc/systemd/system/search.service
systemctl daemon-reload
systemctl start search
"""
KIBANA = """
systemctl stop kibana
useradd --system --home-dir /opt/stack --shell /bin/false stack
mkdir -p /opt/stack/data /srv/settings
cp -a /usr/share/kibana /opt/stack/kibana
cp -a /etc/kibana/. /srv/settings
sed -i 's|/var/lib/kibana|/opt/stack/data|; s|/run/kibana|/run/stack|' /srv/settings/kibana.yml
chown -R stack:stack /opt/stack /srv/settings
sed 's|/usr/share/kibana|/opt/stack/kibana|; s|/etc/kibana|/srv/settings|
     s#^\\(User\\|Group\\)=.*#\\1=stack#; /EnvironmentFile/d; s|RuntimeDirectory=.*|RuntimeDirectory=stack|' \
    /usr/lib/systemd/system/kibana.service >/etc/systemd/system/board.service
systemctl daemon-reload
systemctl start board
"""
AS_BEFORE = """
systemctl stop {unit}
rm -rf /etc/systemd/system/{unit}.service /opt/stack /srv/settings /var/lib/stacktls/{unit}
userdel stack
systemctl daemon-reload
"""
LAYOUT = {
    "elasticsearch_tls_home": "/opt/stack/elasticsearch",
    "elasticsearch_tls_config_path": "/opt/stack/elasticsearch/config",
    "elasticsearch_tls_log_path": "/opt/stack/logs",
    "elasticsearch_tls_journal_path": "/var/lib/stacktls/search",
    "elasticsearch_tls_service": "search",
    "elasticsearch_tls_restart_command": ["/usr/bin/systemctl", "restart", "search"],
    "elasticsearch_tls_owner": "stack",
    "elasticsearch_tls_group": "stack",
    "stacktls_kibana_home": "/opt/stack/kibana",
    "stacktls_kibana_config_path": "/srv/settings",
    "stacktls_kibana_log_path": "/opt/stack/kibana/logs",
    "stacktls_kibana_journal_path": "/var/lib/stacktls/board",
    "stacktls_kibana_service": "board",
    "stacktls_kibana_file_owner": "stack",
    "stacktls_kibana_file_group": "stack",
}
PACKAGES = "find /etc/elasticsearch /etc/kibana -type f -exec sha256sum {} + 2>/dev/null | sort"


@pytest.fixture(scope="module")
def archives(fresh):
    """The pair out of archives; Elasticsearch restarts by a command, as one in a container does."""
    fresh.execute("es1", "bash", "-ec", ELASTICSEARCH)
    fresh.execute("kb1", "bash", "-ec", KIBANA)
    yield fresh
    fresh.execute("es1", "bash", "-c", AS_BEFORE.format(unit="search"))
    fresh.execute("kb1", "bash", "-c", AS_BEFORE.format(unit="board"))


def test_archives_get_mutual_tls_where_they_are(archives):
    packages = [archives.execute(host, "bash", "-c", PACKAGES).stdout for host in ("es1", "kb1")]
    run = archives.play("site", **LAYOUT)
    assert run.status == 0, run.output
    certs = "/srv/settings/certs"
    user = json.loads(
        archives.execute(
            *("kb1", "runuser", "-u", "stack", "--", "curl", "--silent", "--cacert", f"{certs}/elasticsearch-ca.crt"),
            *kibana_certificate(folder=certs),
            "https://es1:9200/_security/_authenticate",
        ).stdout
    )
    assert (user["authentication_realm"]["type"], user["roles"]) == ("pki", ["kibana_system"])
    seen = archives.execute(
        "kb1", "curl", "-s", "--cacert", f"{certs}/kibana-server-ca.crt", "https://kb1:5601/api/status"
    )
    assert json.loads(seen.stdout)["status"]["overall"]["level"] == "available"
    assert packages == [archives.execute(host, "bash", "-c", PACKAGES).stdout for host in ("es1", "kb1")]

    again = archives.play("site", **LAYOUT)
    assert (again.status, again.changed()) == (0, 0), again.output


@pytest.mark.soak
def test_archives_go_back_to_what_they_were(archives):
    run = archives.play("rollback", **LAYOUT)
    assert run.status == 0, run.output
    status = ("curl", "--silent", "--output", "/dev/null", "--write-out", "%{http_code}", "http://es1:9200")
    assert archives.execute("es1", *status).stdout == "401"
