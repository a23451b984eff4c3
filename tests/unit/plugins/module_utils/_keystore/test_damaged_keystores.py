# Copyright: Stack TLS contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The modules given damaged files: no traceback, and a file that is refused is as it was."""

from __future__ import annotations

import base64
import hashlib
import os
import struct
import zlib

import pytest
from ansible_collections.stacktls.elastic.plugins.module_utils._errors import KeystoreError
from ansible_collections.stacktls.elastic.plugins.module_utils._keystore import _beats, _elasticsearch, _kibana
from ansible_collections.stacktls.elastic.plugins.module_utils._keystore._beats_keystore import manage_beats_keystore
from ansible_collections.stacktls.elastic.plugins.module_utils._keystore._elasticsearch_keystore import (
    manage_elasticsearch_keystore,
)
from ansible_collections.stacktls.elastic.plugins.module_utils._keystore._kibana_keystore import manage_kibana_keystore
from damage import COUNT, Layer, tried

ENTRIES = {"keystore.seed": b"seed", "empty": b"", "name": "wört".encode(), "large": bytes(range(65, 91)) * 20}
REAL = 20
"""So many go through the products' own numbers of iterations, which take their time."""
DERIVE = hashlib.pbkdf2_hmac


@pytest.fixture(params=[COUNT, REAL], ids=["quick", "real"])
def count(request, monkeypatch):
    """How many files to try; all but a few with a key that is quickly made."""
    if request.param != REAL:
        monkeypatch.setattr(
            hashlib, "pbkdf2_hmac", lambda name, word, salt, _n, size: DERIVE(name, word, salt, 1, size)
        )
    return request.param


def checked(framed):
    return framed + struct.pack(">Q", zlib.crc32(framed))


def elasticsearch_layers(version, password):
    content = _elasticsearch.encode(_elasticsearch.Store(version, ENTRIES), password)
    order = _elasticsearch.FORMATS[version].byte_order
    key = _elasticsearch.decode(content, password).key
    plaintext = _elasticsearch._plaintext(ENTRIES)

    def seal(inner):
        envelope = key.seal(inner)
        parts = (envelope.salt, envelope.iv, envelope.sealed)
        block = b"".join(struct.pack(f"{order}I", len(part)) + part for part in parts)
        return checked(content[:32] + struct.pack(f"{order}I", len(block)) + block + content[-16:-8])

    numbers = ((0, 4), (4, 1), (27, 4), (31, 1), (32, 4), (36, 4), (104, 4), (120, 4), (len(content) - 16, 4))
    blocks = (slice(27, 31), slice(36, 104), slice(104, 120), slice(124, 156), slice(156, 180))
    return (
        Layer(content, bytes, numbers, blocks),
        Layer(content[:-8], checked, numbers, blocks),
        Layer(plaintext, seal, ((0, 4), (4, 2)), is_sealed=False),
    )


def text_layers(codec, prefix, values, content):
    """Kibana's or a Beat's: the text, the bytes in it, and the JSON in them."""
    payload = base64.b64decode(content[len(prefix) :])
    cipher = codec.CIPHER.key("", payload[:64])

    def seal(inner):
        envelope = cipher.seal(inner)
        sealed = envelope.sealed
        rest = sealed[-16:] + sealed[:-16] if codec is _kibana else sealed
        return prefix + base64.b64encode(envelope.salt + envelope.iv + rest)

    blocks = (slice(0, 64), slice(64, 76), slice(76, 92), slice(92, 108), slice(len(payload) - 16, len(payload)))
    return (
        Layer(content),
        Layer(payload, lambda inner: prefix + base64.b64encode(inner), blocks=blocks),
        Layer(values, seal, is_sealed=False),
    )


class Host:
    """A folder with a keystore, and the module that looks after it."""

    def __init__(self, folder, decode, manage, params):
        self.path = folder / "keystore"
        self.decode = decode
        self._manage = manage
        self._params = {"path": str(self.path), "absent": [], "purge": False, "journal": None, **params}
        self._params |= dict.fromkeys(("owner", "group", "mode"))

    def use(self, original, layer, content):
        """Give the module a damaged file; it refuses it and leaves it alone, or works with it."""
        self.path.write_bytes(content)
        self.path.chmod(0o600)
        if layer.is_sealed:
            self._must_be_told(original, content)
        try:
            self._manage({**self._params, "entries": {"added": "value"}})
        except KeystoreError as error:
            assert self.path.read_bytes() == content
            assert os.listdir(self.path.parent) == ["keystore"]
            assert error.hint
            assert "wört" not in str(error)
            raise
        assert self.decode(self.path.read_bytes())["added"] in ("value", b"value")

    def _must_be_told(self, original, content):
        """What is under seal is opened as it was, or not at all."""
        try:
            found = self.decode(content)
        except KeystoreError:
            return
        assert found == original


@pytest.mark.parametrize("password", ["", "Kennwört"])
@pytest.mark.parametrize("version", [4, 5, 6, 7])
def test_elasticsearch(tmp_path, count, version, password):
    def manage(params):
        manage_elasticsearch_keystore(params, pytest.fail, check_mode=False)

    def decode(content):
        return dict(_elasticsearch.decode(content, password).entries)

    host = Host(
        tmp_path,
        decode,
        manage,
        {"home": "/nonexistent", "version": "", "password": password, "new_password": None, "file_entries": []},
    )
    layers = elasticsearch_layers(version, password)
    name = f"elasticsearch.keystore, version {version}, {'with' if password else 'without'} a password"
    outcomes = tried(name, layers, lambda *case: host.use(ENTRIES, *case), share(count, 8))
    assert count == REAL or len(outcomes) > 3


def test_kibana(tmp_path, count):
    entries = {name: value.decode() for name, value in ENTRIES.items()} | {"number": 1.5, "list": [True, None]}

    def manage(params):
        manage_kibana_keystore(params, pytest.fail, check_mode=False)

    content = _kibana.encode(entries)
    values = _kibana.json.dumps(entries).encode()
    host = Host(tmp_path, _kibana.decode, manage, {})
    layers = text_layers(_kibana, b"1:", values, content)
    outcomes = tried("kibana.keystore", layers, lambda *case: host.use(entries, *case), count)
    assert count == REAL or len(outcomes) > 3


def test_beats(tmp_path, count):
    def manage(params):
        del params["mode"]
        manage_beats_keystore({"beat": None, **params}, check_mode=False)

    content = _beats.encode(ENTRIES)
    values = b'{"name":{"value":"d29ydA=="},"empty":{"value":""},"unset":{"value":null}}\n'
    host = Host(tmp_path, _beats.decode, manage, {})
    layers = text_layers(_beats, b"v1", values, content)
    outcomes = tried("filebeat.keystore", layers, lambda *case: host.use(ENTRIES, *case), count)
    assert count == REAL or len(outcomes) > 3


def share(count, parts):
    """Of a kind of file that comes in several forms, each gets its part."""
    return -(-count // parts)


def test_a_seed_repeats_its_damage():
    layers = (Layer(bytes(range(256))),)
    runs = []
    for _run in range(2):
        seen = []
        tried("a file", layers, lambda _layer, content, seen=seen: seen.append(content), 50)
        runs.append(seen)
    assert runs[0] == runs[1]
    assert len(set(runs[0])) > 40


def test_another_error_is_told_with_the_seed():
    with pytest.raises(AssertionError, match=r"a file: damaged file 0 of STACKTLS_SEED=\d+: ZeroDivisionError"):
        tried("a file", (Layer(b"content"),), lambda _layer, _content: 1 / 0, 1)
