# Copyright: Stack TLS contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Make a certificate authority where there is none, bring an existing one, and never replace either silently."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any

from ._authority_import import imported_authority, imported_chain, is_import
from ._authority_issuer import Issuer, open_issuer, other_issuer, renewed_chain
from ._authority_store import KEY_ATTRIBUTES, AuthorityStore
from ._certificate_authority_options import Wish, unfulfilled, wish_of
from ._errors import CertificateError
from ._io import Attributes, apply_attributes, attributes_differ, make_folder
from ._pki._authorities import Restrictions, lifetime_within, make_authority
from ._pki._certificates import Identity, days_left, describe, encode_certificates
from ._pki._keys import generate_private_key

if TYPE_CHECKING:
    from cryptography import x509

_DAYS_TO_WARN = 90


@dataclass(frozen=True)
class _New:
    """An authority that is to be put in place, and the one whose ledger it belongs into."""

    identity: Identity
    issuer: Issuer | None = None

    @property
    def certificates(self) -> list[x509.Certificate]:
        """Its certificate and those above it."""
        return [self.identity.certificate, *self.identity.authorities]


def manage_certificate_authority(
    params: dict[str, Any], warn: Callable[[str], None], *, check_mode: bool
) -> dict[str, Any]:
    """Make the authority where there is none; returns the module's result.

    :param warn: is told what is not as asked for and is kept all the same.
    :raises StackTlsError: where that is impossible, or the present one cannot be used; nothing is changed then.
    """
    store = AuthorityStore(params["path"])
    now = datetime.now(timezone.utc)
    brought = is_import(params)
    if store.exists():
        return _keep(store, params, warn, now, check_mode=check_mode)
    _require_protection(params, "would have", encrypted=bool(params["passphrase"]))
    if brought:
        new = _New(imported_authority(params, now))
    else:
        wish = wish_of(params, now)
        issuer = open_issuer(params, wish, now, check_mode=check_mode)
        if check_mode:
            return _announcement(store, wish)
        new = _make(wish, issuer)
    if not check_mode:
        make_folder(store.folder, Attributes(mode=0o700))
        with store.locked():
            if len(store.missing_parts()) < 2:  # made by another process while this one waited
                return _keep(store, params, warn, now, check_mode=False)
            _put_in_place(store, new, params["passphrase"], now)
    return _result(store, now, before=[], after=new.certificates, changed=True)


def _require_protection(params: dict[str, Any], verb: str, *, encrypted: bool) -> None:
    if not encrypted and not params["allow_unencrypted_key"]:
        raise CertificateError(
            f"the private key of the certificate authority in {params['path']} {verb} no passphrase.",
            hint="Set passphrase, from a vault, or allow_unencrypted_key where the folder is protected otherwise.",
        )


def _make(wish: Wish, issuer: Issuer | None) -> _New:
    chain = issuer.chain if issuer else ()
    key = generate_private_key(wish.key_type)
    lifetime = lifetime_within(wish.lifetime, chain)
    signer = issuer.authority if issuer else None
    certificate = make_authority(wish.subject, key, lifetime, wish.restrictions, signer)
    return _New(Identity(key, certificate, tuple(chain)), issuer)


def _put_in_place(store: AuthorityStore, new: _New, passphrase: str | None, now: datetime) -> None:
    """The ledger comes first: nothing that an authority signed is missing in it."""
    if new.issuer:
        new.issuer.store.record([(new.identity.certificate, store.folder)], now)
    store.write_key(new.identity.key, passphrase)
    store.write_certificates(new.certificates)


def _keep(
    store: AuthorityStore, params: dict[str, Any], warn: Callable[[str], None], now: datetime, *, check_mode: bool
) -> dict[str, Any]:
    """Check the present authority, and bring its chain, its encryption and the mode of its key up to date."""
    before = store.certificates(now)
    encrypted = store.has_encrypted_key()
    to_encrypt = bool(params["passphrase"]) and not encrypted
    _require_protection(params, "has", encrypted=encrypted or to_encrypt)
    key = store.authority(before[0], params["passphrase"] if encrypted else None).key
    after = imported_chain(params, key, now) or renewed_chain(params, before, now)
    changed = to_encrypt or after != before or attributes_differ(store.key_path, KEY_ATTRIBUTES)
    if changed and not check_mode:
        if to_encrypt:
            store.write_key(key, params["passphrase"])
        if after != before:
            store.write_certificates(after)
        apply_attributes(store.key_path, KEY_ATTRIBUTES)
    for warning in _warnings(params, after[0], now):
        warn(warning)
    return _result(store, now, before=before, after=after, changed=changed)


def _announcement(store: AuthorityStore, wish: Wish) -> dict[str, Any]:
    """The result of check mode where an authority would be made."""
    facts = wish.describe()
    return {
        "changed": True,
        "kept": False,
        "certificate_path": store.certificate_path,
        **facts,
        "diff": _difference(store, {}, facts),
    }


def _result(
    store: AuthorityStore,
    now: datetime,
    *,
    before: list[x509.Certificate],
    after: list[x509.Certificate],
    changed: bool,
) -> dict[str, Any]:
    facts = _facts(after, now)
    return {
        "changed": changed,
        "kept": not changed,
        "certificate": encode_certificates(after).decode(),
        "certificate_path": store.certificate_path,
        **facts,
        "days_left": days_left(after[0], now),
        "diff": _difference(store, _facts(before, now), facts),
    }


def _facts(certificates: list[x509.Certificate], now: datetime) -> dict[str, Any]:
    if not certificates:
        return {}
    described = describe(certificates[0], now)
    shown = ("subject", "issuer", "serial_number", "fingerprint_sha256", "not_before", "not_after", "key_type")
    return {**{name: described[name] for name in shown}, **Restrictions.of(certificates[0]).describe()}


def _difference(store: AuthorityStore, before: dict[str, Any], after: dict[str, Any]) -> dict[str, Any]:
    header = store.certificate_path
    return {"before": before, "after": after, "before_header": header, "after_header": header}


def _warnings(params: dict[str, Any], certificate: x509.Certificate, now: datetime) -> list[str]:
    """What is not as asked and is kept all the same: a new authority is a matter of a rotation."""
    left, name = days_left(certificate, now), f"The certificate authority in {params['path']}"
    wishes = [] if is_import(params) else [*unfulfilled(params, certificate), *other_issuer(params, certificate, now)]
    warnings = [f"{name} is kept: {words}." for words in wishes]
    return [*warnings, f"{name} expires in {left} days."] if left <= _DAYS_TO_WARN else warnings
