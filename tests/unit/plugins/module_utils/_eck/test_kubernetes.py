# Copyright: Stack TLS contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a message of the API becomes, and that the options are those of kubernetes.core."""

from __future__ import annotations

import json
from types import SimpleNamespace

import pytest
from ansible_collections.stacktls.elastic.plugins.module_utils import _kubernetes
from ansible_collections.stacktls.elastic.plugins.module_utils._errors import ApiError, StackTlsError
from ansible_collections.stacktls.elastic.plugins.module_utils._kubernetes import (
    CONNECTION_ARGUMENTS,
    KubernetesCluster,
    connect,
)


def test_the_options_are_those_of_kubernetes_core():
    common = pytest.importorskip("ansible_collections.kubernetes.core.plugins.module_utils.args_common")
    theirs = common.AUTH_ARG_SPEC
    assert CONNECTION_ARGUMENTS.keys() == theirs.keys()
    for name, option in theirs.items():
        ours = CONNECTION_ARGUMENTS[name]
        assert ours.get("type", "str") == option.get("type", "str"), name
        assert ours.get("aliases", []) == option.get("aliases", []), name
        assert bool(ours.get("no_log")) == bool(option.get("no_log")), name


@pytest.mark.parametrize(
    ("missing", "words"), [("HAS_COLLECTION", "kubernetes.core is missing"), ("HAS_LIBRARY", "pip install")]
)
def test_what_is_missing_is_named(monkeypatch, missing, words):
    monkeypatch.setattr(_kubernetes, "HAS_COLLECTION", True)
    monkeypatch.setattr(_kubernetes, "HAS_LIBRARY", True)
    monkeypatch.setattr(_kubernetes, missing, False)
    with pytest.raises(StackTlsError, match=words):
        connect({})


def unreachable():
    urllib3 = pytest.importorskip("urllib3")
    return urllib3.exceptions.HTTPError("connection refused")


def unauthorized():
    exceptions = pytest.importorskip("kubernetes.client.exceptions")
    return exceptions.ApiException(status=401, reason="Unauthorized")


def of_another_form():
    return pytest.importorskip("yaml").YAMLError("a secret of the file")


def not_there():
    return pytest.importorskip("kubernetes.config").ConfigException("No configuration found.")


@pytest.mark.parametrize(
    ("trouble", "words"),
    [
        (
            unreachable,
            "cannot be reached to list its resources: connection refused. Check host, kubeconfig and ca_cert.",
        ),
        (
            unauthorized,
            "did not list its resources: Unauthorized. Give the connection options, or the kubeconfig, of a",
        ),
        (of_another_form, "the kubeconfig is no YAML. Give one that kubectl can use."),
        (
            not_there,
            "no connection to Kubernetes is configured: No configuration found. Give a kubeconfig that exists,",
        ),
    ],
)
def test_who_cannot_connect_is_told_what_to_do(monkeypatch, trouble, words):
    pytest.importorskip("kubernetes")
    error = trouble()

    def get_api_client(**_options):
        raise error

    monkeypatch.setattr(_kubernetes, "HAS_COLLECTION", True)
    monkeypatch.setattr(_kubernetes, "CoreException", type("CoreException", (Exception,), {}), raising=False)
    monkeypatch.setattr(_kubernetes, "get_api_client", get_api_client, raising=False)
    with pytest.raises(StackTlsError) as refused:
        connect({})
    assert words in str(refused.value)
    assert "secret" not in str(refused.value)


class Refusing:
    """A client whose API refuses everything, and repeats what it was sent."""

    def __init__(self, status, message):
        exceptions = pytest.importorskip("kubernetes.client.exceptions")
        self.error = exceptions.ApiException(status=status)
        self.error.body = json.dumps({"message": message})

    def resource(self, _kind, _api_version):
        return SimpleNamespace()

    def get(self, *_arguments, **_options):
        raise self.error

    create = get


def test_a_refusal_is_told_in_the_words_of_the_api():
    with pytest.raises(ApiError, match=r"did not read Secret n/s: forbidden for you. Let a Role"):
        KubernetesCluster(Refusing(403, "forbidden for you")).get("v1", "Secret", "s", "n")
    assert KubernetesCluster(Refusing(404, "no such thing")).get("v1", "Secret", "s", "n") is None


class Listing:
    """A client of an API that has one group."""

    def __init__(self, refusing):
        self.client, self._refusing = self, refusing

    def request(self, _method, path):
        if path != "/apis/elasticsearch.k8s.elastic.co/v1":
            self._refusing.get()
        return SimpleNamespace(to_dict=lambda: {"resources": [{"kind": "Elasticsearch"}]})


def test_only_kinds_that_the_api_lists_now_are_known():
    cluster = KubernetesCluster(Listing(Refusing(404, "page not found")))
    assert cluster.knows("elasticsearch.k8s.elastic.co/v1", "Elasticsearch")
    assert not cluster.knows("elasticsearch.k8s.elastic.co/v1", "Other")
    assert not cluster.knows("kibana.k8s.elastic.co/v1", "Kibana")
    with pytest.raises(ApiError, match=r"did not list the kinds of kibana.k8s.elastic.co/v1: no. Give the connection"):
        KubernetesCluster(Listing(Refusing(401, "no"))).knows("kibana.k8s.elastic.co/v1", "Kibana")


def test_a_refusal_repeats_no_secret():
    body = {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": "s", "namespace": "n"},
        "data": {"tls.key": "c2VjcmV0"},
    }
    with pytest.raises(ApiError) as refused:
        KubernetesCluster(Refusing(422, "data[tls.key]: Invalid value: c2VjcmV0")).create(body)
    assert "Invalid value: ********" in str(refused.value)
    assert "c2VjcmV0" not in str(refused.value)
