# Copyright: Stack TLS contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import pytest
from ansible.errors import AnsibleFilterError
from ansible_collections.stacktls.elastic.plugins.filter.elasticsearch_api import elasticsearch_api

URL = ["https://es1:9200"]
CERTS = "/etc/elasticsearch/certs"
IDENTITY = {"client_certificate_path": f"{CERTS}/http.crt", "client_key_path": f"{CERTS}/http.key"}


def test_what_the_role_found_out_counts():
    node = {
        "elasticsearch_tls_api": {"url": ["http://es1:9200"], "ca_path": ""},
        "elasticsearch_tls_key_passphrase": "x",
    }
    assert elasticsearch_api(node, URL) == {"url": ["http://es1:9200"]}


def test_without_the_role_it_is_what_the_role_does_by_default():
    assert elasticsearch_api({}, URL) == {"url": URL, "ca_path": f"{CERTS}/ca.crt"}
    elsewhere = {"elasticsearch_tls_config_path": "/opt/es"}
    assert elasticsearch_api(elsewhere, URL)["ca_path"] == "/opt/es/certs/ca.crt"
    elsewhere["elasticsearch_tls_certificates_path"] = "/opt/es/tls"
    assert elasticsearch_api(elsewhere, URL)["ca_path"] == "/opt/es/tls/ca.crt"


def test_a_node_that_requires_certificates_is_shown_its_own():
    node = {"elasticsearch_tls_client_authentication": "required"}
    assert elasticsearch_api(node, URL) == {"url": URL, "ca_path": f"{CERTS}/ca.crt", **IDENTITY}
    node = {"elasticsearch_tls_api": {"url": URL, **IDENTITY}, "elasticsearch_tls_key_passphrase": "secret"}
    assert elasticsearch_api(node, URL) == {"url": URL, **IDENTITY, "client_key_passphrase": "secret"}


def test_something_else_is_refused():
    with pytest.raises(AnsibleFilterError, match="variables of a node, not str"):
        elasticsearch_api("es1", URL)
