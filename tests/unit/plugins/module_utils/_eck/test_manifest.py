# Copyright: Stack TLS contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import pytest
from ansible_collections.stacktls.elastic.plugins.module_utils._eck._kinds import KINDS, Names, kind_of
from ansible_collections.stacktls.elastic.plugins.module_utils._eck._manifest import Tls, merge, tls_patch, with_tls
from ansible_collections.stacktls.elastic.plugins.module_utils._errors import StackTlsError
from ansible_collections.stacktls.elastic.plugins.module_utils._pki._sans import parse_alternative_names
from hypothesis import given
from hypothesis import strategies as st

ELASTICSEARCH, KIBANA, LOGSTASH = (kind_of(name) for name in ("Elasticsearch", "Kibana", "Logstash"))
NAMES = parse_alternative_names(["IP:160.46.176.15", "DNS:hulk.example.com"])
FLEET_SERVER = {"version": "9.4.4", "fleetServerEnabled": True}
EMPTY_AS_THE_OPERATOR_WRITES_IT = {
    "spec": {"http": {"service": {"metadata": {}, "spec": {}}, "tls": {"certificate": {}, "client": {}}}}
}


@pytest.mark.parametrize(
    ("kind", "service", "public"),
    [
        ("Elasticsearch", "a-es-http", "a-es-http-certs-public"),
        ("Kibana", "a-kb-http", "a-kb-http-certs-public"),
        ("ApmServer", "a-apm-http", "a-apm-http-certs-public"),
        ("EnterpriseSearch", "a-ent-http", "a-ent-http-certs-public"),
        ("Agent", "a-agent-http", "a-agent-http-certs-public"),
        ("Logstash", "a-ls-api", "a-ls-http-certs-public"),
        ("ElasticMapsServer", "a-ems-http", "a-ems-http-certs-public"),
        ("PackageRegistry", "a-epr-http", "a-epr-http-certs-public"),
    ],
)
def test_objects_are_called_what_the_operator_calls_them(kind, service, public):
    names = Names(kind_of(kind), "a", "n")
    assert (names.service, names.public_secret) == (service, public)
    assert [name.value for name in names.service_names()] == [
        service,
        f"{service}.n",
        f"{service}.n.svc",
        f"{service}.n.svc.cluster.local",
    ]
    assert names.required_name in names.service_names("example.org")


def test_an_unknown_kind_is_refused_with_those_that_are_known():
    with pytest.raises(StackTlsError, match=r"'Elastic' is no kind .* Elasticsearch, Kibana"):
        kind_of("Elastic")


def test_the_patch_is_that_of_the_documentation():
    wanted = Tls(service_type="LoadBalancer", subject_alt_names=NAMES, secret_name="", disabled=False)
    assert with_tls(ELASTICSEARCH, {}, wanted)["spec"]["http"] == {
        "service": {"spec": {"type": "LoadBalancer"}},
        "tls": {"selfSignedCertificate": {"subjectAltNames": [{"ip": "160.46.176.15"}, {"dns": "hulk.example.com"}]}},
    }
    assert with_tls(ELASTICSEARCH, {}, Tls(secret_name="my-cert"))["spec"] == {
        "http": {"tls": {"certificate": {"secretName": "my-cert"}}}
    }
    assert with_tls(KIBANA, {}, Tls(disabled=True))["spec"] == {
        "http": {"tls": {"selfSignedCertificate": {"disabled": True}}}
    }
    assert with_tls(ELASTICSEARCH, {}, Tls(client_authentication=True, transport_secret_name="custom-ca"))["spec"] == {
        "http": {"tls": {"client": {"authentication": True}}},
        "transport": {"tls": {"certificate": {"secretName": "custom-ca"}}},
    }


def test_nothing_differs_where_the_operator_wrote_empty_fields():
    wanted = Tls(secret_name="", subject_alt_names=(), disabled=False, client_authentication=False)
    assert tls_patch(ELASTICSEARCH, EMPTY_AS_THE_OPERATOR_WRITES_IT, wanted) == {}
    assert tls_patch(ELASTICSEARCH, {"spec": {}}, wanted) == {}


def test_what_is_not_asked_for_stays():
    existing = {"spec": {"http": {"tls": {"certificate": {"secretName": "theirs"}}}, "transport": {"service": {}}}}
    assert tls_patch(ELASTICSEARCH, existing, Tls()) == {}
    patch = tls_patch(ELASTICSEARCH, existing, Tls(client_authentication=True))
    assert merge(existing, patch)["spec"]["http"]["tls"]["certificate"] == {"secretName": "theirs"}


def test_back_to_the_operator_takes_the_secret_away():
    existing = {"spec": {"http": {"tls": {"certificate": {"secretName": "x"}}}, "version": "9"}}
    patch = tls_patch(ELASTICSEARCH, existing, Tls(secret_name="", subject_alt_names=(), disabled=False))
    assert merge(existing, patch) == {"spec": {"http": {"tls": {}}, "version": "9"}}


def test_logstash_keeps_its_other_services():
    existing = {"spec": {"services": [{"name": "beats", "service": {"x": 1}}, {"name": "api", "service": {"y": 2}}]}}
    patch = tls_patch(LOGSTASH, existing, Tls(secret_name="s"))
    assert patch["spec"]["services"] == [
        {"name": "beats", "service": {"x": 1}},
        {"name": "api", "service": {"y": 2}, "tls": {"certificate": {"secretName": "s"}}},
    ]
    assert tls_patch(LOGSTASH, merge(existing, patch), Tls(secret_name="s")) == {}
    assert tls_patch(LOGSTASH, {}, Tls(secret_name="s"))["spec"]["services"][0]["name"] == "api"


def test_client_certificates_are_set_in_every_reference():
    agent = kind_of("Agent")
    existing = {"spec": {"elasticsearchRefs": [{"name": "a", "outputName": "default"}, {"name": "b"}]}}
    patch = tls_patch(agent, existing, Tls(client_secret_name="mine"))
    assert patch["spec"]["elasticsearchRefs"][0] == {
        "name": "a",
        "outputName": "default",
        "clientCertificateSecretName": "mine",
    }
    with pytest.raises(StackTlsError, match="has no elasticsearchRef, "):
        tls_patch(KIBANA, {}, Tls(client_secret_name="mine"))


@pytest.mark.parametrize(
    ("kind", "wanted", "words"),
    [
        ("Beat", Tls(secret_name="s"), "kind Beat no HTTP service"),
        ("Agent", Tls(secret_name="s"), "this Agent is no Fleet Server"),
        ("Kibana", Tls(client_authentication=True), "kind Kibana no field for client authentication"),
        ("Kibana", Tls(transport_secret_name="s"), "kind Kibana no transport layer"),
        ("Elasticsearch", Tls(client_secret_name="s"), "kind Elasticsearch no reference to Elasticsearch"),
        ("Logstash", Tls(fleet_client_secret_name="s"), "kind Logstash no reference to Fleet Server"),
    ],
)
def test_a_field_that_the_api_lacks_is_refused(kind, wanted, words):
    with pytest.raises(StackTlsError, match=words):
        tls_patch(kind_of(kind), {}, wanted)


@given(
    kind=st.sampled_from([kind for kind in KINDS.values() if kind.has_http]),
    secret=st.sampled_from([None, "", "a", "b"]),
    names=st.sampled_from([None, (), NAMES]),
    disabled=st.sampled_from([None, False, True]),
    service=st.sampled_from([None, "ClusterIP", "LoadBalancer"]),
    before=st.sampled_from([None, "", "a", "c"]),
)
def test_a_patch_brings_what_is_wanted_and_is_not_needed_twice(kind, secret, names, disabled, service, before):
    existing = with_tls(kind, {"spec": FLEET_SERVER}, Tls(secret_name=before, service_type="NodePort"))
    wanted = Tls(secret_name=secret, subject_alt_names=names, disabled=disabled, service_type=service)
    after = merge(existing, tls_patch(kind, existing, wanted))
    assert tls_patch(kind, after, wanted) == {}
    assert FLEET_SERVER.items() <= after["spec"].items()
