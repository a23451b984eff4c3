# Copyright: Stack TLS contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import pytest
from ansible.errors import AnsibleFilterError
from ansible_collections.stacktls.elastic.plugins.filter.beats_role import FilterModule

beats_role = FilterModule().filters()["beats_role"]

BEATS = ("filebeat", "metricbeat", "heartbeat", "auditbeat", "packetbeat", "winlogbeat", "ourbeat")
READING_OR_REMOVING = {"all", "read", "manage", "write", "delete", "delete_index", "maintenance", "index", "create"}


def index_of(role):
    return [(each["names"], each["privileges"]) for each in role["indices"]]


def test_writer_of_filebeat_looks_for_pipelines_of_its_modules():
    assert beats_role("filebeat", "writer") == {
        "cluster": ["monitor", "read_ilm", "read_pipeline"],
        "indices": [{"names": ["filebeat-*"], "privileges": ["auto_configure", "create_doc", "view_index_metadata"]}],
        "applications": [],
    }
    assert beats_role("metricbeat", "writer")["cluster"] == ["monitor", "read_ilm"]


@pytest.mark.parametrize("version", ["8", "8.17.3", 9, "9.0", "10"])
def test_versions_since_8_are_alike(version):
    for role in ("setup", "monitoring", "writer", "reader"):
        assert beats_role("filebeat", role, version) == beats_role("filebeat", role)


def test_version_7_makes_indices_of_its_own():
    assert index_of(beats_role("filebeat", "writer", "7.17.29")) == [
        (["filebeat-*"], ["create_doc", "create_index", "view_index_metadata"])
    ]


@pytest.mark.parametrize("beat", BEATS)
@pytest.mark.parametrize("version", ["7.17.29", "8.17.3", "9.4.3"])
@pytest.mark.parametrize("role", ["writer", "monitoring"])
def test_what_a_beat_itself_has_can_neither_read_nor_remove(beat, version, role):
    found = beats_role(beat, role, version)
    assert READING_OR_REMOVING.isdisjoint(found["indices"][0]["privileges"])
    assert set(found["cluster"]) <= {"monitor", "read_ilm", "read_pipeline"}
    assert found["applications"] == []


def test_setup_of_version_7_of_filebeat_makes_jobs_of_machine_learning():
    seven, later = (beats_role("filebeat", "setup", version) for version in (7, 8))
    assert seven["cluster"] == ["manage_ilm", "manage_ml", "monitor"]
    assert index_of(seven) == [(["filebeat-*"], ["manage", "read", "write"])]
    assert later["cluster"] == ["manage_ilm", "monitor"]
    assert index_of(later) == [(["filebeat-*"], ["manage"])]
    assert beats_role("metricbeat", "setup", 7)["indices"][0]["privileges"] == ["manage", "write"]


def test_monitoring_has_indices_of_its_own():
    assert index_of(beats_role("filebeat", "monitoring", names=["logs"])) == [
        ([".monitoring-beats-*"], ["create_doc", "create_index"])
    ]


def test_reader_sees_the_application_of_its_beat():
    (kibana,) = beats_role("metricbeat", "reader")["applications"]
    assert kibana == {
        "application": "kibana-.kibana",
        "privileges": [
            "feature_dashboard.read",
            "feature_discover.read",
            "feature_infrastructure.read",
            "feature_visualize.read",
        ],
        "resources": ["*"],
    }


def test_indices_of_another_name():
    assert index_of(beats_role("filebeat", "reader", names=["logs-*", "other"])) == [(["logs-*", "other"], ["read"])]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("Filebeat", "writer"), "needs the name of a Beat, such as 'filebeat', not 'Filebeat'"),
        ((None, "writer"), "not None"),
        (("filebeat", "superuser"), "'superuser' is none of setup, monitoring, writer, reader"),
        (("filebeat", "writer", "latest"), "'latest' is no version such as '8.17.3'"),
    ],
)
def test_what_is_refused(arguments, words):
    with pytest.raises(AnsibleFilterError, match=words):
        beats_role(*arguments)
