# Copyright: Stack TLS contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the options of a certificate ask for."""

from __future__ import annotations

from datetime import datetime

from ._certificate_arguments import Options
from ._errors import CertificateError
from ._pki._certificates import Lifetime, Specification
from ._pki._dates import Margin, parse_margin
from ._pki._names import name_from_common_name, parse_name, print_name
from ._pki._sans import parse_alternative_names


def specification_of(identity: Options) -> Specification:
    """What the certificate of an identity should say.

    :raises CertificateError: where a name cannot be one.
    """
    subject = None
    if identity["subject"] is not None:
        subject = parse_name(identity["subject"])
    elif identity["common_name"] is not None:
        subject = name_from_common_name(identity["common_name"])
    names = parse_alternative_names(identity["subject_alt_names"])
    is_brought = identity["signer"] == "brought"
    if identity["profile"] != "client" and not names and subject is not None and not is_brought:
        raise CertificateError(
            f"the server certificate {print_name(subject)!r} has no subject_alt_names.",
            hint="Clients look for the host name there, not in the subject.",
        )
    key_type = "" if is_brought else identity["key_type"]
    return Specification(subject, names, identity["profile"], key_type, exact=identity["signer"] == "authority")


def margin_of(identity: Options) -> Margin:
    """How long before its end the certificate is renewed.

    :raises CertificateError: where that cannot be understood.
    """
    return parse_margin(identity["renew_before"])


def lifetime_of(identity: Options, now: datetime) -> Lifetime:
    """The dates of a new certificate.

    :raises CertificateError: where they cannot be, or each run would issue a new certificate.
    """
    lifetime = Lifetime.from_texts(identity["not_before"], identity["not_after"], now)
    if lifetime.not_after - now <= margin_of(identity).of(lifetime):
        raise CertificateError(
            f"renew_before is {identity['renew_before']!r}, not_before {identity['not_before']!r} and not_after "
            f"{identity['not_after']!r}: each run would issue a new certificate.",
            hint="Let more of the lifetime be left when it begins.",
        )
    return lifetime
