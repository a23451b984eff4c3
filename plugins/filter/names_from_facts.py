# Copyright: Stack TLS contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Names of a host out of its facts."""

from __future__ import annotations

import ipaddress
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from ansible.errors import AnsibleFilterError

from ..module_utils._errors import StackTlsError
from ..module_utils._pki._sans import parse_alternative_names

DOCUMENTATION = r"""
name: names_from_facts
short_description: Names and addresses of a host out of its facts, for its certificate
version_added: 0.1.0
author:
  - Stack TLS contributors (@stacktls)
description:
  - Takes host name, full name and all addresses of a host from gathered facts, and brings them into the form in which
    they stand in a certificate.
  - Left out are loopback and link-local addresses and the name C(localhost), by which no other machine reaches the
    host.
  - Each run takes the addresses that the host has then. Where they come and go, exclude them, or a certificate is
    issued anew whenever they change.
options:
  _input:
    description: The facts, C(ansible_facts). The subset C(network) is enough.
    type: dict
    required: true
  hostname:
    description: Whether to take the short host name.
    type: bool
    default: true
  fqdn:
    description: Whether to take the full name.
    type: bool
    default: true
  ipv4:
    description: Whether to take the IPv4 addresses.
    type: bool
    default: true
  ipv6:
    description: Whether to take the IPv6 addresses.
    type: bool
    default: true
  exclude:
    description: Names, addresses and networks that are left out, such as V(172.17.0.0/16) of container bridges.
    type: list
    elements: str
    default: []
"""

EXAMPLES = r"""
- name: Show the names of this host
  ansible.builtin.debug:
    msg: "{{ ansible_facts | stacktls.elastic.names_from_facts(ipv6=false, exclude=['172.17.0.0/16']) }}"
    # ['DNS:es1', 'DNS:es1.example.com', 'IP:192.0.2.11']
"""

RETURN = r"""
_value:
  description: The names, each once; the addresses in ascending order.
  type: list
  elements: str
"""

_FACTS = {
    "hostname": "hostname",
    "fqdn": "fqdn",
    "ipv4": "all_ipv4_addresses",
    "ipv6": "all_ipv6_addresses",
}
_ADDRESSES = ("ipv4", "ipv6")


def names_from_facts(
    value: Any, *, hostname: bool = True, fqdn: bool = True, ipv4: bool = True, ipv6: bool = True, exclude: Any = ()
) -> list[str]:
    """The names with their kind."""
    asked = {"hostname": hostname, "fqdn": fqdn, "ipv4": ipv4, "ipv6": ipv6}
    facts = _require_facts(value, [option for option, wanted in asked.items() if wanted])
    excluded = _require_texts(exclude)
    names = [facts[option] for option in facts if option not in _ADDRESSES]
    names = [name for name in names if name not in excluded and name.partition(".")[0] != "localhost"]
    for option in _ADDRESSES:
        names += [str(address) for address in _usable(facts.get(option, []), excluded)]
    try:
        return [str(name) for name in parse_alternative_names(names)]
    except StackTlsError as error:
        raise AnsibleFilterError(f"names_from_facts: {error} Or name it in exclude.") from error


def _usable(texts: list[str], excluded: list[str]) -> Iterator[Any]:
    """The addresses by which other machines may reach the host, in ascending order."""
    networks = [network for network in map(_network, excluded) if network is not None]
    for address in sorted(ipaddress.ip_address(text) for text in texts):
        if not address.is_loopback and not address.is_link_local and not any(address in each for each in networks):
            yield address


def _network(text: str) -> Any:
    try:
        return ipaddress.ip_network(text, strict=False)
    except ValueError:
        return None


def _require_facts(value: Any, options: list[str]) -> dict[str, Any]:
    if not isinstance(value, Mapping):
        raise AnsibleFilterError(f"names_from_facts needs facts, not {type(value).__name__}.")
    missing = [_FACTS[option] for option in options if _FACTS[option] not in value]
    if missing:
        raise AnsibleFilterError(
            f"names_from_facts: the facts lack {', '.join(missing)}. Gather them first, with"
            " ansible.builtin.setup and gather_subset: [network], or leave them out."
        )
    return {option: value[_FACTS[option]] for option in options}


def _require_texts(value: Any) -> list[str]:
    if isinstance(value, (str, Mapping)) or not all(isinstance(item, str) for item in value):
        raise AnsibleFilterError("names_from_facts needs a list of texts as exclude.")
    return list(value)


class FilterModule:
    """The filter of this file."""

    def filters(self) -> dict[str, Callable[..., list[str]]]:
        """Filters by name."""
        return {"names_from_facts": names_from_facts}
