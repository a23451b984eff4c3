# Copyright: Stack TLS contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Role mappings: which users of which realms get which roles."""

from __future__ import annotations

import json
from typing import Any

from ._api import ApiClient
from ._api_object import bring_about, object_path
from ._errors import ApiError

RoleMapping = dict[str, Any]
"""A role mapping in the form of the API."""


def manage_role_mapping(client: ApiClient, params: dict[str, Any], *, check_mode: bool) -> dict[str, Any]:
    """Make the role mapping what the parameters ask for; returns the module's result.

    :raises ApiError: where Elasticsearch refuses, or the parameters cannot be a role mapping.
    """
    name = params["name"]
    path = object_path("/_security/role_mapping", name, "role mapping")
    before = _present(client, path, name)
    after = None if params["state"] == "absent" else wanted(params, before)
    result = bring_about(client, path, f"role mapping {name}", before, after, check_mode=check_mode)
    return {**result, "role_mapping": after}


def wanted(params: dict[str, Any], present: RoleMapping | None) -> RoleMapping:
    """The role mapping that the parameters describe. Metadata that they do not speak of is kept.

    :raises ApiError: where the list of distinguished names is empty.
    """
    metadata = params["metadata"]
    if metadata is None:
        metadata = (present or {}).get("metadata", {})
    rules = params["rules"] if params["dn"] is None else _dn_rules(params["dn"])
    mapping = {"enabled": params["enabled"], "rules": rules, "metadata": metadata}
    who = "roles" if params["role_templates"] is None else "role_templates"
    return canonical({**mapping, who: params[who]})


def canonical(mapping: RoleMapping) -> RoleMapping:
    """One form for all spellings of a role mapping, so that two of them can be compared."""
    result = {**mapping, "rules": canonical_rules(mapping["rules"])}
    if mapping.get("roles"):
        result["roles"] = sorted(set(mapping["roles"]))
    if mapping.get("role_templates"):
        result["role_templates"] = [_canonical_template(each) for each in mapping["role_templates"]]
    return result


def canonical_rules(rules: Any) -> Any:
    """Rules with each list of a single value written as that value, as Elasticsearch does."""
    if isinstance(rules, list):
        return [canonical_rules(rule) for rule in rules]
    if not isinstance(rules, dict):
        return rules
    return {key: _canonical_field(rule) if key == "field" else canonical_rules(rule) for key, rule in rules.items()}


def _present(client: ApiClient, path: str, name: str) -> RoleMapping | None:
    found = (client.find(path) or {}).get(name)
    return None if found is None else canonical(found)


def _dn_rules(names: list[str]) -> RoleMapping:
    if not names:
        raise ApiError("dn is empty.", hint="Name at least one distinguished name, or use rules.")
    return {"field": {"dn": names}}


def _canonical_field(field: Any) -> Any:
    if not isinstance(field, dict):
        return field
    return {key: value[0] if isinstance(value, list) and len(value) == 1 else value for key, value in field.items()}


def _canonical_template(template: dict[str, Any]) -> dict[str, Any]:
    """A role template; Elasticsearch answers the inner template as JSON in a string."""
    source = template.get("template")
    if isinstance(source, str):
        try:
            source = json.loads(source)
        except ValueError:
            source = {"source": source}
    return {"format": "string", **template, "template": source}
