# Copyright: Stack TLS contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is wrong with hosts, files and settings, whatever the certificates in them say."""

from __future__ import annotations

from collections.abc import Iterator

from ._evidence import AUTHORITY_SERVICE, AuthorityFolder, Evidence, File, Look, Named
from ._finding import CRITICAL, NOTICE, WARNING, Finding

_UNREADABLE = {"damaged": CRITICAL, "unreadable": WARNING, "locked": WARNING, "java_keystore": NOTICE}
_HINTS = {
    "damaged": "Put it back from a backup, or have it issued again.",
    "unreadable": "Let the audit run as a user who may read it (become).",
    "locked": "Put its password into the keystore of the service; the audit tries what it finds there.",
    "java_keystore": "Look at it with keytool, or change it to PKCS#12: keytool -importkeystore -deststoretype pkcs12.",
}


def hosts(evidence: Evidence) -> Iterator[Finding]:
    """Hosts of which nothing is known."""
    for look in evidence.looks:
        if not look.reached:
            hint = "Nothing is known of its certificates. Make it reachable, or take it out of the inventory."
            words = f"Ansible cannot reach it. {look.problem}".strip()
            yield Finding(CRITICAL, "unreachable", look.host, look.service, "the connection", words, hint)
        elif look.problem:
            hint = "Nothing is known of its certificates. Run the playbook preflight for more."
            yield Finding(WARNING, "not_asked", look.host, look.service, "the host", look.problem, hint)
        if look.loaded_problem:
            words = f"was not asked what it has loaded: {look.loaded_problem}"
            hint = "Mend that. It is asked with stacktls_elasticsearch_password, or stacktls_elasticsearch_api_key."
            yield Finding(NOTICE, "not_asked", look.host, look.service, "the API", words, hint)


def settings(evidence: Evidence) -> Iterator[Finding]:
    """Settings files and keystores that cannot be read, and settings that switch verification off."""
    for look in evidence.looks:
        told = look.settings or {}
        if told.get("state", "ok") != "ok":
            level, hint = WARNING, "Install the product first, or name the path of this installation."
            if told["state"] == "damaged":
                level, hint = CRITICAL, "Correct it: the service would not start again with it."
            yield Finding(level, "settings", look.host, look.service, told["path"], told["problem"], hint)
        store = look.keystore or {}
        if store.get("state", "ok") not in ("ok", "missing"):
            level, hint = _UNREADABLE[store["state"]], _HINTS["damaged"]
            hint = "Give the password of the keystore to the audit." if store["state"] == "locked" else hint
            yield Finding(level, "unreadable", look.host, look.service, store["path"], store["problem"], hint)
        for setting in look.unverified:
            words = "is none, so whoever answers is taken for the server."
            hint = "Set it to full, and name the authority that the service trusts."
            yield Finding(WARNING, "unverified", look.host, look.service, setting, words, hint)


def files(evidence: Evidence) -> Iterator[Finding]:
    """Files that the settings name and that are not there, or cannot be read."""
    for look in evidence.looks:
        for named in look.named:
            yield from _file(look, named)


def _file(look: Look, named: Named) -> Iterator[Finding]:
    file = named.file
    if not named.setting and file is not None and file.state == "missing":
        hint = "The application has not got it yet: the playbook clients gives it to it."
        yield Finding(WARNING, "missing", look.host, look.service, named.path, "is not there.", hint)
    elif file is None or file.state == "missing":
        words = f"is not there, or holds no certificate or key, and {named.setting} names it."
        hint = "The service will not start with it. Put the file in place, or correct the setting."
        yield Finding(CRITICAL, "missing", look.host, look.service, named.path, words, hint)
    elif file.state in _UNREADABLE:
        level, hint = _UNREADABLE[file.state], _HINTS[file.state]
        yield Finding(level, "unreadable", look.host, look.service, file.path, file.problem, hint)


def exposed_keys(evidence: Evidence) -> Iterator[Finding]:
    """Private keys and keystores that every user of the host can read, and keys of authorities without a passphrase."""
    for look in evidence.looks:
        for file in look.files:
            if file.has_key and file.world_readable:
                yield _exposed(look.host, look.service, file.path, file.mode, encrypted=file.encrypted)
        store = look.keystore or {}
        if store.get("world_readable"):
            yield _exposed(look.host, look.service, store["path"], store["mode"], encrypted=False)
    for folder in evidence.authorities:
        yield from _key_of_authority(folder)


def _exposed(host: str, service: str, path: str, mode: str, *, encrypted: bool) -> Finding:
    words = f"has the mode {mode}, so every user of the host who may enter its folder can read it."
    words += " Its passphrase is all that protects it." if encrypted else ""
    hint = f"chmod o-rwx {path}; then have it issued again with a new key, because somebody may have read it."
    return Finding(WARNING if encrypted else CRITICAL, "exposed_key", host, service, path, words, hint)


def _key_of_authority(folder: AuthorityFolder) -> Iterator[Finding]:
    key = folder.key
    if key.get("world_readable"):
        encrypted = bool(key.get("encrypted"))
        yield _exposed(folder.host, AUTHORITY_SERVICE, key["path"], key["mode"], encrypted=encrypted)
    if key.get("encrypted") is False:
        words = "is the private key of the authority, and no passphrase protects it."
        hint = "Encrypt it (openssl pkcs8 -topk8), and give the passphrase as stacktls_ca_passphrase."
        yield Finding(WARNING, "unencrypted_key", folder.host, AUTHORITY_SERVICE, key["path"], words, hint)


def pairs(evidence: Evidence) -> Iterator[Finding]:
    """Private keys that are not those of the certificates beside them."""
    for look in evidence.looks:
        for named, key in look.mismatched_pairs():
            yield _mismatch(look, named, key)


def _mismatch(look: Look, named: Named, key: File) -> Finding:
    words = f"is not the key of {named.path}." if key.path != named.path else "holds a key of another certificate."
    hint = (
        "A service does not start with the two, and one that reads them while it runs, as Elasticsearch does, answers "
    )
    hint += "nobody any more. Put back the file that belongs to the other, or reissue both."
    return Finding(CRITICAL, "mismatched_pair", look.host, look.service, key.path, words, hint)


def authority_folders(evidence: Evidence) -> Iterator[Finding]:
    """Authorities of the inventory whose folder cannot be read."""
    for folder in evidence.authorities:
        if folder.state == "missing":
            words = "holds no certificate authority."
            hint = "Name its folder in stacktls_ca_path, or make it: the role stack_ca does."
            yield Finding(NOTICE, "missing", folder.host, AUTHORITY_SERVICE, folder.path, words, hint)
        elif folder.state != "ok":
            level, hint = _UNREADABLE[folder.state], _HINTS[folder.state]
            yield Finding(level, "unreadable", folder.host, AUTHORITY_SERVICE, folder.path, folder.problem, hint)
