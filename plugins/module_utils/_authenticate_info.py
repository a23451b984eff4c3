# Copyright: Stack TLS contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whom Elasticsearch sees in a request, and whether it is who it should be."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any, Callable

from ._api import ApiClient
from ._errors import ApiError, FileError, located
from ._io import require_file
from ._keystore import _kibana
from ._tls_client import VerificationError

_PAUSE = 1.0


@dataclass(frozen=True)
class Identity:
    """The answer of the authenticate API, as far as it tells who somebody is."""

    username: str
    realm: dict[str, str]
    authentication_type: str
    roles: list[str]
    metadata: dict[str, Any]
    enabled: bool

    @classmethod
    def from_answer(cls, answer: dict[str, Any]) -> Identity:
        """The identity out of the API's answer."""
        realm = answer["authentication_realm"]
        return cls(
            username=answer["username"],
            realm={"name": realm["name"], "type": realm["type"]},
            authentication_type=answer.get("authentication_type", ""),
            roles=sorted(answer["roles"]),
            metadata=answer.get("metadata", {}),
            enabled=answer["enabled"],
        )

    def __str__(self) -> str:
        name, kind = self.realm["name"], self.realm["type"]
        return f"user {self.username!r} of realm {name!r} (type {kind}) with roles [{', '.join(self.roles)}]"


@dataclass(frozen=True)
class Expectation:
    """Who it should be; ``None`` is anybody."""

    realm: str | None = None
    realm_type: str | None = None
    roles: list[str] | None = None

    def check(self, identity: Identity, login: str) -> None:
        """Nothing where the identity is as expected.

        :param login: as whom the request was made, in words.
        :raises ApiError: where it is not, with the difference.
        """
        unmet = [*self._other_realm(identity), *self._other_roles(identity)]
        if unmet:
            raise ApiError(
                f"Elasticsearch sees {login} as {identity}; expected {' and '.join(unmet)}.",
                hint=self._hint(identity),
            )

    def _other_realm(self, identity: Identity) -> list[str]:
        expected = {"realm": (self.realm, identity.realm["name"]), "type": (self.realm_type, identity.realm["type"])}
        return [f"{what} {wish!r}" for what, (wish, found) in expected.items() if wish not in (None, found)]

    def _other_roles(self, identity: Identity) -> list[str]:
        if self.roles is None or set(self.roles) == set(identity.roles):
            return []
        return [f"exactly the roles [{', '.join(sorted(self.roles))}]"]

    def _hint(self, identity: Identity) -> str:
        if self._other_realm(identity):
            return "Check the order and the settings of the realms in elasticsearch.yml, and that the nodes restarted."
        name = identity.metadata.get("pki_dn")
        who = f"the DN {name!r}, spelled so" if name else f"the user {identity.username!r}"
        return f"Roles come from role mappings: their rules must match {who}."


def stored_token(path: str, entry: str) -> str:
    """The token that Kibana finds in its keystore.

    :raises StackTlsError: where the keystore cannot be read, or has none.
    """
    with located(path):
        token = _kibana.decode(require_file(path)).get(entry)
    if not isinstance(token, str) or not token:
        raise FileError(f"the keystore has no token as {entry}.", path=path, hint="The module service_token makes one.")
    return token


def authenticate(
    client: ApiClient, expectation: Expectation, wait: float, sleep: Callable[[float], None] = time.sleep
) -> Identity:
    """Whom Elasticsearch sees, once it is as expected, or after as many seconds of waiting at the latest.

    :raises ApiError: where it is not as expected, or where there is no answer.
    """
    deadline = time.monotonic() + wait
    while True:
        try:
            identity = Identity.from_answer(client.call("GET", "/_security/_authenticate"))
            expectation.check(identity, client.login.words)
        except VerificationError:
            raise
        except ApiError:
            if time.monotonic() >= deadline:
                raise
            sleep(_PAUSE)
        else:
            return identity
