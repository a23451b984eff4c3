# Copyright: Stack TLS contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A real Filebeat on a host of its own, that sends numbered lines: which of them arrived."""

from __future__ import annotations

import base64
import json
import time

from conftest import ELASTIC_PASSWORD

LINES = "/var/log/lines.log"
CURL = "curl --silent --show-error --cacert /etc/filebeat/ca.crt --header 'Content-Type: application/json'"

# What somebody wrote by hand, nested and dotted. It is quick to try again, so that tests need not wait.
FILEBEAT = """\
# Ask the search team before you change it.
filebeat.inputs:
  - type: filestream
    id: lines
    paths: [/var/log/lines.log]   # the only file
    prospector.scanner.check_interval: 1s
queue.mem.flush.timeout: 0.2s
setup.template.enabled: false
setup.ilm.enabled: false
output.elasticsearch:
  hosts: ["http://es1:9200"]
  username: "elastic"
  password: "elastic-test-password"
output.elasticsearch.backoff: {init: 0.5s, max: 1s}
output.elasticsearch.bulk_max_size: 20
output.elasticsearch.timeout: 10
"""
RESTORE = """
systemctl kill --signal=KILL filebeat metricbeat receiver metrics 2>/dev/null
systemctl stop filebeat metricbeat receiver metrics 2>/dev/null
systemctl reset-failed 2>/dev/null
for beat in filebeat metricbeat; do
    rm -rf /etc/$beat && cp -a /usr/share/stack/$beat/pristine /etc/$beat
    find /var/lib/$beat -mindepth 1 -delete
done
rm -rf /opt/metrics /var/lib/stacktls /root/made && mkdir -m 0700 /root/made
: >/var/log/lines.log
umask 077 && cat >/etc/filebeat/filebeat.yml
"""


class FilebeatHost:
    """To be mixed into an estate: the host that Filebeat is on."""

    beats_host = "bt1"
    written = 0

    def shell(self, script: str, *, check: bool = True, stdin: str = "") -> str:
        """What a script says on the host of the Beats."""
        done = self.execute(self.beats_host, "bash", "-c", script, check=check, given=stdin)
        return done.stdout + done.stderr

    def ask(self, method: str, path: str, body: object = None, *, key: str = "", node: str = "es2") -> dict:
        """What Elasticsearch answers to the superuser, or to an API key. The login is on no command line."""
        login = f'header = "Authorization: ApiKey {base64.b64encode(key.encode()).decode()}"'
        login = login if key else f'user = "elastic:{ELASTIC_PASSWORD}"'
        data = "" if body is None else f"--data '{json.dumps(body)}'"
        said = self.shell(f"{CURL} --config - --request {method} {data} 'https://{node}:9200/{path}'", stdin=login)
        return json.loads(said)

    def write(self, lines: int, pause: float = 0.0) -> None:
        """Number the next lines of the log; with a pause between them they are written beside what follows."""
        start, self.written = self.written + 1, self.written + lines
        slowly = f"nohup bash -c 'for n in $(seq {start} {self.written}); do echo $n >>{LINES}; sleep {pause}; done' &"
        self.shell(f"{slowly} >/dev/null 2>&1" if pause else f"seq {start} {self.written} >>{LINES}")

    def arrived(self) -> tuple[int, int]:
        """How many different lines are in Elasticsearch, and how many events; none while an index has no shard yet."""
        lines = {"cardinality": {"field": "message.keyword", "precision_threshold": 40000}}
        search = {"size": 0, "track_total_hits": True, "aggs": {"lines": lines}}
        self.ask("POST", "filebeat-*/_refresh")
        answer = self.ask("POST", "filebeat-*/_search", search)
        if "aggregations" not in answer:
            return 0, 0
        return answer["aggregations"]["lines"]["value"], answer["hits"]["total"]["value"]

    def settled(self, seconds: float = 90) -> tuple[int, int]:
        """The same once every line that was written has arrived."""
        return until(self.arrived, lambda found: found[0] >= self.written, seconds)


def until(look, is_right, seconds):
    """Look again until it is right; what was seen last."""
    end = time.monotonic() + seconds
    while not is_right(found := look()) and time.monotonic() < end:
        time.sleep(0.3)
    return found
