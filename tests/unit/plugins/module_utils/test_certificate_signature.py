# Copyright: Stack TLS contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import json
from datetime import datetime, timedelta, timezone

import pytest
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from ansible_collections.stacktls.elastic.plugins.module_utils._authority_store import AuthorityStore
from ansible_collections.stacktls.elastic.plugins.module_utils._certificate_signature import ARGUMENTS, sign_requests
from ansible_collections.stacktls.elastic.plugins.module_utils._errors import StackTlsError
from ansible_collections.stacktls.elastic.plugins.module_utils._pki._authorities import make_authority
from ansible_collections.stacktls.elastic.plugins.module_utils._pki._certificates import (
    Lifetime,
    Specification,
    is_issued_by,
    load_certificates,
)
from ansible_collections.stacktls.elastic.plugins.module_utils._pki._keys import generate_private_key
from ansible_collections.stacktls.elastic.plugins.module_utils._pki._names import parse_name
from ansible_collections.stacktls.elastic.plugins.module_utils._pki._requests import make_request

NOW = datetime.now(timezone.utc)
REQUEST = make_request(generate_private_key("ec-p256"), Specification(parse_name("CN=x"), (), "server", "")).decode()
WANTED = {"request": REQUEST, "common_name": "lb", "subject_alt_names": ["lb.example.com"]}


@pytest.fixture
def store(tmp_path):
    made, key = AuthorityStore(str(tmp_path)), generate_private_key("ec-p256")
    made.write_key(key, "authority-secret")
    lifetime = Lifetime.starting(NOW, 3650, timedelta(hours=1))
    made.write_certificates([make_authority(parse_name("CN=Test CA"), key, lifetime)])
    return made


def run(folder, *requests, check_mode=False, **given):
    task = {"ca_path": str(folder), "ca_passphrase": "authority-secret", "requests": list(requests), **given}
    validated = ArgumentSpecValidator(ARGUMENTS).validate(task)
    assert not validated.error_messages, validated.error_messages
    return sign_requests(validated.validated_parameters, check_mode=check_mode)


def test_what_the_task_says_is_signed_and_written_down(store):
    result = run(store.folder, WANTED, {**WANTED, "name": "second", "profile": "both"}, host="balancer")
    assert [each["profile"] for each in result["certificates"]] == ["server", "both"]
    certificate = load_certificates(result["certificates"][0]["content"].encode())[0]
    assert is_issued_by(certificate, load_certificates(result["ca_certificates"].encode())[0])
    with open(store.ledger_path, encoding="utf-8") as stream:
        assert [json.loads(line)["host"] for line in stream] == ["balancer", "balancer"]


def test_check_mode_signs_nothing(store):
    result = run(store.folder, WANTED, check_mode=True)
    assert (result["changed"], result["certificates"]) == (True, [])


def test_without_requests_only_the_authority_is_told(store, tmp_path):
    result = run(store.folder)
    assert (result["changed"], result["certificates"]) == (False, [])
    assert "BEGIN CERTIFICATE" in result["ca_certificates"]
    assert run(tmp_path / "nowhere")["ca_certificates"] == ""


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"request": "x"}, "the certificate signing request is damaged"),
        ({"key_type": "rsa-2048"}, "is for a key ec-p256, not rsa-2048"),
        ({"subject_alt_names": []}, "has no subject_alt_names"),
        ({"not_after": "-1d"}, "which is not in the future"),
    ],
)
def test_one_that_cannot_be_signed_keeps_all_from_it(store, tmp_path, given, words):
    with pytest.raises(StackTlsError, match=words):
        run(store.folder, WANTED, {**WANTED, "name": "second", **given})
    assert not (tmp_path / "issued.jsonl").exists()


def test_no_authority(tmp_path):
    with pytest.raises(StackTlsError, match="there is no certificate authority in this folder"):
        run(tmp_path / "nowhere", WANTED)
