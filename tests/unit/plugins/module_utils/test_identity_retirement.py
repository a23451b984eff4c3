# Copyright: Stack TLS contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is taken from a distinguished name. How Elasticsearch reads the rules is a matter of tests/system."""

from __future__ import annotations

import pytest
from ansible_collections.stacktls.elastic.plugins.module_utils._identity_retirement import _without, retire_identity

NAME = "CN=orders, OU=apps"
EXCEPTION = {"except": {"field": {"dn": NAME}}}


def mapping(rules, enabled=True):
    return {"enabled": enabled, "roles": ["r"], "rules": rules, "metadata": {}}


def dn(value):
    return {"field": {"dn": value}}


REALM = {"field": {"realm.name": "realm1"}}


@pytest.mark.parametrize("rules", [dn(NAME), dn("cn=orders,ou=apps"), {"all": [dn(NAME), REALM]}])
def test_a_mapping_for_the_name_alone_is_disabled(rules):
    assert _without(mapping(rules), NAME) == mapping(rules, enabled=False)


@pytest.mark.parametrize(
    "rules",
    [dn([NAME, "CN=billing"]), dn("*OU=apps"), dn("/CN=o.*/"), {"any": [dn(NAME), {"field": {"username": "root"}}]}],
)
def test_a_mapping_for_others_too_makes_an_exception(rules):
    changed = _without(mapping(rules), NAME)
    assert changed == mapping({"all": [rules, EXCEPTION]})
    assert _without(changed, NAME) == changed


def test_an_exception_is_one_more_condition():
    rules = {"all": [dn("*OU=apps"), REALM]}
    assert _without(mapping(rules), NAME)["rules"] == {"all": [dn("*OU=apps"), REALM, EXCEPTION]}


@pytest.mark.parametrize(
    "rules", [dn("CN=billing"), REALM, {"all": [REALM, {"except": dn(NAME)}]}, {"field": {"groups": NAME}}]
)
def test_what_does_not_speak_of_it_is_left_alone(rules):
    assert _without(mapping(rules), NAME) == mapping(rules)


def test_what_is_disabled_already_is_left_alone():
    assert _without(mapping(dn(NAME), enabled=False), NAME) == mapping(dn(NAME), enabled=False)


class Client:
    """Stands in for the API."""

    def __init__(self):
        self.mappings = {"orders": mapping(dn(NAME)), "other": mapping(dn("CN=billing"))}
        self.keys = [
            {"id": "1", "name": "orders", "invalidated": False},
            {"id": "2", "name": "old", "invalidated": True},
        ]
        self.calls = []

    def call(self, method, path, body=None):
        self.calls.append((method, path, body))
        if method == "GET":
            return dict(self.mappings) if path.endswith("role_mapping") else {"api_keys": list(self.keys)}
        if method == "PUT":
            self.mappings[path.rpartition("/")[2]] = body
        else:
            self.keys = [key for key in self.keys if key["id"] not in body["ids"]]
        return {}


PARAMS = {"dn": "CN=orders,OU=apps", "realm_name": "realm1", "pki_username": None, "api_key_names": []}


def test_four_steps():
    client = Client()
    results = [retire_identity(client, PARAMS, check_mode=check_mode) for check_mode in (True, False, True, False)]
    assert [result["changed"] for result in results] == [True, True, False, False]
    assert results[0] == results[1]
    assert results[0]["role_mappings"] == [{"name": "orders", "enabled": False}]
    assert results[0]["api_keys"] == [{"id": "1", "name": "orders"}]
    assert results[0]["pki_username"] == "orders"
    assert [call[0] for call in client.calls].count("PUT") == 1


def test_keys_are_looked_for_by_their_owner_and_by_name():
    client = Client()
    retire_identity(client, {**PARAMS, "api_key_names": ["orders-*"]}, check_mode=True)
    assert [path.partition("?")[2] for _method, path, _body in client.calls if "?" in path] == [
        "realm_name=realm1&username=orders&active_only=true",
        "name=orders-%2A&active_only=true",
    ]
