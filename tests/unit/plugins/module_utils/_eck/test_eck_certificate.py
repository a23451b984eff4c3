# Copyright: Stack TLS contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The module ``eck_certificate`` in its phases, against a cluster in memory; the tests play the action."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

import pytest
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from ansible_collections.stacktls.elastic.plugins.module_utils._certificate_options import lifetime_of
from ansible_collections.stacktls.elastic.plugins.module_utils._eck._secret import Form, data_of, decode, encode
from ansible_collections.stacktls.elastic.plugins.module_utils._eck._target import LABELS
from ansible_collections.stacktls.elastic.plugins.module_utils._eck_certificate import manage_eck_certificate
from ansible_collections.stacktls.elastic.plugins.module_utils._eck_certificate_arguments import (
    MODULE_ARGUMENTS,
    check_options,
    options_of,
    wanted_of,
)
from ansible_collections.stacktls.elastic.plugins.module_utils._errors import StackTlsError
from ansible_collections.stacktls.elastic.plugins.module_utils._pki._authorities import make_authority
from ansible_collections.stacktls.elastic.plugins.module_utils._pki._certificates import (
    Authority,
    Identity,
    Lifetime,
    encode_certificates,
    issue,
    load_certificates,
)
from ansible_collections.stacktls.elastic.plugins.module_utils._pki._keys import (
    encode_private_key,
    generate_private_key,
    load_private_key,
)
from ansible_collections.stacktls.elastic.plugins.module_utils._pki._names import parse_name
from ansible_collections.stacktls.elastic.plugins.module_utils._pki._requests import (
    decode_request_text,
    proven_public_key,
)
from clusters import FakeCluster

NOW = datetime(2026, 6, 1, tzinfo=timezone.utc)
YEARS = Lifetime(NOW - timedelta(days=1), NOW + timedelta(days=3650))
SERVICE = "quickstart-es-http.default.svc"
COMMON = {"name": "quickstart-es-cert", "common_name": "quickstart-es-http", "subject_alt_names": [SERVICE]}


class Site:
    """A cluster, and the task that keeps a Secret in it."""

    def __init__(self):
        self.cluster = FakeCluster()
        self.root = self.authority("Root")
        self.issuing = self.authority("Issuing", self.root)
        self.issuers = encode_certificates([self.issuing.certificate, self.root.certificate]).decode()

    def authority(self, name, issuer=None, lifetime=YEARS):
        key = generate_private_key("ec-p256")
        return Authority(make_authority(parse_name(f"CN={name}"), key, lifetime, issuer=issuer), key)

    def call(self, phase="inspect", exchange=None, secrets=None, check_mode=False, now=NOW, **given):
        task = {**COMMON, **given, "phase": phase, "exchange": exchange or {}, "secrets": secrets or {}}
        params = ArgumentSpecValidator(**MODULE_ARGUMENTS).validate(task)
        assert not params.errors.messages
        return manage_eck_certificate(params.validated_parameters, self.cluster, now, check_mode=check_mode)

    def issue(self, now=NOW, **given):
        """Both phases, with our own authority."""
        given = {"signer": "authority", **given}
        found = self.call(exchange={"issuers": self.issuers}, now=now, **given)
        if "request" not in found:
            return found
        options = options_of(
            ArgumentSpecValidator(**MODULE_ARGUMENTS).validate({**COMMON, **given}).validated_parameters
        )
        key = proven_public_key(decode_request_text(found["request"]).encode())
        certificate = issue(wanted_of(options), key, self.issuing, lifetime_of(options, now))
        exchange = {"issuers": self.issuers, "certificate": encode_certificates([certificate]).decode()}
        return self.call("install", exchange, now=now, **given)

    def secret(self, name="quickstart-es-cert"):
        return self.cluster.objects.get(("Secret", "default", name))

    @property
    def data(self):
        return decode(self.secret()["data"])


@pytest.fixture
def site():
    return Site()


def test_a_certificate_of_our_authority_takes_four_writes_and_then_none(site):
    announced = site.call(exchange={"issuers": site.issuers}, check_mode=True)
    assert (announced["changed"], site.cluster.writes) == (True, [])
    result = site.issue()
    assert result["changed"]
    pending, target = "quickstart-es-cert-pending", "quickstart-es-cert"
    assert site.cluster.writes == [
        ("create", "Secret", pending),
        ("create", "Secret", target),
        ("delete", "Secret", pending),
    ]
    site.cluster.calls.clear()
    assert not site.issue()["changed"]
    assert not site.call(exchange={"issuers": site.issuers}, check_mode=True)["changed"]
    assert site.cluster.writes == []


def test_the_secret_is_in_the_form_of_the_operator(site):
    site.issue()
    assert sorted(site.data) == ["ca.crt", "tls.crt", "tls.key"]
    assert site.data["tls.key"].startswith(b"-----BEGIN EC PRIVATE KEY-----")
    assert [each.subject for each in load_certificates(site.data["tls.crt"])][1:] == [site.issuing.certificate.subject]
    assert load_certificates(site.data["ca.crt"]) == [site.issuing.certificate, site.root.certificate]
    assert site.secret()["metadata"]["labels"] == LABELS
    assert site.secret()["type"] == "Opaque"


def test_keys_of_clients_and_rsa_keys_are_pkcs8(site):
    site.issue(profile="client", subject_alt_names=[])
    assert site.data["tls.key"].startswith(b"-----BEGIN PRIVATE KEY-----")
    assert site.secret()["type"] == "kubernetes.io/tls"
    site.issue(key_type="rsa-2048", force=True)
    assert site.data["tls.key"].startswith(b"-----BEGIN PRIVATE KEY-----")


def test_no_private_key_is_in_a_result(site):
    results = [site.call(exchange={"issuers": site.issuers}), site.issue(), site.call(signer="self_signed", force=True)]
    key = site.data["tls.key"].decode()
    assert "PRIVATE KEY" not in repr(results)
    assert not any(line in repr(results) for line in key.splitlines()[1:-1])


def test_an_interrupted_run_begins_anew(site):
    site.call(exchange={"issuers": site.issuers})
    left = site.secret("quickstart-es-cert-pending")["data"]
    site.issue()
    assert site.secret("quickstart-es-cert-pending") is None
    assert left["tls.key"] != site.secret()["data"]["tls.key"]


def test_a_key_that_was_left_is_removed_where_nothing_is_due(site):
    site.issue()
    site.cluster.put({**site.secret(), "metadata": {**site.secret()["metadata"], "name": "quickstart-es-cert-pending"}})
    site.issue()
    assert site.secret("quickstart-es-cert-pending") is None


@pytest.mark.parametrize(
    ("given", "codes"),
    [
        ({"subject_alt_names": [SERVICE, "es.example.com"]}, ["names"]),
        ({"common_name": "other"}, ["subject"]),
        ({"key_type": "rsa-2048"}, ["key_type"]),
        ({"profile": "both"}, ["usages"]),
        ({"force": True}, ["forced"]),
        ({"now": NOW + timedelta(days=300)}, ["expiring"]),
    ],
)
def test_a_change_issues_another_certificate_and_says_why(site, given, codes):
    site.issue()
    before = site.data
    announced = site.call(exchange={"issuers": site.issuers}, check_mode=True, **given)
    assert [reason["code"] for reason in announced["reasons"]] == codes
    assert site.data == before
    assert site.issue(**given)["changed"]
    assert site.data["tls.key"] != before["tls.key"]


@pytest.mark.parametrize(
    ("entry", "content", "code"),
    [("tls.key", b"", "missing"), ("tls.crt", b"nothing", "damaged"), ("tls.key", None, "key_mismatch")],
)
def test_a_damaged_secret_of_ours_is_made_again(site, entry, content, code):
    site.issue()
    other = encode_private_key(generate_private_key("ec-p256"), None)
    data = {**site.data, entry: other if content is None else content}
    if not content and content is not None:
        del data[entry]
    site.cluster.put({**site.secret(), "data": encode(data)})
    found = site.call(exchange={"issuers": site.issuers}, check_mode=True)
    assert [reason["code"] for reason in found["reasons"]] == [code]
    assert site.issue()["changed"]


def test_a_chain_that_lacks_the_root_is_completed_without_a_new_certificate(site):
    site.issue()
    data = {**site.data, "ca.crt": encode_certificates([site.issuing.certificate])}
    site.cluster.put({**site.secret(), "data": encode(data)})
    before = site.data["tls.crt"]
    result = site.issue()
    assert (result["changed"], result["reasons"]) == (True, [])
    assert load_certificates(site.data["ca.crt"]) == [site.issuing.certificate, site.root.certificate]
    assert site.data["tls.crt"] == before


def test_a_self_signed_certificate_is_its_own_authority(site):
    assert site.call(signer="self_signed", check_mode=True)["changed"]
    site.call(signer="self_signed")
    assert site.data["ca.crt"] == site.data["tls.crt"]
    assert not site.call(signer="self_signed")["changed"]
    site.issue()
    found = site.call(signer="self_signed", check_mode=True)
    assert [reason["code"] for reason in found["reasons"]] == ["issuer"]


def test_an_authority_for_the_operator(site):
    site.call(kind="authority", signer="self_signed", subject_alt_names=[])
    assert sorted(site.data) == ["ca.crt", "ca.key"]
    assert not site.call(kind="authority", signer="self_signed", subject_alt_names=[])["changed"]
    renewed = site.call(kind="authority", signer="self_signed", now=NOW + timedelta(days=3000))
    assert [reason["code"] for reason in renewed["reasons"]] == ["expiring"]


class Foreign:
    """A Secret that somebody else made."""

    def __init__(self, site, labels=None, annotations=None):
        self.site = site
        site.issue()
        meta = {**site.secret()["metadata"], "labels": labels or {}, "annotations": annotations or {}}
        self.body = site.cluster.put({**site.secret(), "metadata": meta})


def test_a_secret_of_somebody_else_is_used_where_it_fits_and_not_overwritten_where_not(site):
    foreign = Foreign(site, {"app.kubernetes.io/managed-by": "Helm"})
    kept = site.issue()
    assert (kept["changed"], kept["secret"]["managed"]) == (False, False)
    with pytest.raises(StackTlsError, match=r"was made by Helm. Use another name, or set replace"):
        site.issue(force=True)
    assert site.secret() == foreign.body
    assert site.issue(force=True, replace=True)["changed"]
    assert site.issue()["secret"]["managed"]


@pytest.mark.parametrize(
    ("labels", "annotations", "keeper"),
    [
        ({}, {"cert-manager.io/certificate-name": "c"}, "cert-manager for its Certificate c"),
        ({"common.k8s.elastic.co/type": "elasticsearch"}, {}, "the ECK operator"),
    ],
)
def test_what_a_controller_keeps_is_never_overwritten(site, labels, annotations, keeper):
    Foreign(site, labels, annotations)
    with pytest.raises(StackTlsError, match=f"is kept by {keeper}"):
        site.issue(force=True, replace=True)


def bring(site, tmp_path, identity, chain=(), passphrase=None, **given):
    (tmp_path / "key").write_bytes(encode_private_key(identity.key, passphrase))
    (tmp_path / "crt").write_bytes(encode_certificates([identity.certificate, *chain]))
    paths = {"source_certificate_path": str(tmp_path / "crt"), "source_private_key_path": str(tmp_path / "key")}
    task = {"common_name": None, "signer": "brought", "remote_source": True, **paths, **given}
    return site.call(**task)


def leaf(site, names=(SERVICE,), lifetime=YEARS, issuer=None, key=None):
    options = options_of(
        ArgumentSpecValidator(**MODULE_ARGUMENTS)
        .validate({**COMMON, "subject_alt_names": list(names)})
        .validated_parameters
    )
    made = generate_private_key("ec-p256")
    certificate = issue(wanted_of(options), made.public_key(), issuer or site.issuing, lifetime)
    return Identity(key or made, certificate, ())


def test_what_is_brought_is_put_into_form(site, tmp_path):
    given = leaf(site)
    chain = [site.root.certificate, site.issuing.certificate]
    assert bring(site, tmp_path, given, chain, check_mode=True)["changed"]
    result = bring(site, tmp_path, given, chain, "source-secret", source_passphrase="source-secret")
    assert result["changed"]
    assert site.data == data_of(
        Identity(given.key, given.certificate, (site.issuing.certificate, site.root.certificate)), Form()
    )
    assert load_private_key(site.data["tls.key"], None)
    assert not bring(site, tmp_path, given, chain)["changed"]


@pytest.mark.parametrize(
    ("broken", "words"),
    [
        (lambda site: (leaf(site), []), "is missing. ca.crt has to hold the root"),
        (lambda site: (leaf(site), [site.issuing.certificate]), "'CN=Root', is missing"),
        (lambda site: (leaf(site, ["elsewhere"]), [site.issuing.certificate]), f"lacks the names DNS:{SERVICE}"),
        (lambda site: (leaf(site, key=generate_private_key("ec-p256")), []), "no certificate of the private key"),
        (
            lambda site: (
                leaf(site, lifetime=Lifetime(NOW - timedelta(days=1), NOW - timedelta(hours=1))),
                [site.issuing.certificate, site.root.certificate],
            ),
            "expired on",
        ),
    ],
)
def test_what_is_broken_is_refused_before_it_is_applied(site, tmp_path, broken, words):
    identity, chain = broken(site)
    with pytest.raises(StackTlsError, match=words):
        bring(site, tmp_path, identity, chain)
    assert site.cluster.writes == []


def test_an_encrypted_key_needs_its_passphrase(site, tmp_path):
    chain = [site.issuing.certificate, site.root.certificate]
    with pytest.raises(StackTlsError, match="encrypted and no passphrase is given"):
        bring(site, tmp_path, leaf(site), chain, "source-secret")


def test_a_public_root_need_not_be_brought(site, tmp_path):
    given, chain = leaf(site), [site.issuing.certificate]
    bring(site, tmp_path, given, chain, public_authority=True)
    assert sorted(site.data) == ["tls.crt", "tls.key"]
    assert not bring(site, tmp_path, given, chain, public_authority=True)["changed"]


def test_a_leaf_is_no_authority(site, tmp_path):
    with pytest.raises(StackTlsError, match="is not one of an authority"):
        bring(site, tmp_path, leaf(site), kind="authority", subject_alt_names=[])


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({}, "signer is authority but any of the following are missing: ca_path, ca_private_key"),
        ({"signer": "brought"}, "signer is brought but any of the following are missing"),
        ({"kind": "authority", "ca_path": "/x"}, "cannot come from signer=authority"),
        ({"signer": "self_signed", "public_authority": True}, "no client knows the root"),
        ({"signer": "self_signed", "subject": "CN=x"}, "parameters are mutually exclusive"),
    ],
)
def test_options_that_do_not_go_together_are_refused(given, words):
    params = ArgumentSpecValidator(**MODULE_ARGUMENTS).validate({**COMMON, **given}).validated_parameters
    with pytest.raises(StackTlsError, match=words):
        check_options(options_of(params))
