# Copyright: Stack TLS contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the operator made, waited for and judged, against a cluster in memory in which the test plays the operator."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

import pytest
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from ansible_collections.stacktls.elastic.plugins.module_utils._cert_manager_info import manage_cert_manager_info
from ansible_collections.stacktls.elastic.plugins.module_utils._eck._secret import Form, data_of, encode
from ansible_collections.stacktls.elastic.plugins.module_utils._eck_certificate_info import (
    MODULE_ARGUMENTS,
    manage_eck_certificate_info,
)
from ansible_collections.stacktls.elastic.plugins.module_utils._eck_license_info import manage_eck_license_info
from ansible_collections.stacktls.elastic.plugins.module_utils._errors import StackTlsError
from ansible_collections.stacktls.elastic.plugins.module_utils._pki._authorities import make_authority
from ansible_collections.stacktls.elastic.plugins.module_utils._pki._certificates import (
    Authority,
    Identity,
    Lifetime,
    Specification,
    issue,
)
from ansible_collections.stacktls.elastic.plugins.module_utils._pki._keys import (
    encode_private_key,
    generate_private_key,
)
from ansible_collections.stacktls.elastic.plugins.module_utils._pki._names import parse_name
from ansible_collections.stacktls.elastic.plugins.module_utils._pki._sans import parse_alternative_names
from ansible_collections.stacktls.elastic.plugins.module_utils._waiting import Clock
from clusters import FakeCluster

NOW = datetime.now(timezone.utc).replace(microsecond=0)
SERVICE = "hulk-es-http.default.svc"


class Time:
    """Passes only where somebody sleeps; what is planned happens then."""

    def __init__(self):
        self.seconds = 0.0
        self.plan = []

    def clock(self):
        return Clock(lambda: self.seconds, self._sleep)

    def _sleep(self, seconds):
        self.seconds += seconds
        for due, action in [each for each in self.plan if each[0] <= self.seconds]:
            self.plan.remove((due, action))
            action()


class Site:
    def __init__(self):
        self.cluster, self.time = FakeCluster(), Time()
        self.own = self.authority("hulk-http")

    def authority(self, name):
        key = generate_private_key("ec-p256")
        lifetime = Lifetime(NOW - timedelta(days=1), NOW + timedelta(days=365))
        return Authority(make_authority(parse_name(f"CN={name}"), key, lifetime), key)

    def identity(self, authority, names=(SERVICE,), days=100):
        key = generate_private_key("ec-p256")
        wanted = Specification(parse_name("CN=hulk"), parse_alternative_names(names), "server", "")
        lifetime = Lifetime(NOW - timedelta(days=1), NOW + timedelta(days=days))
        certificate = issue(wanted, key.public_key(), authority, lifetime)
        return Identity(key, certificate, (authority.certificate,))

    def secret(self, name, data, changed=NOW - timedelta(minutes=5)):
        fields = [{"time": changed.strftime("%Y-%m-%dT%H:%M:%SZ"), "fieldsV1": {"f:data": {}}}]
        meta = {"name": name, "namespace": "default", "managedFields": fields}
        self.cluster.put({"apiVersion": "v1", "kind": "Secret", "metadata": meta, "data": encode(data)})

    def resource(self, tls=None, status=None, kind="Elasticsearch", changed=NOW - timedelta(minutes=5), **spec):
        fields = [{"time": changed.strftime("%Y-%m-%dT%H:%M:%SZ"), "fieldsV1": {"f:spec": {}}}]
        meta = {"name": "hulk", "namespace": "default", "generation": 2, "managedFields": fields}
        self.cluster.put(
            {"kind": kind, "metadata": meta, "spec": {"http": {"tls": tls or {}}, **spec}, "status": status or {}}
        )

    def serve(self, identity, **changes):
        """As the operator does."""
        self.secret(
            "hulk-es-http-certs-public",
            {**{k: v for k, v in data_of(identity, Form()).items() if k != "tls.key"}, **changes},
        )

    def serve_own(self, names=(SERVICE,)):
        self.secret("hulk-es-http-ca-internal", {"tls.crt": data_of(self.identity(self.own), Form())["ca.crt"]})
        self.serve(self.identity(self.own, names))

    def event(self, message, when=NOW, reason="ReconciliationError", kind="Warning"):
        meta = {"name": f"e{len(self.cluster.objects)}", "namespace": "default"}
        time = when.strftime("%Y-%m-%dT%H:%M:%S.%fZ")
        self.cluster.put(
            {"kind": "Event", "metadata": meta, "type": kind, "reason": reason, "message": message, "eventTime": time}
        )

    def look(self, **given):
        task = {"kind": "Elasticsearch", "name": "hulk", **given}
        params = ArgumentSpecValidator(**MODULE_ARGUMENTS).validate(task).validated_parameters
        return manage_eck_certificate_info(params, self.cluster, self.time.clock())


@pytest.fixture
def site():
    return Site()


def test_what_the_operator_made_is_returned(site):
    site.resource()
    site.serve_own()
    found = site.look()
    assert (found["changed"], found["tls"], found["origin"]) == (False, True, "operator")
    assert found["certificate"]["issuer"] == "CN=hulk-http"
    assert found["ca_certificates"].count("BEGIN CERTIFICATE") == 1
    assert "PRIVATE KEY" not in repr(found)
    assert site.cluster.writes == []


def test_it_is_waited_for(site):
    site.resource()
    site.time.plan.append((7, site.serve_own))
    assert site.look()["tls"]
    assert site.time.seconds >= 7


def test_a_certificate_that_was_brought_has_to_be_the_one_that_is_served(site):
    old, new = site.identity(site.authority("Ours")), site.identity(site.authority("Ours"))
    site.resource({"certificate": {"secretName": "mine"}})
    site.secret("mine", data_of(new, Form()))
    site.serve(old)
    site.time.plan.append((3, lambda: site.serve(new)))
    assert site.look()["origin"] == "certificate"
    site.serve(old)
    with pytest.raises(
        StackTlsError, match="after 60 s, hulk-es-http-certs-public does not have the certificate of mine yet"
    ):
        site.look()


def test_an_authority_has_to_be_the_one_that_issued(site):
    ours = site.authority("Ours")
    site.resource({"certificate": {"secretName": "mine"}})
    site.secret(
        "mine", {"ca.crt": data_of(site.identity(ours), Form())["ca.crt"], "ca.key": encode_private_key(ours.key, None)}
    )
    site.serve_own()
    site.time.plan.append((3, lambda: site.serve(site.identity(ours))))
    found = site.look()
    assert (found["origin"], found["certificate"]["issuer"]) == ("authority", "CN=Ours")


def test_names_that_the_resource_asks_for_and_the_address_of_its_service_are_required(site):
    site.resource({"selfSignedCertificate": {"subjectAltNames": [{"dns": "hulk.example.com"}, {"ip": "192.0.2.1"}]}})
    ingress = {"loadBalancer": {"ingress": [{"ip": "192.0.2.2"}]}}
    meta = {"name": "hulk-es-http", "namespace": "default"}
    site.cluster.put({"kind": "Service", "metadata": meta, "spec": {"type": "LoadBalancer"}, "status": ingress})
    site.serve_own()
    lacking = "lacks the names DNS:hulk.example.com, IP:192.0.2.1, IP:192.0.2.2"
    with pytest.raises(StackTlsError, match=lacking):
        site.look(timeout=1)
    site.serve_own((SERVICE, "hulk.example.com", "192.0.2.1", "192.0.2.2"))
    assert site.look()["service"] == {
        "name": "hulk-es-http",
        "type": "LoadBalancer",
        "addresses": ["IP:192.0.2.2"],
        "names": [
            f"DNS:{name}" for name in ("hulk-es-http", "hulk-es-http.default", SERVICE, f"{SERVICE}.cluster.local")
        ],
    }


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (lambda site: site.serve(site.identity(site.own, days=-0.5)), "expired on"),
        (lambda site: site.serve(site.identity(site.own, ["elsewhere"])), f"lacks the names DNS:{SERVICE}"),
        (lambda site: site.serve(site.identity(site.own), **{"tls.crt": b"nothing"}), "has no certificate"),
        (
            lambda site: site.serve(site.identity(site.authority("Other"))),
            "does not have the authority of hulk-es-http-ca",
        ),
    ],
)
def test_what_is_wrong_with_it_is_said(site, spoil, words):
    site.resource()
    site.serve_own()
    spoil(site)
    with pytest.raises(StackTlsError, match=words):
        site.look(timeout=1)


def test_a_chain_with_a_gap_is_said(site):
    site.resource()
    site.serve_own()
    other = data_of(site.identity(site.authority("Other")), Form())["tls.crt"]
    site.serve(site.identity(site.own), **{"tls.crt": other})
    with pytest.raises(StackTlsError, match="'CN=Other', is missing"):
        site.look(timeout=1)


def test_warnings_that_are_newer_than_the_last_change_are_the_error(site):
    site.resource({"certificate": {"secretName": "mine"}})
    site.event("expected an RSA private key")
    with pytest.raises(StackTlsError, match=r"refuses it \(ReconciliationError: expected an RSA private key\)"):
        site.look()
    assert site.time.seconds < 10, "the time is not waited for where the operator has spoken"


def test_the_operator_may_still_come_round(site):
    site.resource()
    site.event("some trouble")
    site.time.plan.append((3, site.serve_own))
    assert site.look()["tls"]


@pytest.mark.parametrize(
    "event",
    [
        {"message": "old trouble", "when": NOW - timedelta(hours=1)},
        {"message": "Association backend is not configured", "reason": "AssociationError"},
        {"message": "the object has been modified; please apply your changes"},
    ],
)
def test_other_warnings_end_nothing_and_are_told_in_the_end(site, event):
    site.resource()
    site.event(**event)
    with pytest.raises(StackTlsError, match=f"after 20 s, .* Its last warnings: .*{event['message'].split(';')[0]}"):
        site.look(timeout=20)
    assert site.time.seconds >= 20


def test_normal_events_are_none(site):
    site.resource()
    site.event("all is well", kind="Normal")
    with pytest.raises(StackTlsError) as refused:
        site.look(timeout=1)
    assert "all is well" not in str(refused.value)


@pytest.mark.parametrize(
    ("status", "words"),
    [({"phase": "Invalid"}, "calls the resource invalid"), ({"observedGeneration": 1}, "has seen generation 1")],
)
def test_the_operator_has_to_have_taken_the_change(site, status, words):
    site.resource(status=status)
    site.serve_own()
    with pytest.raises(StackTlsError, match=words):
        site.look(timeout=1)


def test_without_tls_nothing_is_verified(site):
    site.resource({"selfSignedCertificate": {"disabled": True}})
    found = site.look()
    assert (found["tls"], found["certificate"], found["ca_certificates"]) == (False, {}, "")


def test_the_authority_of_the_transport_layer_is_compared(site):
    ours = site.authority("Transport")
    site.resource(transport={"tls": {"certificate": {"secretName": "custom-ca"}}})
    site.serve_own()
    pem = data_of(site.identity(ours), Form())["ca.crt"]
    site.secret("custom-ca", {"ca.crt": pem, "ca.key": b""})
    site.secret("hulk-es-transport-certs-public", {"ca.crt": data_of(site.identity(site.own), Form())["ca.crt"]})
    with pytest.raises(
        StackTlsError, match="hulk-es-transport-certs-public does not have the authority of custom-ca yet"
    ):
        site.look(timeout=1)
    site.secret("hulk-es-transport-certs-public", {"ca.crt": pem})
    assert site.look()["transport_ca_certificates"] == pem.decode()


def test_who_is_not_there_is_said(site):
    with pytest.raises(StackTlsError, match="there is no Elasticsearch default/hulk"):
        site.look()
    with pytest.raises(StackTlsError, match=r"Beat .* serves no HTTP"):
        site.look(kind="Beat")


class TestCandidate:
    """A Secret of somebody else is checked before a resource names it."""

    @pytest.mark.parametrize(
        ("change", "words"),
        [
            (lambda data: {**data, "tls.key": data["tls.key"].replace(b"EC PRIVATE", b"PRIVATE")}, "damaged"),
            (
                lambda data: {name: data[name] for name in ("tls.crt", "ca.crt")},
                "tls.key of Secret default/mine does not exist",
            ),
            (
                lambda data: {**data, "ca.key": data["tls.key"]},
                "has tls.crt and tls.key, which the operator refuses|not the key",
            ),
            (lambda data: {**data, "ca.crt": data["tls.crt"]}, "is missing. ca.crt has to hold the root"),
        ],
    )
    def test_broken(self, site, change, words):
        site.secret("mine", change(data_of(site.identity(site.own), Form())))
        with pytest.raises(StackTlsError, match=words):
            site.look(candidate="mine")

    def test_an_ec_key_in_pkcs8(self, site):
        identity = site.identity(site.own)
        site.secret("mine", {**data_of(identity, Form()), "tls.key": encode_private_key(identity.key, None)})
        with pytest.raises(StackTlsError, match="is an EC key in PKCS#8"):
            site.look(candidate="mine")
        assert site.look(candidate="mine", candidate_kind="client")["origin"] == "certificate"

    def test_names(self, site):
        site.secret("mine", data_of(site.identity(site.own), Form()))
        assert site.look(candidate="mine")["certificate"]["issuer"] == "CN=hulk-http"
        with pytest.raises(StackTlsError, match=r"lacks the names DNS:es.example.com"):
            site.look(candidate="mine", subject_alt_names=["es.example.com"])

    def test_missing(self, site):
        with pytest.raises(StackTlsError, match="there is no Secret default/mine"):
            site.look(candidate="mine")


def test_cert_manager_is_waited_for_and_quoted(site):
    ready = {"type": "Ready", "status": "False", "reason": "DoesNotExist", "message": "Issuing certificate."}
    meta = {"name": "c", "namespace": "default", "uid": "1", "generation": 1}
    certificate = {
        "kind": "Certificate",
        "metadata": meta,
        "spec": {"secretName": "s"},
        "status": {"conditions": [ready]},
    }
    site.cluster.put(certificate)
    owned = {"name": "c-1", "namespace": "default", "ownerReferences": [{"uid": "1"}]}
    words = {"type": "Ready", "status": "False", "reason": "Pending", "message": 'Referenced "Issuer" not found'}
    site.cluster.put({"kind": "CertificateRequest", "metadata": owned, "status": {"conditions": [words]}})
    params = {"kind": "Certificate", "name": "c", "namespace": "default", "timeout": 5}
    with pytest.raises(StackTlsError, match=r'after 5 s it is not ready.*Pending: Referenced "Issuer" not found'):
        manage_cert_manager_info(params, site.cluster, site.time.clock())
    done = {**certificate, "status": {"conditions": [{"type": "Ready", "status": "True", "observedGeneration": 1}]}}
    site.time.plan.append((8, lambda: site.cluster.put(done)))
    assert manage_cert_manager_info(params, site.cluster, site.time.clock())["secret_name"] == "s"


@pytest.mark.parametrize(
    ("report", "licence", "expected"),
    [
        (None, None, ("basic", False, False)),
        ("basic", None, ("basic", False, True)),
        ("enterprise", None, ("enterprise", True, True)),
        ("basic", {"type": "enterprise_trial"}, ("enterprise_trial", True, True)),
        ("basic", {"type": "enterprise_trial", "invalid": "used up"}, ("basic", False, True)),
        ("basic", {"type": "enterprise", "end": 1}, ("basic", False, True)),
    ],
)
def test_the_licence_of_the_operator(site, report, licence, expected):
    if report:
        meta = {"name": "elastic-licensing", "namespace": "elastic-system"}
        site.cluster.put({"kind": "ConfigMap", "metadata": meta, "data": {"eck_license_level": report}})
    if licence:
        labels = {"license.k8s.elastic.co/type": licence["type"]}
        meta = {"name": "l", "namespace": "elastic-system", "labels": labels}
        meta["annotations"] = {"license.k8s.elastic.co/invalid": licence.get("invalid", "")}
        content = b'{"license": {"expiry_date_in_millis": %d}}' % licence["end"] if "end" in licence else b"{}"
        site.cluster.put({"kind": "Secret", "metadata": meta, "data": encode({"license": content})})
    found = manage_eck_license_info({"operator_namespace": "elastic-system"}, site.cluster, NOW)
    assert (found["level"], found["enterprise"], found["known"]) == expected
