# Copyright: Stack TLS contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""All identities of a task on the host that uses them."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import Any

from ._certificate import Exchange, HostCertificate, Outcome
from ._certificate_arguments import about, identities_of
from ._certificate_files import replace_together
from ._certificate_folders import make_folders
from ._certificate_record import Record
from ._certificate_results import summary
from ._changes import journal_of, pending


def manage_certificates(params: dict[str, Any], *, check_mode: bool) -> dict[str, Any]:
    """One of the phases for all identities; returns the module's result.

    :raises StackTlsError: where it cannot be done; no file has changed then.
    """
    host = _Host(params, check_mode=check_mode)
    return {"inspect": host.inspect, "install": host.install, "discard": host.discard}[params["phase"]]()


class _Host:
    """The identities of this host."""

    def __init__(self, params: dict[str, Any], *, check_mode: bool) -> None:
        self._now = datetime.now(timezone.utc)
        self._check_mode = check_mode
        self._options = {identity["name"]: identity for identity in identities_of(params)}
        self._sent = {name: params["exchange"].get(name, {}) for name in self._options}
        self._identities: dict[str, HostCertificate] = {}
        for name, options in self._options.items():
            with about(name, self._options):
                sent = Exchange(**self._sent[name], **params["secrets"].get(name, {}))
                self._identities[name] = HostCertificate(options, sent, self._now, check_mode=check_mode)

    def inspect(self) -> dict[str, Any]:
        """Bring up to date what needs no signature, and ask for the signatures that are due."""
        records = self._records()
        try:
            outcomes = self._done("inspect")
        except Exception:
            self._discard_requests()
            raise
        self._keep({name: record for name, record in records.items() if not outcomes[name].due}, outcomes)
        return self._summary(outcomes)

    def install(self) -> dict[str, Any]:
        """Put all new certificates in place."""
        outcomes = self._done("install")
        self.discard()
        records = self._records()
        for name, outcome in outcomes.items():
            if any(replacement.differs() for replacement in outcome.due):
                del records[name]  # somebody else changed what was just written
        self._keep(records, outcomes)
        return self._summary(outcomes)

    def discard(self) -> dict[str, Any]:
        """Remove the staged keys; nothing else was touched yet."""
        removed = [identity.discard() for identity in self._identities.values()]
        return {"changed": any(removed)}

    def _discard_requests(self) -> None:
        for name, identity in self._identities.items():
            if self._options[name]["signer"] != "csr_only":
                identity.discard()

    def _records(self) -> dict[str, Record]:
        """Records of how everything is now."""
        if self._check_mode:
            return {}
        return {name: Record.now(self._options[name], self._sent[name]) for name in self._identities}

    def _keep(self, records: dict[str, Record], outcomes: dict[str, Outcome]) -> None:
        for name, record in records.items():
            steady = outcomes[name].steady
            if steady is not None:
                record.keep(steady, self._now)

    def _done(self, step: str) -> dict[str, Outcome]:
        outcomes: dict[str, Outcome] = {}
        for name, identity in self._identities.items():
            with about(name, self._options):
                outcomes[name] = getattr(identity, step)()
        if not self._check_mode:
            self._replace(outcomes)
        return outcomes

    def _summary(self, outcomes: dict[str, Outcome]) -> dict[str, Any]:
        is_pending = any(pending(journal_of(options)) for options in self._options.values())
        return summary((outcome.result for outcome in outcomes.values()), restart_pending=is_pending)

    def _replace(self, outcomes: dict[str, Outcome]) -> None:
        """Write the files of all identities, or of none."""
        due = []
        for name, outcome in outcomes.items():
            if outcome.due:
                make_folders(self._options[name])
            due += [(replacement, journal_of(self._options[name])) for replacement in outcome.due]
        replace_together(due)
