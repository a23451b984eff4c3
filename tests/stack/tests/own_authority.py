# Copyright: Stack TLS contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Authorities as the module makes them, and what they sign, for tests of those who have to accept it."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from ansible_collections.stacktls.elastic.plugins.module_utils._authority_store import AuthorityStore
from ansible_collections.stacktls.elastic.plugins.module_utils._certificate_authority import (
    manage_certificate_authority,
)
from ansible_collections.stacktls.elastic.plugins.module_utils._certificate_authority_options import MODULE_ARGUMENTS
from ansible_collections.stacktls.elastic.plugins.module_utils._pki._authorities import constraint_violations
from ansible_collections.stacktls.elastic.plugins.module_utils._pki._certificates import (
    Authority,
    Identity,
    Lifetime,
    Specification,
    issue,
)
from ansible_collections.stacktls.elastic.plugins.module_utils._pki._keys import (
    generate_private_key,
)
from ansible_collections.stacktls.elastic.plugins.module_utils._pki._names import parse_name
from ansible_collections.stacktls.elastic.plugins.module_utils._pki._sans import parse_alternative_names
from cryptography import x509

PASSPHRASE = "authority-passphrase"


def certificates_of(folder: Path) -> list[x509.Certificate]:
    """The certificate of the authority in this folder, and those above it."""
    return AuthorityStore(str(folder)).certificates(datetime.now(timezone.utc))


def manage(folder: Path, **given: Any) -> dict[str, Any]:
    """What the module says of an authority in this folder."""
    task = {"path": str(folder), "passphrase": PASSPHRASE, **given}
    validated = ArgumentSpecValidator(**MODULE_ARGUMENTS).validate(task)
    assert not validated.error_messages, validated.error_messages
    return manage_certificate_authority(validated.validated_parameters, pytest.fail, check_mode=False)


def opened(folder: Path) -> Authority:
    """The authority in this folder."""
    return AuthorityStore(str(folder)).authority(certificates_of(folder)[0], PASSPHRASE)


def identity(folder: Path, subject: str, names: list[str], key_type: str = "ec-p256") -> tuple[Identity, list[str]]:
    """A certificate that the authority signs, allowed or not, and what there is to say against it."""
    chain = certificates_of(folder)
    key = generate_private_key(key_type)
    wanted = Specification(parse_name(subject), parse_alternative_names(names), "both", key_type)
    lifetime = Lifetime.starting(datetime.now(timezone.utc), 30, timedelta(hours=1))
    certificate = issue(wanted, key.public_key(), opened(folder), lifetime)
    return Identity(key, certificate, tuple(chain)), constraint_violations(chain, wanted)
