# Copyright: Stack TLS contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The one table of what a changed file needs before it is in force."""

from __future__ import annotations

from collections.abc import Iterable
from enum import IntEnum


class Effect(IntEnum):
    """What has to happen; the larger includes the smaller."""

    NOTHING = 0
    RELOAD = 1  # the service reloads the file by itself; that it did is proved on the wire
    RESTART = 2


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
    # Kibana reads everything at its start. A SIGHUP reloads server.ssl.* only, and stops Kibana where a file is wrong.
    "kibana": {
        "settings": Effect.RESTART,
        "keystore": Effect.RESTART,
        "certificate": Effect.RESTART,
        "client_certificate": Effect.RESTART,
        "trust": Effect.RESTART,
        "realm_trust": Effect.NOTHING,
    },
}

PRODUCTS = tuple(EFFECTS)


def effect_of(product: str, kinds: Iterable[str]) -> Effect:
    """What the product needs after changes of these kinds (see ``_journal.KINDS``)."""
    return max((EFFECTS[product][kind] for kind in kinds), default=Effect.NOTHING)
