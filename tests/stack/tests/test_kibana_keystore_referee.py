# Copyright: Stack TLS contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Kibana's keystore and ours, in both directions, by the stand-in's own tool."""

from __future__ import annotations

import json
import os
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.stacktls.elastic.plugins.module_utils._errors import KeystoreError
from ansible_collections.stacktls.elastic.plugins.module_utils._keystore._kibana_keystore import manage_kibana_keystore

pytestmark = pytest.mark.stack

STACK = Path(__file__).resolve().parent.parent
TEXT = "elasticsearch.ssl.keystore.password"
ENTRIES = {TEXT: "pässwörd € \U0001f511", "digits": "0123", "empty": "", "large": "x" * 70_000}


@dataclass(frozen=True)
class KibanaTool:
    """The `kibana-keystore` of the stand-in, with its folder of settings."""

    folder: Path

    def __call__(self, *arguments: str, stdin: str = "") -> str:
        program = [str(STACK / "kibana" / "bin" / "kibana-keystore"), *arguments, "--allow-root"]
        environment = {**os.environ, "KBN_PATH_CONF": str(self.folder)}
        result = subprocess.run(program, input=stdin, capture_output=True, text=True, env=environment, check=False)
        assert result.returncode == 0, result.stderr
        return result.stdout

    def manage(self, **params: Any) -> None:
        defaults = {
            "path": str(self.folder / "kibana.keystore"),
            "entries": {},
            "absent": [],
            "purge": False,
            "owner": None,
            "group": None,
            "mode": None,
            "journal": None,
        }
        assert manage_kibana_keystore({**defaults, **params}, print, check_mode=False)["changed"]

    def values(self) -> dict[str, Any]:
        """What Kibana itself gets to see, with types."""
        script = (
            "import { readFileSync } from 'node:fs'; import { pathToFileURL } from 'node:url';"
            "const { decode } = await import(pathToFileURL(process.argv[1]));"
            "console.log(JSON.stringify(decode(readFileSync(process.argv[2], 'utf8'), '')));"
        )
        files = [str(STACK / "kibana" / "src" / "keystore" / "codec.js"), str(self.folder / "kibana.keystore")]
        command = ["node", "--input-type=module", "--eval", script, *files]
        return json.loads(subprocess.run(command, capture_output=True, check=True).stdout)


@pytest.fixture
def kibana(tmp_path: Path) -> KibanaTool:
    return KibanaTool(tmp_path)


def test_kibana_reads_a_keystore_that_we_made(kibana: KibanaTool) -> None:
    kibana.manage(entries=ENTRIES)
    assert kibana("list").split() == list(ENTRIES)
    assert kibana("show", TEXT).strip() == ENTRIES[TEXT]
    assert kibana.values() == ENTRIES


def test_we_change_a_keystore_that_kibana_made(kibana: KibanaTool) -> None:
    kibana("create")
    kibana("add", "digits", "--stdin", stdin="12345")
    kibana("add", "flag", "--stdin", stdin="true")
    kibana("add", "keys", "--stdin", stdin='["a",{"b":1.5}]')
    foreign = {"flag": True, "keys": ["a", {"b": 1.5}]}
    assert kibana.values() == {"digits": 12345, **foreign}

    kibana.manage(entries={"digits": 12345, "empty": "", "list": ["ä", 1]})

    assert kibana.values() == {"digits": "12345", **foreign, "empty": "", "list": ["ä", 1]}
    kibana("remove", "flag")
    assert kibana.values() == {"digits": "12345", "keys": foreign["keys"], "empty": "", "list": ["ä", 1]}


def test_a_keystore_with_a_password_is_refused(kibana: KibanaTool) -> None:
    kibana("create")
    kibana("passwd", stdin="Kennwort\n")
    before = (kibana.folder / "kibana.keystore").read_bytes()
    with pytest.raises(KeystoreError, match="it is damaged, or it has a password"):
        kibana.manage(entries={"digits": 12345})
    assert (kibana.folder / "kibana.keystore").read_bytes() == before
