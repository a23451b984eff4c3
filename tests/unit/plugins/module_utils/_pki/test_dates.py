# Copyright: Stack TLS contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import contextlib
from datetime import datetime, timedelta, timezone

import pytest
from ansible_collections.stacktls.elastic.plugins.module_utils._errors import CertificateError
from ansible_collections.stacktls.elastic.plugins.module_utils._pki._certificates import Lifetime
from ansible_collections.stacktls.elastic.plugins.module_utils._pki._dates import (
    parse_margin,
    parse_moment,
    parse_span,
    span_text,
)
from hypothesis import given
from hypothesis import strategies as st

NOW = datetime(2026, 11, 24, 12, 0, 0, 123, tzinfo=timezone.utc)


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2027-01-31", datetime(2027, 1, 31)),
        ("2027-01-31T10:20", datetime(2027, 1, 31, 10, 20)),
        ("2027-01-31T10:20:30Z", datetime(2027, 1, 31, 10, 20, 30)),
        ("2027-01-31 10:20:30", datetime(2027, 1, 31, 10, 20, 30)),
        ("20270131102030Z", datetime(2027, 1, 31, 10, 20, 30)),
        ("now", datetime(2026, 11, 24, 12)),
        ("+397d", datetime(2027, 12, 26, 12)),
        (" -1h30m ", datetime(2026, 11, 24, 10, 30)),
        ("+1w1d", datetime(2026, 12, 2, 12)),
    ],
)
def test_moments(text, moment):
    assert parse_moment(text, NOW) == moment.replace(tzinfo=timezone.utc)


@pytest.mark.parametrize("text", ["", "tomorrow", "2027-02-30", "+", "+5", "5d", "+5y", "+1.5d", "++1d", "31.01.2027"])
def test_no_moments(text):
    with pytest.raises(CertificateError, match=r"is not a (date|span of time)"):
        parse_moment(text, NOW)


@pytest.mark.parametrize("text", ["+999999999d", "-9999999d", "+8000000d", "-100000d"])
def test_moments_that_no_certificate_can_hold(text):
    with pytest.raises(CertificateError, match="that no certificate can hold"):
        parse_moment(text, NOW)


@given(st.text(max_size=20))
def test_any_text_is_a_moment_or_refused(text):
    with contextlib.suppress(CertificateError):
        assert parse_moment(text, NOW).tzinfo is timezone.utc


@pytest.mark.parametrize(
    ("text", "lifetime", "margin"),
    [
        ("33%", timedelta(days=300), timedelta(days=99)),
        ("0 %", timedelta(days=300), timedelta(0)),
        ("30d", timedelta(days=300), timedelta(days=30)),
        ("90s", timedelta(minutes=5), timedelta(seconds=90)),
        ("0", timedelta(days=300), timedelta(0)),
    ],
)
def test_margins(text, lifetime, margin):
    assert parse_margin(text).of(Lifetime(NOW, NOW + lifetime)) == margin


@pytest.mark.parametrize("text", ["100%", "-3%", "33", "third", "-30d"])
def test_no_margins(text):
    with pytest.raises(CertificateError, match="is not a span of time"):
        parse_margin(text)


@pytest.mark.parametrize(
    ("span", "text"),
    [("40d", "40 days"), ("47h", "47 hours"), ("119m", "119 minutes"), ("59s", "59 seconds"), ("2d", "2 days")],
)
def test_spans_in_words(span, text):
    assert span_text(parse_span(span)) == text


@pytest.mark.parametrize(
    ("not_before", "not_after", "words"),
    [("+1h", "+2h", "not_before is '.1h', which is not in the past"), ("-2h", "-1h", "which is not in the future")],
)
def test_lifetimes_that_are_of_no_use_now(not_before, not_after, words):
    with pytest.raises(CertificateError, match=words):
        Lifetime.from_texts(not_before, not_after, NOW)
