# Copyright: Stack TLS contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a run did with the certificates of all hosts."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from ansible.errors import AnsibleFilterError

DOCUMENTATION = r"""
name: renewals
short_description: What a run did with the certificates of all hosts
version_added: 0.1.0
author:
  - Stack TLS contributors (@stacktls)
description:
  - Collects the results that the roles of this collection registered on each host, certificate by certificate.
options:
  _input:
    description: Variables of the hosts, out of C(hostvars).
    type: list
    elements: dict
    required: true
"""

EXAMPLES = r"""
- name: Show which certificates are new
  ansible.builtin.debug:
    msg: "{{ ansible_play_hosts | map('extract', hostvars) | stacktls.elastic.renewals | selectattr('changed') }}"
"""

RETURN = r"""
_value:
  description:
    - An entry for each certificate, with C(host), C(service), C(name), C(changed) (whether a file of it did), C(issued)
      (whether it is another certificate), C(reasons) (why it is, in words), C(subject), C(not_after) and C(days_left).
  type: list
  elements: dict
"""

_REGISTERED = {
    "elasticsearch_tls_certificate": "elasticsearch",
    "kibana_tls_certificate": "kibana",
    "kibana_mutual_tls_certificate": "kibana",
    "client_tls_issued": "client",
    "beats_tls_certificates": "beats",
}
"""What the roles register -> the service that it is for."""


def renewals(value: Any) -> list[dict[str, Any]]:
    """The entries of all hosts, in their order."""
    if not isinstance(value, Iterable) or isinstance(value, (str, Mapping)):
        raise AnsibleFilterError("renewals needs a list of the variables of hosts.")
    return [entry for variables in value for entry in _entries(variables)]


def _entries(variables: Any) -> Iterator[dict[str, Any]]:
    for name, service in _REGISTERED.items():
        registered = variables.get(name) or {}
        for result in registered.get("results", [registered]):
            for identity in result.get("identities", []):
                yield _entry(variables["inventory_hostname"], service, identity)


def _entry(host: str, service: str, identity: Mapping[str, Any]) -> dict[str, Any]:
    certificate = identity["certificate"]
    return {
        "host": host,
        "service": service,
        "name": identity["name"],
        "changed": identity["changed"],
        "issued": bool(identity["reasons"]),
        "reasons": [reason["text"] for reason in identity["reasons"]],
        "subject": certificate.get("subject", ""),
        "not_after": certificate.get("not_after", ""),
        "days_left": certificate.get("days_left"),
    }


class FilterModule:
    """The filter of this file."""

    def filters(self) -> dict[str, Callable[[Any], list[dict[str, Any]]]]:
        """Filters by name."""
        return {"renewals": renewals}
