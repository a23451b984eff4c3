# Copyright: Stack TLS contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What became of the certificates of all hosts."""

from __future__ import annotations

import pytest
from ansible.errors import AnsibleFilterError
from ansible_collections.stacktls.elastic.plugins.filter.renewals import renewals


def identity(name="http", reasons=()):
    certificate = {"subject": f"CN={name}", "not_after": "2027-01-01T00:00:00Z", "days_left": 30}
    reasons = [{"code": "expiring", "text": text} for text in reasons]
    return {"name": name, "changed": bool(reasons), "reasons": reasons, "certificate": certificate}


def test_every_certificate_of_a_host():
    variables = {
        "inventory_hostname": "es1",
        "elasticsearch_tls_certificate": {"identities": [identity(reasons=["it expires"]), identity("transport")]},
        "beats_tls_certificates": {"results": [{"identities": [identity("filebeat")]}, {"skipped": True}]},
        "kibana_tls_certificate": {"skipped": True},
    }
    found = renewals([variables])
    assert [(each["service"], each["name"], each["issued"]) for each in found] == [
        ("elasticsearch", "http", True),
        ("elasticsearch", "transport", False),
        ("beats", "filebeat", False),
    ]
    assert (found[0]["host"], found[0]["reasons"], found[0]["subject"]) == ("es1", ["it expires"], "CN=http")


def test_a_host_that_was_not_reached_has_none():
    assert renewals([{"inventory_hostname": "es1"}]) == []


def test_a_certificate_that_would_be_made_has_no_end_yet():
    announced = {**identity(), "certificate": {}}
    (found,) = renewals([{"inventory_hostname": "es1", "elasticsearch_tls_certificate": {"identities": [announced]}}])
    assert (found["subject"], found["not_after"], found["days_left"]) == ("", "", None)


@pytest.mark.parametrize("value", ["text", {}, 1])
def test_anything_else_is_refused(value):
    with pytest.raises(AnsibleFilterError, match="needs a list of the variables of hosts"):
        renewals(value)
