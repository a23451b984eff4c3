# Copyright: Stack TLS contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One change of elasticsearch.keystore: ours against the tool of the product, and against the key derivation alone."""

from __future__ import annotations

import hashlib
import itertools
import os
from functools import partial
from pathlib import Path

from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from ansible_collections.stacktls.elastic.plugins.module_utils._keystore._elasticsearch import Store, encode
from ansible_collections.stacktls.elastic.plugins.module_utils._keystore._elasticsearch_keystore import (
    ARGUMENTS,
    manage_elasticsearch_keystore,
)

from .measure import medians
from .node import Node

_CHANGES = 10
_VERSION = 7
_numbers = itertools.count()


def ratios(folder: Path, node: Node, rounds: int) -> dict[str, float]:
    """Both, the first with ten changes in a playbook, so that the start of Ansible counts little."""
    node.play("keystore_ours", start=str(next(_numbers) * _CHANGES))
    works = {
        "elasticsearch-keystore": lambda: node.play("keystore_cli", start=str(next(_numbers) * _CHANGES)),
        "ours": lambda: node.play("keystore_ours", start=str(next(_numbers) * _CHANGES)),
    }
    tool, ours = medians(rounds, works).values()
    path = folder / "elasticsearch.keystore"
    path.write_bytes(encode(Store(_VERSION, {"keystore.seed": b"seed"}), ""))
    change, derivation = medians(
        rounds * 5, {"a change": partial(_change, str(path)), "a key derivation": _derive}
    ).values()
    return {"keystore_cli_vs_ours": tool / ours, "keystore_vs_kdf": change / derivation}


def _change(path: str) -> None:
    task = {"path": path, "entries": {"xpack.security.http.ssl.keystore.secure_password": str(next(_numbers))}}
    params = ArgumentSpecValidator(ARGUMENTS).validate(task).validated_parameters
    if not manage_elasticsearch_keystore(params, str, check_mode=False)["changed"]:
        raise RuntimeError("the keystore was not changed")


def _derive() -> bytes:
    """What the format asks for: PBKDF2 with HMAC-SHA-512, 210,000 iterations, 32 bytes."""
    return hashlib.pbkdf2_hmac("sha512", b"", os.urandom(64), 210_000, 32)
