# Copyright: Stack TLS contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The report in the text format of Prometheus, for the textfile collector of node_exporter.

https://prometheus.io/docs/instrumenting/exposition_formats/
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from ._report import Report, Seen

_ESCAPES = str.maketrans({"\\": "\\\\", '"': '\\"', "\n": "\\n"})


@dataclass(frozen=True)
class _Family:
    """A metric; all of them are gauges.

    :param samples: labels and values.
    """

    name: str
    help: str
    samples: Iterable[tuple[Mapping[str, str], float]]

    def lines(self) -> Iterator[str]:
        yield f"# HELP {self.name} {self.help}"
        yield f"# TYPE {self.name} gauge"
        for labels, value in self.samples:
            told = ",".join(f'{name}="{_escaped(text)}"' for name, text in labels.items())
            yield f"{self.name}{{{told}}} {value:.0f}" if told else f"{self.name} {value:.0f}"


def metrics(report: Report) -> str:
    """The whole file."""
    families = [
        _Family(
            "stacktls_audit_last_run_timestamp_seconds",
            "When the audit ran.",
            [({}, report.generated_at.timestamp())],
        ),
        _Family(
            "stacktls_audit_host_reached",
            "Whether Ansible reached the host.",
            [({"host": host}, reached) for host, reached in report.hosts.items()],
        ),
        _Family(
            "stacktls_audit_findings",
            "Findings by level.",
            [({"level": level}, count) for level, count in report.counts.items()],
        ),
        _Family(
            "stacktls_audit_findings_by_kind",
            "Findings by level and kind, where there are any.",
            [({"level": level, "kind": kind}, count) for (level, kind), count in _kinds(report).items()],
        ),
        _Family(
            "stacktls_certificate_not_before_timestamp_seconds",
            "When the certificate becomes valid.",
            [(labels, seen.certificate.not_before.timestamp()) for labels, seen in _places(report)],
        ),
        _Family(
            "stacktls_certificate_not_after_timestamp_seconds",
            "When the certificate expires.",
            [(labels, seen.certificate.not_after.timestamp()) for labels, seen in _places(report)],
        ),
    ]
    return "".join(f"{line}\n" for family in families for line in family.lines())


def _kinds(report: Report) -> Mapping[tuple[str, str], int]:
    return Counter((each.level, each.kind) for each in report.findings)


def _places(report: Report) -> Iterator[tuple[Mapping[str, str], Seen]]:
    """Each certificate in each of its places; a series must not come twice."""
    told = set()
    for seen in report.certificates:
        for each in seen.sightings:
            labels = {
                "host": each.host,
                "service": each.service,
                "place": each.place,
                "use": each.use,
                "subject": seen.certificate.subject,
                "issuer": seen.certificate.issuer,
                "serial_number": seen.certificate.serial_number,
            }
            key = tuple(labels.values())
            if key not in told:
                told.add(key)
                yield labels, seen


def _escaped(text: str) -> str:
    """The label's value; what is no text in UTF-8 cannot be in the file."""
    return text.encode("utf-8", "replace").decode("utf-8").replace("\r", " ").translate(_ESCAPES)
