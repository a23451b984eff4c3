# Copyright: Stack TLS contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Elasticsearch's keystore and ours, in both directions, by its own tool and by nodes that start with ours."""

from __future__ import annotations

import base64
import json
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from ansible_collections.stacktls.elastic.plugins.module_utils._errors import KeystoreError
from ansible_collections.stacktls.elastic.plugins.module_utils._keystore._elasticsearch import Store, decode, encode
from ansible_collections.stacktls.elastic.plugins.module_utils._keystore._elasticsearch_keystore import (
    manage_elasticsearch_keystore,
)
from stacklib import services
from stacklib.podman import podman, try_podman
from stacklib.shell import StackError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from stacklib.shell import Result

pytestmark = pytest.mark.stack

STACK = Path(__file__).resolve().parent.parent
CONF = "/etc/elasticsearch"
HOME = "/usr/share/elasticsearch"
FILE = "elasticsearch.keystore"
TEXT = "xpack.security.http.ssl.keystore.secure_password"
BINARY = bytes(range(256)) * 300
NAMES = ["Upper.Case", "under_score-1", ".dots.", "0"]
OLDER_PASSWORD = "geheim-ü"
LONG_PASSWORD = "Kennwört" * 40
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

    def restart(self, passphrase: str) -> None:
        """Start with the keystore that is there, and what opens it, if it needs that."""
        variable = f"ES_KEYSTORE_PASSPHRASE_FILE={CONF}/passphrase"
        self.shell(
            f"cp -n {CONF}/elasticsearch.yml /root; cat /root/elasticsearch.yml - >{CONF}/elasticsearch.yml",
            self.settings,
        )
        self.shell(f"install -g elasticsearch -m 0640 /dev/stdin {CONF}/passphrase", f"{passphrase}\n".encode())
        self.shell("sed -i /^ES_KEYSTORE_PASSPHRASE_FILE=/d /etc/default/elasticsearch")
        if passphrase:
            self.shell(f"echo {variable} >>/etc/default/elasticsearch")
        podman("exec", self.container, "systemctl", "restart", "elasticsearch", timeout=330)

    @property
    def settings(self) -> bytes:
        return f"network.host: {self.name}{SETTINGS}".encode()


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


# For what takes long: the older version is left to "make soak".
MOSTLY_NEWEST = pytest.mark.parametrize(
    "node",
    [NODES[0], pytest.param(NODES[1], marks=pytest.mark.soak)],
    indirect=True,
    ids=[each.version for each in NODES],
)


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
        path.touch(0o660)
        path.write_bytes(present)
    defaults = {
        "path": str(path),
        "home": str(tmp_path / "home"),
        "version": "",
        "password": None,
        "new_password": None,
        "file_entries": [],
        "entries": {},
        "absent": [],
        "purge": False,
        "owner": None,
        "group": None,
        "mode": None,
        "journal": None,
    }
    assert manage_elasticsearch_keystore({**defaults, **params}, pytest.fail, check_mode=False)["changed"]
    return path.read_bytes()


def test_the_tool_reads_a_keystore_that_we_made(node: Node, home: Path, tmp_path: Path) -> None:
    binary = {"name": "some.file", "path": None, "content": base64.b64encode(BINARY).decode()}
    content = manage(tmp_path, entries=ENTRIES, file_entries=[binary])
    node.put(content)

    assert decode(content, "").version == node.format_version
    assert node.tool("list").split() == sorted([*ENTRIES, "keystore.seed", "some.file"])
    for name in (TEXT, "empty"):
        assert node.tool("show", name) == ENTRIES[name]
    assert base64.b64decode(node.shell(f"{HOME}/bin/elasticsearch-keystore show some.file | base64")) == BINARY


def test_the_tool_opens_our_keystore_with_its_password_only(node: Node, home: Path, tmp_path: Path) -> None:
    node.put(manage(tmp_path, entries=ENTRIES, password="Kennwört"))

    assert node.tool("show", "digits", stdin="Kennwört\n").endswith("0123")
    refused = node.try_tool("list", stdin="Kennwort\n")
    assert refused.status != 0
    assert "Provided keystore password was incorrect" in refused.text


def test_we_change_a_keystore_that_the_tool_made_and_the_tool_ours(node: Node, tmp_path: Path) -> None:
    node.shell(f"rm -f {CONF}/{FILE}; printf '\\000\\377' > /tmp/some.file")
    node.tool("create")
    node.tool("add", "--stdin", TEXT, "empty", *NAMES, stdin="\n".join([ENTRIES[TEXT], "", *NAMES, ""]))
    node.tool("add-file", "some.file", "/tmp/some.file")
    made = node.take()

    store = decode(made, "")
    assert store.version == node.format_version
    entries = {name: value for name, value in store.entries.items() if name != "keystore.seed"}
    names = {name: name.encode() for name in NAMES}
    assert entries == {TEXT: ENTRIES[TEXT].encode(), "empty": b"", "some.file": b"\x00\xff", **names}

    changed = manage(tmp_path, made, entries={TEXT: "another", "empty": "", NAMES[0]: "changed"}, absent=["some.other"])
    assert changed[:32] == made[:32]
    node.put(changed)
    assert node.tool("show", TEXT) == "another"
    node.tool("remove", TEXT)
    left = {name: value for name, value in store.entries.items() if name != TEXT}
    assert decode(node.take(), "").entries == {**left, NAMES[0]: b"changed"}


def test_the_tool_refuses_a_name_as_we_do(node: Node, tmp_path: Path) -> None:
    refused = node.try_tool("add", "--stdin", "na me", stdin="a\n")
    assert refused.status != 0
    assert "does not match the allowed setting name pattern" in refused.text
    with pytest.raises(KeystoreError, match="cannot be the name of an entry"):
        manage(tmp_path, entries={"na me": "a"})


@MOSTLY_NEWEST
def test_the_password_changes_in_both_directions(node: Node, home: Path, tmp_path: Path) -> None:
    ours = manage(tmp_path, entries={TEXT: ENTRIES[TEXT]})
    node.put(ours)
    node.tool("passwd", stdin="Kennwört\nKennwört\n")
    protected = node.take()
    assert decode(protected, "Kennwört").entries == decode(ours, "").entries

    node.put(manage(tmp_path, protected, password="Kennwört", new_password=LONG_PASSWORD))
    assert node.tool("show", TEXT, stdin=f"{LONG_PASSWORD}\n").endswith(ENTRIES[TEXT])

    node.put(manage(tmp_path, node.take(), password=LONG_PASSWORD, new_password=""))
    assert node.tool("show", TEXT) == ENTRIES[TEXT]
    assert "not password-protected" in node.try_tool("has-passwd").text


def older_keystore(format_version: int) -> bytes:
    if format_version == 3:
        # Nobody writes it any more; this one is of Elasticsearch 6.7.2.
        stores = STACK.parent / "unit/plugins/module_utils/_keystore/elasticsearch_stores.json"
        return base64.b64decode(json.loads(stores.read_text())["6.7.2"]["protected"])
    entries = {"keystore.seed": b"seed", TEXT: ENTRIES[TEXT].encode(), "some.file": BINARY}
    return encode(Store(format_version, entries), OLDER_PASSWORD)


@pytest.mark.parametrize("format_version", [3, 4, 5])
def test_the_tool_upgrades_older_formats_as_we_read_and_write_them(node: Node, format_version: int) -> None:
    older = older_keystore(format_version)
    node.put(older)
    node.tool("upgrade", stdin=f"{OLDER_PASSWORD}\n")
    upgraded = decode(node.take(), OLDER_PASSWORD)
    assert upgraded == Store(node.format_version, decode(older, OLDER_PASSWORD).entries)


def test_a_node_does_not_start_with_an_older_format(node: Node) -> None:
    """The folder belongs to root, so the node cannot upgrade it: the reason why our changes do."""
    node.put(encode(Store(5, {"keystore.seed": b"seed"}), ""))
    with pytest.raises(StackError):
        node.restart("")
    assert "or run [elasticsearch-keystore upgrade]" in node.shell("journalctl --unit elasticsearch --lines 20")


@MOSTLY_NEWEST
@pytest.mark.parametrize(("password", "older"), [("", None), ("Kennwört €" * 20, 5)])
def test_a_node_starts_with_a_keystore_that_we_made(
    node: Node, home: Path, password: str, older: int | None, tmp_path: Path
) -> None:
    version = older or node.format_version
    elastic = f"bootstrap-pässword-{version}-{len(password)}"
    fresh = encode(Store(version, {"keystore.seed": b"seed"}), "")
    content = manage(tmp_path, fresh, entries={"bootstrap.password": elastic}, new_password=password)
    assert decode(content, password).version == node.format_version
    node.put(content)

    node.restart(password)

    # It knows the password from nowhere else.
    answer = services.elasticsearch(node.address, elastic).until("GET", "/", seconds=60)
    assert answer["version"]["number"] == node.version
    with pytest.raises(OSError, match=r"^401 "):
        services.elasticsearch(node.address, "another").request("GET", "/")
