# Copyright: Stack TLS contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import importlib.util

import pytest
from ansible.errors import AnsibleFilterError
from ansible_collections.stacktls.elastic.plugins.filter.eck_manifest import eck_manifest
from ansible_collections.stacktls.elastic.plugins.filter.eck_plans import eck_plans
from ansible_collections.stacktls.elastic.plugins.filter.eck_tls_patch import eck_tls_patch
from ansible_collections.stacktls.elastic.plugins.plugin_utils import _eck_plans

ISSUED = {
    "kind": "Elasticsearch",
    "name": "quickstart",
    "certificate": "issued",
    "subject_alt_names": ["es.example.com"],
}


@pytest.fixture(autouse=True)
def with_collection(monkeypatch):
    monkeypatch.setattr(importlib.util, "find_spec", lambda _name: object())


def plan(**item):
    return eck_plans([{"kind": "Elasticsearch", "name": "quickstart", **item}])[0]


def of_another_namespace(_name):
    raise ModuleNotFoundError("No module named 'ansible_collections.kubernetes'")


@pytest.mark.parametrize("find_spec", [lambda _name: None, of_another_namespace])
def test_the_collection_for_kubernetes_is_asked_for_by_name(monkeypatch, find_spec):
    monkeypatch.setattr(_eck_plans.importlib.util, "find_spec", find_spec)
    with pytest.raises(
        AnsibleFilterError, match=r"the collection kubernetes.core is missing.*ansible-galaxy collection install"
    ):
        eck_plans([])


def test_a_certificate_that_is_issued_has_every_name_of_the_service():
    found = eck_plans([ISSUED], "elastic")[0]
    assert found["names"] == [
        "DNS:quickstart-es-http",
        "DNS:quickstart-es-http.elastic",
        "DNS:quickstart-es-http.elastic.svc",
        "DNS:quickstart-es-http.elastic.svc.cluster.local",
        "DNS:es.example.com",
    ]
    secret = {"name": "quickstart-es-cert", "namespace": "elastic", "kind": "certificate", "profile": "server"}
    assert secret.items() <= found["secrets"][0].items()
    assert eck_tls_patch({}, found) == {
        "spec": {"http": {"tls": {"certificate": {"secretName": "quickstart-es-cert"}, "selfSignedCertificate": None}}}
    }


def test_what_is_brought_needs_only_the_name_that_the_operator_uses():
    found = plan(certificate="brought", source_certificate_path="a", source_private_key_path="b")
    assert found["names"] == ["DNS:quickstart-es-http.default.svc"]


@pytest.mark.parametrize("way", ["unchanged", "operator"])
def test_the_operator_needs_no_secret(way):
    found = plan(certificate=way)
    assert (found["secrets"], found["candidates"]) == ([], [])


def test_a_resource_that_is_only_read_is_not_changed():
    theirs = {"spec": {"http": {"tls": {"certificate": {"secretName": "theirs"}}}}}
    assert eck_tls_patch(theirs, plan()) == {}
    assert eck_tls_patch(theirs, plan(certificate="operator"))["spec"]["http"]["tls"]["certificate"] is None


def test_an_authority_is_made_or_brought():
    assert plan(certificate="authority")["secrets"][0]["signer"] == "self_signed"
    brought = plan(certificate="authority", source_certificate_path="a", source_private_key_path="b")
    assert brought["secrets"][0]["signer"] == "brought"
    assert "subject" not in brought["secrets"][0]


def test_clients_and_the_transport_layer_have_secrets_of_their_own():
    found = plan(
        transport={"certificate": "self_signed", "secret_name": "custom-ca", "subject_alt_names": ["IP:1.2.3.4"]}
    )
    assert (found["secrets"][0]["name"], found["secrets"][0]["kind"]) == ("custom-ca", "authority")
    assert eck_tls_patch({}, found)["spec"]["transport"]["tls"] == {
        "certificate": {"secretName": "custom-ca"},
        "subjectAltNames": [{"ip": "1.2.3.4"}],
    }
    kibana = {"kind": "Kibana", "name": "k", "client": {"certificate": "issued"}}
    found = eck_plans([{**kibana, "definition": {"elasticsearchRef": {"name": "quickstart"}}}])[0]
    assert found["secrets"][0]["profile"] == "client"
    manifest = eck_manifest(found["definition"], found)
    assert manifest["spec"]["elasticsearchRef"] == {
        "name": "quickstart",
        "clientCertificateSecretName": "k-kb-client-cert",
    }
    assert (manifest["kind"], manifest["metadata"]) == ("Kibana", {"name": "k", "namespace": "default"})


def test_the_certificate_of_cert_manager_is_that_of_the_documentation():
    item = {
        "issuer": {"name": "selfsigned-issuer"},
        "certificate_spec": {"isCA": True, "subject": {"organizations": ["quickstart"]}},
    }
    found = plan(certificate="cert_manager", secret_name="quickstart-es-cert", **item)
    spec = found["certificate"]["spec"]
    assert (spec["isCA"], spec["secretName"], spec["issuerRef"]["kind"]) == (True, "quickstart-es-cert", "Issuer")
    assert "quickstart-es-http.default.svc.cluster.local" in spec["dnsNames"]
    assert found["candidates"] == [{"name": "quickstart-es-cert", "kind": "any"}]


@pytest.mark.parametrize(
    ("item", "words"),
    [
        ({"kind": "Elastic"}, "'Elastic' is no kind"),
        ({"name": ""}, "has no kind or no name"),
        ({"certificates": "issued"}, "Elasticsearch default/quickstart: certificates is not known here"),
        ({"certificate": "own"}, "certificate is 'own'. It is one of unchanged"),
        ({"subject_alt_names": ["a.example.com"]}, "unchanged only reads"),
        ({"certificate": "secret"}, "secret_name is not given"),
        ({"certificate": "cert_manager"}, "issuer has no name"),
        ({"certificate": "issued", "source_certificate_path": "x"}, "Set certificate to brought"),
        ({"certificate": "disabled", "client_authentication": True}, "needs TLS"),
        ({"certificate": "issued", "subject_alt_names": ["a_b"]}, "has an underscore"),
        ({"transport": {"certificate": "issued"}}, "transport.certificate is 'issued'"),
        ({"transport": {"issuer": {}}}, "transport.issuer is not known"),
        ({"kind": "Beat", "certificate": "issued", "definition": {"type": "x"}}, "kind Beat no HTTP service"),
        (
            {"kind": "Kibana", "client_authentication": True, "definition": {"count": 1}},
            "no field for client authentication",
        ),
    ],
)
def test_what_cannot_be_is_refused_with_the_name_of_the_resource(item, words):
    with pytest.raises(AnsibleFilterError, match=words):
        plan(**item)


def test_a_resource_is_named_once():
    with pytest.raises(AnsibleFilterError, match="several resources are Elasticsearch/default/quickstart"):
        eck_plans([ISSUED, ISSUED])
