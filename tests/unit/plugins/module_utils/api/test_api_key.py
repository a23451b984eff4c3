# Copyright: Stack TLS contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""When an API key is made, changed and ended."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from typing import Any, Callable, ClassVar

import pytest
from ansible_collections.stacktls.elastic.plugins.module_utils._api import ApiClient
from ansible_collections.stacktls.elastic.plugins.module_utils._api_key import MODULE_ARGUMENTS, ApiKeys
from ansible_collections.stacktls.elastic.plugins.module_utils._errors import ApiError, StackTlsError
from ansible_collections.stacktls.elastic.plugins.module_utils._secret_destination import Held
from loopback import Server

Params = Callable[..., dict[str, Any]]
Answer = dict[str, Any]

NOW = datetime.now(timezone.utc)
ROLES = {"monitor": {"cluster": ["monitor"]}}
PLACE = "/etc/app/key"
MARKS = {"stacktls_host": "host-1", "stacktls_destination": PLACE}
STORED = Held(known=True, identity="stored", path=PLACE, place=PLACE)
EMPTY = Held(known=True, path=PLACE, place=PLACE, reasons=[{"code": "missing", "text": "it is not there"}])
UNSEEN = Held(place="put sha256:4711")
SHORTER = "unknown field [expiration]"


def milliseconds(moment: datetime) -> int:
    return int(moment.timestamp() * 1000)


def key(identity: str = "stored", age: timedelta = timedelta(days=1), **given: Any) -> Answer:
    """A key as the API answers it, made for this host so long ago."""
    answer = {
        "id": identity,
        "name": "app",
        "creation": milliseconds(NOW - age),
        "invalidated": False,
        "role_descriptors": {"monitor": {"cluster": ["monitor"], "indices": [], "transient_metadata": {}}},
        "metadata": MARKS,
        **given,
    }
    if isinstance(answer.get("expiration"), timedelta):
        answer["expiration"] = milliseconds(NOW + answer["expiration"])
    return answer


@pytest.fixture
def keys(server: Server, params: Params) -> Callable[..., ApiKeys]:
    """The API keys, with the options of the module for one host."""
    defaults = {name: option.get("default") for name, option in MODULE_ARGUMENTS["argument_spec"].items()}
    own = {"name": "app", "role_descriptors": ROLES, "path": "/etc/app/key", "exchange": {"host": "host-1"}}

    def make(check_mode: bool = False, **given: Any) -> ApiKeys:
        options = {**defaults, **params(server, retries=0), **own, **given}
        return ApiKeys(ApiClient(options), options, check_mode)

    return make


@pytest.fixture
def answers(server: Server) -> Callable[..., None]:
    """Lets the API know keys, and then answer what follows."""

    def give(known: list[Answer], *more: Answer | tuple[int, Answer]) -> None:
        server.answers.clear()
        server.answer(200, json.dumps({"api_keys": known}))
        for each in more:
            status, content = each if isinstance(each, tuple) else (200, each)
            server.answer(status, json.dumps(content))

    return give


def sent(server: Server) -> list[tuple[str, str, Any]]:
    return [(each.method, each.path, json.loads(each.body or b"null")) for each in server.received]


def codes(verdict: Any) -> list[str]:
    return [reason["code"] for reason in verdict.reasons]


MADE = {"id": "new", "name": "app", "api_key": "hidden", "encoded": "bmV3OmhpZGRlbg=="}


class TestEnsure:
    def test_the_first_key(self, server: Server, keys: Any, answers: Any) -> None:
        answers([], MADE)
        verdict = keys(expiration="90d", metadata={"team": "ops"}).ensure(EMPTY)
        assert (codes(verdict), verdict.is_due, verdict.identity) == (["missing"], True, "new")
        assert verdict.secret == "new:hidden"
        assert "hidden" not in repr(replace(verdict, secret=""))
        body = {
            "name": "app",
            "role_descriptors": ROLES,
            "metadata": {"team": "ops", **MARKS},
            "expiration": "7776000s",
        }
        assert sent(server) == [
            ("GET", "/_security/api_key?name=app&owner=true", None),
            ("POST", "/_security/api_key", body),
        ]

    def test_check_mode_only_reads(self, server: Server, keys: Any, answers: Any) -> None:
        answers([])
        verdict = keys(check_mode=True).ensure(EMPTY)
        assert (verdict.changed, verdict.is_due, verdict.secret, verdict.described) == (True, True, "", None)
        assert [each.method for each in server.received] == ["GET"]

    def test_a_key_that_is_as_it_should_be(self, server: Server, keys: Any, answers: Any) -> None:
        answers([key(expiration=timedelta(days=80))])
        verdict = keys(expiration="90d").ensure(STORED)
        assert (verdict.changed, verdict.is_due, verdict.reasons) == (False, False, [])
        assert verdict.described["id"] == "stored"
        assert verdict.diff["before"] == verdict.diff["after"]

    def test_privileges_and_metadata_are_changed_in_place(self, server: Server, keys: Any, answers: Any) -> None:
        answers([key(metadata={**MARKS, "team": "ops"})], {"updated": True})
        verdict = keys(role_descriptors={"all": {"cluster": "all"}}).ensure(STORED)
        assert (codes(verdict), verdict.changed, verdict.is_due) == (["role_descriptors"], True, False)
        roles = {"all": {"cluster": ["all"]}}
        body = {"role_descriptors": roles, "metadata": {**MARKS, "team": "ops"}}
        assert sent(server)[1:] == [("PUT", "/_security/api_key/stored", body)]
        assert verdict.described["role_descriptors"] == roles

    def test_a_stored_key_that_others_made_is_adopted(self, server: Server, keys: Any, answers: Any) -> None:
        answers([key(metadata={"by": "hand"}), key("other", metadata={})], {"updated": True})
        verdict = keys().ensure(STORED)
        assert (codes(verdict), verdict.replaced) == (["metadata"], [])
        assert sent(server)[1][2]["metadata"] == {"by": "hand", **MARKS}

    @pytest.mark.parametrize(
        ("found", "options", "code"),
        [
            ({"invalidated": True}, {}, "invalidated"),
            ({"expiration": timedelta(days=-1)}, {}, "expired"),
            ({"expiration": timedelta(days=1)}, {}, "expiration"),
            ({}, {"expiration": "90d"}, "expiration"),
            ({"expiration": timedelta(days=99)}, {"expiration": "90d"}, "expiration"),
            ({"expiration": timedelta(days=29), "age": timedelta(days=61)}, {"expiration": "90d"}, "expiring"),
            ({"expiration": timedelta(days=9)}, {"expiration": "90d", "renew_before": "10d"}, "expiring"),
            ({}, {"force": True}, "forced"),
        ],
    )
    def test_reasons_for_another_key(self, keys: Any, answers: Any, found: Any, options: Any, code: str) -> None:
        answers([key(**found)])
        verdict = keys(check_mode=True, **options).ensure(STORED)
        assert (codes(verdict), verdict.is_due, verdict.ended) == ([code], True, ["stored"])
        assert verdict.diff["after"]["reasons"] == [verdict.reasons[0]["text"]]

    @pytest.mark.parametrize(
        ("found", "options"),
        [
            ({"expiration": timedelta(days=31), "age": timedelta(days=59)}, {"expiration": "90d"}),
            ({"expiration": timedelta(days=10)}, {"expiration": "90d", "renew_before": "9d"}),
            ({"expiration": timedelta(days=90, minutes=5)}, {"expiration": "90d"}),
        ],
    )
    def test_no_reason_for_another_key(self, keys: Any, answers: Any, found: Any, options: Any) -> None:
        answers([key(**found)])
        assert not keys(**options).ensure(STORED).changed

    def test_a_stored_key_that_nobody_knows(self, server: Server, keys: Any, answers: Any) -> None:
        answers([key("older", timedelta(days=9)), key("newer")], (404, {"api_keys": []}))
        verdict = keys(check_mode=True).ensure(STORED)
        assert (codes(verdict), verdict.ended) == (["unknown"], ["newer"])
        assert server.received[1].path == "/_security/api_key?id=stored&owner=true"

    @pytest.mark.parametrize(
        ("marks", "ended"), [(MARKS, ["stored"]), ({"stacktls_host": "host-1"}, ["stored"]), ({}, [])]
    )
    def test_a_stored_key_of_another_name(self, keys: Any, answers: Any, marks: Any, ended: list[str]) -> None:
        answers([], {"api_keys": [key(name="old", metadata=marks)]})
        verdict = keys(check_mode=True).ensure(STORED)
        assert (codes(verdict), verdict.ended) == (["name"], ended)

    def test_a_store_that_cannot_be_asked_has_the_newest_key(self, keys: Any, answers: Any) -> None:
        marks = {"stacktls_host": "host-1", "stacktls_destination": UNSEEN.place}
        older, newer = key("older", timedelta(days=2), metadata=marks), key("newer", metadata=marks)
        others = [key("other", timedelta(0), metadata={**marks, "stacktls_host": "host-2"}), key(age=timedelta(0))]
        gone = key("gone", timedelta(0), metadata=marks, invalidated=True)
        answers([older, newer, gone, *others], {"updated": True})
        verdict = keys(path=None, store_command=["put"]).ensure(UNSEEN)
        assert (verdict.described["id"], [each["id"] for each in verdict.replaced]) == ("newer", ["older"])

    def test_a_returned_key_is_for_a_variable_of_the_host(self, server: Server, keys: Any, answers: Any) -> None:
        answers([key()], MADE)
        verdict = keys(path=None, return_secret=True).ensure(Held(place="a variable"))
        assert codes(verdict) == ["missing"]
        assert sent(server)[1][2]["metadata"] == {"stacktls_host": "host-1", "stacktls_destination": "a variable"}

    def test_an_api_key_makes_none(self, keys: Any, answers: Any) -> None:
        answers([], (400, {"error": {"reason": "creating derived api keys requires more"}}))
        with pytest.raises(ApiError, match=r"derived api keys requires more\. Log in as a user"):
            keys(api_key="id:key").ensure(EMPTY)

    def test_names_are_quoted_and_others_passed_over(self, server: Server, keys: Any, answers: Any) -> None:
        answers([key("other", name="a b")])
        assert keys(check_mode=True, name="a/b ?é").ensure(EMPTY).ended == []
        assert server.received[0].path == "/_security/api_key?name=a%2Fb%20%3F%C3%A9&owner=true"


class TestDestinations:
    """Two destinations on one host, and keys that were made before destinations were kept."""

    OTHER: ClassVar = {"stacktls_host": "host-1", "stacktls_destination": "/opt/app/key"}
    BEFORE: ClassVar = {"stacktls_host": "host-1"}

    def test_the_key_of_another_destination_is_left_alone(self, server: Server, keys: Any, answers: Any) -> None:
        known = [key(age=timedelta(days=9)), key("other", metadata=self.OTHER)]
        answers(known)
        verdict = keys(overlap="0").ensure(STORED)
        assert (verdict.changed, verdict.replaced, len(server.received)) == (False, [], 1)
        answers(known, MADE)
        verdict = keys(overlap="0", force=True).ensure(STORED)
        answers([*known, key("new", timedelta(0))], {})
        assert [each["id"] for each in keys(overlap="0", force=True).finish(verdict).replaced] == ["stored"]
        assert sent(server)[-1][2] == {"ids": ["stored"], "owner": True}

    def test_the_first_key_of_a_destination_tells_of_the_others(self, keys: Any, answers: Any) -> None:
        gone = key("gone", metadata=self.OTHER, invalidated=True)
        foreign = key("foreign", metadata={**self.OTHER, "stacktls_host": "host-2"})
        answers([key("other", metadata=self.OTHER), key("older", metadata=self.BEFORE), gone, foreign])
        verdict = keys(check_mode=True).ensure(EMPTY)
        assert (codes(verdict), verdict.ended) == (["missing"], [])
        assert [warning[:24] for warning in verdict.warnings] == [
            "The API key other of the",
            "The API key older of the",
        ]
        assert "goes on, for /opt/app/key on host-1. Where that has moved" in verdict.warnings[0]
        assert "for an unknown destination on host-1" in verdict.warnings[1]

    def test_a_key_of_before_is_adopted(self, server: Server, keys: Any, answers: Any) -> None:
        answers([key(metadata=self.BEFORE), key("other", metadata=self.BEFORE)], {"updated": True})
        verdict = keys(overlap="0").ensure(STORED)
        assert (codes(verdict), verdict.is_due, verdict.replaced) == (["metadata"], False, [])
        body = {"role_descriptors": ROLES, "metadata": MARKS}
        assert sent(server)[1:] == [("PUT", "/_security/api_key/stored", body)]

    @pytest.mark.parametrize(("place", "metadata"), [(UNSEEN.place, BEFORE), ("a variable", {})])
    def test_the_newest_of_before_is_adopted_where_nobody_can_look(
        self, server: Server, keys: Any, answers: Any, place: str, metadata: Any
    ) -> None:
        older, newer = key("older", timedelta(days=2), metadata=metadata), key("newer", metadata=metadata)
        answers([older, newer], {"updated": True})
        verdict = keys(overlap="0").ensure(Held(place=place))
        assert (codes(verdict), verdict.described["id"], verdict.replaced) == (["metadata"], "newer", [])
        assert sent(server)[1][2]["metadata"] == {"stacktls_host": "host-1", "stacktls_destination": place}

    def test_a_key_of_before_that_is_due_ends(self, keys: Any, answers: Any) -> None:
        answers([key(metadata=self.BEFORE), key("other", metadata=self.BEFORE)])
        verdict = keys(check_mode=True, force=True).ensure(STORED)
        assert (codes(verdict), verdict.ended) == (["forced"], ["stored"])

    @pytest.mark.parametrize("marks", [OTHER, {**MARKS, "stacktls_host": "host-2"}])
    def test_a_copy_of_a_key_makes_room_and_the_key_goes_on(self, keys: Any, answers: Any, marks: Any) -> None:
        answers([key(metadata=marks), key("own", timedelta(days=9))])
        verdict = keys(check_mode=True).ensure(STORED)
        assert (codes(verdict), verdict.ended) == (["destination"], ["own"])
        where = f"{marks['stacktls_destination']} on {marks['stacktls_host']}"
        assert verdict.reasons[0]["text"] == f"the API key is that of {where}"

    @pytest.mark.parametrize(
        ("held", "ended"),
        [
            (STORED, ["stored", "newer"]),
            (EMPTY, ["newer"]),
            (UNSEEN, ["stored", "stranger"]),
            (Held(), ["stored", "newer", "stranger", "other", "elsewhere", "by hand"]),
        ],
    )
    def test_a_removal_ends_those_of_the_destination(
        self, keys: Any, answers: Any, held: Held, ended: list[str]
    ) -> None:
        known = {
            "stored": self.BEFORE,
            "newer": MARKS,
            "stranger": self.BEFORE,
            "other": self.OTHER,
            "elsewhere": {**MARKS, "stacktls_host": "host-2"},
            "by hand": {},
        }
        answers([key(identity, metadata=metadata) for identity, metadata in known.items()])
        verdict = keys(check_mode=True, state="absent").ensure(held)
        assert sorted(each["id"] for each in verdict.replaced) == sorted(ended)


class TestEnds:
    """What becomes of predecessors in a run that makes no new key."""

    def ends(self, verdict: Any) -> list[tuple[str, str]]:
        return [(each["id"], each["end"]) for each in verdict.replaced]

    def test_overlap_is_over(self, server: Server, keys: Any, answers: Any) -> None:
        answers([key(age=timedelta(days=2)), key("old", timedelta(days=9))], {})
        verdict = keys().ensure(STORED)
        assert (verdict.changed, self.ends(verdict)) == (True, [("old", "invalidated")])
        assert sent(server)[1] == ("DELETE", "/_security/api_key", {"ids": ["old"], "owner": True})

    def test_one_that_ends_by_itself_is_left_alone(self, server: Server, keys: Any, answers: Any) -> None:
        answers([key(age=timedelta(hours=1)), key("old", expiration=timedelta(hours=23, minutes=1))])
        verdict = keys().ensure(STORED)
        assert (verdict.changed, self.ends(verdict)) == (False, [("old", "expires")])
        assert len(server.received) == 1

    def test_one_that_was_left_over_is_shortened(self, server: Server, keys: Any, answers: Any) -> None:
        answers([key(age=timedelta(hours=1)), key("old")], {"updated": True})
        verdict = keys().ensure(STORED)
        assert (verdict.changed, self.ends(verdict)) == (True, [("old", "expires")])
        method, path, body = sent(server)[1]
        assert (method, path) == ("PUT", "/_security/api_key/old")
        assert 82_000 < int(body["expiration"][:-1]) <= 82_800

    def test_one_that_cannot_be_shortened_waits(self, keys: Any, answers: Any) -> None:
        answers([key(age=timedelta(hours=1)), key("old")], (400, {"error": {"reason": SHORTER}}))
        verdict = keys().ensure(STORED)
        assert (verdict.changed, self.ends(verdict), verdict.warnings) == (False, [("old", "later_run")], [])

    def test_check_mode_only_reads(self, server: Server, keys: Any, answers: Any) -> None:
        answers([key(age=timedelta(days=2)), key("old")])
        assert keys(check_mode=True).ensure(STORED).changed
        assert len(server.received) == 1


class TestFinish:
    def finished(self, keys: ApiKeys, server: Server, answers: Any, *more: Any, stored: Any = None) -> Any:
        answers([stored or key()], MADE)
        verdict = keys.ensure(STORED)
        server.received.clear()
        answers([stored or key(), key("new", timedelta(0)), key("foreign", metadata={})], *more)
        return keys.finish(verdict)

    def test_the_predecessor_ends_by_the_clock_of_elasticsearch(self, server: Server, keys: Any, answers: Any) -> None:
        verdict = self.finished(keys(force=True, overlap="2h"), server, answers, {"updated": True})
        assert sent(server)[1:] == [("PUT", "/_security/api_key/stored", {"expiration": "7200s"})]
        assert [(each["id"], each["end"]) for each in verdict.replaced] == [("stored", "expires")]
        assert (verdict.described["id"], verdict.secret, verdict.warnings) == ("new", "new:hidden", [])

    def test_no_overlap(self, server: Server, keys: Any, answers: Any) -> None:
        verdict = self.finished(keys(force=True, overlap="0"), server, answers, {})
        assert sent(server)[1:] == [("DELETE", "/_security/api_key", {"ids": ["stored"], "owner": True})]
        assert [each["end"] for each in verdict.replaced] == ["invalidated"]

    def test_a_later_run_has_to_end_it(self, server: Server, keys: Any, answers: Any) -> None:
        verdict = self.finished(keys(force=True), server, answers, (400, {"error": {"reason": SHORTER}}))
        assert [each["end"] for each in verdict.replaced] == ["later_run"]
        assert "The API key stored goes on until a run of this task after" in verdict.warnings[0]
        assert SHORTER in verdict.warnings[0]

    def test_another_error_is_one(self, server: Server, keys: Any, answers: Any) -> None:
        with pytest.raises(ApiError, match="cannot answer now"):
            self.finished(keys(force=True), server, answers, (500, {"error": {"reason": "broken"}}))

    def test_one_that_was_expired_needs_no_end(self, server: Server, keys: Any, answers: Any) -> None:
        verdict = self.finished(keys(), server, answers, stored=key(expiration=timedelta(days=-1)))
        assert (len(server.received), verdict.replaced) == (1, [])

    def test_one_of_another_name_ends_too(self, server: Server, keys: Any, answers: Any) -> None:
        issuer = keys(overlap="0")
        renamed = {"api_keys": [key(name="old")]}
        answers([], renamed, MADE)
        verdict = issuer.ensure(STORED)
        answers([key("new", timedelta(0))], renamed, {})
        assert [each["id"] for each in issuer.finish(verdict).replaced] == ["stored"]


class TestAbandon:
    @pytest.mark.parametrize(
        ("status", "words"),
        [
            (200, "The new API key was invalidated again; what was there before is as it was."),
            (500, "The new API key new could not be invalidated again"),
        ],
    )
    def test_what_became_of_it(self, server: Server, keys: Any, answers: Any, status: int, words: str) -> None:
        answers([], MADE)
        issuer = keys()
        verdict = issuer.ensure(EMPTY)
        server.answers.clear()
        server.answer(status, "{}")
        assert words in issuer.abandon(verdict)
        assert sent(server)[-1] == ("DELETE", "/_security/api_key", {"ids": ["new"], "owner": True})


class TestRemoval:
    KEYS = (key("mine"), key("gone", invalidated=True), key("theirs", metadata={"stacktls_host": "host-2"}))

    @pytest.mark.parametrize(
        ("held", "ended"), [(EMPTY, ["mine"]), (Held(), ["mine", "theirs"])], ids=["of this destination", "of all"]
    )
    def test_keys_are_invalidated(self, server: Server, keys: Any, answers: Any, held: Held, ended: list[str]) -> None:
        answers(list(self.KEYS), {})
        verdict = keys(state="absent", role_descriptors=None, path=held.path or None).ensure(held)
        assert (verdict.changed, verdict.described) == (True, None)
        assert sent(server)[1] == ("DELETE", "/_security/api_key", {"ids": ended, "owner": True})

    def test_nothing_is_left_to_do(self, server: Server, keys: Any, answers: Any) -> None:
        answers([key(invalidated=True)])
        assert not keys(state="absent").ensure(Held()).changed
        assert len(server.received) == 1


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"role_descriptors": None}, "role_descriptors is empty"),
        ({"role_descriptors": {}}, "role_descriptors is empty"),
        ({"name": " "}, "cannot be the name of an API key"),
        ({"name": "app*"}, "cannot be the name of an API key"),
        ({"expiration": "10d", "renew_before": "10d"}, "each run would make a new key"),
        ({"expiration": "0"}, "each run would make a new key"),
        ({"expiration": "soon"}, "not a span of time"),
        ({"overlap": "long"}, "not a span of time"),
        ({"metadata": {"stacktls_host": "a"}}, "metadata cannot have 'stacktls_host'"),
        ({"metadata": {"stacktls_destination": "a"}}, "metadata cannot have 'stacktls_destination'"),
    ],
)
def test_what_is_refused_before_anything_is_asked(server: Server, keys: Any, options: Any, words: str) -> None:
    with pytest.raises(StackTlsError, match=words):
        keys(**options)
    assert server.received == []


def test_full_privileges_have_to_be_asked_for(server: Server, keys: Any, answers: Any) -> None:
    answers([], MADE)
    keys(role_descriptors=None, allow_full_privileges=True).ensure(EMPTY)
    assert sent(server)[1][2]["role_descriptors"] == {}
