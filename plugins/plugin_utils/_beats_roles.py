# Copyright: Stack TLS contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The one table of what a Beat may do, by its name and version.

It is Elastic's guide "Grant users access to secured resources" of each Beat and version; ``docs/beats.md`` has the
sources.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

KIBANA = "kibana-.kibana"
"""The application under which Elasticsearch knows the privileges in Kibana."""


@dataclass(frozen=True)
class Grant:
    """Privileges of a role, for every Beat or only for some.

    :param cluster: on the cluster.
    :param index: on the Beat's indices, or on those of its monitoring data.
    :param kibana: features of Kibana that may be read in every space.
    :param beats: names of the Beats that it is for; of all where it is empty.
    :param since: the first major version of the Beat that it is for.
    :param before: the first one that it is not for any more.
    """

    cluster: Sequence[str] = ()
    index: Sequence[str] = ()
    kibana: Sequence[str] = ()
    beats: Sequence[str] = ()
    since: int = 0
    before: int = 1_000

    def is_for(self, beat: str, major: int) -> bool:
        """Whether a Beat of this name and version gets it."""
        return self.since <= major < self.before and (not self.beats or beat in self.beats)


GRANTS: dict[str, tuple[Grant, ...]] = {
    "setup": (
        Grant(cluster=["monitor", "manage_ilm"], index=["manage"]),
        Grant(index=["write"], before=8),
        Grant(cluster=["manage_ml"], index=["read"], beats=["filebeat"], before=8),
    ),
    "monitoring": (Grant(cluster=["monitor"], index=["create_index", "create_doc"]),),
    "writer": (
        Grant(cluster=["monitor", "read_ilm"], index=["create_doc", "view_index_metadata"]),
        Grant(cluster=["read_pipeline"], beats=["filebeat"]),
        Grant(index=["create_index"], before=8),
        Grant(index=["auto_configure"], since=8),
    ),
    "reader": (
        Grant(index=["read"], kibana=["dashboard", "discover", "visualize"]),
        Grant(kibana=["logs"], beats=["filebeat"]),
        Grant(kibana=["infrastructure"], beats=["metricbeat"]),
        Grant(kibana=["uptime"], beats=["heartbeat"]),
    ),
}

MONITORING_INDICES = (".monitoring-beats-*",)


def descriptor(role: str, beat: str, major: int, names: Sequence[str]) -> dict[str, Any]:
    """The role in the form of Elasticsearch's API.

    :param role: a key of :data:`GRANTS`.
    :param names: the Beat's indices; those of its package where there are none.
    """
    grants = [grant for grant in GRANTS[role] if grant.is_for(beat, major)]
    indices = MONITORING_INDICES if role == "monitoring" else names or (f"{beat}-*",)
    features = _together(grant.kibana for grant in grants)
    return {
        "cluster": _together(grant.cluster for grant in grants),
        "indices": [{"names": list(indices), "privileges": _together(grant.index for grant in grants)}],
        "applications": [
            {"application": KIBANA, "privileges": [f"feature_{each}.read" for each in features], "resources": ["*"]}
            for _application in features[:1]
        ],
    }


def _together(privileges: Iterable[Sequence[str]]) -> list[str]:
    return sorted({each for some in privileges for each in some})
