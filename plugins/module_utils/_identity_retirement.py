# Copyright: Stack TLS contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Make what a certificate logs in as useless in Elasticsearch, at once.

The PKI realm reads no revocation lists (Elastic: "PKI user authentication"), so a certificate goes on to log in as long
as its authority is trusted. What it may do comes from role mappings, and can be taken away.
"""

from __future__ import annotations

from typing import Any
from urllib.parse import quote, urlencode

from ._api import ApiClient
from ._errors import StackTlsError
from ._pki._names import parse_name, print_name
from ._role_mapping import canonical_rules

ARGUMENTS: dict[str, Any] = {
    "dn": {"type": "str", "required": True},
    "realm_name": {"type": "str", "required": True},
    "pki_username": {"type": "str"},
    "api_key_names": {"type": "list", "elements": "str", "default": [], "no_log": False},
}
"""What the module accepts beside the options of the API."""

_MAPPINGS = "/_security/role_mapping"
_KEYS = "/_security/api_key"


def retire_identity(client: ApiClient, params: dict[str, Any], *, check_mode: bool) -> dict[str, Any]:
    """Take from the distinguished name all that it may do; returns the module's result.

    :raises StackTlsError: where the name cannot be read, or Elasticsearch refuses.
    """
    name = print_name(parse_name(params["dn"]))
    username = params["pki_username"] or _common_name(name)
    found = client.call("GET", _MAPPINGS)
    changes = {each: after for each, before in found.items() if (after := _without(before, name)) != before}
    keys = _valid_keys(client, username, params)
    if not check_mode:
        for each, after in changes.items():
            client.call("PUT", f"{_MAPPINGS}/{quote(each, safe='')}", after)
        if keys:
            client.call("DELETE", _KEYS, {"ids": [key["id"] for key in keys]})
    return {
        "changed": bool(changes or keys),
        "dn": name,
        "pki_username": username,
        "role_mappings": [{"name": each, "enabled": after["enabled"]} for each, after in sorted(changes.items())],
        "api_keys": [{"id": key["id"], "name": key["name"]} for key in keys],
        "diff": {
            "before": {each: found[each] for each in sorted(changes)},
            "after": {each: changes[each] for each in sorted(changes)},
        },
    }


def _common_name(name: str) -> str:
    """As the PKI realm takes it out of a name by default (``username_pattern``)."""
    for part in name.split(", "):
        if part.upper().startswith("CN="):
            return part[3:].split(",")[0]
    return name


def _without(mapping: dict[str, Any], name: str) -> dict[str, Any]:
    """The mapping as it gives nothing to this name: disabled where it is for that alone, else with an exception."""
    rules = mapping["rules"]
    if not mapping.get("enabled", True) or not _may_match(rules, name):
        return mapping
    exception = {"except": {"field": {"dn": name}}}
    conditions = rules["all"] if isinstance(rules.get("all"), list) else [rules]
    if exception in canonical_rules(conditions):
        return mapping
    if _is_only_for(rules, name):
        return {**mapping, "enabled": False}
    return {**mapping, "rules": {"all": [*conditions, exception]}}


def _may_match(rules: Any, name: str) -> bool:
    """Whether somebody with this name may get something by the rules: they name it, or a pattern of names."""
    return any(_is_name(value, name) or _is_pattern(value) for value in _names_in(rules))


def _is_only_for(rules: Any, name: str) -> bool:
    """Whether the rules need this name and no other."""
    if "all" in rules:
        return any(_is_only_for(rule, name) for rule in rules["all"])
    values = _names_in(rules) if "field" in rules else []
    return bool(values) and all(_is_name(value, name) for value in values)


def _names_in(rules: Any) -> list[str]:
    """The values of the field ``dn`` that make rules match; what is excepted does not."""
    if isinstance(rules, list):
        return [value for rule in rules for value in _names_in(rule)]
    if not isinstance(rules, dict):
        return []
    found = []
    for key, rule in rules.items():
        if key == "field" and "dn" in rule:
            found += rule["dn"] if isinstance(rule["dn"], list) else [rule["dn"]]
        elif key in ("all", "any"):
            found += _names_in(rule)
    return [value for value in found if isinstance(value, str)]


def _is_pattern(value: str) -> bool:
    return value.startswith("/") or "*" in value or "?" in value


def _is_name(value: str, name: str) -> bool:
    if _is_pattern(value):
        return False
    try:
        return print_name(parse_name(value)).lower() == name.lower()
    except StackTlsError:
        return value.lower() == name.lower()


def _valid_keys(client: ApiClient, username: str, params: dict[str, Any]) -> list[dict[str, Any]]:
    """The API keys that the user made, and those of the names that are given."""
    queries = [{"realm_name": params["realm_name"], "username": username}]
    queries += [{"name": each} for each in params["api_key_names"]]
    found = {}
    for query in queries:
        for key in client.call("GET", f"{_KEYS}?{urlencode({**query, 'active_only': 'true'})}")["api_keys"]:
            if not key.get("invalidated"):
                found[key["id"]] = key
    return list(found.values())
