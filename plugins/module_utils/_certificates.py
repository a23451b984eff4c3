# Copyright: Stack TLS contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""All identities of a task on the host that uses them."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timezone
from typing import Any

from ._certificate import Exchange, HostCertificate, Outcome
from ._certificate_files import CertificateFiles, replace_together
from ._certificate_options import about, identities_of
from ._changes import journal_of, pending


def manage_certificates(params: dict[str, Any], *, check_mode: bool) -> dict[str, Any]:
    """One of the phases for all identities; returns the module's result.

    :raises StackTlsError: where it cannot be done; no file has changed then.
    """
    host = _Host(params, check_mode=check_mode)
    return {"inspect": host.inspect, "install": host.install, "discard": host.discard}[params["phase"]]()


def summary(results: Iterable[dict[str, Any]], *, restart_pending: bool) -> dict[str, Any]:
    """The result of the task, out of those of its identities."""
    each = list(results)
    reasons = [{"identity": result["name"], **reason} for result in each for reason in result["reasons"]]
    return {
        "changed": any(result["changed"] for result in each),
        "reasons": reasons,
        "certificate": each[0]["certificate"],
        "files": list(dict.fromkeys(path for result in each for path in result["files"])),
        "kinds": sorted({kind for result in each for kind in result["kinds"]}),
        "waiting": any(result["waiting"] for result in each),
        "restart_pending": restart_pending,
        "diff": [result["diff"] for result in each],
        "identities": [{name: value for name, value in result.items() if name != "diff"} for result in each],
    }


class _Host:
    """The identities of this host."""

    def __init__(self, params: dict[str, Any], *, check_mode: bool) -> None:
        now = datetime.now(timezone.utc)
        self._check_mode = check_mode
        self._options = {identity["name"]: identity for identity in identities_of(params)}
        self._identities: dict[str, HostCertificate] = {}
        for name, options in self._options.items():
            with about(name, self._options):
                sent = Exchange(**params["exchange"].get(name, {}), **params["secrets"].get(name, {}))
                self._identities[name] = HostCertificate(options, sent, now, check_mode=check_mode)

    def inspect(self) -> dict[str, Any]:
        """Bring up to date what needs no signature, and ask for the signatures that are due."""
        try:
            return self._done("inspect")
        except Exception:
            self._discard_requests()
            raise

    def install(self) -> dict[str, Any]:
        """Put all new certificates in place."""
        result = self._done("install")
        self.discard()
        return result

    def discard(self) -> dict[str, Any]:
        """Remove the staged keys; nothing else was touched yet."""
        removed = [identity.discard() for identity in self._identities.values()]
        return {"changed": any(removed)}

    def _discard_requests(self) -> None:
        for name, identity in self._identities.items():
            if self._options[name]["signer"] != "csr_only":
                identity.discard()

    def _done(self, step: str) -> dict[str, Any]:
        outcomes: dict[str, Outcome] = {}
        for name, identity in self._identities.items():
            with about(name, self._options):
                outcomes[name] = getattr(identity, step)()
        if not self._check_mode:
            self._replace(outcomes)
        is_pending = any(pending(journal_of(options)) for options in self._options.values())
        return summary((outcome.result for outcome in outcomes.values()), restart_pending=is_pending)

    def _replace(self, outcomes: dict[str, Outcome]) -> None:
        """Write the files of all identities, or of none."""
        due = []
        for name, outcome in outcomes.items():
            if outcome.due:
                CertificateFiles(self._options[name]).make_folders()
            due += [(replacement, journal_of(self._options[name])) for replacement in outcome.due]
        replace_together(due)
