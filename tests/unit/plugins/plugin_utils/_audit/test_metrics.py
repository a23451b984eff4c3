# Copyright: Stack TLS contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The metrics are what the text format of Prometheus allows, whatever certificates say."""

from __future__ import annotations

import re

from ansible_collections.stacktls.elastic.plugins.plugin_utils._audit import metrics
from auditing import NOW, authority, certificate, file, folder, report, service
from hypothesis import given
from hypothesis import strategies as st

NAME = r"[a-zA-Z_:][a-zA-Z0-9_:]*"
LABEL = r'([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\["\\n])*)"'
SAMPLE = re.compile(rf"(?P<name>{NAME})(?:{{(?P<labels>{LABEL}(?:,{LABEL})*)}})? (?P<value>-?[0-9]+)")
ESCAPES = {"\\\\": "\\", '\\"': '"', "\\n": "\n"}


def parsed(text):
    """The samples, as the format's description has it: each family once, its help and type before its samples."""
    families, samples = [], {}
    assert text.endswith("\n")
    for line in text[:-1].split("\n"):
        if line.startswith("#"):
            _hash, word, name, rest = line.split(" ", 3)
            assert word in ("HELP", "TYPE") and rest
            if word == "HELP":
                assert name not in families
                families.append(name)
            else:
                assert name == families[-1] and rest == "gauge"
            continue
        found = SAMPLE.fullmatch(line)
        assert found, line
        assert found["name"] == families[-1]
        labels = tuple(
            (name, re.sub(r'\\[\\"n]', lambda each: ESCAPES[each[0]], value))
            for name, value in re.findall(LABEL, found["labels"] or "")
        )
        assert (found["name"], labels) not in samples, "a series comes twice"
        samples[found["name"], labels] = int(found["value"])
    return samples


def test_ends_are_seconds_since_the_epoch():
    samples = parsed(metrics(report(service(file("/a.crt", certificate(ends=10))), authorities=[folder(authority())])))
    ends = {
        dict(labels)["place"]: value
        for (name, labels), value in samples.items()
        if name == "stacktls_certificate_not_after_timestamp_seconds"
    }
    assert ends["/a.crt"] == int(NOW.timestamp()) + 10 * 86_400
    assert samples["stacktls_audit_last_run_timestamp_seconds", ()] == int(NOW.timestamp())
    assert samples["stacktls_audit_findings", (("level", "warning"),)] == 1
    assert samples["stacktls_audit_findings", (("level", "critical"),)] == 0
    assert samples["stacktls_audit_host_reached", (("host", "es1"),)] == 1


def test_a_certificate_that_is_named_twice_is_one_series():
    both = file("/a.crt", certificate(), certificate())
    assert parsed(metrics(report(service(both, both))))


@given(st.text(), st.text(), st.text(min_size=1))
def test_any_text_is_escaped(subject, issuer, host):
    made = metrics(report(service(file("/a.crt", certificate(subject, issuer)), host=host)))
    assert made.encode()
    found = [
        dict(labels) for name, labels in parsed(made) if name == "stacktls_certificate_not_after_timestamp_seconds"
    ]
    told = subject.encode("utf-8", "replace").decode().replace("\r", " ")
    assert [each["subject"] for each in found] == [told]
