# Copyright: Stack TLS contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Our secret stores against the products' own tools, in both directions. Needs root and about two minutes."""

from __future__ import annotations

import base64
import json
import os
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from ansible_collections.stacktls.elastic.plugins.module_utils._keystore._elasticsearch import Store, decode, encode
from ansible_collections.stacktls.elastic.plugins.module_utils._keystore._elasticsearch_keystore import (
    manage_elasticsearch_keystore,
)
from ansible_collections.stacktls.elastic.plugins.module_utils._keystore._kibana_keystore import manage_kibana_keystore
from stacklib import services
from stacklib.podman import podman, try_podman

if TYPE_CHECKING:
    from collections.abc import Iterator

    from stacklib.shell import Result

pytestmark = pytest.mark.stack

STACK = Path(__file__).resolve().parent.parent
CONF = "/etc/elasticsearch"
HOME = "/usr/share/elasticsearch"
FILE = "elasticsearch.keystore"
TEXT = "xpack.security.http.ssl.keystore.secure_password"
ENTRIES = {TEXT: "pässwörd € \U0001f511", "digits": "0123", "empty": "", "large": "x" * 70_000}
SETTINGS = """
discovery.type: single-node
node.store.allow_mmap: false
xpack.security.autoconfiguration.enabled: false
xpack.security.enrollment.enabled: false
"""


@dataclass(frozen=True)
class Node:
    """A container with Elasticsearch as its package installs it."""

    name: str
    version: str
    format_version: int
    address: str

    @property
    def container(self) -> str:
        return f"stacktls-keystores-{self.name}"

    def shell(self, script: str, stdin: bytes = b"") -> str:
        return podman("exec", "-i", self.container, "sh", "-c", script, stdin=stdin)

    def put(self, content: bytes) -> None:
        self.shell(f"install -o root -g elasticsearch -m 0660 /dev/stdin {CONF}/{FILE}", content)

    def take(self) -> bytes:
        return base64.b64decode(self.shell(f"base64 {CONF}/{FILE}"))

    def try_tool(self, *arguments: str, stdin: str = "") -> Result:
        command = ("exec", "-i", "--env=LC_ALL=C.UTF-8", self.container, f"{HOME}/bin/elasticsearch-keystore")
        return try_podman(*command, *arguments, stdin=stdin.encode())

    def tool(self, *arguments: str, stdin: str = "") -> str:
        result = self.try_tool(*arguments, stdin=stdin)
        assert result.status == 0, result.text
        return result.stdout

    def start(self) -> None:
        podman("exec", self.container, "systemctl", "start", "elasticsearch", timeout=330)


NODES = (Node("es9", "9.4.3", 7, "127.0.1.211"), Node("es8", "8.16.6", 6, "127.0.1.212"))
DEFINITION = json.dumps(
    {
        "name": "keystores",
        "hosts": [
            {
                "name": each.name,
                "kind": "elasticsearch",
                "version": each.version,
                "address": each.address,
                "state": "bare",
            }
            for each in NODES
        ],
    }
)


def stack(command: str) -> None:
    program = [str(STACK / "stack"), command, "-"]
    result = subprocess.run(program, input=DEFINITION, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stderr


@pytest.fixture(scope="module")
def containers() -> Iterator[None]:
    stack("reset")
    yield
    stack("down")


@pytest.fixture(params=NODES, ids=lambda node: node.version)
def node(request: pytest.FixtureRequest, containers: None) -> Node:
    return request.param


@pytest.fixture
def home(node: Node, tmp_path: Path) -> Path:
    """A folder with the names of what is installed in the container."""
    for name in node.shell(f"ls {HOME}/lib").split():
        (tmp_path / "home" / "lib" / name).mkdir(parents=True)
    return tmp_path / "home"


def manage(tmp_path: Path, present: bytes | None = None, **params: Any) -> bytes:
    """What the module makes of a keystore."""
    path = tmp_path / FILE
    if present is not None:
        path.write_bytes(present)
    defaults = {
        "path": str(path),
        "home": str(tmp_path / "home"),
        "password": None,
        "entries": {},
        "absent": [],
        "purge": False,
        "owner": None,
        "group": None,
        "mode": None,
        "journal": None,
    }
    assert manage_elasticsearch_keystore({**defaults, **params}, check_mode=False)["changed"]
    return path.read_bytes()


def test_the_tool_reads_a_keystore_that_we_made(node: Node, home: Path, tmp_path: Path) -> None:
    content = manage(tmp_path, entries=ENTRIES)
    node.put(content)

    assert decode(content, "").version == node.format_version
    assert node.tool("list").split() == sorted([*ENTRIES, "keystore.seed"])
    for name in (TEXT, "empty", "large"):
        assert node.tool("show", name) == ENTRIES[name]
    assert "not password-protected" in node.try_tool("has-passwd").text


def test_the_tool_opens_our_keystore_with_its_password_only(node: Node, home: Path, tmp_path: Path) -> None:
    node.put(manage(tmp_path, entries=ENTRIES, password="Kennwört"))

    assert "Keystore is password-protected" in node.tool("has-passwd")
    assert node.tool("show", "digits", stdin="Kennwört\n").endswith("0123")
    refused = node.try_tool("list", stdin="Kennwort\n")
    assert refused.status != 0
    assert "Provided keystore password was incorrect" in refused.text


def test_we_change_a_keystore_that_the_tool_made_and_the_tool_ours(node: Node, tmp_path: Path) -> None:
    node.shell(f"rm -f {CONF}/{FILE}; printf '\\000\\377' > /tmp/some.file")
    node.tool("create")
    node.tool("add", "--stdin", TEXT, "empty", stdin=f"{ENTRIES[TEXT]}\n\n")
    node.tool("add-file", "some.file", "/tmp/some.file")
    made = node.take()

    store = decode(made, "")
    assert store.version == node.format_version
    entries = {name: value for name, value in store.entries.items() if name != "keystore.seed"}
    assert entries == {TEXT: ENTRIES[TEXT].encode(), "empty": b"", "some.file": b"\x00\xff"}

    changed = manage(tmp_path, made, entries={TEXT: "another", "empty": ""}, absent=["some.other"])
    assert changed[:32] == made[:32]
    node.put(changed)
    assert node.tool("show", TEXT) == "another"
    node.tool("remove", TEXT)
    left = {name: value for name, value in store.entries.items() if name != TEXT}
    assert decode(node.take(), "").entries == left


def test_we_read_a_keystore_that_the_tool_protected(node: Node, home: Path, tmp_path: Path) -> None:
    node.put(manage(tmp_path, entries={TEXT: ENTRIES[TEXT]}))
    node.tool("passwd", stdin="Kennwört\nKennwört\n")
    assert decode(node.take(), "Kennwört").entries[TEXT] == ENTRIES[TEXT].encode()


@pytest.mark.parametrize("format_version", [4, 5, 6])
def test_the_tool_reads_the_older_formats_that_we_write(node: Node, format_version: int) -> None:
    entries = {"keystore.seed": b"seed", TEXT: ENTRIES[TEXT].encode()}
    node.put(encode(Store(format_version, entries), "Kennwört"))
    assert node.tool("show", TEXT, stdin="Kennwört\n").endswith(ENTRIES[TEXT])


def test_a_node_starts_with_a_keystore_that_we_made(node: Node, home: Path, tmp_path: Path) -> None:
    password = "bootstrap-pässword"
    node.put(manage(tmp_path, entries={"bootstrap.password": password}))
    node.shell(f"cat >>{CONF}/elasticsearch.yml", f"network.host: {node.name}{SETTINGS}".encode())

    node.start()

    # It knows the password from nowhere else.
    answer = services.elasticsearch(node.address, password).until("GET", "/", seconds=60)
    assert answer["version"]["number"] == node.version
    with pytest.raises(OSError, match=r"^401 "):
        services.elasticsearch(node.address, "another").request("GET", "/")


# ------------------------------------------------------------------------------ Kibana


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
        assert manage_kibana_keystore({**defaults, **params}, check_mode=False)["changed"]

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
    assert kibana.values() == {"digits": 12345, "flag": True}

    kibana.manage(entries={"digits": 12345, "empty": ""})

    assert kibana.values() == {"digits": "12345", "flag": True, "empty": ""}
    kibana("remove", "flag")
    assert kibana.values() == {"digits": "12345", "empty": ""}
