# Copyright: Stack TLS contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The report of an audit: what was found, and every certificate with all places where it was seen."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from ...module_utils._pki._dates import timestamp
from . import _certificate_checks, _host_checks, _service_checks
from ._certificate_checks import issued
from ._evidence import AUTHORITY, OWN, SHOWN, TRUSTED, Certificate, Evidence, Sighting
from ._finding import LEVELS, Finding, in_order

CHECKS: tuple[Callable[[Evidence], Iterator[Finding]], ...] = (
    _host_checks.hosts,
    _host_checks.settings,
    _host_checks.files,
    _host_checks.exposed_keys,
    _host_checks.pairs,
    _host_checks.authority_folders,
    _certificate_checks.dates,
    _certificate_checks.strength,
    _certificate_checks.protocols,
    _certificate_checks.names,
    _certificate_checks.issuers,
    _certificate_checks.ledger,
    _certificate_checks.former_authorities,
    _certificate_checks.rotations,
    _service_checks.answers,
    _service_checks.shown,
    _service_checks.loaded,
)

EXPIRED = "expired"
DUE = "due"
VALID = "valid"


@dataclass(frozen=True)
class Seen:
    """A certificate, and all places where it was seen.

    :param state: :data:`EXPIRED`, :data:`DUE` or :data:`VALID`.
    """

    certificate: Certificate
    state: str
    sightings: tuple[Sighting, ...]

    @property
    def has_owner(self) -> bool:
        """Whether it is one of a service, rather than of an authority that somebody trusts."""
        return any(each.use in (OWN, SHOWN) for each in self.sightings)

    @property
    def hosts(self) -> tuple[str, ...]:
        """Where it was seen, each once."""
        return tuple(dict.fromkeys(each.host for each in self.sightings))


@dataclass(frozen=True)
class Report:
    """What an audit has to say.

    :param hosts: whether each was reached, by its name.
    :param certificates: those that end first stand first.
    :param authorities: fingerprints of those that hosts may trust.
    :param issuers: fingerprint of its issuer by that of a certificate, as far as it is known.
    """

    generated_at: datetime
    hosts: dict[str, bool]
    findings: tuple[Finding, ...]
    certificates: tuple[Seen, ...]
    authorities: tuple[str, ...]
    issuers: dict[str, str]

    @property
    def counts(self) -> dict[str, int]:
        """How many findings there are of each level."""
        return {level: sum(each.level == level for each in self.findings) for level in LEVELS}

    def reaches(self, threshold: str) -> bool:
        """Whether there is a finding of this level, or a worse one; ``never`` there is none."""
        levels = LEVELS[: LEVELS.index(threshold) + 1] if threshold in LEVELS else ()
        return any(each.level in levels for each in self.findings)

    def as_data(self) -> dict[str, Any]:
        """The report as JSON has it."""
        return {
            "generated_at": timestamp(self.generated_at),
            "summary": self.counts,
            "hosts": [{"host": host, "reached": reached} for host, reached in self.hosts.items()],
            "findings": [asdict(each) for each in self.findings],
            "certificates": [self._certificate(each) for each in self.certificates],
        }

    def _certificate(self, seen: Seen) -> dict[str, Any]:
        certificate = seen.certificate
        return {
            "subject": certificate.subject,
            "issuer": certificate.issuer,
            "serial_number": certificate.serial_number,
            "fingerprint_sha256": certificate.fingerprint,
            "issuer_fingerprint_sha256": self.issuers.get(certificate.fingerprint),
            "not_before": timestamp(certificate.not_before),
            "not_after": timestamp(certificate.not_after),
            "days_left": (certificate.not_after - self.generated_at).days,
            "state": seen.state,
            "key_type": certificate.key_type,
            "signature_hash": certificate.signature_hash or None,
            "subject_alt_names": list(certificate.names),
            "ca": certificate.is_authority,
            "seen": [
                {"host": each.host, "service": each.service, "place": each.place, "use": each.use}
                for each in seen.sightings
            ],
        }


def make_report(evidence: Evidence) -> Report:
    """Compare everything with everything."""
    findings = in_order([finding for check in CHECKS for finding in check(evidence)])
    hosts = {look.host: look.reached for look in sorted(evidence.looks, key=lambda look: (look.host, look.reached))}
    certificates = tuple(_seen(evidence))
    return Report(
        generated_at=evidence.now,
        hosts=hosts,
        findings=tuple(findings),
        certificates=certificates,
        authorities=tuple(each.fingerprint for each in evidence.authorities_in_force),
        issuers=dict(_issuers([each.certificate for each in certificates])),
    )


def _seen(evidence: Evidence) -> Iterator[Seen]:
    by_fingerprint: dict[str, list[Sighting]] = {}
    for each in dict.fromkeys(evidence.sightings):
        by_fingerprint.setdefault(each.certificate.fingerprint, []).append(each)
    groups = sorted(
        by_fingerprint.values(), key=lambda group: (group[0].certificate.not_after, group[0].certificate.label)
    )
    for group in groups:
        yield Seen(group[0].certificate, _state(group, evidence), tuple(group))


def _state(group: list[Sighting], evidence: Evidence) -> str:
    certificate, uses = group[0].certificate, {each.use for each in group}
    if certificate.not_after <= evidence.now:
        return EXPIRED
    margin = evidence.authority_margin if uses <= {AUTHORITY, TRUSTED} else evidence.margin
    is_due = certificate.not_after - evidence.now <= margin.of(certificate.lifetime)
    return DUE if is_due and uses & {OWN, SHOWN, AUTHORITY} else VALID


def _issuers(certificates: list[Certificate]) -> Iterator[tuple[str, str]]:
    for certificate in certificates:
        for issuer in certificates:
            if issuer.is_authority and issued(certificate, issuer):
                yield certificate.fingerprint, issuer.fingerprint
                break
