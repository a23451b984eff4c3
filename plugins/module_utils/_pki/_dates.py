# Copyright: Stack TLS contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Dates and spans of time as people write them: ``2027-01-31``, ``+397d``, ``12h``, ``33%``."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING

from .._errors import CertificateError

if TYPE_CHECKING:
    from ._certificates import Lifetime

_UNITS = {"w": 604_800, "d": 86_400, "h": 3_600, "m": 60, "s": 1}
_SPAN = re.compile(r"(?:[0-9]{1,9}[wdhms])+", re.ASCII)
_PART = re.compile(r"([0-9]+)([wdhms])", re.ASCII)
_PERCENT = re.compile(r"([0-9]{1,2})\s*%", re.ASCII)
_FORMS = (
    "%Y-%m-%d",
    "%Y-%m-%dT%H:%M",
    "%Y-%m-%dT%H:%M:%S",
    "%Y-%m-%d %H:%M",
    "%Y-%m-%d %H:%M:%S",
    "%Y%m%d%H%M%S",
)
_LATEST = datetime(9999, 12, 31, tzinfo=timezone.utc)


@dataclass(frozen=True)
class Margin:
    """How long before its end a certificate is renewed: a span of time, or a share of its lifetime.

    :param percent: of the lifetime; where it is ``None``, the span counts.
    """

    percent: int | None
    span: timedelta = timedelta(0)

    def of(self, lifetime: Lifetime) -> timedelta:
        """The span before the end of this lifetime."""
        if self.percent is None:
            return self.span
        return (lifetime.not_after - lifetime.not_before) * self.percent / 100


def parse_margin(text: str) -> Margin:
    """A span such as ``30d`` or a share of the lifetime such as ``33%``.

    :raises CertificateError: where the text is neither.
    """
    share = _PERCENT.fullmatch(text.strip())
    return Margin(int(share[1])) if share else Margin(None, parse_span(text))


def parse_span(text: str) -> timedelta:
    """A span of time: numbers with the units w, d, h, m and s, such as ``30d`` or ``1d12h``; ``0`` is none.

    :raises CertificateError: where the text is no such span.
    """
    written = text.strip()
    if written == "0":
        return timedelta(0)
    if not _SPAN.fullmatch(written):
        raise CertificateError(
            f"{text!r} is not a span of time.",
            hint="Write numbers with the units w, d, h, m or s, such as 30d or 1d12h; 0% to 99% is a share.",
        )
    try:
        return timedelta(seconds=sum(int(count) * _UNITS[unit] for count, unit in _PART.findall(written)))
    except OverflowError:
        raise CertificateError(f"the span of time {text!r} is too long.") from None


def span_text(span: timedelta) -> str:
    """The span in the largest unit that fits it, in words."""
    for unit, seconds in (("days", 86_400), ("hours", 3_600), ("minutes", 60)):
        if span.total_seconds() >= 2 * seconds:
            return f"{int(span.total_seconds() // seconds)} {unit}"
    return f"{int(span.total_seconds())} seconds"


def parse_moment(text: str, now: datetime) -> datetime:
    """A moment in UTC, absolute or, with a sign before it, relative to now; ``now`` is one, too.

    :raises CertificateError: where the text is no such moment, or a certificate cannot hold it.
    """
    written = text.strip()
    if written == "now":
        return now.replace(microsecond=0)
    if written[:1] in ("+", "-"):
        return _shifted(now.replace(microsecond=0), written)
    for form in _FORMS:
        try:
            return _held(datetime.strptime(written.rstrip("zZ"), form).replace(tzinfo=timezone.utc), text)
        except ValueError:
            continue
    raise CertificateError(
        f"{text!r} is not a date.", hint="Write 2027-01-31, 2027-01-31T12:00:00Z (in UTC), or +397d for days from now."
    )


def timestamp(moment: datetime) -> str:
    """The moment as ISO 8601 text in UTC."""
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def _shifted(now: datetime, written: str) -> datetime:
    span = parse_span(written[1:])
    try:
        moment = now + span if written[0] == "+" else now - span
    except OverflowError:
        moment = _LATEST
    return _held(moment, written)


def _held(moment: datetime, text: str) -> datetime:
    if not 1950 <= moment.year < _LATEST.year:
        raise CertificateError(f"{text!r} is a date that no certificate can hold.")
    return moment
