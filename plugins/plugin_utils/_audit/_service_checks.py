# Copyright: Stack TLS contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where a running service and the disk below it say different things."""

from __future__ import annotations

from collections.abc import Iterator

from ._evidence import Certificate, Endpoint, Evidence, File, Look, Named
from ._finding import CRITICAL, WARNING, Finding, in_words

_RELOAD = (
    "Let the service read it: Elasticsearch does so by itself, Kibana's server with a signal, others restart. "
    "The playbook renew does what each needs."
)
_DO_NOT_RELOAD = "It does not fit its private key: mend that first, because the service cannot answer with the two."
_REMOVED = "It will be gone with the next restart. Put the file back, or restart the service in a quiet moment."
_NO_ANSWER = ("refused", "timeout", "unresolved", "unreachable", "silent", "closed", "other")


def answers(evidence: Evidence) -> Iterator[Finding]:
    """Endpoints without TLS, or without an answer."""
    for host, service, endpoint in evidence.endpoints():
        yield from _answer(host, service, endpoint)


def _answer(host: str, service: str, endpoint: Endpoint) -> Iterator[Finding]:
    if endpoint.state == "plain_http":
        hint = "Passwords and data cross the network in the clear. Give it TLS: the playbook site does."
        # What browsers reach may have its TLS from a proxy before it.
        level = WARNING if endpoint.group == "server.ssl" else CRITICAL
        yield Finding(level, "plain", host, service, endpoint.address, "speaks plain HTTP, not TLS.", hint)
    elif endpoint.state in _NO_ANSWER:
        hint = "Its certificate was not seen. Start the service, or correct its address."
        yield Finding(WARNING, "no_answer", host, service, endpoint.address, endpoint.problem, hint)
    elif endpoint.problem:
        hint = "Look at the settings of its TLS."
        yield Finding(WARNING, "no_answer", host, service, endpoint.address, endpoint.problem, hint)


def shown(evidence: Evidence) -> Iterator[Finding]:
    """Endpoints that show another certificate than the file of theirs holds."""
    for look in evidence.looks:
        own = {named.group: (named, leaf) for named, leaf in look.identities() if named.group}
        for endpoint in look.endpoints:
            if endpoint.certificates and endpoint.group in own:
                yield from _compared(look, endpoint, *own[endpoint.group])


def _compared(look: Look, endpoint: Endpoint, named: Named, leaf: Certificate) -> Iterator[Finding]:
    live = endpoint.certificates[0]
    if live.fingerprint == leaf.fingerprint:
        return
    words = f"holds {_told(leaf)}, and {endpoint.address} shows {_told(live)}."
    yield Finding(WARNING, "not_loaded", look.host, look.service, named.path, words, _advice(look, named.path))
    if live.fingerprint not in {each.fingerprint for file in look.files for each in file.certificates}:
        words = f"shows {_told(live)}, which no file of the service holds."
        yield Finding(WARNING, "not_on_disk", look.host, look.service, endpoint.address, words, _REMOVED)


def loaded(evidence: Evidence) -> Iterator[Finding]:
    """Files that hold something else than a node of Elasticsearch says it has loaded from them."""
    for look in evidence.looks:
        for path in dict.fromkeys(each.path for each in look.loaded or ()):
            yield from _loaded_from(look, path)
        if look.loaded:
            yield from _never_loaded(look)


def _loaded_from(look: Look, path: str) -> Iterator[Finding]:
    file = next((each for each in look.files if each.path == path), None)
    if file is not None and file.state not in ("ok", "missing"):
        return  # what it holds is not known
    on_disk = _serial_numbers(file)
    in_force = {each.serial_number: each.subject for each in look.loaded or () if each.path == path}
    for number in sorted(set(in_force) - set(on_disk)):
        words = (
            f"{look.service} has loaded {in_force[number]} (serial number {number:x}) from it, which it does not hold."
        )
        yield Finding(WARNING, "not_on_disk", look.host, look.service, path, words, _REMOVED)
    for number in sorted(set(on_disk) - set(in_force)):
        words = f"holds {on_disk[number]} (serial number {number:x}), which {look.service} has not loaded."
        yield Finding(WARNING, "not_loaded", look.host, look.service, path, words, _advice(look, path))


def _advice(look: Look, path: str) -> str:
    """What to do about a file that is not loaded."""
    return _DO_NOT_RELOAD if path in {named.path for named, _key in look.mismatched_pairs()} else _RELOAD


def _never_loaded(look: Look) -> Iterator[Finding]:
    """Files that the settings name, and that the node has not read."""
    paths = {each.path for each in look.loaded or ()}
    for named in look.named:
        if named.setting and named.use != "key" and named.file is not None and named.file.certificates:
            if named.path in paths or look.switches.get(f"{named.group}.enabled") is False:
                continue
            words = f"is named by {named.setting}, and {look.service} has loaded nothing from it."
            hint = "The setting came after the start of the node. Restart it: the playbook site does, node by node."
            yield Finding(WARNING, "not_loaded", look.host, look.service, named.path, words, hint)


def _serial_numbers(file: File | None) -> dict[int, str]:
    return {int(each.serial_number, 16): each.label for each in file.certificates} if file is not None else {}


def _told(certificate: Certificate) -> str:
    return f"{certificate.label} that ends on {in_words(certificate.not_after)} ({certificate.fingerprint[:8]})"
