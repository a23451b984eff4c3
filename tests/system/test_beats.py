# Copyright: Stack TLS contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A real Filebeat and three nodes: what arrives, what is refused and in which words, and what is never lost."""

from __future__ import annotations

import base64
import json
import re
import sys
import time
from importlib import import_module
from pathlib import Path

import pytest
import yaml
from conftest import ELASTIC_PASSWORD, ROOT, Estate
from filebeat import CURL, FILEBEAT, RESTORE, FilebeatHost, until

pytestmark = pytest.mark.stack

SCENARIO = ROOT / "extensions/molecule/beats"
EVIDENCE = ROOT / "build/evidence/beats-privileges.json"
SETTINGS = "/etc/filebeat/filebeat.yml"
OLDER = {"output.elasticsearch.allow_older_versions": True}


class Beats(FilebeatHost, Estate):
    """The host of the Beats, and the cluster that they send to."""

    def __init__(self, folder: Path) -> None:
        topology = (SCENARIO / "topology").read_text().strip()
        variables = yaml.safe_load((SCENARIO / "inventory/variables.yml").read_text())["all"]["vars"]
        variables.update(beats_tls_beats=[{"name": "filebeat"}], beats_tls_monitoring=False, beats_tls_roles=[])
        super().__init__(folder, ROOT / f"tests/stack/topologies/{topology}.json", variables)
        self.environment["MOLECULE_PROJECT_DIRECTORY"] = str(ROOT)

    def key(self, entry: str = "ES_API_KEY") -> str:
        """An API key in the keystore of Filebeat, as id:key."""
        sys.path.insert(0, str(ROOT / "build/collections"))
        codec = import_module("ansible_collections.stacktls.elastic.plugins.module_utils._keystore._beats")
        store = base64.b64decode(self.shell("base64 /var/lib/filebeat/filebeat.keystore"))
        return codec.decode(store)[entry].decode()

    def test_output(self, **options: str) -> str:
        """What `filebeat test output` says with these settings of the output."""
        given = [f"-E 'output.elasticsearch.{name.replace('__', '.')}={value}'" for name, value in options.items()]
        return self.shell(f"filebeat test output {' '.join(given)}", check=False)


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """Filebeat as somebody set it up, and whatever the last tests left of Elasticsearch."""
    site = Beats(tmp_path_factory.mktemp("beats"))
    site.shell(RESTORE, check=False, stdin=FILEBEAT)
    return site


@pytest.fixture(scope="module")
def beats(site):
    """The same after a first run."""
    run = site.play(str(SCENARIO / "converge.yml"))
    assert run.status == 0, run.output
    site.ask("DELETE", "_index_template/filebeat-7.17.29")  # of an earlier session
    for index in site.ask("GET", "filebeat-*"):
        site.ask("DELETE", index)
    return site


def test_events_arrive_and_the_referees_agree(beats):
    beats.write(500)
    assert beats.settled() == (500, 500)
    assert beats.shell("filebeat test config") == "Config OK\n"
    assert beats.shell("filebeat keystore list") == "ES_API_KEY\n"
    said = beats.test_output()
    assert re.findall(r"elasticsearch: (\S+)\.\.\.", said) == [f"https://es{number}:9200" for number in (1, 2, 3)]
    for step in ("certificate chain verification is enabled", "handshake... OK", "talk to server... OK"):
        assert said.count(step) == 3, said


def test_a_second_run_changes_nothing(beats):
    run = beats.play("beats")
    assert (run.status, run.changed()) == (0, 0), run.output


DRIFTED = "/etc/filebeat/filebeat.yml /etc/filebeat/ca.crt /var/lib/filebeat/filebeat.keystore"


def test_modes_that_drifted_are_mended_and_nothing_restarts(beats):
    show = f"stat -c '%U:%G %a' {DRIFTED} && systemctl show --property MainPID filebeat"
    before = beats.shell(show)
    beats.shell(f"chmod 0666 {DRIFTED}")
    run = beats.play("beats")
    assert (run.status, run.changed()) == (0, 3), run.output
    assert beats.shell(show) == before


MADE = """
cd /root/made
openssl req -x509 -newkey rsa:2048 -nodes -keyout stranger.key -out stranger.crt -subj /CN=Stranger -days 2
openssl req -newkey rsa:2048 -nodes -keyout server.key -out server.csr -subj /CN=bt1
"""
SIGN = "openssl x509 -req -CA ca.crt -CAkey ca.key -passin file:passphrase -extfile ext -in server.csr"
EXPIRED = "-not_before 20200101000000Z -not_after 20200102000000Z"


@pytest.fixture(scope="module")
def made(beats):
    """A stranger's authority, and certificates of ours for bt1: a good one, and one that has expired."""
    beats.shell(MADE)
    authority = ROOT / "build/molecule-clients-ca"
    for name in ("ca.crt", "ca.key"):
        beats.shell(f"umask 077; cat >/root/made/{name}", stdin=(authority / name).read_text())
    beats.shell("umask 077; cat >/root/made/passphrase", stdin="authority-test-passphrase\n")
    beats.shell("echo subjectAltName=DNS:bt1 >/root/made/ext")
    beats.shell(f"cd /root/made && {SIGN} -days 2 -out good.crt && {SIGN} {EXPIRED} -out expired.crt")
    beats.shell("rm /root/made/ca.key /root/made/passphrase")
    return beats


def test_a_wrong_authority_is_refused(made):
    said = made.test_output(ssl__certificate_authorities="[/root/made/stranger.crt]")
    assert "handshake... ERROR x509: certificate signed by unknown authority" in said


def test_a_wrong_name_is_refused(made):
    address = made.shell("getent ahostsv4 es1").split()[0]
    said = made.test_output(hosts=f'["https://{address}:9200"]')
    words = f"cannot validate certificate for {address} because it doesn't contain any IP SANs"
    assert f"handshake... ERROR x509: {words}" in said


# It is valid for long enough to be put in its place.
EXPIRING = {
    "certificate_path": "/etc/elasticsearch/certs/http.crt",
    "private_key_path": "/etc/elasticsearch/certs/http.key",
    "subject": "CN=es3",
    "subject_alt_names": ["es3"],
    "not_after": "+8s",
    "renew_before": "1s",
    "ca_path": "{{ stacktls_ca_path }}",
    "ca_passphrase": "{{ stacktls_ca_passphrase }}",
    "force": True,
}
KEEP = "cp -a /etc/elasticsearch/certs /etc/elasticsearch/certs.kept"
PUT_BACK = "cd /etc/elasticsearch && cp -a certs.kept/. certs && rm -r certs.kept"
TALKS = "talk to server... OK"


@pytest.fixture
def es3(made):
    """A node whose files may be replaced, which takes them without a restart: how it looks to Filebeat in the end."""

    def look(words, **options):
        return until(lambda: made.test_output(hosts='["https://es3:9200"]', **options), lambda said: words in said, 60)

    made.execute("es3", "bash", "-c", KEEP)
    yield look
    made.execute("es3", "bash", "-c", PUT_BACK)
    assert TALKS in look(TALKS)


def test_a_node_whose_certificate_has_expired_is_refused(made, es3):
    play = {"hosts": "es3", "gather_facts": False, "tasks": [{"stacktls.elastic.certificate": EXPIRING}]}
    (made.folder / "expiring.yml").write_text(json.dumps([play]))
    run = made.play(str(made.folder / "expiring.yml"))
    assert run.status == 0, run.output
    words = "handshake... ERROR x509: certificate has expired or is not yet valid: current time"
    assert words in es3(words)


def test_a_fingerprint_is_nothing_to_filebeat_7_and_the_role_says_so(made, es3):
    """Although the node sends the authority, which those of ours do not by themselves."""
    shown = "openssl x509 -noout -fingerprint -sha256 -in /root/made/ca.crt | cut -d = -f 2 | tr -d ':\\n'"
    options = {"ssl__certificate_authorities": "[/root/made/stranger.crt]"}
    options["ssl__ca_trusted_fingerprint"] = made.shell(shown)
    sent = "openssl s_client -connect es3:9200 -showcerts </dev/null 2>/dev/null | grep -c 'BEGIN CERTIFICATE'"
    assert made.shell(sent) == "1\n"
    made.execute("es3", "bash", "-c", "cd /etc/elasticsearch/certs && cat ca.crt >>http.crt")
    assert until(lambda: made.shell(sent), "2\n".__eq__, 60) == "2\n"
    refused = "handshake... ERROR x509: certificate signed by unknown authority"
    assert refused in es3(refused, **options)
    run = made.play("beats", beats_tls_ca_trusted_fingerprint=options["ssl__ca_trusted_fingerprint"])
    assert run.status != 0
    assert "Filebeat 7.17.29 does not know ca_trusted_fingerprint" in run.output


PAIR = ROOT / "extensions/molecule/default"
ADDRESSES = "grep -q kb9 /etc/hosts || printf '127.0.1.21 es9\\n127.0.1.31 kb9\\n' >>/etc/hosts"
STATUS = "curl --silent --cacert /root/made/pair.crt https://kb9:5601/api/status"


@pytest.fixture(scope="module")
def kibana(made, tmp_path_factory):
    """An API key for a Kibana with HTTPS: that of another cluster, as the scenario `default` leaves it."""
    pair = Estate(tmp_path_factory.mktemp("pair"), ROOT / "tests/stack/topologies/default.json", {})
    pair.environment["MOLECULE_PROJECT_DIRECTORY"] = str(ROOT)
    made.shell(ADDRESSES)
    authority = ROOT / "build/molecule-ca/ca.crt"
    made.shell("cat >/root/made/pair.crt", stdin=authority.read_text() if authority.exists() else "")
    if "available" not in made.shell(STATUS, check=False):
        run = pair.play(str(PAIR / "converge.yml"), "-i", str(PAIR / "inventory/variables.yml"))
        assert run.status == 0, run.output
        made.shell("cat >/root/made/pair.crt", stdin=authority.read_text())
    data = {"name": "filebeat", "expiration": "1h", "role_descriptors": {"none": {"cluster": ["monitor"]}}}
    ask = CURL.replace("/etc/filebeat/ca.crt", "/root/made/pair.crt") + f" --config - --data '{json.dumps(data)}'"
    said = made.shell(f"{ask} https://es9:9200/_security/api_key", stdin=f'user = "elastic:{ELASTIC_PASSWORD}"')
    key = json.loads(said)
    return f"{key['id']}:{key['api_key']}"


def test_kibana_is_reached_over_https(made, kibana):
    """The Kibana of the tests is a stand-in: with TLS, API keys and a version, and without dashboards."""
    setup = (
        "KIBANA_KEY=$(cat) filebeat setup --dashboards -E setup.kibana.host=https://kb9:5601"
        " -E 'setup.kibana.api_key=${KIBANA_KEY}' -E setup.kibana.ssl.certificate_authorities=[/root/made/%s.crt]"
    )
    said = made.shell(setup % "pair", stdin=kibana, check=False)
    assert "error loading index pattern: returned 404 to import file" in said, "it got as far as it can here"
    said = made.shell(setup % "pair", stdin="nobody:nothing", check=False)
    assert "error connecting to Kibana: fail to get the Kibana version: fail to parse kibana version ()" in said
    said = made.shell(setup % "stranger", stdin=kibana, check=False)
    assert 'Get "https://kb9:5601/api/status": x509: certificate signed by unknown authority' in said


def test_an_expired_certificate_of_logstash_is_refused(made):
    """The server is not Logstash; the words are those of the real Filebeat."""
    made.shell("systemd-run --quiet --unit=receiver lumberjack bt1:9444 /root/made/expired.crt /root/made/server.key")
    try:
        said = until(lambda: made.test_output(hosts='["https://bt1:9444"]'), lambda said: "handshake" in said, 10)
    finally:
        made.shell("systemctl stop receiver")
    assert "handshake... ERROR x509: certificate has expired or is not yet valid" in said


def test_the_key_can_neither_read_nor_remove(beats):
    key = beats.key()
    for method, path, action in (
        ("GET", "filebeat-*/_search", "indices:data/read/search"),
        ("DELETE", "filebeat-7.17.29", "indices:admin/delete"),
        ("POST", "filebeat-*/_delete_by_query?q=*", "indices:data/write/delete/byquery"),
        ("GET", "_security/user", "cluster:admin/xpack/security/user/get"),
    ):
        answer = beats.ask(method, path, key=key)
        assert answer["status"] == 403, answer
        assert f"action [{action}] is unauthorized for API key id [{key.split(':')[0]}]" in answer["error"]["reason"]
    assert beats.arrived() == (beats.written, beats.written)


def test_privileges_are_the_least(beats, capsys):
    """As Elasticsearch answers to the key itself."""
    asked = {
        "cluster": [
            *("monitor", "read_ilm", "read_pipeline"),
            *("manage_ilm", "manage_index_templates", "manage_security", "all"),
        ],
        "index": [
            {
                "names": ["filebeat-7.17.29", "metricbeat-7.17.29"],
                "privileges": [
                    *("create_doc", "create_index", "view_index_metadata"),
                    *("auto_configure", "read", "index", "write", "delete", "delete_index", "manage", "all"),
                ],
            }
        ],
    }
    answer = beats.ask("POST", "_security/user/_has_privileges", asked, key=beats.key())
    EVIDENCE.parent.mkdir(parents=True, exist_ok=True)
    EVIDENCE.write_text(json.dumps(answer, indent=2) + "\n")
    granted = {"cluster": answer["cluster"], **answer["index"]}
    with capsys.disabled():
        print("\n\nPrivileges of the key of Filebeat as Elasticsearch reports them")
        for name, privileges in granted.items():
            for has, word in ((True, "has"), (False, "has not")):
                print(f"{name:20} {word:8} {', '.join(each for each in privileges if privileges[each] is has) or '-'}")
    assert {each for each, has in granted["cluster"].items() if has} == {"monitor", "read_ilm", "read_pipeline"}
    writing = {"create_doc", "create_index", "view_index_metadata"}
    assert {each for each, has in granted["filebeat-7.17.29"].items() if has} == writing
    assert not any(granted["metricbeat-7.17.29"].values())


def test_a_new_key_takes_over_without_losing_an_event(beats):
    old = beats.key().split(":")[0]
    beats.write(600, pause=0.03)
    run = beats.play("beats", beats_tls_api_key_expiration="30d")  # shorter than the present key lasts
    assert run.status == 0, run.output
    new = beats.key().split(":")[0]
    found = beats.ask("GET", "_security/api_key?name=beats-filebeat-*&active_only=true")["api_keys"]
    keys = {key["id"]: key for key in found}
    assert new != old
    assert {new, old} <= set(keys)
    assert keys[old]["expiration"] < time.time() * 1000 + 24.5 * 3_600_000, "the old key ends after the overlap"
    assert beats.settled()[0] == beats.written


def test_an_invalidated_key_is_told_in_words_and_replaced(beats):
    key = beats.key().split(":")[0]
    beats.ask("DELETE", "_security/api_key", {"ids": [key]})
    words = f"API key: api key [{key}] has been invalidated"
    assert words in beats.test_output()
    beats.write(50)
    journal = "journalctl --unit=filebeat --output=cat --no-pager --lines=50"
    refused = "401 Unauthorized"  # in full: a time of day in the journal may have the digits
    assert refused in until(lambda: beats.shell(journal), lambda said: refused in said, 30)
    run = beats.play("beats", "--diff", beats_tls_api_key_expiration="30d")
    assert run.status == 0, run.output
    assert "invalidated" in run.output
    assert beats.settled()[0] == beats.written


def test_the_restart_of_a_node_loses_nothing(beats):
    beats.write(600, pause=0.03)
    beats.execute("es3", "systemctl", "restart", "elasticsearch")
    assert beats.settled(180)[0] == beats.written


def test_no_verification_has_to_be_asked_for_by_its_name(beats):
    before = beats.shell(f"sha256sum {SETTINGS}")
    run = beats.play("beats", beats_tls_settings={**OLDER, "output.elasticsearch.ssl": {"verification_mode": "none"}})
    assert run.status != 0
    assert "With it, whoever answers gets its events and its API key" in run.output
    allowed = beats.play("beats", "--check", "--diff", beats_tls_accept_any_certificate=True)
    assert allowed.status == 0, allowed.output
    assert "+output.elasticsearch.ssl.verification_mode: none" in allowed.output
    assert beats.shell(f"sha256sum {SETTINGS}") == before


@pytest.mark.parametrize("options", [["--check"], []])
def test_an_authority_that_is_not_theirs_stops_the_run_before_a_change(made, options):
    before = made.shell(f"sha256sum {SETTINGS} /etc/filebeat/ca.crt")
    run = made.play("beats", *options, beats_tls_ca_certificates=made.shell("cat /root/made/stranger.crt"))
    assert run.status != 0
    assert "bt1 cannot send to Elasticsearch, and nothing was changed for its Beats" in run.output
    assert "es1:9200: " in run.output
    assert made.shell(f"sha256sum {SETTINGS} /etc/filebeat/ca.crt") == before


def test_settings_that_filebeat_refuses_are_taken_back(beats):
    before = beats.shell(f"sha256sum {SETTINGS}")
    wrong = {**OLDER, "output.elasticsearch.ssl.supported_protocols": ["TLSv9"]}
    run = beats.play("beats", beats_tls_settings=wrong, beats_tls_api_key_expiration="30d")
    assert run.status != 0
    assert "filebeat did not come back after the change" in run.output
    assert "invalid tls version" in run.output
    assert "The previous files were put back" in run.output
    assert beats.shell(f"sha256sum {SETTINGS}") == before
    assert beats.shell("systemctl is-active filebeat") == "active\n"


def test_what_other_people_wrote_stays(beats):
    text = beats.shell(f"cat {SETTINGS}")
    kept = [line for line in FILEBEAT.splitlines() if not re.match(r"  (hosts|username|password):", line)]
    assert [line for line in kept if line not in text.splitlines()] == []
    assert "username" not in text
    assert "password" not in text


# Filebeat is not the one of the service: it has a folder of its own, and ends by itself or is ended.
MONITORING = """
mkdir -p /root/made/data && cp /var/lib/filebeat/filebeat.keystore /root/made/data
timeout 10 filebeat -e --path.data /root/made/data -E monitoring.elasticsearch.hosts=[https://mon:9200]"""
LOGIN = " -E monitoring.elasticsearch.username=beats -E monitoring.elasticsearch.password=secret-4711"
REFUSAL = "Exiting: cannot set both api_key and username/password for monitoring client"


def test_filebeat_refuses_a_login_for_monitoring_beside_its_key_and_so_do_we_before(beats):
    assert REFUSAL in beats.shell(MONITORING + LOGIN, check=False)
    assert REFUSAL not in beats.shell(MONITORING + " -E monitoring.elasticsearch.api_key=c:d", check=False)
    elsewhere = 'monitoring.elasticsearch: {hosts: ["https://mon:9200"], username: beats, password: secret-4711}'
    before = beats.shell(f"cp -p {SETTINGS} /root/made/kept; echo '{elsewhere}' >>{SETTINGS}; sha256sum {SETTINGS}")
    run = beats.play("beats")
    after = beats.shell(f"sha256sum {SETTINGS}; mv /root/made/kept {SETTINGS}")
    assert run.status != 0
    assert "which filebeat refuses beside the API key of its events" in run.output
    assert before == after


def test_a_client_certificate_goes_with_the_events_where_one_is_wanted(made):
    run = made.play("beats", beats_tls_client_certificate=True)
    assert run.status == 0, run.output
    made.write(100)
    assert made.settled()[0] == made.written
    assert "/etc/filebeat/filebeat-client.crt" in made.shell("filebeat export config")
    assert made.test_output().count("talk to server... OK") == 3
    said = made.test_output(ssl__certificate="/root/made/expired.crt", ssl__key="/root/made/server.key")
    assert "remote error: tls: unknown certificate" in said  # Elasticsearch looks at what it shows


def test_logstash_gets_events_over_mutual_tls(made):
    """The receiver is not Logstash, but Elastic's own library for the protocol of its input `beats`."""
    made.settled()
    logstash = {
        "beats_tls_output": "logstash",
        "beats_tls_logstash_hosts": ["bt1:5044"],
        "beats_tls_client_certificate": True,
        "beats_tls_settings": {},
    }
    refused = made.play("beats", **logstash)
    assert refused.status != 0
    assert "has output.elasticsearch.hosts beside output.logstash" in refused.output.replace("\\n", " ")

    files = "/root/made/good.crt /root/made/server.key /etc/filebeat/ca.crt"
    made.shell(f"systemd-run --quiet --unit=receiver lumberjack bt1:5044 {files}")
    run = made.play("beats", **logstash, beats_tls_replace_output=True)
    assert run.status == 0, run.output
    said = made.shell("filebeat test output")
    assert "handshake... OK" in said, said
    start = made.written
    made.write(100)
    lines = "journalctl --unit=receiver --output=cat --no-pager"
    wanted = {str(number) for number in range(start + 1, made.written + 1)}

    def received():
        events = [json.loads(line) for line in made.shell(lines).splitlines() if line.startswith("{")]
        return {event["message"] for event in events}

    assert wanted <= until(received, wanted.issubset, 60)
    trust = "output.logstash.ssl.certificate_authorities=[/root/made/stranger.crt]"
    said = made.shell(f"filebeat test output -E {trust}", check=False)
    assert "handshake... ERROR x509: certificate signed by unknown authority" in said
    assert made.shell("stat -c '%U:%G %a' /etc/filebeat/filebeat-client.key") == "root:root 640\n"


def test_a_passphrase_that_an_old_beat_cannot_use_is_refused(beats):
    passphrase = "key-secret-4711"
    wanted = {"beats_tls_client_certificate": True, "beats_tls_key_passphrase": passphrase}
    run = beats.play("beats", **wanted, beats_tls_replace_output=True)
    assert run.status != 0
    assert "Filebeat 7.17.29 opens no private key that is encrypted as ours are" in run.output
    assert passphrase not in run.output


FIELDS = """\
- key: lines
  title: Lines
  description: A mapper for the fields of Filebeat is not in the cluster of the tests.
  fields:
    - {name: message, type: keyword}
"""
SETUP = """\
output.elasticsearch:
  hosts: ["https://es1:9200"]
  username: anna
  password: ${SETUP_PASSWORD}
  ssl.certificate_authorities: [/etc/filebeat/ca.crt]
  allow_older_versions: true
setup.ilm.enabled: false
setup.template.fields: /root/made/fields.yml
"""


@pytest.fixture(scope="module")
def people(made):
    """Back from Logstash, with monitoring and with the roles of the guide, and two people who have them."""
    wanted = {"beats_tls_roles": ["setup", "reader"], "beats_tls_monitoring": True, "beats_tls_replace_output": True}
    run = made.play("beats", **wanted)
    assert run.status == 0, run.output
    for user, roles in {"anna": ["filebeat_setup", "ingest_admin"], "ben": ["filebeat_reader"]}.items():
        made.ask("PUT", f"_security/user/{user}", {"password": "people-secret-4711", "roles": roles})
    return made


def test_the_role_for_setting_up_can_load_the_template(people):
    people.shell("cat >/root/made/fields.yml", stdin=FIELDS)
    people.shell("cat >/root/made/setup.yml && chmod 0600 /root/made/setup.yml", stdin=SETUP)
    command = "SETUP_PASSWORD=$(cat) filebeat setup --index-management -c /root/made/setup.yml"
    said = people.shell(command, stdin="people-secret-4711", check=False)
    assert "Index setup finished." in said
    assert "filebeat-7.17.29" in people.ask("GET", "_index_template/filebeat-7.17.29")["index_templates"][0]["name"]


def test_the_role_for_reading_can_read_and_not_write(people):
    people.write(10)
    login = 'user = "ben:people-secret-4711"'
    read = f"{CURL} --config - https://es1:9200/filebeat-*/_count"
    assert until(lambda: json.loads(people.shell(read, stdin=login)).get("count", 0), bool, 60) > 0
    write = people.shell(
        f"{CURL} --config - --request POST --data '{{}}' https://es1:9200/filebeat-x/_doc", stdin=login
    )
    assert json.loads(write)["status"] == 403


def test_monitoring_has_a_key_that_may_only_do_that(people):
    """The cluster of the tests has no part for monitoring: Filebeat gets as far as its question for that.

    What the key can do behind that is tried in the place of Filebeat.
    """
    journal = "journalctl --unit=filebeat --output=cat --no-pager --lines=200 | grep -F '[monitoring]'"
    asked = "X-Pack capabilities query failed with: 500"
    said = until(lambda: people.shell(journal, check=False), lambda said: asked in said, 60)
    assert asked in said
    assert "security_exception" not in said
    assert sorted(people.shell("filebeat keystore list").split()) == ["ES_API_KEY", "ES_MONITORING_API_KEY"]
    assert people.shell("filebeat test config") == "Config OK\n"
    key = people.key("ES_MONITORING_API_KEY")
    write = {"beat": "filebeat"}
    assert people.ask("POST", ".monitoring-beats-7-test/_doc", write, key=key)["result"] == "created"
    assert people.ask("GET", ".monitoring-beats-7-test/_search", key=key)["status"] == 403
    assert people.ask("POST", "filebeat-7.17.29/_doc", write, key=key)["status"] == 403
    assert people.ask("POST", ".monitoring-beats-7-test/_doc", write, key=people.key())["status"] == 403


ELSEWHERE = """
id metrics >/dev/null 2>&1 || useradd --system metrics
mkdir -p /opt/metrics && cat >/opt/metrics/metricbeat.yml
cat >/opt/metrics/restart <<'END'
#!/bin/sh
systemctl stop metrics 2>/dev/null
exec systemd-run --quiet --collect --unit=metrics --uid=metrics /usr/share/metricbeat/bin/metricbeat -e \\
    --path.home /opt/metrics
END
chmod 0755 /opt/metrics/restart
chmod 0600 /opt/metrics/metricbeat.yml
chown -R metrics: /opt/metrics
"""
METRICBEAT = """\
metricbeat.modules: [{module: system, metricsets: [uptime], period: 1s}]
setup: {template.enabled: false, ilm.enabled: false}
output:
  elasticsearch:
    hosts: ["http://es1:9200"]
    username: elastic
"""


@pytest.mark.soak  # of layouts, "make test" has the molecule scenario "archive"
def test_a_metricbeat_of_another_user_in_another_folder(beats):
    """Nothing of it is as in the package, and it has never run: its data folder is not there."""
    beats.shell(ELSEWHERE, stdin=METRICBEAT)
    metricbeat = {
        "name": "metricbeat",
        "config_path": "/opt/metrics",
        "data_path": "/opt/metrics/data",
        "journal_path": "/var/lib/stacktls/metrics",
        "owner": "metrics",
        "group": "metrics",
        "restart_command": ["/opt/metrics/restart"],
        "indices": ["metricbeat-7.17.29*"],
        "api_key_name": "metrics",
    }
    check = beats.play("beats", "--check", beats_tls_beats=[metricbeat])
    assert check.status == 0, check.output
    run = beats.play("beats", beats_tls_beats=[metricbeat])
    assert run.status == 0, run.output
    files = "metricbeat.yml ca.crt data data/metricbeat.keystore"
    said = beats.shell(f"cd /opt/metrics && stat -c '%n %U:%G %a' {files}").splitlines()
    modes = ("600", "644", "750", "600")
    assert said == [f"{name} metrics:metrics {mode}" for name, mode in zip(files.split(), modes)]
    count = until(lambda: beats.ask("GET", "metricbeat-7.17.29*/_count").get("count", 0), bool, 30)
    assert count > 0
    again = beats.play("beats", beats_tls_beats=[metricbeat])
    assert (again.status, again.changed()) == (0, 0), again.output
