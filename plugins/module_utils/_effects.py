# Copyright: Stack TLS contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The one table of what a changed file needs before it is in force."""

from __future__ import annotations

import re
from collections.abc import Iterable
from enum import IntEnum


class Effect(IntEnum):
    """What has to happen; the larger includes the smaller."""

    NOTHING = 0
    RELOAD = 1  # the service reloads the file by itself; that it did is proved on the wire
    SIGNAL = 2  # the same after a SIGHUP
    RESTART = 3


_READ_AT_START = {
    "settings": Effect.RESTART,
    "keystore": Effect.RESTART,
    "certificate": Effect.RESTART,
    "client_certificate": Effect.RESTART,
    "trust": Effect.RESTART,
    "realm_trust": Effect.NOTHING,
}

EFFECTS: dict[str, dict[str, Effect]] = {
    # Elasticsearch watches the files of its SSL settings, but not those of a realm, nor elasticsearch.yml and the
    # entries of its keystore (Elastic: "Update certificates", "PKI realm").
    "elasticsearch": {
        "settings": Effect.RESTART,
        "keystore": Effect.RESTART,
        "certificate": Effect.RELOAD,
        "client_certificate": Effect.NOTHING,
        "trust": Effect.RELOAD,
        "realm_trust": Effect.RESTART,
    },
    # Kibana reads everything at its start, and the files of server.ssl.* again at a SIGHUP: see SIGNAL_SINCE.
    "kibana": _READ_AT_START,
    # A Beat reads everything at its start (Elastic: "Configure SSL"). Newer ones can look at their certificates
    # again (ssl.restart_on_cert_change, and ssl.certificate_reload since 9.3.6), which cannot be seen from outside.
    "beats": _READ_AT_START,
}

SIGNAL_SINCE: dict[tuple[str, str], tuple[int, ...]] = {("kibana", "certificate"): (8, 11, 2)}
"""Product and kind of change -> the first version that needs no restart for it, but a signal."""

PRODUCTS = tuple(EFFECTS)


def effect_of(product: str, kinds: Iterable[str], version: str = "") -> Effect:
    """What the product needs after changes of these kinds (see ``_journal.KINDS``).

    :param version: of the product, such as ``9.4.3``; empty where nobody knows, which is taken for an old one.
    """
    return max((_effect_of(product, kind, version) for kind in kinds), default=Effect.NOTHING)


def _effect_of(product: str, kind: str, version: str) -> Effect:
    since = SIGNAL_SINCE.get((product, kind))
    return Effect.SIGNAL if since and _numbers(version) >= since else EFFECTS[product][kind]


def _numbers(version: str) -> tuple[int, ...]:
    """The numbers that the version begins with; ``()`` for no version, which is less than every other."""
    found = re.match(r"\d+(\.\d+)*", version)
    return tuple(map(int, found[0].split("."))) if found else ()
