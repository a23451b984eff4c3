# Copyright: Stack TLS contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What ``beats_tls`` finds out of variables and files, and does to files, without a word with Elasticsearch."""

from __future__ import annotations

import datetime
import http.server
import json
import os
import ssl
import stat
import threading

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from playing import LOCAL, run_playbook

SECRET = "secret-4711"
README = "# Welcome to Filebeat 9.4.3\n\nFilebeat sends log files to Logstash or directly to Elasticsearch.\n"
OUTPUT = "output.elasticsearch"
LOGSTASH = {"beats_tls_output": "logstash", "beats_tls_logstash_hosts": ["ls1:5044"]}
MONITORED = 'monitoring.elasticsearch: {hosts: ["https://mon:9200"]}\n'
LOGGED_IN = f'monitoring.elasticsearch: {{hosts: ["https://mon:9200"], username: beats, password: {SECRET}}}\n'
KEYED = 'monitoring.elasticsearch: {hosts: ["https://mon:9200"], api_key: "${MONITORING_API_KEY}"}\n'
UNVERIFIED = "setup.kibana:\n  ssl:\n    verification_mode: none\n"
CLOUD = f'cloud.id: "x:y"\ncloud.auth: "elastic:{SECRET}"\n'

REFUSED = {
    "unverified": (UNVERIFIED, {}, "has 'none' as setup.kibana.ssl.verification_mode"),
    "monitored-elsewhere": (MONITORED, {"beats_tls_monitoring": True}, "has monitoring.elasticsearch.hosts, and the"),
    "login-beside-key": (
        LOGGED_IN,
        {},
        "has monitoring.elasticsearch.hosts with monitoring.elasticsearch.password, monitoring.elasticsearch.username,"
        " which filebeat refuses beside the API key of its events. Put an API key of that cluster into the keystore",
    ),
    "key-elsewhere": (MONITORED, {}, "so filebeat would show that cluster the API key of its events"),
    "login-for-monitoring": (
        "monitoring.elasticsearch.username: beats_system\n",
        {},
        "has monitoring.elasticsearch.username, and the API key of filebeat may not send monitoring data",
    ),
    "monitored": ("monitoring.enabled: true\n", {}, "has monitoring.enabled, and the API key of filebeat may not"),
    "cloud": (CLOUD, {}, "has cloud.id beside output.elasticsearch"),
    "cloud-password": (CLOUD, {}, "The file also holds cloud.auth, which is removed once there is an API key"),
    "no-nodes": ("", {"beats_tls_elasticsearch_group": "nodes"}, "The inventory has no host in the group 'nodes'"),
    "no-certificate": (
        "",
        {"beats_tls_elasticsearch_group": "closed"},
        "'required', and filebeat has no certificate to present to Elasticsearch: set beats_tls_client_certificate",
    ),
    "namesakes": ("", {"beats_tls_beats": [{"name": "filebeat"}] * 2}, "2 times with the same API key"),
    "plain-protocol": ("", {"beats_tls_settings": {f"{OUTPUT}.protocol": "http"}}, f"With {OUTPUT}.protocol in"),
    "plain-ssl": ("", {"beats_tls_settings": {f"{OUTPUT}.ssl.enabled": False}}, f"With {OUTPUT}.ssl.enabled in"),
    "plain-url": ("", {"beats_tls_elasticsearch_url": ["http://es1:9200"]}, f"With {OUTPUT}.hosts in"),
    "plain-logstash": (
        "",
        {**LOGSTASH, "beats_tls_settings": {"output.logstash.ssl.enabled": "off"}},
        "With output.logstash.ssl.enabled in",
    ),
    "plain-kibana": ('setup.kibana: {host: "http://kb1:5601"}\n', {}, "With setup.kibana.host in"),
    "kibana-by-default": ('setup.kibana.host: "localhost:5601"\n', {}, "With setup.kibana.protocol in"),
    "kibana-unsealed": (
        "setup.kibana.ssl.enabled: no\nsetup.kibana.host: https://kb1\n",
        {},
        "With setup.kibana.ssl.enabled in",
    ),
    "plain-monitoring": (
        KEYED + "monitoring.elasticsearch.protocol: http\n",
        {},
        "With monitoring.elasticsearch.protocol in",
    ),
    "old-with-passphrase": (
        "",
        {"beats_tls_client_certificate": "true", "beats_tls_key_passphrase": SECRET, "version": "7.17.29"},
        "Filebeat 7.17.29 opens no private key that is encrypted as ours are",
    ),
    "old-with-fingerprint": (
        "",
        {"beats_tls_ca_trusted_fingerprint": "00" * 32, "version": "7.17.29"},
        "Filebeat 7.17.29 does not know ca_trusted_fingerprint and would pass over it",
    ),
    "unknown-version": ("", {"home_path": "/nowhere"}, "no README.md in /nowhere tells it. Give the folder"),
}
PASSING = {
    "kibana-replaced": (UNVERIFIED, {"beats_tls_kibana_url": "https://kb1:5601"}),
    "accepted": (UNVERIFIED, {"beats_tls_accept_any_certificate": True}),
    "accepted-as-text": (UNVERIFIED, {"beats_tls_accept_any_certificate": "true"}),
    "off-as-text": ("", {**LOGSTASH, "beats_tls_monitoring": "false", "stacktls_elasticsearch_password": ""}),
    "own-key": (KEYED, {}),
    "monitored-by-the-same": ('monitoring.elasticsearch.hosts: ["https://es1:9200"]\n', {"beats_tls_monitoring": True}),
    "not-monitored": (LOGGED_IN + "monitoring.enabled: false\n", {}),
    "cloud-replaced": (CLOUD, {"beats_tls_replace_output": True}),
    "kibana-over-https": ("setup.kibana: {host: kb1, protocol: https}\n", {}),
    "kibana-from-elsewhere": ('setup.kibana.host: "${KIBANA}"\n', {}),
    "other-output-off": ("output.logstash: {enabled: false, hosts: [ls1], ssl.enabled: false}\n", {}),
    "new-with-fingerprint": ("", {"beats_tls_ca_trusted_fingerprint": "00" * 32}),
    "version-told": ("", {"home_path": "/nowhere", "version": "8"}),
    "version-not-needed": ("", {**LOGSTASH, "home_path": "/nowhere"}),
}
PER_BEAT = ("version", "home_path")


def beat_in(folder, settings="", **options):
    """A Filebeat with these settings, unpacked into a folder."""
    folder.mkdir(exist_ok=True)
    (folder / "filebeat.yml").write_text(settings)
    (folder / "filebeat.yml").chmod(0o600)
    (folder / "README.md").write_text(README)
    paths = {"config_path": str(folder), "data_path": str(folder), "journal_path": str(folder / "journal")}
    return {"name": "filebeat", **paths, **options}


def role(tasks_from):
    return {"import_role": {"name": "stacktls.elastic.beats_tls", "tasks_from": tasks_from}}


@pytest.fixture(scope="module")
def results(tmp_path_factory):
    """The preflight on a host for each case: the result of the task that failed, or nothing."""
    folder = tmp_path_factory.mktemp("beats")
    hosts = {}
    for name, (settings, variables, *_said) in {**REFUSED, **PASSING}.items():
        beat = beat_in(folder / name, settings, **{key: variables[key] for key in PER_BEAT if key in variables})
        given = {key: value for key, value in variables.items() if key not in PER_BEAT}
        hosts[name] = {"stacktls_elasticsearch_password": SECRET, "beats_tls_beats": [beat], **given}
    told = {"content": "{{ ansible_failed_result | to_json }}", "dest": f"{folder}/{{{{ inventory_hostname }}}}.json"}
    guarded = {"block": [role("preflight")], "rescue": [{"copy": {**told, "mode": "0600"}}]}
    (folder / "play.json").write_text(json.dumps([{"hosts": "beats", "gather_facts": False, "tasks": [guarded]}]))
    closed = {"es9": {"elasticsearch_tls_client_authentication": "required"}}
    groups = {"elasticsearch": ["es1"], "closed": closed, "beats": hosts}
    done = run_playbook(folder, "play.json", groups, "-vv", **LOCAL)
    assert done.returncode == 0, done.stdout
    failed = {path.stem: json.loads(path.read_text()) for path in folder.glob("*.json") if path.stem in hosts}
    return failed, done.stdout


@pytest.mark.parametrize("name", REFUSED)
def test_what_would_harm_a_beat_stops_the_run(results, name):
    failed = results[0][name]
    said = " ".join(each["msg"] for each in failed["results"] if each["failed"])
    assert REFUSED[name][2] in " ".join(said.split())


@pytest.mark.parametrize("name", PASSING)
def test_what_is_replaced_or_wanted_does_not(results, name):
    assert name not in results[0]


def test_a_password_that_goes_is_told_by_its_name_only(results):
    words = (
        "/cloud-replaced/filebeat.yml on cloud-replaced holds cloud.auth. It is removed once filebeat has its API key."
    )
    assert words in results[1]
    assert f"elastic:{SECRET}" not in results[1]


# --------------------------------------------------------------------------- what is done on this machine


def run(folder, *options, **variables):
    """The whole role; the node of Elasticsearch is not there."""
    (folder / "play.json").write_text(
        json.dumps([{"hosts": "localhost", "gather_facts": False, "tasks": [role("main")]}])
    )
    node = variables.pop("es1", {})
    given = {"stacktls_elasticsearch_password": SECRET, "stacktls_ca_path": str(folder / "none"), **variables}
    return run_playbook(folder, "play.json", {"elasticsearch": {"es1": node}}, *options, **given)


def issued(subject, issuer=None, days=10):
    """A certificate for this machine with its key, signed by an issuer or by itself."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, subject)])
    now = datetime.datetime.now(datetime.timezone.utc)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(issuer[0].subject if issuer else name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=days))
        .add_extension(x509.BasicConstraints(ca=issuer is None, path_length=None), critical=True)
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .sign(issuer[1] if issuer else key, hashes.SHA256())
    )
    return certificate, key


def pem(certificate):
    return certificate.public_bytes(serialization.Encoding.PEM).decode()


@pytest.fixture(scope="module")
def authority():
    return issued("Ours")


@pytest.fixture
def server(tmp_path):
    """Starts servers on this machine, with TLS or without; returns their ports."""
    started = []

    def start(certificate=None, key=None):
        serving = http.server.HTTPServer(("localhost", 0), http.server.BaseHTTPRequestHandler)
        if certificate:
            private = serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
            (tmp_path / "server.pem").write_bytes(key.private_bytes(serialization.Encoding.PEM, *private))
            with (tmp_path / "server.pem").open("a") as stream:
                stream.write(pem(certificate))
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(tmp_path / "server.pem")
            serving.socket = context.wrap_socket(serving.socket, server_side=True, do_handshake_on_connect=False)
        threading.Thread(target=serving.serve_forever, daemon=True).start()
        started.append(serving)
        return serving.server_address[1]

    yield start
    for serving in started:
        serving.shutdown()
        serving.server_close()


def checked(folder, port, trusted, **variables):
    """The settings and authorities in check mode, for a server on this machine."""
    given = {
        "beats_tls_beats": [beat_in(folder / "filebeat")],
        "beats_tls_elasticsearch_url": [f"https://localhost:{port}"],
        "beats_tls_ca_certificates": trusted,
        **variables,
    }
    done = run(folder, "--check", "--tags", "settings,certificates", **given)
    return done.returncode, " ".join(done.stdout.split())


def test_check_mode_looks_at_the_servers_too(tmp_path, server, authority):
    port = server(*issued("localhost", authority))
    status, said = checked(tmp_path, port, pem(authority[0]))
    assert status == 0, said
    status, said = checked(tmp_path, port, pem(issued("Stranger")[0]))
    assert status != 0
    assert "localhost cannot send to Elasticsearch, and nothing was changed for its Beats" in said


FIRST_RUN = {"elasticsearch_tls_settings_plan": {"differences": [{"name": "xpack.security.http.ssl.enabled"}]}}


def test_check_mode_of_a_first_run_says_what_is_not_known_yet(tmp_path, server, authority):
    port = server()
    status, said = checked(tmp_path, port, pem(authority[0]), es1=FIRST_RUN)
    assert status == 0, said
    assert "localhost cannot send to Elasticsearch yet. Whether it can is known once this run has changed" in said
    assert f"localhost:{port}: it speaks plain HTTP, not TLS." in said
    status, said = checked(tmp_path, port, "", es1=FIRST_RUN)
    assert status == 0, said
    assert "There is no authority yet that the Beats could trust." in said


def test_check_mode_alone_tells_that_there_is_no_tls(tmp_path, server, authority):
    status, said = checked(tmp_path, server(), pem(authority[0]))
    assert status != 0
    assert "it speaks plain HTTP, not TLS." in said
    status, said = checked(tmp_path, server(), "")
    assert status != 0
    assert "There is no authority in" in said


PASSPHRASE = {"beats_tls_client_certificate": True, "beats_tls_key_passphrase": SECRET}


@pytest.mark.soak  # of a real Filebeat: tests/system/test_beats.py
@pytest.mark.parametrize(
    ("tags", "files", "variables"),
    [
        ("settings,certificates", {"filebeat.yml": 0o600, "ca.crt": 0o644}, {}),
        # Without an API key: where there is one, api_key compares the keystore by itself.
        ("settings,keystore", {"filebeat.yml": 0o600, "filebeat.keystore": 0o600}, PASSPHRASE),
    ],
    ids=["certificates", "keystore"],
)
def test_owner_and_mode_that_drifted_are_mended(tmp_path, authority, tags, files, variables):
    folder = tmp_path / "filebeat"
    given = {
        **LOGSTASH,
        **variables,
        "beats_tls_beats": [beat_in(folder, owner="root", group="root")],
        "beats_tls_accept_any_certificate": True,  # nobody answers
        "beats_tls_ca_certificates": pem(authority[0]),
    }

    def changes(*options):
        done = run(tmp_path, "--tags", tags, *options, **given)
        assert done.returncode == 0, done.stdout
        return int(done.stdout.split("changed=")[1].split()[0])

    def state():
        found = {name: (folder / name).stat() for name in files}
        return {name: (each.st_uid, each.st_gid, stat.S_IMODE(each.st_mode)) for name, each in found.items()}

    assert changes() >= len(files)
    wanted = state()
    assert wanted == {name: (0, 0, mode) for name, mode in files.items()}
    assert changes() == 0
    for name in files:
        (folder / name).chmod(0o666)
        os.chown(folder / name, 1, 1)
    drifted = state()
    assert changes("--check") == len(files)
    assert state() == drifted
    assert changes() == len(files)
    assert state() == wanted
    assert changes() == 0
