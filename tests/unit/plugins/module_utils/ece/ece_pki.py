# Copyright: Stack TLS contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Authorities and certificates as an Elastic Cloud Enterprise would be given them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from functools import cache

from ansible_collections.stacktls.elastic.plugins.module_utils._pki._authorities import make_authority
from ansible_collections.stacktls.elastic.plugins.module_utils._pki._certificates import (
    Authority,
    Lifetime,
    Specification,
    encode_certificates,
    issue,
)
from ansible_collections.stacktls.elastic.plugins.module_utils._pki._keys import (
    encode_private_key,
    generate_private_key,
)
from ansible_collections.stacktls.elastic.plugins.module_utils._pki._names import parse_name
from ansible_collections.stacktls.elastic.plugins.module_utils._pki._sans import parse_alternative_names

NOW = datetime.now(timezone.utc).replace(microsecond=0)
HOUR = timedelta(hours=1)
PASSPHRASE = "passphrase-of-the-test"
LOCAL = ("localhost", "127.0.0.1")
WILDCARDS = ("*.ece.example.com", "*.apm.ece.example.com", "*.fleet.ece.example.com")


@cache
def key_of(purpose, key_type="rsa-2048"):
    """Made once, because that takes a while."""
    return generate_private_key(key_type)


def lifetime(days=(0, 300)):
    return Lifetime(NOW - HOUR + timedelta(days=days[0]), NOW + timedelta(days=days[1]))


def authority(subject, issuer=None, purpose=None, days=(-100, 300), key_type="rsa-2048"):
    key = key_of(purpose or subject, key_type)
    return Authority(make_authority(parse_name(subject), key, lifetime(days), None, issuer), key)


@dataclass(frozen=True)
class Leaf:
    """A certificate of a service with its key."""

    key: object
    certificate: object
    key_pem: bytes
    pem: bytes


def leaf(issuer, names=LOCAL, subject="CN=ece.example.com", days=(0, 90), key_type="rsa-2048", profile="server"):
    key = key_of("service", key_type)
    specification = Specification(parse_name(subject), parse_alternative_names(names), profile, key_type)
    certificate = issue(specification, key.public_key(), issuer, lifetime(days))
    return Leaf(key, certificate, encode_private_key(key, None), encode_certificates([certificate]))


def pem_of(*authorities):
    return encode_certificates([each.certificate for each in authorities])
