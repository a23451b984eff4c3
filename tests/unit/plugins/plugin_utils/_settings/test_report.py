# Copyright: Stack TLS contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import base64

import pytest
from ansible_collections.stacktls.elastic.plugins.module_utils._errors import SettingsError
from ansible_collections.stacktls.elastic.plugins.plugin_utils._settings import parse, require_names, values_of

TEXT = """\
http.port: 9200
http.publish_host: 'es1'
network:
  host: [_local_, 192.0.2.1]
  empty:
server.publicBaseUrl: https://user:geheim@kibana.example.com
base: &base {a: 1}
alias: *base
"""


def test_values_are_texts_and_lists_of_texts():
    names = ["http.port", "http.publish_host", "network.host", "network.empty"]
    assert values_of(parse(TEXT), names) == {
        "http.port": "9200",
        "http.publish_host": "es1",
        "network.host": ["_local_", "192.0.2.1"],
        "network.empty": "",
    }


def test_a_password_in_an_address_is_hidden():
    assert values_of(parse(TEXT), ["server.publicBaseUrl"]) == {
        "server.publicBaseUrl": "https://********@kibana.example.com"
    }


def test_what_is_missing_or_no_text_is_left_out():
    assert values_of(parse(TEXT), ["missing", "base", "alias", "network"]) == {}


def test_of_a_secret_only_the_name_is_told():
    text = "cloud:\n  auth: elastic:geheim\nkeys.api_key: [geheim]\nempty.password:\n"
    names = ["cloud.auth", "keys.api_key", "empty.password", "other.password"]
    assert values_of(parse(text), names) == {
        "cloud.auth": "********",
        "keys.api_key": "********",
        "empty.password": "",
    }


def test_of_a_token_its_name_is_told():
    token = base64.b64encode(b"\x00\x01\x00\x01elastic/kibana/enroll-process-token-1:geheim").decode()
    text = f"elasticsearch.serviceAccountToken: {token}\nother.serviceAccountToken: [{token}]\n"
    assert values_of(parse(text), ["elasticsearch.serviceAccountToken", "other.serviceAccountToken"]) == {
        "elasticsearch.serviceAccountToken": "elastic/kibana/enroll-process-token-1:********",
        "other.serviceAccountToken": "********",
    }


def test_patterns_are_no_names():
    with pytest.raises(SettingsError, match="not the name of a setting"):
        require_names(["network.*"])
