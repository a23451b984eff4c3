# Copyright: Stack TLS contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import pytest
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from ansible_collections.stacktls.elastic.plugins.module_utils._certificate_options import (
    MODULE_ARGUMENTS,
    check_paths,
    specification_of,
)
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


def test_the_defaults_make_a_server_certificate():
    specification = specification_of(params())
    assert print_name(specification.subject) == "CN=es1"
    assert [str(name) for name in specification.names] == ["DNS:es1"]
    assert (specification.profile, specification.key_type) == ("server", "ec-p256")


def test_a_client_needs_no_names():
    specification = specification_of(
        params(subject="CN=kibana-client,O=Example", common_name=None, subject_alt_names=None, profile="client")
    )
    assert print_name(specification.subject) == "CN=kibana-client, O=Example"
    assert specification.names == ()


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"common_name": None}, "one of the following is required: subject, common_name"),
        ({"subject": "CN=a"}, "mutually exclusive: subject|common_name"),
        ({"private_key_path": None}, "required together: certificate_path, private_key_path"),
        (
            {"certificate_path": None, "private_key_path": None},
            "one of the following is required: certificate_path, pkcs12_path",
        ),
        ({"pkcs12_password": "x"}, "missing parameter(s) required by 'pkcs12_password': pkcs12_path"),
        ({"ca_path": None}, "missing required arguments: ca_path"),
        ({"key_type": "rsa-1024"}, "value of key_type must be one of"),
    ],
)
def test_options_that_do_not_go_together(given, words):
    assert words in "".join(validated(**given).error_messages)


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"subject_alt_names": []}, "the server certificate 'CN=es1' has no subject_alt_names"),
        ({"subject_alt_names": ["es_1"]}, "'es_1' cannot be a name of a certificate: it has an underscore"),
        ({"common_name": "x" * 65}, "longer than 64"),
        ({"validity_days": 0}, "validity_days must be 1 to 36500"),
        ({"backdate_minutes": -1}, "backdate_minutes must be 0 to 10080"),
        ({"renew_at_days_left": 397}, "each run would issue a new certificate"),
        ({"renew_at_days_left": -1}, "each run would issue a new certificate"),
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
    ],
)
def test_wishes_that_cannot_come_true(given, words):
    with pytest.raises(StackTlsError) as caught:
        specification_of(params(**given))
    assert words in str(caught.value)
    assert "ouvre-toi" not in str(caught.value)


@pytest.mark.parametrize(
    "given",
    [
        {"consumer": "kibana"},
        {"consumer": "kibana", "pkcs12_path": "/c/a.p12", "key_type": "rsa-2048", "pkcs12_password": ""},
        {"consumer": "kibana", "key_type": "ed25519"},
        {"consumer": "elasticsearch", "pkcs12_path": "/c/a.p12", "pkcs12_password": "s\u00e9same"},
    ],
)
def test_what_the_consumers_can_read(given):
    assert specification_of(params(**given))


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"certificate_path": "a.crt"}, "a.crt: certificate_path must be an absolute path"),
        ({"certificate_path": ""}, "certificate_path must be an absolute path"),
        ({"ca_certificates_path": "/c/x/../a.crt"}, "another option name the same file"),
    ],
)
def test_paths(given, words):
    check_paths(params())
    with pytest.raises(StackTlsError) as caught:
        check_paths(params(**given))
    assert words in str(caught.value)
