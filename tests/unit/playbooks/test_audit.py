# Copyright: Stack TLS contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The playbook ``audit`` on hosts of this machine, whose files openssl made: every kind of finding."""

from __future__ import annotations

import contextlib
import json
import re
from datetime import datetime, timedelta, timezone

import pytest
from ansible_collections.stacktls.elastic.plugins.module_utils._keystore._elasticsearch import Store
from ansible_collections.stacktls.elastic.plugins.module_utils._keystore._elasticsearch import (
    encode as encode_elasticsearch,
)
from ansible_collections.stacktls.elastic.plugins.module_utils._keystore._kibana import encode as encode_kibana
from audited import SECRET, Maker, elasticsearch, openssl, served
from playing import LOCAL, run_playbook

NOBODY = {"ansible_connection": "ssh", "ansible_host": "127.0.0.1", "ansible_port": 9}


class Audit:
    """A run of the playbook, and what it wrote."""

    def __init__(self, folder, groups, *options, **variables):
        paths = {name: folder / f"audit.{name}" for name in ("json", "prom", "html")}
        self.done = run_playbook(
            folder,
            "stacktls.elastic.audit",
            groups,
            *options,
            stacktls_ca_path=str(folder / "ca"),
            stacktls_audit_report=str(paths["json"]),
            stacktls_audit_metrics=str(paths["prom"]),
            stacktls_audit_page=str(paths["html"]),
            **variables,
        )
        assert paths["json"].exists(), self.done.stdout[-3000:] + self.done.stderr[-2000:]
        self.report = json.loads(paths["json"].read_text())
        self.texts = [path.read_text() for path in paths.values()]

    def kinds(self):
        return [(each["level"], each["kind"], each["host"]) for each in self.report["findings"]]


def test_a_host_that_is_as_it_should_be_has_no_findings(tmp_path):
    maker = Maker(tmp_path / "ca")
    host = elasticsearch(tmp_path / "es1", maker)
    with served(tmp_path / "es1/certs/http.crt", tmp_path / "es1/certs/http.key") as port:
        audit = Audit(tmp_path, {"elasticsearch": {"es1": {**LOCAL, **host, "stacktls_elasticsearch_port": port}}})
    assert audit.report["findings"] == []
    assert audit.done.returncode == 0, audit.done.stdout
    assert "The audit found 0 critical, 0 warnings and 0 notices." in audit.done.stdout
    assert "changed=0" in audit.done.stdout
    assert [each["subject"] for each in audit.report["certificates"]] == ["CN=localhost", "CN=Elastic Stack CA"]
    assert not any(SECRET in text for text in audit.texts)


def past(before, after):
    """Options of ``openssl ca`` for dates so many days from now; negative ones are past."""
    now = datetime.now(timezone.utc)
    moments = [(now + timedelta(days=days)).strftime("%Y%m%d%H%M%SZ") for days in (before, after)]
    return ("-startdate", moments[0], "-enddate", moments[1])


@pytest.fixture(scope="module")
def amiss(tmp_path_factory):
    """One run over hosts of which nearly each has something else."""
    folder = tmp_path_factory.mktemp("amiss")
    maker, old = Maker(folder / "ca"), Maker(folder / "old")
    other = Maker(folder / "other", subject="/O=Somebody/CN=Other CA")
    (folder / "ca/rotation.json").write_text('{"stage": "trust"}')
    weak = ("-newkey", "rsa:1024")
    hosts = {
        "good": elasticsearch(folder / "good", maker),
        "expired": elasticsearch(folder / "expired", maker, dates=past(-400, -3)),
        "due": elasticsearch(folder / "due", maker, dates=past(-300, 97)),
        "early": elasticsearch(folder / "early", maker, dates=past(2, 97)),
        "weak": elasticsearch(folder / "weak", maker, key=weak, digest="sha1"),
        "named": elasticsearch(folder / "named", maker, names="DNS:es.example.com"),
        "exposed": elasticsearch(folder / "exposed", maker),
        "mixed": elasticsearch(folder / "mixed", maker),
        "foreign": elasticsearch(folder / "foreign", other),
        "former": elasticsearch(folder / "former", maker),
        "unrecorded": elasticsearch(folder / "unrecorded", maker, record=False),
        "reissued": elasticsearch(folder / "reissued", maker),
        "damaged": elasticsearch(folder / "damaged", maker),
        "injecting": elasticsearch(folder / "injecting", maker, subject="/CN={{ 6 * 7 }}<script>alert(1)<\\/script>"),
    }
    (folder / "exposed/certs/http.key").chmod(0o644)
    maker.issue(folder / "mixed/certs/http2")
    (folder / "mixed/certs/http2.key").rename(folder / "mixed/certs/http.key")
    (folder / "foreign/certs/ca.crt").write_bytes(maker.certificate.read_bytes())
    with (folder / "former/certs/ca.crt").open("ab") as bundle:
        bundle.write(old.certificate.read_bytes())
    (folder / "damaged/certs/ca.crt").write_text("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n")
    kibana = folder / "kibana"
    client = maker.issue(kibana / "certs/client", subject="/CN=kibana-client")
    container = kibana / "certs/server.p12"
    openssl("pkcs12", "-export", "-in", client[0], "-inkey", client[1], "-passout", f"pass:{SECRET}", "-out", container)
    (kibana / "kibana.yml").write_text(
        f"elasticsearch.ssl:\n  verificationMode: none\n  certificate: {client[0]}\n  key: certs/no-such.key\n"
        "server.ssl.enabled: false\nserver.ssl.keystore.path: 'certs/server.p12'\n"
    )
    (kibana / "kibana.keystore").write_bytes(
        encode_kibana({"server.ssl.keystore.password": SECRET, "xpack.x": "a1b2c3d4"})
    )
    (kibana / "kibana.keystore").chmod(0o600)
    beat = folder / "filebeat"
    beat.mkdir()
    (beat / "filebeat.yml").write_text("filebeat.inputs: [{type: log, paths: [/x]\noutput")
    application = folder / "orders"
    maker.issue(application / "client", subject="/CN=orders")
    (application / "ca.crt").write_bytes(maker.certificate.read_bytes())
    new = maker.issue(folder / "new", subject="/CN=localhost")
    with contextlib.ExitStack() as stack:
        for name, host in hosts.items():
            pair = [folder / name / "certs" / each for each in ("http.crt", "http.key")]
            pair = list(new) if name == "reissued" else pair
            pair = [folder / "good/certs/http.crt", folder / "good/certs/http.key"] if name == "mixed" else pair
            host.update(LOCAL, stacktls_elasticsearch_port=stack.enter_context(served(*pair, old=name == "weak")))
        plain = stack.enter_context(served(None, None))
        outside = stack.enter_context(served(*new))
        yield Audit(
            folder,
            {
                "elasticsearch": {**hosts, "lost": NOBODY},
                "kibana": {
                    "kb": {
                        **LOCAL,
                        "stacktls_kibana_config_path": str(kibana),
                        "stacktls_host_name": "localhost",
                        "stacktls_kibana_port": plain,
                    }
                },
                "clients": {
                    "app": {
                        **LOCAL,
                        "client_tls_name": "orders",
                        "client_tls_authentication": "certificate",
                        "client_tls_config_path": str(application),
                    }
                },
                "beats": {"beat": {**LOCAL, "beats_tls_beats": [{"name": "filebeat", "config_path": str(beat)}]}},
            },
            stacktls_audit_endpoints=[f"https://localhost:{outside}"],
            stacktls_audit_timeout=5,
        )


WANTED = [
    ("critical", "unreachable", "lost", "elasticsearch", "Ansible cannot reach it"),
    ("critical", "settings", "beat", "filebeat", "line"),
    ("critical", "missing", "kb", "kibana", "elasticsearch.ssl.key names it"),
    ("critical", "unreadable", "damaged", "elasticsearch", "damaged certificate"),
    ("critical", "exposed_key", "exposed", "elasticsearch", "has the mode 0644"),
    ("critical", "mismatched_pair", "mixed", "elasticsearch", "is not the key of"),
    ("critical", "expired", "expired", "elasticsearch", "holds CN=localhost, which expired on"),
    ("critical", "not_yet_valid", "early", "elasticsearch", "is not valid before"),
    ("critical", "wrong_name", "named", "elasticsearch", "not for this name, but for DNS:es.example.com"),
    ("critical", "unknown_issuer", "localhost", "endpoint", "is not trusted"),
    ("warning", "due", "due", "elasticsearch", "expires in 96 days"),
    ("warning", "weak", "weak", "elasticsearch", "whose key is rsa-1024"),
    ("warning", "weak", "weak", "elasticsearch", "signed with SHA1"),
    ("warning", "weak", "weak", "elasticsearch", "speaks TLSv1, TLSv1.1."),
    ("warning", "wrong_name", "named", "elasticsearch", "is not for DNS:localhost"),
    ("warning", "unknown_issuer", "foreign", "elasticsearch", "issued by CN=Other CA, O=Somebody"),
    ("warning", "not_in_ledger", "unrecorded", "elasticsearch", "its ledger does not know it"),
    ("warning", "old_authority", "former", "elasticsearch", "still trusts CN=Elastic Stack CA"),
    ("warning", "not_loaded", "reissued", "elasticsearch", "shows CN=localhost that ends on"),
    ("warning", "not_on_disk", "reissued", "elasticsearch", "which no file of the service holds"),
    ("warning", "plain", "kb", "kibana", "speaks plain HTTP"),
    ("warning", "unverified", "kb", "kibana", "whoever answers"),
    ("notice", "rotation", "localhost", "certificate authority", "the stage is trust"),
]


@pytest.mark.parametrize("wanted", WANTED, ids=lambda wanted: f"{wanted[1]}-{wanted[2]}")
def test_each_kind_is_found(amiss, wanted):
    found = [
        each
        for each in amiss.report["findings"]
        if (each["level"], each["kind"], each["host"], each["service"]) == wanted[:4] and wanted[4] in each["found"]
    ]
    assert found, amiss.kinds()
    assert all(each["hint"] for each in found)


def test_hosts_have_nothing_but_what_is_wrong_with_them(amiss):
    clean = {"good", "app", "injecting"}
    assert [each for each in amiss.report["findings"] if each["host"] in clean] == []
    wanted = {wanted[1:3] for wanted in WANTED}
    # Who shows another pair than it has, or has half a file, is told of that, too.
    consequences = {("not_loaded", "mixed"), ("not_on_disk", "mixed"), ("no_answer", "lost")}
    assert {each[1:] for each in amiss.kinds()} - wanted - consequences == set()


def test_the_run_goes_on_and_fails_at_the_end(amiss):
    assert amiss.done.returncode == 2, amiss.done.stdout[-2000:]
    assert "The audit found" in amiss.done.stdout and "Nothing was changed." in amiss.done.stdout
    assert re.search(r"critical +exposed +elasticsearch", amiss.done.stdout)
    assert {"host": "lost", "reached": False} in amiss.report["hosts"]


def test_no_secret_is_in_any_report_or_output(amiss):
    for text in [*amiss.texts, amiss.done.stdout, amiss.done.stderr]:
        assert SECRET not in text
        assert "a1b2c3d4" not in text
        assert "PRIVATE KEY" not in text


def test_what_a_host_says_is_data(amiss):
    """Neither a template for Ansible nor markup for a browser."""
    subjects = {each["subject"] for each in amiss.report["certificates"]}
    assert any("{{ 6 * 7 }}<script>" in subject.replace("\\", "") for subject in subjects), subjects
    assert "<script" not in amiss.texts[2]


def test_the_client_certificate_out_of_the_container_is_seen(amiss):
    places = [each["place"] for seen in amiss.report["certificates"] for each in seen["seen"] if each["host"] == "kb"]
    assert any(place.endswith("server.p12") for place in places)


def test_no_secret_is_told_at_any_verbosity(tmp_path):
    maker = Maker(tmp_path / "ca")
    host = elasticsearch(tmp_path / "es1", maker)
    entries = {"xpack.security.http.ssl.secure_key_passphrase": SECRET.encode()}
    (tmp_path / "es1/elasticsearch.keystore").write_bytes(encode_elasticsearch(Store(7, entries), "its-own-7f3a"))
    (tmp_path / "es1/elasticsearch.keystore").chmod(0o660)
    settings = tmp_path / "es1/elasticsearch.yml"
    settings.write_text(settings.read_text()[:-2] + ', "cloud.secret_key": "in-the-clear-1c2d"}')
    variables = {
        "elasticsearch_tls_keystore_password": "its-own-7f3a",
        "stacktls_elasticsearch_password": "elastic-5e6f",
    }
    audit = Audit(
        tmp_path, {"elasticsearch": {"es1": {**LOCAL, **host, **variables}}}, "-vvvv", stacktls_audit_timeout=1
    )
    assert [each for each in audit.kinds() if each[1] != "no_answer"] == []  # the keystore was opened
    for text in [*audit.texts, audit.done.stdout, audit.done.stderr]:
        for secret in (SECRET, "its-own-7f3a", "in-the-clear-1c2d", "elastic-5e6f"):
            assert secret not in text


def test_check_mode_is_the_same_and_an_inventory_may_have_endpoints_only(tmp_path):
    maker = Maker(tmp_path / "ca")
    with served(*maker.issue(tmp_path / "a")) as port:
        endpoints = {"stacktls_audit_endpoints": [f"localhost:{port}"]}
        trusting = {**endpoints, "stacktls_audit_endpoints_ca_path": str(maker.certificate)}
        assert Audit(tmp_path, {}, "--check", **endpoints).kinds() == [("critical", "unknown_issuer", "localhost")]
        trusted = Audit(tmp_path, {}, "--check", **trusting)
    assert trusted.kinds() == [] and trusted.done.returncode == 0


def test_the_exit_code_is_a_matter_of_the_threshold(tmp_path):
    maker = Maker(tmp_path / "ca")
    host = elasticsearch(tmp_path / "es1", maker, record=False)
    audit = Audit(tmp_path, {"elasticsearch": {"es1": {**LOCAL, **host}}}, stacktls_audit_fail_on="warning")
    assert {each[0] for each in audit.kinds()} == {"warning"}
    assert audit.done.returncode == 2


def test_nothing_has_to_be_there_yet(tmp_path):
    hosts = {
        group: {group: {**LOCAL, "stacktls_host_name": "localhost"}} for group in ("elasticsearch", "kibana", "beats")
    }
    variables = {"stacktls_elasticsearch_port": 9, "stacktls_kibana_port": 9, "client_tls_name": "orders"}
    folders = {
        "elasticsearch_tls_config_path": str(tmp_path / "none"),
        "stacktls_kibana_config_path": str(tmp_path / "none"),
        "beats_tls_beats": [{"name": "filebeat", "config_path": str(tmp_path / "none")}],
    }
    audit = Audit(tmp_path, {**hosts, "clients": {"app": LOCAL}}, **variables, **folders)
    assert {each[:2] for each in audit.kinds()} == {
        ("warning", "settings"),
        ("warning", "missing"),
        ("warning", "no_answer"),
        ("notice", "missing"),
    }
    assert audit.done.returncode == 0, audit.done.stdout[-2000:]
