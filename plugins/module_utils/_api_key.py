# Copyright: Stack TLS contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""API keys: what they may do, when one is replaced, and when its predecessor ends."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta, timezone
from typing import Any, TypeVar
from urllib.parse import quote, urlencode

from ._api import API_RULES, ApiClient
from ._api_object import as_json
from ._errors import ApiError, CertificateError
from ._issued_secret import SHARED_ARGUMENTS, Verdict
from ._pki._certificates import Lifetime
from ._pki._dates import Margin, parse_margin, parse_span, span_text, timestamp
from ._reason import Reason
from ._role_descriptor import canonical_descriptors
from ._secret_destination import RETURNED, Held

_PATH = "/_security/api_key"
_HOST = "stacktls_host"
_PLACE = "stacktls_destination"
"""Names of the metadata that say which host of the inventory a key is for, and where it is there."""

_Parsed = TypeVar("_Parsed")

_TOLERANCE = timedelta(minutes=10)
"""What the clocks of Elasticsearch and of this host, and a slow run, may make of a date."""

MODULE_ARGUMENTS: dict[str, Any] = {
    "argument_spec": {
        **SHARED_ARGUMENTS,
        "name": {"type": "str", "required": True},
        "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
        "role_descriptors": {"type": "dict"},
        "allow_full_privileges": {"type": "bool", "default": False},
        "expiration": {"type": "str"},
        "renew_before": {"type": "str", "default": "33%"},
        "overlap": {"type": "str", "default": "1d"},
        "metadata": {"type": "dict"},
        "force": {"type": "bool", "default": False},
        "format": {"type": "str", "choices": ["pair", "encoded", "json"], "default": "pair"},
        "beats_keystore_path": {"type": "path", "no_log": False},
        "beats_keystore_entry": {"type": "str", "default": "ES_API_KEY", "no_log": False},
    },
    **API_RULES,
}
"""What module and action accept."""


@dataclass(frozen=True)
class ApiKey:
    """A key as Elasticsearch describes it; it never tells the secret again."""

    id: str
    name: str
    creation: datetime
    expiration: datetime | None
    invalidated: bool
    role_descriptors: dict[str, Any]
    metadata: dict[str, Any]

    @classmethod
    def from_answer(cls, answer: dict[str, Any]) -> ApiKey:
        """A key out of the API's answer."""
        expiration = answer.get("expiration")
        return cls(
            id=answer["id"],
            name=answer["name"],
            creation=_moment(answer["creation"]),
            expiration=None if expiration is None else _moment(expiration),
            invalidated=answer["invalidated"],
            role_descriptors=canonical_descriptors(answer.get("role_descriptors") or {}),
            metadata=answer.get("metadata") or {},
        )

    @property
    def home(self) -> Home:
        """Where it is kept."""
        return Home.of(self.metadata)

    def is_active(self, now: datetime) -> bool:
        """Whether anybody can log in with it."""
        return not self.invalidated and (self.expiration is None or self.expiration > now)

    def described(self) -> dict[str, Any]:
        """It, for the module's result."""
        return {
            "id": self.id,
            "name": self.name,
            "creation": timestamp(self.creation),
            "expiration": self.expiration and timestamp(self.expiration),
            "role_descriptors": self.role_descriptors,
            "metadata": self.metadata,
        }


@dataclass(frozen=True)
class Home:
    """Where a key is kept, as its metadata tell it; empty where they do not, as in keys that people made.

    :param host: name in the inventory.
    :param place: destination there, see ``_secret_destination``.
    """

    host: str
    place: str

    @classmethod
    def of(cls, metadata: dict[str, Any]) -> Home:
        """That of the key with these metadata."""
        return cls(str(metadata.get(_HOST, "")), str(metadata.get(_PLACE, "")))

    @property
    def before(self) -> Home:
        """What earlier keys for this home tell: no place, and of those that were returned no host either."""
        return Home("" if self.place == RETURNED else self.host, "")

    def marked(self, metadata: dict[str, Any]) -> dict[str, Any]:
        """The metadata, of a key that is kept here."""
        return {**metadata, _HOST: self.host, _PLACE: self.place}

    def __str__(self) -> str:
        return f"{self.place or 'an unknown destination'} on {self.host or 'an unknown host'}"


@dataclass(frozen=True)
class Wanted:
    """What the key should be.

    :param metadata: ``None`` keeps what is there.
    """

    name: str
    role_descriptors: dict[str, Any]
    expiration: timedelta | None
    margin: Margin
    overlap: timedelta
    metadata: dict[str, Any] | None
    force: bool

    @classmethod
    def from_params(cls, params: dict[str, Any]) -> Wanted:
        """It, out of the parameters.

        :raises StackTlsError: where no key can be so, or each run would make a new one.
        """
        _require_name(params["name"])
        expiration = None if params["expiration"] is None else _parsed(params, "expiration", parse_span)
        margin = _parsed(params, "renew_before", parse_margin)
        if expiration is not None and expiration <= max(margin.span, timedelta(0)):
            raise ApiError(
                f"expiration is {params['expiration']!r} and renew_before {params['renew_before']!r}: each run would"
                " make a new key.",
                hint="Let more of its life be left when it begins.",
            )
        for mark in {_HOST, _PLACE} & {*(params["metadata"] or {})}:
            raise ApiError(f"metadata cannot have {mark!r}: the module keeps there where the key is.")
        return cls(
            name=params["name"],
            role_descriptors=canonical_descriptors(params["role_descriptors"] or {}),
            expiration=expiration,
            margin=margin,
            overlap=_parsed(params, "overlap", parse_span),
            metadata=params["metadata"],
            force=params["force"],
        )

    def metadata_after(self, present: ApiKey | None, home: Home) -> dict[str, Any]:
        """Which metadata the key has in the end."""
        kept = {} if present is None else present.metadata
        return home.marked(kept if self.metadata is None else self.metadata)


@dataclass
class Ending:
    """What became of the predecessors of a key.

    :param replaced: what is told of each that was still valid.
    :param changed: whether the life of one was shortened.
    """

    replaced: list[dict[str, Any]]
    warnings: list[str]
    changed: bool


class ApiKeys:
    """Those of the user who is logged in; keys of others are never touched."""

    def __init__(self, client: ApiClient, params: dict[str, Any], check_mode: bool) -> None:
        self._client = client
        self._check_mode = check_mode
        self._now = datetime.now(timezone.utc)
        self._wanted = Wanted.from_params(params)
        self._host: str = params["exchange"].get("host", "")
        self._is_removal = params["state"] == "absent"
        self._by_api_key = params["api_key"] is not None
        if not self._is_removal and not self._wanted.role_descriptors and not params["allow_full_privileges"]:
            raise ApiError(
                "role_descriptors is empty, so that the key could do all that its owner may.",
                hint="List what it needs, or say allow_full_privileges: true.",
            )

    def ensure(self, held: Held) -> Verdict:
        """Compare the keys with what is wanted, and make or change one where that is needed."""
        keys, home = self._keys(), Home(self._host, held.place)
        if self._is_removal:
            return self._removed(keys, held, home)
        present, reasons = self._present(keys, held, home)
        if not reasons and present is not None:
            reasons = [*self._dues(present)]
        if reasons or present is None:
            return self._issued(present, reasons, home, keys)
        return self._kept(present, keys, home)

    def finish(self, verdict: Verdict) -> Verdict:
        """End the predecessors of a new key that is in its place now."""
        keys = [*self._keys()]
        keys += [key for each in verdict.ended if each not in {key.id for key in keys} for key in self._with_id(each)]
        successor = next(key for key in keys if key.id == verdict.identity)
        known = [key for key in keys if key is not successor]
        others = [key for key in known if key.id in verdict.ended or key.home == successor.home]
        ending = self._end(others, successor, is_new=True)
        warnings = [*verdict.warnings, *ending.warnings]
        return replace(verdict, described=successor.described(), replaced=ending.replaced, warnings=warnings)

    def abandon(self, verdict: Verdict) -> str:
        """Invalidate a new key that could not be stored."""
        try:
            self._invalidate([verdict.identity])
        except ApiError as error:
            return f"The new API key {verdict.identity} could not be invalidated again: {error}"
        return "The new API key was invalidated again; what was there before is as it was."

    def _keys(self) -> list[ApiKey]:
        """All keys of this name that belong to the one who is logged in."""
        return [key for key in self._query(name=self._wanted.name) if key.name == self._wanted.name]

    def _with_id(self, identity: str) -> list[ApiKey]:
        """The key with this id, where it belongs to the one who is logged in."""
        return self._query(id=identity)

    def _query(self, **query: str) -> list[ApiKey]:
        found = self._client.find(f"{_PATH}?{urlencode({**query, 'owner': 'true'}, quote_via=quote)}") or {}
        return [ApiKey.from_answer(each) for each in found.get("api_keys", [])]

    def _newest(self, keys: Iterable[ApiKey], home: Home) -> ApiKey | None:
        """The newest valid key that is kept there."""
        return max((key for key in keys if key.home == home and key.is_active(self._now)), key=_age, default=None)

    def _present(self, keys: list[ApiKey], held: Held, home: Home) -> tuple[ApiKey | None, list[Reason]]:
        """The key that is in use, and why it cannot be any more, as far as that says which one it is."""
        newest = self._newest(keys, home)
        if not held.known:
            # Nobody can see which of the keys of before is kept here: the newest one, as it always was.
            newest = newest or self._newest(keys, home.before)
            return newest, [] if newest else [Reason("missing", "there is no such API key yet")]
        if not held.identity:
            return newest, [Reason(**reason) for reason in held.reasons]
        stored = next((key for key in [*keys, *self._with_other_name(keys, held)] if key.id == held.identity), None)
        if stored is None:
            text = f"Elasticsearch knows no API key {held.identity} of this user"
            return newest, [Reason("unknown", text, held.identity)]
        if stored.home not in (home, home.before, Home("", "")):
            text = f"the API key is that of {stored.home}"
            return newest, [Reason("destination", text, str(stored.home), str(home))]
        if stored.name != self._wanted.name:
            text = f"the API key is named {stored.name!r} and should be {self._wanted.name!r}"
            ended = newest if stored.home == Home("", "") else stored
            return ended, [Reason("name", text, stored.name, self._wanted.name)]
        return stored, []

    def _with_other_name(self, keys: list[ApiKey], held: Held) -> list[ApiKey]:
        """The key that is stored, where it is none of these."""
        return [] if held.identity in {key.id for key in keys} else self._with_id(held.identity)

    def _dues(self, present: ApiKey) -> Iterator[Reason]:
        """Why a key that is stored has to make room for a new one."""
        end = present.expiration and timestamp(present.expiration)
        if present.invalidated:
            yield Reason("invalidated", "the API key is invalidated", present.id)
        elif not present.is_active(self._now):
            yield Reason("expired", f"the API key expired on {end}", end)
        else:
            yield from self._expiring(present)
        if self._wanted.force:
            yield Reason("forced", "a new API key was asked for")

    def _expiring(self, present: ApiKey) -> Iterator[Reason]:
        wanted, end = self._wanted.expiration, present.expiration
        if wanted is None:
            if end is not None:
                yield Reason("expiration", "the API key expires and should not", timestamp(end), "")
            return
        if end is None or end > self._now + wanted + _TOLERANCE:
            found = f"on {timestamp(end)}" if end else "never"
            text = f"the API key expires {found} and should do so in {span_text(wanted)}"
            yield Reason("expiration", text, end and timestamp(end), span_text(wanted))
            return
        margin = self._wanted.margin.of(Lifetime(present.creation, end))
        if end - self._now <= margin:
            text = f"the API key expires in {span_text(end - self._now)}, and is renewed at {span_text(margin)}"
            yield Reason("expiring", text, timestamp(end))

    def _issued(self, present: ApiKey | None, reasons: list[Reason], home: Home, keys: list[ApiKey]) -> Verdict:
        """A new key; outside check mode it is made."""
        metadata = self._wanted.metadata_after(present, home)
        verdict = Verdict(
            reasons=[vars(reason) for reason in reasons],
            changed=True,
            described=present.described() if present else None,
            diff=self._difference(present, metadata, reasons),
            is_due=True,
            ended=[present.id] if present else [],
            warnings=[] if present else [_neighbour(key) for key in keys if self._is_beside(key, home)],
        )
        return verdict if self._check_mode else self._made(verdict, metadata)

    def _made(self, verdict: Verdict, metadata: dict[str, Any]) -> Verdict:
        body = {
            "name": self._wanted.name,
            "role_descriptors": self._wanted.role_descriptors,
            "metadata": metadata,
            **({"expiration": _seconds(self._wanted.expiration)} if self._wanted.expiration else {}),
        }
        try:
            answer = self._client.call("POST", _PATH, body)
        except ApiError as error:
            if self._by_api_key and error.status == 400:
                error.hint = (
                    "Log in as a user or with a client certificate: an API key cannot make one that may do anything."
                )
            raise
        return replace(verdict, identity=answer["id"], secret=f"{answer['id']}:{answer['api_key']}")

    def _is_beside(self, key: ApiKey, home: Home) -> bool:
        """Whether it is a valid key for another place of the host: that of another task, or one that was moved."""
        return key.is_active(self._now) and key.home.host == home.host and key.home != home

    def _kept(self, present: ApiKey, keys: list[ApiKey], home: Home) -> Verdict:
        """The present key with the privileges and metadata that are wanted; and its predecessors ended in time."""
        metadata = self._wanted.metadata_after(present, home)
        reasons = [*self._differences(present, metadata)]
        after = replace(present, role_descriptors=self._wanted.role_descriptors, metadata=metadata)
        if reasons and not self._check_mode:
            self._update(present.id, {"role_descriptors": after.role_descriptors, "metadata": metadata})
        others = [key for key in keys if key is not present and key.home == home]
        ending = self._end(others, present, is_new=False)
        return Verdict(
            reasons=[vars(reason) for reason in reasons],
            changed=bool(reasons) or ending.changed,
            described=after.described(),
            diff=self._difference(present, metadata, reasons),
            replaced=ending.replaced,
        )

    def _differences(self, present: ApiKey, metadata: dict[str, Any]) -> Iterator[Reason]:
        """What can be changed in place."""
        found, wanted = present.role_descriptors, self._wanted.role_descriptors
        if as_json(found) != as_json(wanted):
            yield Reason("role_descriptors", "the privileges are others than those asked for", found, wanted)
        if as_json(present.metadata) != as_json(metadata):
            text = "the metadata are others than those asked for"
            yield Reason("metadata", text, present.metadata, metadata)

    def _end(self, others: Iterable[ApiKey], successor: ApiKey, *, is_new: bool) -> Ending:
        """End the predecessors of a key, each when its overlap is over."""
        due = successor.creation + self._wanted.overlap
        active = sorted((key for key in others if key.is_active(self._now)), key=_age)
        over = [key for key in active if not self._wanted.overlap or (due <= self._now and not is_new)]
        if over and not self._check_mode:
            self._invalidate([key.id for key in over])
        ending = Ending([_ended(key, self._now, "invalidated") for key in over], [], bool(over))
        for key in active:
            if key in over:
                continue
            if key.expiration is not None and key.expiration <= due + _TOLERANCE:
                ending.replaced.append(_ended(key, key.expiration, "expires"))
                continue
            objection = self._shorten(key, self._wanted.overlap if is_new else due - self._now)
            ending.replaced.append(_ended(key, due, "later_run" if objection else "expires"))
            ending.changed = ending.changed or not objection
            if objection and is_new:
                ending.warnings.append(_later(key, due, objection))
        return ending

    def _shorten(self, key: ApiKey, span: timedelta) -> str:
        """Let the key end by itself; where that cannot be had, why not."""
        if self._check_mode:
            return ""
        try:
            self._update(key.id, {"expiration": _seconds(span)})
        except ApiError as error:
            if error.status in (400, 404, 405):
                return error.message
            raise
        return ""

    def _update(self, identity: str, body: dict[str, Any]) -> None:
        self._client.call("PUT", f"{_PATH}/{quote(identity, safe='')}", body)

    def _invalidate(self, identities: list[str]) -> None:
        self._client.call("DELETE", _PATH, {"ids": identities, "owner": True})

    def _removed(self, keys: Iterable[ApiKey], held: Held, home: Home) -> Verdict:
        """No key: of this destination, or where none is named, of any."""

        def is_meant(key: ApiKey) -> bool:
            # Of those of before, which one is kept here is only known where that can be seen.
            is_of_before = key.home == home.before and (not held.known or key.id == held.identity)
            return not home.place or key.home == home or is_of_before

        active = [key for key in keys if key.is_active(self._now) and is_meant(key)]
        if active and not self._check_mode:
            self._invalidate([key.id for key in active])
        before = active[0] if active else None
        difference = self._difference(before, None, [])
        return Verdict(
            reasons=[],
            changed=bool(active),
            described=None,
            diff=difference,
            replaced=[_ended(key, self._now, "invalidated") for key in active],
        )

    def _difference(
        self, present: ApiKey | None, metadata: dict[str, Any] | None, reasons: Iterable[Reason]
    ) -> dict[str, Any]:
        """Privileges and metadata before and after; ids and dates are no part of it, because they always change."""
        header = f"API key {self._wanted.name}"
        texts = [reason.text for reason in reasons]
        after = {} if metadata is None else _shown(self._wanted.role_descriptors, metadata)
        return {
            "before": _shown(present.role_descriptors, present.metadata) if present else {},
            "after": {**after, **({"reasons": texts} if texts else {})},
            "before_header": header,
            "after_header": header,
        }


def _parsed(params: dict[str, Any], option: str, parse: Callable[[str], _Parsed]) -> _Parsed:
    try:
        return parse(params[option])
    except CertificateError as error:
        raise ApiError(f"{option}: {error.message}", hint=error.hint) from error


def _require_name(name: str) -> None:
    if not name.strip() or "*" in name:
        raise ApiError(f"{name!r} cannot be the name of an API key.", hint="Use a name without a star.")


def _moment(milliseconds: int) -> datetime:
    return datetime.fromtimestamp(milliseconds / 1000, timezone.utc)


def _age(key: ApiKey) -> datetime:
    return key.creation


def _seconds(span: timedelta) -> str:
    return f"{max(1, int(span.total_seconds()))}s"


def _ended(key: ApiKey, until: datetime, end: str) -> dict[str, Any]:
    return {"id": key.id, "valid_until": timestamp(until), "end": end}


def _neighbour(key: ApiKey) -> str:
    return (
        f"The API key {key.id} of the same name goes on, for {key.home}. Where that has moved, or is given up, end it"
        " with 'state: absent' and that destination."
    )


def _later(key: ApiKey, due: datetime, objection: str) -> str:
    return (
        f"The API key {key.id} goes on until a run of this task after {timestamp(due)} invalidates it, because its"
        f" life cannot be shortened: {objection}"
    )


def _shown(role_descriptors: dict[str, Any], metadata: dict[str, Any]) -> dict[str, Any]:
    return {"role_descriptors": role_descriptors, "metadata": metadata}
