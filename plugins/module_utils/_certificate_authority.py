# Copyright: Stack TLS contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Make a certificate authority where there is none, bring an existing one, and never replace either silently."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any

from ._authority_store import KEY_ATTRIBUTES, AuthorityStore
from ._errors import CertificateError, located
from ._io import Attributes, apply_attributes, attributes_differ, make_folder, read_file, require_file
from ._pki._authorities import chain_to_root, make_authority, require_authorities
from ._pki._certificates import (
    Identity,
    Lifetime,
    days_left,
    describe,
    encode_certificates,
    key_type_of_certificate,
    load_certificates,
    require_days,
)
from ._pki._keys import generate_private_key, load_private_key
from ._pki._names import name_from_common_name, parse_name, print_name

if TYPE_CHECKING:
    from cryptography import x509

    from ._pki._keys import PrivateKey

DEFAULT_KEY_TYPE = "ec-p256"
_BACKDATE = timedelta(hours=1)
_DAYS_TO_WARN = 90


def manage_certificate_authority(
    params: dict[str, Any], warn: Callable[[str], None], *, check_mode: bool
) -> dict[str, Any]:
    """Make the authority where there is none; returns the module's result.

    :param warn: is told what is not as asked for and is kept all the same.
    :raises StackTlsError: where that is impossible, or the present one cannot be used; nothing is changed then.
    """
    store = AuthorityStore(params["path"])
    now = datetime.now(timezone.utc)
    if store.exists():
        return _keep(store, params, warn, now, check_mode=check_mode)
    _require_protection(params, encrypted=bool(params["passphrase"]))
    if params["import_certificate"]:
        source = _imported(params, now)
    elif check_mode:
        return _announcement(store, params)
    else:
        source = _new_root(params, now)
    if not check_mode:
        make_folder(store.folder, Attributes(mode=0o700))
        with store.locked():
            if len(store.missing_parts()) < 2:  # made by another process while this one waited
                return _keep(store, params, warn, now, check_mode=False)
            store.write_key(source.key, params["passphrase"])
            store.write_certificates([source.certificate, *source.authorities])
    return _result(store, now, before=[], after=[source.certificate, *source.authorities], changed=True)


def _require_protection(params: dict[str, Any], *, encrypted: bool) -> None:
    if not encrypted and not params["allow_unencrypted_key"]:
        raise CertificateError(
            f"the private key of the certificate authority in {params['path']} has no passphrase.",
            hint="Set passphrase, from a vault, or allow_unencrypted_key where the folder is protected otherwise.",
        )


def _new_root(params: dict[str, Any], now: datetime) -> Identity:
    subject = _wanted_subject(params)
    require_days(params["validity_days"])
    key = generate_private_key(params["key_type"] or DEFAULT_KEY_TYPE)
    certificate = make_authority(subject, key, Lifetime.starting(now, params["validity_days"], _BACKDATE))
    return Identity(key, certificate, ())


def _imported(params: dict[str, Any], now: datetime) -> Identity:
    """The authority that the import options name."""
    with located(params["import_private_key"]):
        key = load_private_key(require_file(params["import_private_key"]), params["import_passphrase"])
    require_file(params["import_certificate"])
    certificate, *authorities = _brought_chain(params, key, now)
    return Identity(key, certificate, tuple(authorities))


def _brought_chain(params: dict[str, Any], key: PrivateKey, now: datetime) -> list[x509.Certificate]:
    """The imported certificates of this key; none where nothing is imported, or the file was taken away since."""
    path, chain_path = params["import_certificate"], params["import_chain"]
    content = read_file(path) if path else None
    if content is None:
        return []
    with located(path):
        pool = load_certificates(content)
        own = [certificate for certificate in pool if Identity(key, certificate, ()).matches()]
        if not own:
            raise CertificateError(
                f"holds no certificate of the private key for {params['path']}.",
                hint="Give certificate and key of one authority. A present authority is not replaced by another one.",
            )
    if chain_path:
        with located(chain_path):
            pool = [*pool, *load_certificates(require_file(chain_path))]
    with located(path):
        chain = chain_to_root(own[0], pool)
        require_authorities(chain, now)
    return chain


def _keep(
    store: AuthorityStore, params: dict[str, Any], warn: Callable[[str], None], now: datetime, *, check_mode: bool
) -> dict[str, Any]:
    """Check the present authority, and bring its chain, its encryption and the mode of its key up to date."""
    before = store.certificates(now)
    encrypted = store.has_encrypted_key()
    to_encrypt = bool(params["passphrase"]) and not encrypted
    _require_protection(params, encrypted=encrypted or to_encrypt)
    key = store.authority(before[0], params["passphrase"] if encrypted else None).key
    after = _brought_chain(params, key, now) or before
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


def _wanted_subject(params: dict[str, Any]) -> x509.Name:
    if params["subject"] is not None:
        return parse_name(params["subject"])
    if params["common_name"] is not None:
        return name_from_common_name(params["common_name"])
    raise CertificateError(
        f"there is no certificate authority in {params['path']}, and no name for a new one is given.",
        hint="Set common_name or subject, or import_certificate and import_private_key.",
    )


def _announcement(store: AuthorityStore, params: dict[str, Any]) -> dict[str, Any]:
    """The result of check mode where a root would be made."""
    facts = {"subject": print_name(_wanted_subject(params)), "key_type": params["key_type"] or DEFAULT_KEY_TYPE}
    difference = _difference(store, {}, facts)
    return {"changed": True, "certificate_path": store.certificate_path, **facts, "diff": difference}


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
        "certificate": encode_certificates(after).decode(),
        "certificate_path": store.certificate_path,
        **facts,
        "days_left": days_left(after[0], now),
        "diff": _difference(store, _facts(before, now), facts),
    }


def _facts(certificates: list[x509.Certificate], now: datetime) -> dict[str, Any]:
    described = describe(certificates[0], now) if certificates else {}
    shown = ("subject", "issuer", "serial_number", "fingerprint_sha256", "not_before", "not_after", "key_type")
    return {name: described[name] for name in shown if name in described}


def _difference(store: AuthorityStore, before: dict[str, Any], after: dict[str, Any]) -> dict[str, Any]:
    header = store.certificate_path
    return {"before": before, "after": after, "before_header": header, "after_header": header}


def _warnings(params: dict[str, Any], certificate: x509.Certificate, now: datetime) -> list[str]:
    """What is not as asked and is kept all the same: a new authority is a matter of a rotation."""
    return [
        *([] if params["import_certificate"] else _unfulfilled(params, certificate)),
        *_expiry_warnings(params, certificate, now),
    ]


def _unfulfilled(params: dict[str, Any], certificate: x509.Certificate) -> list[str]:
    """The wishes for a new authority, which nobody has of one that is imported, that the present one is not."""
    warnings: list[str] = []
    given = params["subject"] is not None or params["common_name"] is not None
    if given and _wanted_subject(params) != certificate.subject:
        warnings.append(
            f"The certificate authority in {params['path']} is kept: its subject is {print_name(certificate.subject)}, "
            f"not {print_name(_wanted_subject(params))}."
        )
    key_type = key_type_of_certificate(certificate)
    if params["key_type"] not in (None, key_type):
        warnings.append(
            f"The certificate authority in {params['path']} is kept: its key is {key_type}, not {params['key_type']}."
        )
    return warnings


def _expiry_warnings(params: dict[str, Any], certificate: x509.Certificate, now: datetime) -> list[str]:
    left = days_left(certificate, now)
    return [f"The certificate authority in {params['path']} expires in {left} days."] if left <= _DAYS_TO_WARN else []
