# Copyright: Stack TLS contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import pytest
from ansible.errors import AnsibleFilterError
from ansible_collections.stacktls.elastic.plugins.filter.published_names import FilterModule

published_names = FilterModule().filters()["published_names"]
KNOWN_LATER = "the node finds out the address when it starts"
LOCAL = "other machines do not reach it so"


def named(settings):
    return [(each["setting"], each["name"]) for each in published_names(settings) if not each["note"]]


@pytest.mark.parametrize(
    ("settings", "name"),
    [
        ({"network.host": "a"}, "a"),
        ({"network.host": "a", "network.publish_host": "b"}, "b"),
        ({"network.host": "a", "network.publish_host": "b", "http.host": "c"}, "c"),
        ({"network.host": "a", "network.publish_host": "b", "http.host": "c", "http.publish_host": "d"}, "d"),
        ({"network.host": "a", "http.publish_host": []}, "a"),
    ],
)
def test_the_closest_setting_counts(settings, name):
    assert [each for _setting, each in named(settings)] == [name]


@pytest.mark.parametrize("hosts", [["es1", "192.0.2.1"], "es1, 192.0.2.1"])
def test_lists_and_texts_with_commas(hosts):
    assert named({"network.host": hosts}) == [("network.host", "es1"), ("network.host", "192.0.2.1")]


@pytest.mark.parametrize(
    ("host", "note"),
    [
        *((special, KNOWN_LATER) for special in ("_local_", "_site_", "_eth0_", "_eth0:ipv4_", "_site_:ipv6")),
        *((everything, "it stands for every address of the host") for everything in ("0.0.0.0", "0", "::")),
        *((local, LOCAL) for local in ("127.0.0.1", "127.0.1.5", "::1", "localhost")),
        ("${HOSTNAME}", "it comes from the environment of the service"),
        ("es-${ZONE}.example.com", "it comes from the environment of the service"),
    ],
)
def test_what_cannot_be_checked_says_why(host, note):
    assert published_names({"http.host": host}) == [{"setting": "http.host", "name": host, "note": note}]


@pytest.mark.parametrize(
    ("name", "counts"),
    [
        ("es1.example.com", True),
        ("es1", False),
        ("node_1.zone", False),
        ("1.2", False),
        ("192.0.2.1", False),
        ("${HOSTNAME}.x", False),
    ],
)
def test_a_node_name_counts_where_it_is_a_host_name_with_a_dot(name, counts):
    assert named({"node.name": name}) == ([("node.name", name)] if counts else [])


@pytest.mark.parametrize(
    ("settings", "names"),
    [
        ({"server.publicBaseUrl": "https://kibana.example.com:5601/base"}, ["kibana.example.com"]),
        ({"server.publicBaseUrl": "https://192.0.2.7"}, ["192.0.2.7"]),
        ({"server.publicBaseUrl": "http://kibana.example.com"}, []),
        ({"server.publicBaseUrl": "https://[broken"}, []),
        ({"server.host": "kb1"}, ["kb1"]),
        ({"server.host": "0.0.0.0"}, []),
        ({"server.host": "192.0.2.7"}, []),
        ({"server.host": "localhost"}, []),
    ],
)
def test_kibana(settings, names):
    assert [name for _setting, name in named(settings)] == names


def test_a_public_url_from_the_environment_is_noted():
    assert published_names({"server.publicBaseUrl": "https://${HOST}"})[0]["note"]


@pytest.mark.parametrize("settings", [{}, {"network.host": ""}, {"http.port": "9200"}])
def test_nothing_is_published(settings):
    assert published_names(settings) == []


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ([], "needs settings by name, not list"),
        ({"network.host": 5}, "text or a list of texts for network.host"),
        ({"node.name": [5]}, "text or a list of texts for node.name"),
    ],
)
def test_what_are_no_settings(value, words):
    with pytest.raises(AnsibleFilterError, match=words):
        published_names(value)
