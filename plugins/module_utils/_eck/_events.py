# Copyright: Stack TLS contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the operator says when something is wrong: its Warning events, told from those of an earlier state."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import Any

from .._pki._dates import timestamp

_ALWAYS = datetime(1970, 1, 1, tzinfo=timezone.utc)
_PASSING = ("AssociationError", "Delayed", "Unhealthy")
_CONFLICT = "the object has been modified"
_FORMS = ("%Y-%m-%dT%H:%M:%S.%f%z", "%Y-%m-%dT%H:%M:%S%z")


@dataclass(frozen=True, order=True)
class Complaint:
    """A Warning event.

    :param when: it was last seen.
    """

    when: datetime
    reason: str
    message: str

    def __str__(self) -> str:
        return f"{self.reason}: {self.message}"

    @property
    def may_pass(self) -> bool:
        """Whether it may vanish by itself: another resource is not ready yet, or two writers met."""
        return self.reason in _PASSING or _CONFLICT in self.message

    def describe(self) -> dict[str, str]:
        """The same as plain values."""
        return {"time": timestamp(self.when), "reason": self.reason, "message": self.message}


def complaints_in(events: Iterable[Mapping[str, Any]]) -> list[Complaint]:
    """The Warning events, the newest first, each text once."""
    found = sorted((_complaint(event) for event in events if event.get("type") == "Warning"), reverse=True)
    return list({str(each): each for each in reversed(found)}.values())[::-1]


def last_change(*objects: Mapping[str, Any] | None) -> datetime:
    """When somebody last wrote what the operator acts on: the specification of a resource, or a Secret.

    What the API server notes of each writer (``managedFields``) tells it; that of a status does not count.
    """
    times = [
        parse_time(entry.get("time"))
        for each in objects
        for entry in ((each or {}).get("metadata") or {}).get("managedFields") or []
        if _is_of_a_person(entry)
    ]
    created = [parse_time((each["metadata"]).get("creationTimestamp")) for each in objects if each]
    return max([_ALWAYS, *times, *created])


def parse_time(text: str | None) -> datetime:
    """A time of the API."""
    for form in _FORMS:
        try:
            return datetime.strptime((text or "").replace("Z", "+0000"), form)
        except ValueError:
            continue
    return _ALWAYS


def _is_of_a_person(entry: Mapping[str, Any]) -> bool:
    fields = entry.get("fieldsV1") or {}
    return not entry.get("subresource") and not fields.keys().isdisjoint(("f:spec", "f:data"))


def _complaint(event: Mapping[str, Any]) -> Complaint:
    series = event.get("series") or {}
    times = (series.get("lastObservedTime"), event.get("lastTimestamp"), event.get("eventTime"))
    when = max(parse_time(each) for each in (*times, (event.get("metadata") or {}).get("creationTimestamp")))
    return Complaint(when, str(event.get("reason") or ""), " ".join(str(event.get("message") or "").split()))
