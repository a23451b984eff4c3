# Copyright: Stack TLS contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What people get wrong: each is refused in words that name host and file, and nothing is changed or lost."""

from __future__ import annotations

import contextlib
import datetime
import json

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

pytestmark = pytest.mark.stack

SETTINGS = "/etc/elasticsearch/elasticsearch.yml"
KEYSTORE = "/etc/elasticsearch/elasticsearch.keystore"


def refused(pair, *expected, **variables):
    """Run the playbook and see that it fails with these words, before anything is another than it was."""
    before = pair.fingerprint()
    run = pair.play(**variables)
    text = " ".join(run.output.split())
    assert run.status != 0, run.output
    for words in expected:
        assert words in text, run.output
    assert "Traceback" not in run.output
    assert pair.fingerprint() == before
    return run


@contextlib.contextmanager
def spoiled(pair, host, path, command):
    """A file that is broken for a while."""
    pair.execute(host, "cp", "-a", path, "/root/kept")
    pair.execute(host, "bash", "-c", command)
    try:
        yield
    finally:
        pair.execute(host, "cp", "-a", "/root/kept", path)


@pytest.mark.parametrize("group", ["stacktls_elasticsearch_group", "stacktls_kibana_group"])
def test_group_without_a_host(fresh, group):
    refused(fresh, "The inventory has no host in the group 'nobody'", group, **{group: "nobody"})


@pytest.mark.soak
@pytest.mark.parametrize("names", ["elasticsearch_tls_subject_alt_names", "kibana_mutual_tls_subject_alt_names"])
def test_name_that_cannot_be_a_subject_alternative_name(fresh, names):
    refused(fresh, "bad name", **{names: ["good", "bad name"]})


def test_ec_key_in_pkcs12_for_kibana(fresh):
    refused(
        fresh,
        "Kibana finds no EC key in a PKCS#12 file",
        kibana_mutual_tls_format="pkcs12",
        kibana_mutual_tls_key_type="ec-p256",
    )


@pytest.mark.soak
def test_ec_authority_for_pkcs12_of_kibana(fresh):
    words = "has a key ec-p256"
    refused(fresh, "[kb1]", words, kibana_mutual_tls_format="pkcs12", stack_ca_key_type="ec-p256")


@pytest.mark.soak
def test_two_realms_of_the_same_order(fresh):
    refused(fresh, "[es1]", "stacktls_native_realm_order are both 1", stacktls_native_realm_order=1)


@pytest.mark.soak
def test_no_passphrase_for_the_key_of_kibana(fresh):
    refused(fresh, "kibana_mutual_tls_passphrase is empty", kibana_mutual_tls_passphrase="")


@pytest.mark.soak
def test_no_passphrase_for_the_key_of_the_authority(fresh):
    refused(fresh, "passphrase", "allow_unencrypted_key", stacktls_ca_passphrase="")


def test_wrong_credentials(fresh):
    run = refused(fresh, "[es1]", "elastic", "401", stacktls_elasticsearch_password="wrong-secret")
    assert "wrong-secret" not in run.output


def test_elasticsearch_that_is_not_there(fresh):
    refused(fresh, "[es1]", "http://es1:9299", "refused", stacktls_elasticsearch_port=9299)


@pytest.mark.soak
def test_value_of_another_type(fresh):
    refused(fresh, "kibana_mutual_tls_format", "pem, pkcs12", kibana_mutual_tls_format="jks")


def test_all_that_is_amiss_is_told_at_once_also_as_json(fresh, tmp_path):
    report = tmp_path / "report.json"
    wrong = {
        "elasticsearch_tls_group": "no-such-group",
        "stacktls_native_realm_order": 1,
        "kibana_mutual_tls_passphrase": "",
        "stacktls_preflight_report": str(report),
    }
    refused(
        fresh, "error es1 elasticsearch group no-such-group: does not exist.", "3 things would keep the run", **wrong
    )
    findings = json.loads(report.read_text())["findings"]
    assert [each["host"] for each in findings] == ["es1", "es1", "kb1"]
    assert "stacktls_native_realm_order are both 1" in findings[1]["found"]
    assert "kibana_mutual_tls_passphrase is empty" in findings[2]["found"]


def test_a_host_that_cannot_be_reached_is_in_the_report(fresh, tmp_path):
    away = tmp_path / "away.json"
    nobody = {"ansible_connection": "ssh", "ansible_host": "127.0.0.1", "ansible_port": 9}
    away.write_text(json.dumps({"all": {"hosts": {"kb1": nobody}}}))
    before = fresh.fingerprint()
    run = fresh.play("mutual_tls", "-i", str(away))
    assert run.status != 0
    told = "error kb1 kibana Reach the host: "
    assert told in " ".join(run.output.split()), run.output
    assert "port 9: Connection refused" in run.output
    assert fresh.fingerprint() == before


def test_preflight_of_hosts_that_are_ready(fresh):
    before = fresh.fingerprint()
    run = fresh.play("preflight")
    assert (run.status, run.changed()) == (0, 0), run.output
    assert "Nothing that is known would keep the run from its end." in run.output
    assert fresh.fingerprint() == before


def brought_authority(folder, kind):
    """Certificate and key of somebody else's authority, with one thing wrong."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Brought")])
    now = datetime.datetime.now(datetime.timezone.utc)
    end = now + datetime.timedelta(days=-1 if kind == "expired" else 10)
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=10))
        .not_valid_after(end)
        .add_extension(x509.BasicConstraints(ca=kind != "leaf", path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    if kind == "other key":
        key = ec.generate_private_key(ec.SECP256R1())
    (folder / "ca.crt").write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    (folder / "ca.key").write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.BestAvailableEncryption(b"brought-secret"),
        )
    )


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        ("missing", "no such file"),
        ("expired", "expired"),
        pytest.param("leaf", "is not one of an authority", marks=pytest.mark.soak),
        pytest.param("other key", "holds no certificate of the private key", marks=pytest.mark.soak),
        pytest.param("wrong passphrase", "passphrase", marks=pytest.mark.soak),
    ],
)
def test_authority_that_cannot_be_used(fresh, tmp_path, kind, words):
    if kind != "missing":
        brought_authority(tmp_path, kind)
    refused(
        fresh,
        f"{tmp_path}/ca.",
        words,
        stack_ca_import_certificate=str(tmp_path / "ca.crt"),
        stack_ca_import_private_key=str(tmp_path / "ca.key"),
        stack_ca_import_passphrase="wrong" if kind == "wrong passphrase" else "brought-secret",
    )


@pytest.mark.parametrize(
    ("text", "words"),
    [
        pytest.param("gateway: [", "YAML", id="no YAML", marks=pytest.mark.soak),
        pytest.param("cluster.name: other", "cluster.name", id="twice", marks=pytest.mark.soak),
        pytest.param("node:\n  name: other", "node.name", id="once dotted and once nested"),
    ],
)
def test_broken_settings_file(fresh, text, words):
    with spoiled(fresh, "es1", SETTINGS, f"printf '\\n{text}\\n' >> {SETTINGS}"):
        refused(fresh, "[es1]", SETTINGS, words)


@pytest.mark.soak
def test_damaged_keystore_of_elasticsearch(fresh):
    with spoiled(fresh, "es1", KEYSTORE, f"printf x | dd of={KEYSTORE} bs=1 seek=60 conv=notrunc status=none"):
        refused(fresh, "[es1]", KEYSTORE)


def test_keystore_with_another_password(fresh):
    refused(fresh, "[es1]", KEYSTORE, "password", elasticsearch_tls_keystore_password="not-the-one")


def test_damaged_keystore_of_kibana(fresh):
    path = "/etc/kibana/kibana.keystore"
    with spoiled(fresh, "kb1", path, f"printf 1:garbage > {path}"):
        refused(fresh, "[kb1]", path)
