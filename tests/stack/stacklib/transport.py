# Copyright: Stack TLS contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Certificates for the transport layer, which Elasticsearch demands between the nodes of a secured cluster."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING

from stacklib import cache
from stacklib.podman import podman

if TYPE_CHECKING:
    from stacklib.catalog import Product

_MAKE = """
set -e
tool=/usr/share/elasticsearch/bin/elasticsearch-certutil
$tool ca --silent --out /tmp/ca.p12 --pass '' --days 3650
$tool cert --silent --ca /tmp/ca.p12 --ca-pass '' --out /tmp/transport.p12 --pass '' --days 3650
base64 /tmp/transport.p12
"""


def keystore(product: Product, cluster: str) -> bytes:
    """One PKCS#12 for all nodes of a cluster, made by Elasticsearch's own tool and kept in the cache."""
    path = cache.folder() / f"transport-{cluster}-{cache.digest([product.version, _MAKE])}.p12"
    with cache.locked("transport"):
        if not path.exists():
            made = podman("run", "--rm", "--network=none", product.image, "sh", "-c", _MAKE)
            cache.write(path, base64.b64decode(made), 0o600)
    return path.read_bytes()
