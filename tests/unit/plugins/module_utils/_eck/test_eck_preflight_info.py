# Copyright: Stack TLS contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What of a cluster would keep a run from its end."""

from __future__ import annotations

import pytest
from ansible_collections.stacktls.elastic.plugins.module_utils._eck_preflight_info import manage_eck_preflight_info
from ansible_collections.stacktls.elastic.plugins.module_utils._errors import ApiError, StackTlsError
from clusters import FakeCluster


def problems(cluster, kinds=(), namespaces=()):
    return manage_eck_preflight_info({"kinds": list(kinds), "namespaces": list(namespaces)}, cluster)["problems"]


@pytest.fixture
def cluster():
    fake = FakeCluster()
    fake.put({"kind": "Namespace", "metadata": {"name": "elastic"}})
    return fake


def test_nothing_is_amiss(cluster):
    assert problems(cluster, ["Elasticsearch", "Kibana"], ["elastic", "elastic"]) == []
    assert cluster.calls == [("get", "Namespace", "elastic")]


def test_each_kind_is_told_with_what_brings_it(cluster):
    operator, manager = problems(cluster, ["Elasticsearch", "Logstash", "Issuer"])
    assert "kind Logstash (logstash.k8s.elastic.co/v1alpha1). Install the ECK operator" in operator
    assert "kind Issuer (cert-manager.io/v1). Install cert-manager" in manager


def test_a_missing_namespace_is_told(cluster):
    assert problems(cluster, namespaces=["elastic", "other"]) == [
        "There is no namespace other. Make it first (kubectl create namespace other), or check its name."
    ]


def test_a_kind_of_nobody_is_an_error(cluster):
    with pytest.raises(StackTlsError, match="'Pod' is no kind of resource that ECK secures"):
        problems(cluster, ["Pod"])


@pytest.mark.parametrize("status", [403, 401, None])
def test_only_namespaces_that_may_not_be_read_are_passed_over(cluster, monkeypatch, status):
    def get(*_arguments):
        raise ApiError("refused.", status=status)

    monkeypatch.setattr(cluster, "get", get)
    if status == 403:
        assert problems(cluster, namespaces=["other"]) == []
    else:
        with pytest.raises(ApiError, match="refused"):
            problems(cluster, namespaces=["other"])
