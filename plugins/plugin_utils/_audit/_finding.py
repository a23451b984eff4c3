# Copyright: Stack TLS contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What an audit finds, by kind and by level."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType

CRITICAL = "critical"
WARNING = "warning"
NOTICE = "notice"
LEVELS = (CRITICAL, WARNING, NOTICE)
"""From the worst: something fails or lies open; something will, or may; something to know."""

KINDS: Mapping[str, str] = MappingProxyType(
    {
        "unreachable": "Host not reached",
        "not_asked": "Not asked",
        "settings": "Settings that cannot be read",
        "missing": "Missing file",
        "unreadable": "File that cannot be read",
        "exposed_key": "Key that everybody can read",
        "unencrypted_key": "Key without a passphrase",
        "mismatched_pair": "Key of another certificate",
        "expired": "Expired",
        "not_yet_valid": "Not valid yet",
        "due": "Due for renewal",
        "weak": "Weak",
        "wrong_name": "Wrong name",
        "unknown_issuer": "Unknown issuer",
        "not_in_ledger": "Not in the ledger",
        "old_authority": "Still trusts an old authority",
        "rotation": "Rotation under way",
        "not_loaded": "On the disk, but not loaded",
        "not_on_disk": "Loaded, but not on the disk",
        "plain": "No TLS",
        "no_answer": "No answer",
        "unverified": "Verification switched off",
    }
)
"""Every kind of finding, and its title."""


@dataclass(frozen=True)
class Finding:
    """Something that a person should know.

    :param level: one of :data:`LEVELS`.
    :param kind: one of :data:`KINDS`.
    :param subject: the file, the endpoint or the setting.
    :param found: what is wrong with it, as a sentence without its subject.
    :param hint: what to do.
    """

    level: str
    kind: str
    host: str
    service: str
    subject: str
    found: str
    hint: str


def in_words(moment: datetime) -> str:
    """A moment as people read it."""
    return moment.strftime("%Y-%m-%d %H:%M UTC")


def in_order(findings: list[Finding]) -> list[Finding]:
    """Each once, the worst first, then by kind, host and what it is about."""
    kinds = list(KINDS)
    return sorted(
        dict.fromkeys(findings),
        key=lambda each: (
            LEVELS.index(each.level),
            kinds.index(each.kind),
            each.host,
            each.service,
            each.subject,
            each.found,
        ),
    )
