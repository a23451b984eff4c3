# Copyright: Stack TLS contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Variables of an inventory that no role can use: without a value, or with a name that nobody reads.

What there is, the files of the collection say: the options of its roles, and every name that roles and playbooks
mention.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from ansible.module_utils.common.yaml import yaml_load

from ..module_utils._preflight import ERROR, WARNING, Finding

_COLLECTION = Path(__file__).resolve().parents[2]
_WORD = re.compile(r"[a-z][a-z0-9_]+")
_GIVEN_TO_PLAYBOOKS = re.compile(r"-e ([a-z0-9_]+)=|\b([a-z0-9_]+_group) \| default\(")
_REFERENCE = re.compile(r"\{\{ *(\w+) *\}\}")
_INVENTORY_NAME = "{{ inventory_hostname }}"
_SHOWN_HOSTS = 3


@dataclass(frozen=True)
class Catalogue:
    """The names that there are.

    :param prefixes: how names of roles begin.
    :param options: what a person may set.
    :param names: options, and every other name that roles and playbooks mention.
    :param never_empty: options that are names of the host by default.
    """

    prefixes: tuple[str, ...]
    options: frozenset[str]
    names: frozenset[str]
    never_empty: frozenset[str] = field(default_factory=frozenset)

    @classmethod
    def read(cls, collection: Path) -> Catalogue:
        """Out of the files of a collection."""
        roles = sorted(path for path in (collection / "roles").iterdir() if path.is_dir())
        playbooks = "".join(_texts(collection / "playbooks"))
        prefixes = tuple(f"{role.name}_" for role in roles)
        given = {name for pair in _GIVEN_TO_PLAYBOOKS.findall(playbooks) for name in pair if name.startswith(prefixes)}
        mentioned = {word for role in roles for text in _texts(role) for word in _WORD.findall(text)}
        defaults = [_load(role / "defaults/main.yml") for role in roles]
        return cls(
            prefixes,
            frozenset(given.union(*map(_options, roles))),
            frozenset(mentioned.union(_WORD.findall(playbooks), *map(_options, roles))),
            frozenset(name for each in defaults for name, value in each.items() if value == _INVENTORY_NAME),
        )

    def nearest(self, name: str) -> str:
        """The option that is called so in another role, or whose name is most like this one, or an empty text."""
        rest = next(name[len(prefix) :] for prefix in self.prefixes if name.startswith(prefix))
        elsewhere = [f"{prefix}{rest}" for prefix in self.prefixes if f"{prefix}{rest}" in self.options]
        if len(elsewhere) == 1:
            return elsewhere[0]
        return next(iter(difflib.get_close_matches(name, self.options, n=1)), "")


@cache
def catalogue() -> Catalogue:
    """The names of this collection."""
    return Catalogue.read(_COLLECTION)


def variable_findings(hosts: Mapping[str, Mapping[str, Any]], known: Catalogue) -> Iterator[tuple[Finding, list[str]]]:
    """What is amiss, each with the hosts that it is amiss on.

    :param hosts: the variables of each host as they were given, not templated.
    """
    met: dict[Finding, list[str]] = {}
    for host, variables in hosts.items():
        for name in sorted(name for name in variables if name.startswith(known.prefixes)):
            for finding in _findings(name, variables, known):
                met.setdefault(finding, []).append(host)
    yield from met.items()


def named(hosts: list[str]) -> str:
    """Hosts in words; of many the first ones."""
    more = len(hosts) - _SHOWN_HOSTS
    return ", ".join(hosts) if more <= 1 else f"{', '.join(hosts[:_SHOWN_HOSTS])} and {more} others"


def _findings(name: str, variables: Mapping[str, Any], known: Catalogue) -> Iterator[Finding]:
    if name not in known.names:
        nearest = known.nearest(name)
        question = f"Did you mean {nearest}? " if nearest else ""
        yield Finding(
            WARNING, name, "is no variable of this collection, so nobody reads it.", f"{question}Otherwise remove it."
        )
        return
    if name not in known.options:
        return  # what a task of ours has found out
    value, source = _given(name, variables)
    through = f" (it is {source})" if source != name else ""
    if value is None:
        hint = "Give it one, or remove the line so that the default counts."
        yield Finding(ERROR, name, f"has no value{through}.", hint)
    elif isinstance(value, list) and any(each is None for each in value):
        yield Finding(ERROR, name, f"has an entry without a value{through}.", "Give it one, or remove the line.")
    elif value == "" and name in known.never_empty:
        hint = "Give it one, or remove the line: the name in the inventory counts by default."
        yield Finding(ERROR, name, f"is empty{through}.", hint)


def _given(name: str, variables: Mapping[str, Any]) -> tuple[Any, str]:
    """The value of a variable, and the name of the one that has it, where it is only another name for that."""
    seen: list[str] = []
    while name not in seen:
        seen.append(name)
        value = variables[name]
        found = _REFERENCE.fullmatch(value.strip()) if isinstance(value, str) else None
        if not found or found[1] not in variables:
            return value, name
        name = found[1]
    return value, name


def _texts(folder: Path) -> Iterable[str]:
    return (path.read_text("utf-8") for path in sorted(folder.rglob("*")) if path.suffix in (".yml", ".j2"))


def _options(role: Path) -> list[str]:
    entries = _load(role / "meta/argument_specs.yml")["argument_specs"].values()
    return [name for entry in entries for name in entry["options"]]


def _load(path: Path) -> dict[str, Any]:
    return dict(yaml_load(path.read_text("utf-8")))
