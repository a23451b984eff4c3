# Copyright: Stack TLS contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Defaults, argument specs and README of each role say the same."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[3]
ROLES = sorted(path.name for path in (ROOT / "roles").iterdir())
TYPES = {"str": str, "path": str, "int": int, "bool": bool, "list": list, "dict": dict}
SHARED = [(first, second) for first in ROLES for second in ROLES if first < second]


def defaults_of(role):
    return yaml.safe_load((ROOT / "roles" / role / "defaults/main.yml").read_text())


def specs_of(role):
    return yaml.safe_load((ROOT / "roles" / role / "meta/argument_specs.yml").read_text())["argument_specs"]


def is_computed(value):
    return "{{" in str(value)


@pytest.mark.parametrize("role", ROLES)
def test_specs_name_what_the_defaults_name(role):
    for entry in specs_of(role).values():
        assert list(entry["options"]) == list(defaults_of(role))


@pytest.mark.parametrize("role", ROLES)
def test_specs_have_the_type_and_value_of_the_defaults(role):
    options = specs_of(role)["main"]["options"]
    for name, value in defaults_of(role).items():
        if is_computed(value):
            assert "default" not in options[name], f"{name} is computed"
            continue
        assert options[name]["default"] == value, name
        assert type(value) is TYPES[options[name]["type"]], name


@pytest.mark.parametrize("role", ROLES)
def test_names_start_with_the_role_or_with_stacktls(role):
    assert [name for name in defaults_of(role) if not name.startswith((f"{role}_", "stacktls_"))] == []


@pytest.mark.parametrize(("first", "second"), SHARED)
def test_shared_variables_have_one_default_and_one_description(first, second):
    for name in set(defaults_of(first)) & set(defaults_of(second)):
        assert name.startswith("stacktls_")
        assert defaults_of(first)[name] == defaults_of(second)[name], name
        assert specs_of(first)["main"]["options"][name] == specs_of(second)["main"]["options"][name], name


@pytest.mark.parametrize("role", ROLES)
def test_secrets_are_marked(role):
    for name, option in specs_of(role)["main"]["options"].items():
        is_secret = re.search(r"(password|passphrase|api_key)$", name) and option["type"] != "bool"
        assert bool(option.get("no_log")) == bool(is_secret), name


@pytest.mark.parametrize("role", ROLES)
def test_readme_names_every_variable_once_in_its_table(role):
    readme = (ROOT / "roles" / role / "README.md").read_text()
    named = re.findall(r"^\| `(\w+)` \|", readme, re.MULTILINE)
    assert named == list(defaults_of(role))
