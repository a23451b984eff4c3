# Copyright: Stack TLS contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Subject alternative names: what a person writes, checked and brought into the one form that all clients accept."""

from __future__ import annotations

import contextlib
import ipaddress
import re
from collections.abc import Iterable
from dataclasses import dataclass

from .._errors import CertificateError

with contextlib.suppress(ImportError):  # reported by _module.require_cryptography
    from cryptography import x509

_PREFIX = re.compile(r"([A-Za-z]+):(.*)", re.DOTALL)
_LABEL = re.compile(r"[a-z0-9](?:[a-z0-9-]*[a-z0-9])?")
_WITH_PORT = re.compile(r"[^:\s]+:[0-9]+|\[.*\](?::[0-9]+)?")
_LONGEST_LABEL = 63
_LONGEST_NAME = 253

_AMBIGUOUS = frozenset("\u00df\u03c2\u200c\u200d")
"""Characters that IDNA 2003 (Java) and IDNA 2008 (browsers, Node) encode differently."""


@dataclass(frozen=True, order=True)
class AlternativeName:
    """One name of a certificate; as text it reads ``DNS:es1.example.com`` or ``IP:10.0.0.1``."""

    kind: str
    value: str

    def __str__(self) -> str:
        return f"{self.kind}:{self.value}"


def parse_alternative_names(texts: Iterable[str]) -> tuple[AlternativeName, ...]:
    """The names in the order given, each once.

    :raises CertificateError: where one of them cannot be a name of a certificate; see :func:`parse_alternative_name`.
    """
    return tuple(dict.fromkeys(parse_alternative_name(text) for text in texts))


def parse_alternative_name(text: str) -> AlternativeName:
    """A name from ``DNS:...``, ``IP:...`` or a bare host name or address.

    :raises CertificateError: where clients would not accept it; the text says why.
    """
    address = _address(text)
    if address is not None:
        return address
    found = _PREFIX.fullmatch(text)
    kind = found.group(1).upper() if found else ""
    if found and kind == "IP":
        address = _address(found.group(2))
        if address is None:
            raise _refused(text, "is not an IP address", "Write it without brackets, port, prefix length and zone.")
        return address
    if found and kind == "DNS":
        return AlternativeName("DNS", _host_name(found.group(2), text))
    if _WITH_PORT.fullmatch(text):
        raise _refused(text, "has a port or brackets", "Write the host name or address alone.")
    if found:
        raise _refused(text, f"is of the kind {found.group(1)!r}", "DNS: and IP: names are supported.")
    return AlternativeName("DNS", _host_name(text, text))


def read_alternative_name(text: str) -> AlternativeName:
    """The name that the text stands for, also where no certificate of this collection could have it."""
    try:
        return parse_alternative_name(text)
    except CertificateError:
        found = _PREFIX.fullmatch(text)
        kind, value = (found[1], found[2]) if found else ("DNS", text)
        return AlternativeName(kind.upper() if kind.upper() in ("DNS", "IP") else kind, value.lower())


def uncovered(wanted: Iterable[AlternativeName], present: Iterable[AlternativeName]) -> list[AlternativeName]:
    """The wanted names that a client does not find in a certificate with the present ones (RFC 6125, section 6.4.3)."""
    found = set(present)
    return [name for name in wanted if name not in found and _wildcard(name) not in found]


def _wildcard(name: AlternativeName) -> AlternativeName | None:
    """The wildcard that covers a name: its first label, and only that, may be the asterisk."""
    first, dot, rest = name.value.partition(".")
    return AlternativeName("DNS", f"*.{rest}") if name.kind == "DNS" and first and dot else None


def to_extension(names: Iterable[AlternativeName]) -> x509.SubjectAlternativeName:
    """The extension of a certificate that holds these names."""
    return x509.SubjectAlternativeName(
        [
            x509.IPAddress(ipaddress.ip_address(name.value)) if name.kind == "IP" else x509.DNSName(name.value)
            for name in names
        ]
    )


def from_extension(extension: x509.SubjectAlternativeName) -> tuple[AlternativeName, ...]:
    """The names of a certificate, also those of kinds that the collection does not make."""
    return tuple(_from_general_name(name) for name in extension)


def _from_general_name(name: x509.GeneralName) -> AlternativeName:
    if isinstance(name, x509.DNSName):
        return AlternativeName("DNS", name.value.lower())
    if isinstance(name, x509.IPAddress):
        return AlternativeName("IP", str(name.value))
    return AlternativeName(type(name).__name__, str(name.value))


def _address(text: str) -> AlternativeName | None:
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return None
    return None if "%" in text else AlternativeName("IP", str(address))


def _host_name(name: str, text: str) -> str:
    """The name in lower case and ASCII, without the final dot."""
    _check_shape(name, text)
    ascii_name = _to_ascii(name, text).lower()
    ascii_name = ascii_name[:-1] if ascii_name.endswith(".") else ascii_name
    if len(ascii_name) > _LONGEST_NAME:
        raise _refused(text, f"is longer than {_LONGEST_NAME} characters")
    labels = ascii_name.split(".")
    for label in labels[1:] if labels[0] == "*" else labels:
        _check_label(label, text)
    if labels[0] == "*" and len(labels) < 3:
        raise _refused(text, "is a wildcard that no client accepts", "Two labels or more must follow the asterisk.")
    if labels[-1].isdigit():
        raise _refused(text, "ends like an IPv4 address and is none")
    return ascii_name


def _check_shape(name: str, text: str) -> None:
    if not name:
        raise _refused(text, "is empty")
    if "://" in name or "/" in name:
        raise _refused(text, "is an address with a path or prefix length", "Write the host name or address alone.")
    if "%" in name:
        raise _refused(text, "has a zone or an escape in it", "Write the host name or address alone.")
    if any(character.isspace() for character in name):
        raise _refused(text, "has a blank in it")
    if _address(name) is not None:
        raise _refused(text, "is an IP address", f"Write IP:{name}.")
    if _WITH_PORT.fullmatch(name):
        raise _refused(text, "has a port or brackets", "Write the host name or address alone.")


def _to_ascii(name: str, text: str) -> str:
    if name.isascii():
        return name
    if not _AMBIGUOUS.isdisjoint(name):
        raise _refused(text, "has a letter that clients encode differently", "Write the xn-- form that your DNS has.")
    try:
        return name.encode("idna").decode()
    except UnicodeError as error:
        raise _refused(text, "cannot be encoded for the DNS", "Write the xn-- form that your DNS has.") from error


def _check_label(label: str, text: str) -> None:
    if not label:
        raise _refused(text, "has an empty label (two dots in a row, or one in front)")
    if len(label) > _LONGEST_LABEL:
        raise _refused(text, f"has a label longer than {_LONGEST_LABEL} characters")
    if "_" in label:
        raise _refused(text, "has an underscore", "RFC 5280 and Java allow letters, digits and hyphens: use an alias.")
    if "*" in label:
        raise _refused(text, "has an asterisk that is not the whole first label")
    if not _LABEL.fullmatch(label):
        raise _refused(text, f"has the label {label!r}", "Letters, digits and inner hyphens are allowed.")


def _refused(text: str, reason: str, hint: str = "") -> CertificateError:
    return CertificateError(f"{text!r} cannot be a name of a certificate: it {reason}.", hint=hint)
