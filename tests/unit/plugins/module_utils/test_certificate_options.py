# Copyright: Stack TLS contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from datetime import datetime, timezone

import pytest
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from ansible_collections.stacktls.elastic.plugins.module_utils._certificate_arguments import (
    MODULE_ARGUMENTS,
    identities_of,
)
from ansible_collections.stacktls.elastic.plugins.module_utils._certificate_checks import check_identities
from ansible_collections.stacktls.elastic.plugins.module_utils._certificate_options import specification_of
from ansible_collections.stacktls.elastic.plugins.module_utils._errors import StackTlsError
from ansible_collections.stacktls.elastic.plugins.module_utils._pki._names import print_name

PEM = {"certificate_path": "/c/a.crt", "private_key_path": "/c/a.key"}


def validated(**given):
    task = {**PEM, "ca_path": "/ca", "common_name": "es1", "subject_alt_names": ["es1"], **given}
    return ArgumentSpecValidator(**MODULE_ARGUMENTS).validate(
        {name: value for name, value in task.items() if value is not None}
    )


def params(**given):
    result = validated(**given)
    assert not result.error_messages
    return result.validated_parameters


def first(**given):
    return identities_of(params(**given))[0]


def check(**given):
    identities = identities_of(params(**given))
    check_identities(identities, datetime.now(timezone.utc))
    return identities


def test_the_defaults_make_a_server_certificate():
    specification = specification_of(first())
    assert print_name(specification.subject) == "CN=es1"
    assert [str(name) for name in specification.names] == ["DNS:es1"]
    assert (specification.profile, specification.key_type) == ("server", "ec-p256")


def test_a_client_needs_no_names():
    specification = specification_of(
        first(subject="CN=kibana-client,O=Example", common_name=None, subject_alt_names=None, profile="client")
    )
    assert print_name(specification.subject) == "CN=kibana-client, O=Example"
    assert specification.names == ()


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"common_name": None}, "signer is authority but any of the following are missing: subject, common_name"),
        ({"subject": "CN=a"}, "mutually exclusive: subject|common_name"),
        ({"private_key_path": None}, "required together: certificate_path, private_key_path"),
        (
            {"certificate_path": None, "private_key_path": None},
            "one of the following is required: certificate_path, combined_path, pkcs12_path",
        ),
        ({"pkcs12_password": "secret"}, "missing parameter(s) required by 'pkcs12_password': pkcs12_path"),
        ({"ca_path": None}, "signer is authority but any of the following are missing: ca_path, ca_private_key"),
        (
            {
                "private_key_passphrase": "secret",
                "certificate_path": None,
                "private_key_path": None,
                "pkcs12_path": "/c/a.p12",
            },
            "private_key_passphrase needs private_key_path or combined_path",
        ),
        ({"ca_private_key": "x"}, "mutually exclusive: ca_path|ca_private_key"),
        ({"ca_private_key": "x", "ca_path": None}, "required by 'ca_private_key': issuer_certificates"),
        ({"signer": "command"}, "signer is command but all of the following are missing: signer_command"),
        ({"signer": "csr_only"}, "signer is csr_only but all of the following are missing: requests_path"),
        ({"signer": "brought"}, "signer is brought but any of the following are missing: source_certificate_path"),
    ],
)
def test_options_that_do_not_go_together(given, words):
    with pytest.raises(StackTlsError) as caught:
        check(**given)
    assert words in str(caught.value)


def test_choices():
    assert "value of key_type must be one of" in "".join(validated(key_type="rsa-1024").error_messages)


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"subject_alt_names": []}, "the server certificate 'CN=es1' has no subject_alt_names"),
        ({"subject_alt_names": ["es_1"]}, "'es_1' cannot be a name of a certificate: it has an underscore"),
        ({"common_name": "x" * 65}, "longer than 64"),
        ({"not_after": "-1d"}, "not_after is '-1d', which is not in the future"),
        ({"not_before": "+1h"}, "not_before is '+1h', which is not in the past"),
        ({"renew_before": "397d"}, "each run would issue a new certificate"),
        ({"renew_before": "soon"}, "'soon' is not a span of time"),
        ({"private_key_passphrase": ""}, "private_key_passphrase is empty"),
        ({"private_key_passphrase": "abc"}, "private_key_passphrase has fewer than 4 characters"),
        ({"consumer": "kibana", "pkcs12_path": "/c/a.p12"}, "node-forge knows RSA keys only"),
        (
            {"consumer": "kibana", "pkcs12_path": "/c/a.p12", "key_type": "ed25519"},
            "node-forge knows RSA keys only. Use PEM files",
        ),
        (
            {
                "consumer": "kibana",
                "pkcs12_path": "/c/a.p12",
                "key_type": "rsa-3072",
                "pkcs12_password": "s\u00e9same-ouvre-toi",
            },
            "whose password is not ASCII",
        ),
        ({"consumer": "elasticsearch", "key_type": "ed25519"}, "reads no Ed25519 private key"),
        ({"consumer": "elasticsearch", "pkcs12_path": "/c/a.p12"}, "finds no private key in a PKCS#12 file without a"),
        (
            {"consumer": "elasticsearch", "pkcs12_path": "/c/a.p12", "pkcs12_password": "s\u00e9same-ouvre-toi"},
            "cannot open a PKCS#12 file whose password is not ASCII",
        ),
    ],
)
def test_wishes_that_cannot_come_true(given, words):
    with pytest.raises(StackTlsError) as caught:
        check(**given)
    assert words in str(caught.value)
    assert "ouvre-toi" not in str(caught.value)


@pytest.mark.parametrize(
    "given",
    [
        {"consumer": "kibana"},
        {"consumer": "kibana", "pkcs12_path": "/c/a.p12", "key_type": "rsa-2048", "pkcs12_password": ""},
        {"consumer": "kibana", "key_type": "ed25519"},
        {"consumer": "elasticsearch", "pkcs12_path": "/c/a.p12", "pkcs12_password": ""},
    ],
)
def test_what_the_consumers_can_read(given):
    assert check(**given)


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"certificate_path": "a.crt"}, "a.crt: certificate_path must be an absolute path"),
        ({"certificate_path": ""}, "certificate_path must be an absolute path"),
        (
            {"ca_certificates_path": "/c/x/../a.crt"},
            "/c/x/../a.crt: certificate_path of 'a' and ca_certificates_path of 'a' name the same file",
        ),
    ],
)
def test_paths(given, words):
    check()
    with pytest.raises(StackTlsError) as caught:
        check(**given)
    assert words in str(caught.value)
