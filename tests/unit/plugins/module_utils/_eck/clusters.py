# Copyright: Stack TLS contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A cluster in memory: it keeps objects and their resource versions, and does nothing by itself."""

from __future__ import annotations

import copy
import itertools

from ansible_collections.stacktls.elastic.plugins.module_utils._errors import ApiError


class FakeCluster:
    """What the modules ask of the API. It stands in for the API where a test is about this side of it."""

    def __init__(self):
        self.objects = {}
        self.calls = []
        self.kinds = {"Elasticsearch", "Kibana"}
        self._versions = itertools.count(1)

    def put(self, body):
        """Store an object as somebody else would."""
        meta = body["metadata"]
        stored = copy.deepcopy(body)
        stored["metadata"] = {**meta, "resourceVersion": str(next(self._versions))}
        self.objects[body["kind"], meta.get("namespace", ""), meta["name"]] = stored
        return copy.deepcopy(stored)

    def knows(self, _api_version, kind):
        return kind in self.kinds

    def get(self, _api_version, kind, name, namespace):
        self.calls.append(("get", kind, name))
        return copy.deepcopy(self.objects.get((kind, namespace, name)))

    def list(self, _api_version, kind, _namespace, **_selectors):
        self.calls.append(("list", kind, ""))
        return [copy.deepcopy(body) for (found, _ns, _name), body in self.objects.items() if found == kind]

    def create(self, body):
        self.calls.append(("create", body["kind"], body["metadata"]["name"]))
        if (body["kind"], body["metadata"]["namespace"], body["metadata"]["name"]) in self.objects:
            raise ApiError("it exists already.", status=409)
        return self.put(body)

    def replace(self, body):
        meta = body["metadata"]
        self.calls.append(("replace", body["kind"], meta["name"]))
        present = self.objects[body["kind"], meta["namespace"], meta["name"]]
        if meta.get("resourceVersion") != present["metadata"]["resourceVersion"]:
            raise ApiError("it was changed.", status=409)
        return self.put(body)

    def delete(self, _api_version, kind, name, namespace):
        self.calls.append(("delete", kind, name))
        return self.objects.pop((kind, namespace, name), None) is not None

    @property
    def writes(self):
        """What was written, in its order."""
        return [call for call in self.calls if call[0] not in ("get", "list")]
