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
SHARING = "stacktls"
SECRET = re.compile(r"(password|passphrase|api_key|private_key_content|ca_private_key|signer_environment)$")


def own_defaults_of(role):
    return yaml.safe_load((ROOT / "roles" / role / "defaults/main.yml").read_text())


def defaults_of(role):
    """The defaults that the role documents: its own, and the shared ones that it reads."""
    named = specs_of(role)["main"]["options"]
    return {
        **{name: value for name, value in own_defaults_of(SHARING).items() if name in named},
        **own_defaults_of(role),
    }


def text_of(role):
    """Everything the role says in tasks, vars, defaults and templates."""
    folders = ("tasks", "vars", "defaults", "templates")
    return "".join(path.read_text() for name in folders for path in sorted((ROOT / "roles" / role / name).rglob("*.*")))


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
        assert isinstance(value, TYPES[options[name]["type"]]), name
        assert isinstance(value, bool) == (options[name]["type"] == "bool"), name


@pytest.mark.parametrize("role", ROLES)
def test_names_start_with_the_role(role):
    assert [name for name in own_defaults_of(role) if not name.startswith(f"{role}_")] == []


@pytest.mark.parametrize("role", [role for role in ROLES if role != SHARING])
def test_shared_variables_that_a_role_reads_are_documented_alike(role):
    options, shared = specs_of(role)["main"]["options"], specs_of(SHARING)["main"]["options"]
    read = set(re.findall(r"stacktls_\w+", text_of(role))) & set(shared)
    assert read <= set(options)
    assert {name: options[name] for name in options if name in shared} == {
        name: shared[name] for name in options if name in shared
    }


@pytest.mark.parametrize("role", ROLES)
def test_secrets_are_marked(role):
    for name, option in specs_of(role)["main"]["options"].items():
        is_secret = SECRET.search(name) and option["type"] != "bool"
        assert bool(option.get("no_log")) == bool(is_secret), name


@pytest.mark.parametrize("role", ROLES)
def test_readme_names_every_variable_once_in_its_table(role):
    readme = (ROOT / "roles" / role / "README.md").read_text()
    named = re.findall(r"^\| `(\w+)` \|", readme, re.MULTILINE)
    assert named == list(defaults_of(role))


CONDITIONS = ("when", "that", "failed_when", "changed_when", "until", "quiet")
JINJA = re.compile(r"{{(.*?)}}|{%(.*?)%}", re.DOTALL)


def expressions_of(value, key=""):
    """Everything that Jinja evaluates, out of what a YAML file or a template says; conditions are in parentheses."""
    if isinstance(value, dict):
        return [each for name, inner in value.items() for each in expressions_of(inner, name)]
    if isinstance(value, list):
        return [each for inner in value for each in expressions_of(inner, key)]
    found = [first or second for first, second in JINJA.findall(str(value))]
    return found or ([f"({value})"] if key in CONDITIONS else [])


@pytest.mark.parametrize("role", ROLES)
def test_text_for_yes_and_no_is_read_as_such(role):
    """A variable of the command line (``-e name=false``) is text, which Ansible takes for true, or for an error."""
    folder = ROOT / "roles" / role
    files = [path for name in ("tasks", "vars", "defaults") for path in sorted((folder / name).rglob("*.yml"))]
    read = [each for path in files for each in expressions_of(yaml.safe_load(path.read_text()))]
    read += [each for path in sorted((folder / "templates").glob("*")) for each in expressions_of(path.read_text())]
    # What is nothing but the variable is an option of a module, which converts it.
    booleans = [name for name, option in specs_of(role)["main"]["options"].items() if option["type"] == "bool"]
    wrong = {
        expression.strip()
        for expression in read
        for name in booleans
        if re.search(rf"\b{name}\b(?! *\| *bool)", expression) and expression.strip() != name
    }
    assert not wrong
