# Copyright: Stack TLS contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import json
import os
import stat
from datetime import datetime, timedelta, timezone

import pytest
from ansible_collections.stacktls.elastic.plugins.module_utils._authority_store import AuthorityStore
from ansible_collections.stacktls.elastic.plugins.module_utils._errors import StackTlsError
from ansible_collections.stacktls.elastic.plugins.module_utils._pki._authorities import Restrictions, make_authority
from ansible_collections.stacktls.elastic.plugins.module_utils._pki._certificates import (
    Lifetime,
    Specification,
    describe,
    is_issued_by,
)
from ansible_collections.stacktls.elastic.plugins.module_utils._pki._keys import generate_private_key
from ansible_collections.stacktls.elastic.plugins.module_utils._pki._name_constraints import parse_subtrees
from ansible_collections.stacktls.elastic.plugins.module_utils._pki._names import parse_name, print_name
from ansible_collections.stacktls.elastic.plugins.module_utils._pki._requests import make_request
from ansible_collections.stacktls.elastic.plugins.module_utils._pki._sans import parse_alternative_names
from ansible_collections.stacktls.elastic.plugins.module_utils._signing import Order

NOW = datetime.now(timezone.utc)


@pytest.fixture
def store(tmp_path):
    made = AuthorityStore(str(tmp_path))
    key = generate_private_key("ec-p256")
    lifetime = Lifetime.starting(NOW, 3650, timedelta(hours=1))
    made.write_key(key, "authority-secret")
    made.write_certificates([make_authority(parse_name("CN=Test CA"), key, lifetime)])
    return made


def order(key=None, key_type="ec-p256", asked_for="CN=es1"):
    wanted = Specification(parse_name("CN=es1"), parse_alternative_names(["es1"]), "server", key_type)
    request = Specification(parse_name(asked_for), parse_alternative_names([asked_for[3:]]), "both", key_type)
    key = key or generate_private_key("ec-p256")
    return Order(wanted, make_request(key, request), Lifetime.starting(NOW, 397, timedelta(hours=1)), "host-1")


def test_each_signature_is_in_the_ledger(store):
    issued = store.issue([order(), order()], "authority-secret", NOW)
    assert all(is_issued_by(certificate, store.certificates(NOW)[0]) for certificate in issued)
    with open(store.ledger_path, encoding="utf-8") as stream:
        entries = [json.loads(line) for line in stream]
    assert [entry["serial_number"] for entry in entries] == [describe(each, NOW)["serial_number"] for each in issued]
    assert {(entry["host"], entry["subject"], entry["profile"]) for entry in entries} == {
        ("host-1", "CN=es1", "server")
    }
    assert stat.S_IMODE(os.stat(store.ledger_path).st_mode) == 0o600


def test_many_processes_write_whole_lines(store, side_by_side):
    def issue():
        for _time in range(5):
            store.issue([order()], "authority-secret", NOW)
        return 0

    assert side_by_side(4, issue) == [0] * 4
    with open(store.ledger_path, encoding="utf-8") as stream:
        assert len({json.loads(line)["serial_number"] for line in stream}) == 20


def test_a_host_that_asks_for_more_does_not_get_it(store):
    [certificate] = store.issue([order(asked_for="CN=superuser")], "authority-secret", NOW)
    described = describe(certificate, NOW)
    assert print_name(certificate.subject) == "CN=es1"
    assert (described["subject_alt_names"], described["profile"]) == (["DNS:es1"], "server")


@pytest.mark.parametrize(
    ("given", "passphrase", "words"),
    [
        ({}, "wrong", "ca.key: the private key cannot be opened with this passphrase. Give the passphrase that"),
        ({}, None, "ca.key: the private key is encrypted and no passphrase is given"),
        ({"key_type": "rsa-3072"}, "authority-secret", "the request of host-1 is for a key ec-p256, not rsa-3072"),
    ],
)
def test_what_is_not_signed(store, given, passphrase, words):
    with pytest.raises(StackTlsError) as caught:
        store.issue([order(**given)], passphrase, NOW)
    assert words in str(caught.value)
    assert not os.path.exists(store.ledger_path)


def test_nothing_is_signed_that_cannot_be_written_down(store):
    os.mkdir(store.ledger_path)
    with pytest.raises(StackTlsError, match=r"issued\.jsonl: cannot be written: Is a directory"):
        store.issue([order()], "authority-secret", NOW)


def test_nothing_is_signed_that_clients_would_refuse(store):
    certificate = store.certificates(NOW)[0]
    key = store.authority(certificate, "authority-secret").key
    lifetime, permitted = Lifetime.of(certificate), parse_subtrees(["DNS:example.com"])
    store.write_certificates([make_authority(certificate.subject, key, lifetime, Restrictions(permitted=permitted))])
    with pytest.raises(StackTlsError, match=r"'CN=Test CA' permits DNS:example\.com, not DNS:es1"):
        store.issue([order()], "authority-secret", NOW)
    assert not os.path.exists(store.ledger_path)
