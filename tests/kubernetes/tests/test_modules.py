# Copyright: Stack TLS contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The modules that speak to Kubernetes, run by Ansible against the real API, operator and cert-manager."""

from __future__ import annotations

import base64
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from conftest import ELASTICSEARCH, Cluster, until

if TYPE_CHECKING:
    from controlplane.plane import Plane

pytestmark = pytest.mark.stack

HERE = Path(__file__).parent
SECRETS = {"passphrase": "passphrase-of-the-authority", "token": "token-of-the-command"}
LOCAL = {"ansible_connection": "local", "ansible_python_interpreter": sys.executable}


def openssl(folder: Path, *arguments: str) -> str:
    return subprocess.run(["openssl", *arguments], cwd=folder, capture_output=True, text=True, check=True).stdout


@pytest.fixture
def results(plane: Plane, cluster: Cluster, tmp_path: Path) -> dict[str, list[dict[str, Any]]]:
    """What each module returned, by the name that the playbook gives it; nothing of it is secret."""
    for name, secret in (("es", "es-cert"), ("own", "own-ca")):
        tls = {"http": {"tls": {"certificate": {"secretName": secret}}}}
        cluster.create("Elasticsearch", name, {**ELASTICSEARCH, **tls})
    cluster.create("Issuer", "issuer", {"selfSigned": {}})
    cluster.create("Certificate", "managed", {"secretName": "m", "dnsNames": ["m"], "issuerRef": {"name": "issuer"}})
    extensions = ("-addext", "basicConstraints=critical,CA:true", "-addext", "keyUsage=critical,keyCertSign")
    made = ("-newkey", "rsa:2048", "-nodes", "-keyout", "other.key", "-out", "other.crt", "-days", "3650")
    openssl(tmp_path, "req", "-x509", *made, "-subj", "/CN=Other", *extensions)

    inventory = {"all": {"hosts": {"localhost": LOCAL, "authority": LOCAL}}}
    variables = {"kubeconfig": str(plane.kubeconfig), "own_namespace": cluster.namespace, "folder": str(tmp_path)}
    inventory["all"]["vars"] = {**variables, **SECRETS}
    (tmp_path / "inventory.json").write_text(json.dumps(inventory))
    command = ["ansible-playbook", "-vvv", "-i", "inventory.json", str(HERE / "modules.yml")]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False, env=os.environ)
    told = done.stdout + done.stderr
    assert done.returncode == 0, told
    keys = [secret for name in cluster.secrets() for secret in private_keys(cluster, name)]
    assert len(keys) >= 5
    for secret in (*keys, *SECRETS.values(), "PRIVATE KEY"):
        assert secret not in told
    found: dict[str, list[dict[str, Any]]] = json.loads((tmp_path / "results.json").read_text())
    return found


def private_keys(cluster: Cluster, name: str) -> list[str]:
    """The private keys in a Secret, in base64 as its manifest has them."""
    data = cluster.secret(name) or {}
    return [value for entry, value in data.items() if entry.endswith(".key")]


def codes(steps: list[dict[str, Any]]) -> list[list[str]]:
    return [[reason["code"] for reason in step["reasons"]] for step in steps]


def test_they_do_what_they_say_and_nothing_twice(
    results: dict[str, list[dict[str, Any]]], cluster: Cluster, tmp_path: Path
) -> None:
    for name, again in (("issued", 2), ("authority", 2), ("elsewhere", 1), ("commanded", 1)):
        steps = results[name]
        assert [step["changed"] for step in steps] == [True, True, *[False] * again], name
        assert codes(steps) == [["missing"], ["missing"], *[[]] * again], name
        assert steps[1]["certificate"] == steps[-1]["certificate"], name
    assert results["issued"][0]["diff"]["after"]["subject"] == "CN=es"
    assert results["issued"][0]["diff"]["before"] == {}
    assert not [name for name in cluster.secrets() if name.endswith("-pending")]
    host = f"es-es-http.{cluster.namespace}.svc"
    for name, issuer in (
        ("es-cert", "Authority of the test"),
        ("from-another-host", "Authority of the test"),
        ("of-a-command", "Other"),
    ):
        for entry, value in cluster.secret(name).items():
            (tmp_path / entry).write_bytes(base64.b64decode(value))
        openssl(tmp_path, "verify", "-purpose", "sslserver", "-CAfile", "ca.crt", "-verify_hostname", host, "tls.crt")
        assert issuer in openssl(tmp_path, "x509", "-in", "tls.crt", "-noout", "-issuer")
        certified = openssl(tmp_path, "x509", "-in", "tls.crt", "-noout", "-pubkey")
        assert openssl(tmp_path, "pkey", "-in", "tls.key", "-pubout") == certified

    readers = [*results["served"], *results["preflight"], *results["license"], *results["managed"]]
    assert [step["changed"] for step in readers] == [False] * 9
    ours, same, own = results["served"]
    assert ours["certificates"] == same["certificates"]
    assert ours["origin"] == "certificate"
    assert ours["certificate"]["fingerprint_sha256"] == results["issued"][1]["certificate"]["fingerprint_sha256"]
    assert own["origin"] == "authority"
    assert own["certificate"]["issuer"] == "CN=es"
    assert own["authorities"][0]["fingerprint_sha256"] == results["authority"][1]["certificate"]["fingerprint_sha256"]

    missing, again = (step["problems"] for step in results["preflight"])
    assert missing == again
    assert [problem.split(". ")[0] for problem in missing] == ["There is no namespace no-such-namespace"]
    assert results["license"][0]["level"] == results["license"][1]["level"] == cluster.license()
    assert results["managed"][0]["secret_name"] == "m"
    ends = until(lambda: cluster.get("Certificate", "managed")["status"].get("notAfter"))
    assert results["managed"][0]["not_after"] == ends
