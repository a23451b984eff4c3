# Copyright: Stack TLS contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""When certificates end, as a picture: a bar for each, from today on."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from ...module_utils._pki._dates import span_text, timestamp
from ._markup import Element, element, shortened
from ._report import EXPIRED, Seen

_WIDTH = 1060
_LEFT = 300
_RIGHT = 110
_ROW = 36
_TOP = 34
_LABEL_LENGTH = 38
_PAST = 0.12
"""Share of the axis that lies before today."""

_STEPS = (
    (timedelta(minutes=10), "%H:%M"),
    (timedelta(hours=1), "%H:%M"),
    (timedelta(hours=6), "%d %b %H:%M"),
    (timedelta(days=1), "%d %b"),
    (timedelta(days=7), "%d %b"),
    (timedelta(days=30), "%d %b %Y"),
    (timedelta(days=91), "%b %Y"),
    (timedelta(days=365), "%Y"),
    (timedelta(days=1826), "%Y"),
)
_MOST_TICKS = 8
_LONGEST = timedelta(days=40 * 365)
"""Some certificates are made to end in the year 9999."""


@dataclass(frozen=True)
class Axis:
    """Where moments are on the picture, from left to right."""

    start: datetime
    end: datetime

    @classmethod
    def of(cls, certificates: Sequence[Seen], now: datetime) -> Axis:
        """One that certificates of services fit on; those of authorities last far longer, and may run out of it."""
        ends = [each.certificate.not_after for each in certificates if each.has_owner]
        ends = ends or [each.certificate.not_after for each in certificates]
        future = min(max([each - now for each in ends] + [timedelta(hours=1)]), _LONGEST) * 1.06
        return cls(now - future * _PAST, now + future)

    def at(self, moment: datetime) -> float:
        """The place of a moment; what is off the axis is at its end."""
        share = (moment - self.start) / (self.end - self.start)
        return _LEFT + min(max(share, 0.0), 1.0) * (_WIDTH - _LEFT - _RIGHT)

    def ticks(self) -> Iterator[tuple[float, str]]:
        """Places and labels of round dates."""
        step, form = next(
            ((step, form) for step, form in _STEPS if (self.end - self.start) / step <= _MOST_TICKS), _STEPS[-1]
        )
        midnight = self.start.replace(hour=0, minute=0, second=0, microsecond=0)
        tick = midnight
        while tick < self.end:
            if tick > self.start:
                yield self.at(tick), tick.strftime(form)
            tick += step


def timeline(certificates: Sequence[Seen], axis: Axis, now: datetime, title: str) -> Element:
    """The picture of these certificates.

    :param title: what a person who cannot see it is told.
    """
    height = _TOP + _ROW * len(certificates) + 10
    picture = element(
        "svg", element("title", title), viewBox=f"0 0 {_WIDTH} {height}", role="img", class_="timeline", width="100%"
    )
    for place, label in axis.ticks():
        picture.append(element("line", x1=place, x2=place, y1=_TOP - 8, y2=height - 6, class_="grid"))
        picture.append(element("text", label, x=place, y=_TOP - 16, class_="tick"))
    for number, each in enumerate(certificates):
        picture.append(_row(each, axis, now, _TOP + number * _ROW))
    today = axis.at(now)
    picture.append(element("line", x1=today, x2=today, y1=_TOP - 8, y2=height - 6, class_="now"))
    picture.append(element("text", "today", x=today, y=_TOP - 2 - 14, class_="tick today"))
    return picture


def _row(seen: Seen, axis: Axis, now: datetime, top: float) -> Element:
    certificate = seen.certificate
    start, end = axis.at(certificate.not_before), axis.at(certificate.not_after)
    middle = top + _ROW / 2
    beyond = certificate.not_after > axis.end
    row = element(
        "g",
        element(
            "title", f"{certificate.label}: {timestamp(certificate.not_before)} to {timestamp(certificate.not_after)}"
        ),
        element("text", shortened(certificate.label, _LABEL_LENGTH), x=0, y=middle - 1, class_="label"),
        element("text", shortened(_owners(seen), _LABEL_LENGTH + 8), x=0, y=middle + 13, class_="owner"),
        element("rect", x=_LEFT, y=middle - 5, width=_WIDTH - _LEFT - _RIGHT, height=10, rx=5, class_="track"),
        element(
            "rect", x=start, y=middle - 5, width=max(end - start, 6.0), height=10, rx=5, class_=f"bar {seen.state}"
        ),
        element("text", left_in_words(certificate.not_after, now), x=_WIDTH, y=middle + 4, class_=f"left {seen.state}"),
    )
    if beyond:
        row.append(element("path", d=f"M{end - 7:.0f} {middle - 3:.0f} l4 3 l-4 3", class_="beyond"))
    if seen.state != EXPIRED and not beyond:
        row.append(element("circle", cx=end, cy=middle, r=4.5, class_=f"end {seen.state}"))
    return row


def _owners(seen: Seen) -> str:
    """Where it lies, as far as there is room for it."""
    places = list(dict.fromkeys(each.place.rsplit("/", 1)[-1] for each in seen.sightings))
    hosts = seen.hosts[0] if len(seen.hosts) == 1 else f"{len(seen.hosts)} hosts"
    return f"{hosts}: {', '.join(places)}"


def left_in_words(end: datetime, now: datetime) -> str:
    """How long a certificate still lasts, for people."""
    if end <= now:
        return f"{span_text(now - end)} ago"
    years = (end - now).days / 365.25
    return f"in {years:.0f} years" if years >= 2 else f"in {span_text(end - now)}"
