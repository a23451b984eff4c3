# Copyright: Stack TLS contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What roles find out of variables and files on a host, before or without a word with Elasticsearch."""

from __future__ import annotations

import http.server
import json
import ssl
import subprocess
import threading

import pytest
from playing import run_playbook


def apply(folder, role, tasks_from, *options, **variables):
    """Run tasks of a role on this machine; the node of Elasticsearch cannot be reached."""
    task = {"import_role": {"name": f"stacktls.elastic.{role}", "tasks_from": tasks_from}}
    (folder / "play.json").write_text(json.dumps([{"hosts": "localhost", "gather_facts": False, "tasks": [task]}]))
    return run_playbook(folder, "play.json", {"elasticsearch": ["es1"]}, *options, **variables)


APPLICATION = {
    "client_tls_name": "orders",
    "client_tls_role_descriptors": {"reader": {}},
    "stacktls_elasticsearch_password": "secret-4711",
}


def authority(folder, name):
    """An authority whose certificate is also that of a server on localhost."""
    command = (
        "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -addext subjectAltName=DNS:localhost"
    )
    command = [*command.split(), "-subj", f"/CN={name}", "-keyout", f"{name}.key", "-out", f"{name}.crt"]
    subprocess.run(command, cwd=folder, check=True, capture_output=True)
    return (folder / f"{name}.crt").read_text()


@pytest.fixture
def node(tmp_path):
    """The port of a server with the certificate of an authority."""
    authority(tmp_path, "theirs")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tmp_path / "theirs.crt", tmp_path / "theirs.key")
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), http.server.SimpleHTTPRequestHandler) as server:
        server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server.server_address[1]
        server.shutdown()


def trusting(folder, port, *options, trusted="theirs", host="localhost"):
    """An application gets the authorities that it trusts."""
    given = {
        **APPLICATION,
        "client_tls_config_path": str(folder / "orders"),
        "client_tls_ca_certificates": (folder / f"{trusted}.crt").read_text(),
        "client_tls_elasticsearch_url": [f"https://{host}:{port}"],
    }
    return apply(folder, "client_tls", "main", "--tags", "certificates", *options, **given)


def test_an_application_trusts_the_authorities_that_are_given(tmp_path, node):
    done = trusting(tmp_path, node)
    assert done.returncode == 0, done.stdout
    assert (tmp_path / "theirs.crt").read_text().strip() in (tmp_path / "orders/ca.crt").read_text()


@pytest.mark.parametrize("options", [(), pytest.param(("--check",), marks=pytest.mark.soak)], ids=["run", "check"])
@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"trusted": "strangers"}, "its issuer CN=theirs is not in ca_certificates"),
        ({"host": "127.0.0.1"}, "127.0.0.1"),
        ({"host": "localhost.invalid"}, "localhost.invalid"),
    ],
    ids=["another authority", "another name", "nobody there"],
)
def test_an_application_that_would_reach_nobody_is_left_alone(tmp_path, node, options, given, said):
    authority(tmp_path, "strangers")
    done = trusting(tmp_path, node, *options, **given)
    words = " ".join(done.stdout.split())
    assert done.returncode != 0
    assert (
        "orders on localhost would not reach Elasticsearch with the authorities of client_tls_ca_certificates" in words
    )
    assert said in words[words.index("nothing was changed for it:") :]
    assert not (tmp_path / "orders").exists()


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (
            {"elasticsearch_tls_client_authentication": "required"},
            "'required', and orders has no certificate to present to Elasticsearch: set client_tls_certificate to true",
        ),
        ({"client_tls_languages": "python"}, "client_tls_languages is 'python', and must be a list"),
        ({"client_tls_user": "nobody-so"}, "runs as user 'nobody-so' and group 'nobody-so' (client_tls_user,"),
        ({"client_tls_group": "nobody-so"}, "(chgrp failed: failed to look up group nobody-so)"),
        ({"client_tls_secret_path": "/nowhere/key"}, "/nowhere (client_tls_secret_path) does not exist on localhost"),
        ({"client_tls_store_command": ["/nowhere/put"]}, "/nowhere/put (client_tls_store_command) does not exist"),
    ],
)
def test_what_an_application_cannot_have_is_told_beforehand(tmp_path, given, said):
    done = apply(tmp_path, "client_tls", "preflight", **APPLICATION, **given)
    assert done.returncode != 0
    assert said in " ".join(done.stdout.split())


def test_a_kibana_without_nodes_is_told_so(tmp_path):
    given = {"kibana_mutual_tls_elasticsearch_group": "nodes", "kibana_mutual_tls_passphrase": "secret-4711"}
    done = apply(tmp_path, "kibana_mutual_tls", "preflight", **given)
    assert done.returncode != 0
    assert "The inventory has no host in the group 'nodes'" in " ".join(done.stdout.split())


@pytest.mark.parametrize(
    ("role", "given"),
    [
        ("kibana_mutual_tls", {"kibana_mutual_tls_passphrase": None}),
        ("kibana_tls", {"kibana_tls_format": "pkcs12", "kibana_tls_passphrase": None}),
    ],
)
def test_a_passphrase_without_a_value_is_told_by_name(tmp_path, role, given):
    """ansible-core 2.17 and 2.18 refuse it themselves, as "argument 'NAME' is of type NoneType"; later ones do not."""
    done = apply(tmp_path, role, "preflight", **given)
    assert done.returncode != 0
    said = " ".join(done.stdout.split())
    assert f"{role}_passphrase is empty" in said or f"argument '{role}_passphrase' is of type" in said


@pytest.mark.parametrize("address", ["http://kibana.example.com:5601", "kibana.example.com"])
def test_people_are_not_led_to_plain_http(tmp_path, address):
    done = apply(tmp_path, "kibana_tls", "preflight", kibana_tls_public_base_url=address)
    assert done.returncode != 0
    assert f"kibana_tls_public_base_url is {address}, but browsers reach Kibana over HTTPS" in " ".join(
        done.stdout.split()
    )


def test_a_node_whose_certificate_lies_in_another_folder_is_told_which_one_is_meant(tmp_path):
    settings = ("enabled: true", "certificate: theirs.crt", "key: theirs.key")
    lines = ["xpack.security.enabled: true", *(f"xpack.security.http.ssl.{setting}" for setting in settings)]
    (tmp_path / "elasticsearch.yml").write_text("\n".join(lines))
    done = apply(tmp_path, "elasticsearch_tls", "preflight", elasticsearch_tls_config_path=str(tmp_path))
    assert done.returncode != 0
    told = f"HTTPS with another certificate than {tmp_path}/certs/http.crt: {tmp_path}/theirs.crt. Put the certificate"
    assert told in " ".join(done.stdout.split())


@pytest.mark.parametrize(
    ("role", "names", "said"),
    [
        (
            "elasticsearch_tls",
            ["es_1"],
            "elasticsearch_tls_subject_alt_names: 'es_1' cannot be a name",
        ),
        ("elasticsearch_tls", [], "elasticsearch_tls_subject_alt_names: it is empty. Name the hosts"),
        (
            "kibana_tls",
            ["kibana:5601"],
            "kibana_tls_subject_alt_names: 'kibana:5601' cannot be a name",
        ),
        ("kibana_tls", [], "kibana_tls_subject_alt_names: it is empty. Browsers accept"),
        ("kibana_mutual_tls", ["a b"], "kibana_mutual_tls_subject_alt_names: 'a b' cannot be a name"),
    ],
)
def test_a_name_that_cannot_be_is_told_by_its_variable(tmp_path, role, names, said):
    given = {f"{role}_subject_alt_names": names, "kibana_mutual_tls_passphrase": "secret-4711"}
    done = apply(tmp_path, role, "preflight", **given)
    words = " ".join(done.stdout.split())
    assert done.returncode != 0
    assert said in words
    assert "filter" not in words
