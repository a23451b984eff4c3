# Copyright: Stack TLS contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which licence a cluster has, and what it permits."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ._api import ApiClient
from ._errors import ApiError


@dataclass(frozen=True)
class Feature:
    """Something that not every licence permits.

    :param title: its name in words.
    :param licences: the types that permit it.
    :param needs: these types as a person would say them.
    :param otherwise: how to do without it.
    """

    title: str
    licences: frozenset[str]
    needs: str
    otherwise: str


FEATURES = {
    "pki": Feature(
        "the PKI realm (login with a client certificate)",
        # Gold is not sold any more, but clusters that have it may use the realm.
        frozenset({"gold", "platinum", "enterprise", "trial"}),
        "a Platinum or Enterprise licence, or a trial",
        "let Kibana log in with a token of its service account (stacktls_kibana_authentication: service_token)",
    ),
}
"""What the modules of this collection ask licences for."""


@dataclass(frozen=True)
class Licence:
    """The licence of a cluster; a basic one does not expire."""

    type: str
    status: str
    expiry_date: str | None
    uid: str = ""

    def permits(self, feature: Feature) -> bool:
        """Whether the feature works with it; an expired licence permits none."""
        return self.status == "active" and self.type in feature.licences


def read_licence(client: ApiClient) -> Licence:
    """The licence that is in force.

    :raises ApiError: where Elasticsearch refuses to tell, or has none yet.
    """
    answer = client.find("/_license")
    if answer is None or "license" not in answer:
        raise ApiError("the cluster has no licence yet.", hint="It gets one when it has elected a master: try again.")
    licence: dict[str, Any] = answer["license"]
    return Licence(licence["type"], licence["status"], licence.get("expiry_date"), licence.get("uid", ""))


def require_feature(client: ApiClient, licence: Licence, name: str, *, trial_suffices: bool = False) -> bool:
    """Whether a trial has to be started for the feature; no where the licence permits it.

    :param trial_suffices: whether somebody is going to start one.
    :raises ApiError: where nothing permits it, with what is needed.
    """
    feature = FEATURES[name]
    if licence.permits(feature):
        return False
    has_trial = trial_is_left(client)
    if trial_suffices and has_trial:
        return True
    found = f"{licence.status} {licence.type}" + (f" (until {licence.expiry_date})" if licence.expiry_date else "")
    raise ApiError(
        f"the licence of this cluster, {found}, does not permit {feature.title}, which needs {feature.needs}."
        " Nothing has been changed.",
        hint=_ways_out(feature, has_trial=has_trial),
    )


def trial_is_left(client: ApiClient) -> bool:
    """Whether the cluster may still start a trial in this major version."""
    return bool(client.call("GET", "/_license/trial_status").get("eligible_to_start_trial"))


def _ways_out(feature: Feature, *, has_trial: bool) -> str:
    """How the cluster gets a licence that permits the feature, and how to do without it."""
    if has_trial:
        return (
            "Start a trial of 30 days (stacktls_license_start_trial: true, or the module license), or"
            f" {feature.otherwise}."
        )
    return (
        "This cluster has used up its trial for this major version: install a licence, with the module license, or"
        f" {feature.otherwise}."
    )
