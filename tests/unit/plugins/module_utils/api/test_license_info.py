# Copyright: Stack TLS contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a licence permits, and what is said where it does not."""

from __future__ import annotations

import json
from typing import Any, Callable

import pytest
from ansible_collections.stacktls.elastic.plugins.module_utils._api import ApiClient
from ansible_collections.stacktls.elastic.plugins.module_utils._errors import ApiError
from ansible_collections.stacktls.elastic.plugins.module_utils._license_info import (
    FEATURES,
    Licence,
    read_licence,
    require_feature,
)
from loopback import Server

Params = Callable[..., dict[str, Any]]
UNTIL = "2030-01-31T12:00:00.000Z"


@pytest.mark.parametrize(
    ("kind", "status", "permitted"),
    [
        ("basic", "active", False),
        ("standard", "active", False),
        ("gold", "active", True),
        ("platinum", "active", True),
        ("enterprise", "active", True),
        ("trial", "active", True),
        ("trial", "expired", False),
        ("enterprise", "invalid", False),
    ],
)
def test_the_pki_realm_needs_more_than_a_basic_licence(kind: str, status: str, permitted: bool) -> None:
    assert Licence(kind, status, None).permits(FEATURES["pki"]) is permitted


@pytest.mark.parametrize("until", [UNTIL, None])
def test_the_licence_is_read(server: Server, params: Params, until: str | None) -> None:
    answer = {"type": "basic", "status": "active", "uid": "u", **({"expiry_date": until} if until else {})}
    server.answer(200, json.dumps({"license": answer}))
    assert read_licence(ApiClient(params(server))) == Licence("basic", "active", until, "u")


def test_a_cluster_without_a_licence(server: Server, params: Params) -> None:
    server.answer(404, "{}")
    with pytest.raises(ApiError, match="the cluster has no licence yet"):
        read_licence(ApiClient(params(server)))


@pytest.mark.parametrize(
    ("eligible", "way_out"),
    [
        (True, "Start a trial of 30 days (stacktls_license_start_trial: true, or the module license), or let Kibana"),
        (
            False,
            "This cluster has used up its trial for this major version: install a licence, with the module license, ",
        ),
    ],
)
def test_what_is_missing_and_the_ways_out(server: Server, params: Params, eligible: bool, way_out: str) -> None:
    server.answer(200, json.dumps({"eligible_to_start_trial": eligible}))
    with pytest.raises(ApiError) as caught:
        require_feature(ApiClient(params(server)), Licence("trial", "expired", UNTIL), "pki")
    assert str(caught.value).startswith(
        f"the licence of this cluster, expired trial (until {UNTIL}), does not permit the PKI realm (login with a"
        " client certificate), which needs a Platinum or Enterprise licence, or a trial. Nothing has been changed."
    )
    assert way_out in str(caught.value)
    assert "(stacktls_kibana_authentication: service_token)." in str(caught.value)


def test_a_trial_that_somebody_is_going_to_start(server: Server, params: Params) -> None:
    server.answer(200, json.dumps({"eligible_to_start_trial": True}))
    assert require_feature(ApiClient(params(server)), Licence("basic", "active", None), "pki", trial_suffices=True)
    assert [each.method for each in server.received] == ["GET"]


def test_a_trial_that_nobody_can_start(server: Server, params: Params) -> None:
    server.answer(200, json.dumps({"eligible_to_start_trial": False}))
    with pytest.raises(ApiError, match="has used up its trial"):
        require_feature(ApiClient(params(server)), Licence("basic", "active", None), "pki", trial_suffices=True)


def test_nothing_is_asked_where_the_licence_permits_it(server: Server, params: Params) -> None:
    assert not require_feature(ApiClient(params(server)), Licence("trial", "active", UNTIL), "pki")
    assert server.received == []
