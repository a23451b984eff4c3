# Copyright: Stack TLS contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What of a Kubernetes cluster would keep a run from its end: kinds and namespaces that it does not have."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ._cert_manager_info import API_VERSION as CERT_MANAGER
from ._cert_manager_info import KINDS as CERT_MANAGER_KINDS
from ._eck._kinds import kind_of
from ._errors import ApiError
from ._kubernetes import CONNECTION_ARGUMENTS, Cluster

MODULE_ARGUMENTS: dict[str, Any] = {
    "argument_spec": {
        **CONNECTION_ARGUMENTS,
        "kinds": {"type": "list", "elements": "str", "default": []},
        "namespaces": {"type": "list", "elements": "str", "default": []},
    },
}


def manage_eck_preflight_info(params: dict[str, Any], cluster: Cluster) -> dict[str, Any]:
    """The result of the module.

    :raises StackTlsError: where the API does not answer or does not know the user, or nobody has such a kind.
    """
    kinds, namespaces = dict.fromkeys(params["kinds"]), dict.fromkeys(params["namespaces"])
    problems = [*_unknown(cluster, list(kinds)), *_missing(cluster, list(namespaces))]
    return {"changed": False, "problems": problems}


def _unknown(cluster: Cluster, kinds: list[str]) -> Iterator[str]:
    for name in kinds:
        if name in CERT_MANAGER_KINDS:
            api_version, program = CERT_MANAGER, "cert-manager"
        else:
            api_version, program = kind_of(name).api_version, "the ECK operator"
        if not cluster.knows(api_version, name):
            yield (
                f"The cluster knows no objects of the kind {name} ({api_version}). Install {program} with its custom"
                " resource definitions, or check whether this is the cluster that is meant."
            )


def _missing(cluster: Cluster, namespaces: list[str]) -> Iterator[str]:
    for name in namespaces:
        try:
            found = cluster.get("v1", "Namespace", name, "")
        except ApiError as error:
            if error.status != 403:
                raise
            continue  # whoever works in one namespace need not see which there are
        if found is None:
            yield f"There is no namespace {name}. Make it first (kubectl create namespace {name}), or check its name."
