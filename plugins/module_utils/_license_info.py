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
    """

    title: str
    licences: frozenset[str]
    needs: str


FEATURES = {
    "pki": Feature(
        "the PKI realm (login with a client certificate)",
        # Gold is not sold any more, but clusters that have it may use the realm.
        frozenset({"gold", "platinum", "enterprise", "trial"}),
        "a Platinum or Enterprise licence, or a trial",
    ),
}
"""What the modules of this collection ask licences for."""


@dataclass(frozen=True)
class Licence:
    """The licence of a cluster; a basic one does not expire."""

    type: str
    status: str
    expiry_date: str | None

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
    return Licence(licence["type"], licence["status"], licence.get("expiry_date"))


def require_feature(client: ApiClient, licence: Licence, name: str) -> None:
    """Nothing where the licence permits the feature.

    :raises ApiError: where it does not, with what is needed.
    """
    feature = FEATURES[name]
    if licence.permits(feature):
        return
    found = f"{licence.status} {licence.type}" + (f" (until {licence.expiry_date})" if licence.expiry_date else "")
    raise ApiError(
        f"the licence of this cluster, {found}, does not permit {feature.title}, which needs {feature.needs}."
        " Nothing has been changed.",
        hint=_way_out(client),
    )


def _way_out(client: ApiClient) -> str:
    if client.call("GET", "/_license/trial_status").get("eligible_to_start_trial"):
        return "POST /_license/start_trial?acknowledge=true starts a trial of 30 days on this cluster."
    return "This cluster has used up its trial for this major version: install a licence with PUT /_license."
