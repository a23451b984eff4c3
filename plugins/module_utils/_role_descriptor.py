# Copyright: Stack TLS contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a role or an API key may do: one form for all spellings that Elasticsearch takes."""

from __future__ import annotations

import json
from typing import Any

from ._api_object import as_json

Descriptor = dict[str, Any]
"""A role in the form of the API."""

_OTHER_NAMES = {"index": "indices"}
_SETS = frozenset({"cluster", "run_as", "names", "privileges", "resources", "clusters", "grant", "except", "workflows"})
"""Lists whose order is of no account; privileges and names may also be given as a single text."""

_LISTS_OF_PRIVILEGES = ("indices", "remote_indices", "remote_cluster", "applications")
_KNOWN = frozenset({*_SETS, *_LISTS_OF_PRIVILEGES, "global", "metadata", "description", "restriction", "query"})
_DEFAULTS: tuple[Any, ...] = ([], {}, "", None)


def canonical_descriptor(descriptor: Descriptor) -> Descriptor:
    """The descriptor as a whole, without what says nothing.

    What is not known here is left as it is, for Elasticsearch to judge.
    """
    named = {_OTHER_NAMES.get(name, name): value for name, value in descriptor.items()}
    named.pop("transient_metadata", None)  # what Elasticsearch says of the licence; nobody can set it
    canonical = {name: _canonical_part(name, value) for name, value in named.items()}
    return _without_defaults(canonical)


def canonical_descriptors(descriptors: dict[str, Descriptor]) -> dict[str, Descriptor]:
    """Each of the descriptors in its one form; what is no descriptor is left for Elasticsearch to refuse."""
    return {name: canonical_descriptor(each) if isinstance(each, dict) else each for name, each in descriptors.items()}


def _canonical_part(name: str, value: Any) -> Any:
    if name in _LISTS_OF_PRIVILEGES and isinstance(value, list):
        entries = {as_json(entry): entry for entry in map(_canonical_entry, value)}
        return [entries[text] for text in sorted(entries)]
    if name == "global":
        return _pruned(value)
    return _sorted(value) if name in _SETS else _canonical_sets(value) if name == "restriction" else value


def _canonical_entry(entry: Any) -> Any:
    """One group of privileges, such as those on some indices."""
    if not isinstance(entry, dict):
        return entry
    canonical = {name: _sorted(value) if name in _SETS else value for name, value in entry.items()}
    if "field_security" in canonical:
        canonical["field_security"] = _canonical_sets(canonical["field_security"])
    if "query" in canonical:
        canonical["query"] = _parsed(canonical["query"])
    if canonical.get("allow_restricted_indices") is False:
        del canonical["allow_restricted_indices"]
    return _without_defaults(canonical)


def _canonical_sets(value: Any) -> Any:
    """A map of nothing but lists without an order."""
    return {name: _sorted(each) for name, each in value.items()} if isinstance(value, dict) else value


def _pruned(value: Any) -> Any:
    """Privileges on what is global, which nest maps; Elasticsearch answers with empty ones for what is not given."""
    if not isinstance(value, dict):
        return _sorted(value)
    parts = {name: _pruned(each) for name, each in value.items()}
    return {name: each for name, each in parts.items() if each != {}}


def _sorted(value: Any) -> Any:
    if isinstance(value, str):
        return [value]
    if isinstance(value, list) and all(isinstance(each, str) for each in value):
        return sorted(set(value))
    return value


def _parsed(query: Any) -> Any:
    """A query of documents as data; Elasticsearch answers it as JSON in a string."""
    if not isinstance(query, str):
        return query
    try:
        return json.loads(query)
    except ValueError:
        return query


def _without_defaults(part: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in part.items() if name not in _KNOWN or value not in _DEFAULTS}
