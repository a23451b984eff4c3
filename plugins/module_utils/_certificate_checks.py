# Copyright: Stack TLS contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What of a task for certificates cannot be, found on the controller before a host is asked."""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import datetime

from ansible.module_utils.common.validation import (
    check_mutually_exclusive,
    check_required_by,
    check_required_one_of,
    check_required_together,
)

from ._certificate_arguments import ALTERNATIVES, ISSUER_OPTIONS, OUTPUTS, Options, about
from ._certificate_consumers import check_consumer
from ._certificate_options import lifetime_of, specification_of
from ._errors import CertificateError, FileError
from ._issuing_arguments import check_issuing

_SHORTEST_SECRET = 4
"""As OpenSSL asks for."""

_TOGETHER = (("certificate_path", "private_key_path"),)
_ONE_OF = (("certificate_path", "combined_path", "pkcs12_path"),)
_BY = {"pkcs12_password": ["pkcs12_path"]}


def check_identities(identities: list[Options], now: datetime) -> None:
    """Check what can be told before a host is asked.

    :raises StackTlsError: where an identity cannot be as asked for, or two are the same.
    """
    names = [identity["name"] for identity in identities]
    for identity in identities:
        with about(identity["name"], names):
            _check_combination(identity)
            _check_wishes(identity, now)
    _check_distinct(identities)


def _check_combination(identity: Options) -> None:
    """What Ansible checks of the options of a task, for an identity with what it shares with others."""
    check_issuing(identity)
    present = {name: value for name, value in identity.items() if value is not None}
    try:
        check_mutually_exclusive(ALTERNATIVES, present)
        check_required_one_of(_ONE_OF, present)
        check_required_together(_TOGETHER, present)
        check_required_by(_BY, present)
    except TypeError as error:
        raise CertificateError(f"{error}.") from None
    if identity["private_key_passphrase"] is not None and not (
        identity["private_key_path"] or identity["combined_path"]
    ):
        raise CertificateError("private_key_passphrase needs private_key_path or combined_path.")


def _check_wishes(identity: Options, now: datetime) -> None:
    _check_secrets(identity)
    specification_of(identity)
    lifetime_of(identity, now)
    if identity["signer"] != "brought":
        check_consumer(identity, identity["key_type"])


def _check_secrets(identity: Options) -> None:
    if identity["private_key_passphrase"] == "":
        raise CertificateError(
            "private_key_passphrase is empty.", hint="Leave it out where the private key is not to be encrypted."
        )
    for option in ("private_key_passphrase", "pkcs12_password"):
        if 0 < len(identity[option] or "") < _SHORTEST_SECRET:
            raise CertificateError(
                f"{option} has fewer than {_SHORTEST_SECRET} characters.",
                hint="Ansible hides a secret wherever it occurs, and would hide parts of everything.",
            )


def _check_distinct(identities: list[Options]) -> None:
    """Two identities of one name could not be told apart, and two of one file would undo each other."""
    names = [identity["name"] for identity in identities]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise CertificateError(f"several identities have the name {', '.join(twice)}.", hint="Set 'name' in each.")
    seen: dict[str, tuple[str, Options]] = {}
    for identity, option, path in _outputs(identities):
        if not os.path.isabs(path):
            raise FileError(f"{option} must be an absolute path.", path=path)
        other, owner = seen.setdefault(os.path.realpath(path), (option, identity))
        if (other, owner) != (option, identity) and not _share_authorities(other, owner, option, identity):
            raise FileError(
                f"{other} of {owner['name']!r} and {option} of {identity['name']!r} name the same file.", path=path
            )


def _outputs(identities: list[Options]) -> Iterator[tuple[Options, str, str]]:
    for identity in identities:
        yield from ((identity, option, identity[option]) for option in OUTPUTS if identity[option] is not None)


def _share_authorities(other: str, owner: Options, option: str, identity: Options) -> bool:
    """Whether both options are the file of the same authorities, which identities of one host may share."""
    is_shared = other == option == "ca_certificates_path"
    return is_shared and all(owner[name] == identity[name] for name in (*ISSUER_OPTIONS, "trusted_certificates"))
