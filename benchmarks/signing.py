# Copyright: Stack TLS contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Certificates signed on the controller, against elasticsearch-certutil and against the making of keys alone."""

from __future__ import annotations

import shutil
from datetime import datetime, timedelta, timezone
from functools import partial
from pathlib import Path

from ansible_collections.stacktls.elastic.plugins.module_utils._authority_store import AuthorityStore
from ansible_collections.stacktls.elastic.plugins.module_utils._pki._authorities import make_authority
from ansible_collections.stacktls.elastic.plugins.module_utils._pki._certificates import (
    Lifetime,
    Specification,
    encode_certificates,
)
from ansible_collections.stacktls.elastic.plugins.module_utils._pki._keys import (
    encode_private_key,
    generate_private_key,
)
from ansible_collections.stacktls.elastic.plugins.module_utils._pki._names import name_from_common_name
from ansible_collections.stacktls.elastic.plugins.module_utils._pki._requests import make_request
from ansible_collections.stacktls.elastic.plugins.module_utils._pki._sans import parse_alternative_names
from ansible_collections.stacktls.elastic.plugins.module_utils._signing import Order

from .measure import medians
from .node import Node

_PASSPHRASE = "benchmark-passphrase"  # noqa: S105
_NOW = datetime.now(timezone.utc)


def ratios(folder: Path, node: Node, count: int, certutil_count: int, rounds: int) -> dict[str, float]:
    """Ours against certutil, whose rate is that of a smaller batch, and against bare keys.

    :param certutil_count: certutil is too slow for more; its start-up counts less the more there are.
    """
    store = _authority(folder / "signing", "rsa-3072")
    works = {
        f"certutil, {certutil_count} RSA 2048": partial(node.certutil, certutil_count),
        f"ours, {count} EC P-256": partial(_sign, store, "ec-p256", count),
        f"ours, {count} RSA 2048": partial(_sign, store, "rsa-2048", count),
        f"bare keys, {count} RSA 2048": partial(_keys, "rsa-2048", count),
    }
    certutil, ours_ec, ours_rsa, keys = medians(rounds, works).values()
    return {
        "certutil_vs_ours_ec": (certutil / certutil_count) / (ours_ec / count),
        "rsa_vs_keygen": ours_rsa / keys,
    }


def _authority(folder: Path, key_type: str) -> AuthorityStore:
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    store, key = AuthorityStore(str(folder)), generate_private_key(key_type)
    lifetime = Lifetime.starting(_NOW, 3650, timedelta(hours=1))
    store.write_key(key, _PASSPHRASE)
    store.write_certificates([make_authority(name_from_common_name("Benchmark CA"), key, lifetime)])
    return store


def _sign(store: AuthorityStore, key_type: str, count: int) -> list[bytes]:
    """Keys, requests, certificates and the PEM form of both, and the ledger."""
    lifetime = Lifetime.starting(_NOW, 397, timedelta(hours=1))
    keys, orders = [], []
    for number in range(count):
        host = f"host{number:04d}"
        names = parse_alternative_names([f"{host}.example.com", "192.0.2.11"])
        wanted = Specification(name_from_common_name(host), names, "server", key_type)
        keys.append(generate_private_key(key_type))
        orders.append(Order(wanted, make_request(keys[-1], wanted), lifetime, host))
    issued = store.issue(orders, _PASSPHRASE, _NOW)
    return [encode_private_key(key, None) + encode_certificates([each]) for key, each in zip(keys, issued)]


def _keys(key_type: str, count: int) -> None:
    for _number in range(count):
        generate_private_key(key_type)
