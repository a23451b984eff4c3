# Copyright: Stack TLS contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Name constraints of authorities (RFC 5280, section 4.2.1.10): what a person writes, and which names they refuse."""

from __future__ import annotations

import contextlib
import ipaddress
import re
from collections.abc import Iterable
from typing import TYPE_CHECKING, Union

from .._errors import CertificateError
from ._names import print_name
from ._sans import AlternativeName, parse_alternative_name, to_extension

with contextlib.suppress(ImportError):  # reported by _module.require_cryptography
    from cryptography import x509
    from cryptography.x509.oid import NameOID

if TYPE_CHECKING:
    Network = Union[ipaddress.IPv4Network, ipaddress.IPv6Network]

_HOST_NAME = re.compile(r"[A-Za-z0-9-]+|[A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]+)+")
_FORMS = "Write DNS:example.com for the domain and all names below it, or IP:10.0.0.0/8 for a network."


def parse_subtrees(texts: Iterable[str]) -> tuple[x509.GeneralName, ...]:
    """The subtrees in the order given, each once.

    :raises CertificateError: where one of them is no subtree; see :func:`parse_subtree`.
    """
    return tuple(dict.fromkeys(parse_subtree(text) for text in texts))


def parse_subtree(text: str) -> x509.GeneralName:
    """A domain from ``DNS:example.com``, or a network from ``IP:10.0.0.0/8``.

    :raises CertificateError: where it is neither, or clients would understand it differently.
    """
    kind, _colon, value = text.partition(":")
    if kind.upper() == "IP":
        return x509.IPAddress(_network(value, text))
    if kind.upper() != "DNS":
        raise _refused(text, "is neither DNS: nor IP:")
    if value.startswith((".", "*.")):
        raise _refused(text, "begins with a dot or an asterisk, which RFC 5280 does not have")
    return x509.DNSName(parse_alternative_name(text).value)


def print_subtree(subtree: x509.GeneralName) -> str:
    """The subtree as :func:`parse_subtree` reads it; ``dirName:``, ``email:`` and others likewise."""
    if isinstance(subtree, x509.DirectoryName):
        return f"dirName:{print_name(subtree.value)}"
    kinds = {x509.DNSName: "DNS", x509.IPAddress: "IP", x509.RFC822Name: "email"}
    return f"{kinds.get(type(subtree), type(subtree).__name__)}:{subtree.value}"


def presented_names(subject: x509.Name, names: Iterable[AlternativeName]) -> list[x509.GeneralName]:
    """All names of a certificate that constraints apply to.

    Where it has no alternative name of the kind, clients take a common name that looks like one for a host name or an
    address: Java, and so Elasticsearch, any such word; OpenSSL one with a dot, in which it allows underscores.
    """
    alternatives: list[x509.GeneralName] = list(to_extension(names))
    kinds = {type(name) for name in alternatives}
    implied = [_implied_names(common_name) for common_name in _values(subject, NameOID.COMMON_NAME)]
    alternatives += [name for found in implied for name in found if type(name) not in kinds]
    return [*alternatives, *names_in_subject(subject)]


def names_in_subject(subject: x509.Name) -> list[x509.GeneralName]:
    """The names in a subject, also one of an authority, that constraints apply to."""
    mailboxes = [x509.RFC822Name(mailbox) for mailbox in _values(subject, NameOID.EMAIL_ADDRESS)]
    return [*mailboxes, x509.DirectoryName(subject)] if list(subject) else []


def violations(constraints: x509.NameConstraints, presented: Iterable[x509.GeneralName]) -> list[str]:
    """Which of the names a client refuses under these constraints, and why: a part of a sentence for each."""
    found: list[str] = []
    for name in presented:
        permitted = [tree for tree in constraints.permitted_subtrees or () if type(tree) is type(name)]
        if permitted and not any(covers(tree, name) for tree in permitted):
            found.append(f"permits {', '.join(map(print_subtree, permitted))}, not {print_subtree(name)}")
        excluded = [tree for tree in constraints.excluded_subtrees or () if _meets(tree, name)]
        found += [f"excludes {print_subtree(tree)} and with it {print_subtree(name)}" for tree in excluded]
    return found


def covers(tree: x509.GeneralName, name: x509.GeneralName) -> bool:
    """Whether a name, or a smaller subtree, lies within the subtree of the same kind."""
    if isinstance(tree, x509.DNSName) and isinstance(name, x509.DNSName):
        return _is_below(name.value.lower(), tree.value.lower())
    if isinstance(tree, x509.IPAddress) and isinstance(name, x509.IPAddress):
        return _is_within(ipaddress.ip_network(str(name.value)), ipaddress.ip_network(str(tree.value)))
    if isinstance(tree, x509.RFC822Name) and isinstance(name, x509.RFC822Name):
        return _is_mailbox_of(name.value.lower(), tree.value.lower())
    if isinstance(tree, x509.DirectoryName) and isinstance(name, x509.DirectoryName):
        above = _comparable(tree.value)
        return _comparable(name.value)[: len(above)] == above
    return False


def _meets(tree: x509.GeneralName, name: x509.GeneralName) -> bool:
    """Whether an excluded subtree holds the name, or one of those that a wildcard stands for."""
    if covers(tree, name):
        return True
    if isinstance(tree, x509.DNSName) and isinstance(name, x509.DNSName) and name.value.startswith("*."):
        return tree.value.lower().partition(".")[2] == name.value[2:].lower()
    return False


def _is_below(name: str, domain: str) -> bool:
    """A leading dot, which others write, leaves out the domain itself."""
    return not domain or name == domain or name.endswith(domain if domain.startswith(".") else f".{domain}")


def _is_within(network: Network, above: Network) -> bool:
    if isinstance(network, ipaddress.IPv4Network) and isinstance(above, ipaddress.IPv4Network):
        return network.subnet_of(above)
    if isinstance(network, ipaddress.IPv6Network) and isinstance(above, ipaddress.IPv6Network):
        return network.subnet_of(above)
    return False


def _is_mailbox_of(mailbox: str, constraint: str) -> bool:
    """One mailbox, all of a host, or with a leading dot all of the hosts below a domain."""
    host = mailbox.rpartition("@")[2]
    if constraint.startswith("."):
        return host.endswith(constraint)
    return constraint in (mailbox, host)


def _comparable(name: x509.Name) -> list[frozenset[tuple[str, str]]]:
    """The attributes without what RFC 5280, section 7.1, does not count: letter case and repeated blanks."""
    return [
        frozenset((each.oid.dotted_string, " ".join(str(each.value).casefold().split())) for each in attributes)
        for attributes in name.rdns
    ]


def _values(subject: x509.Name, attribute: x509.ObjectIdentifier) -> list[str]:
    return [str(each.value) for each in subject.get_attributes_for_oid(attribute)]


def _implied_names(common_name: str) -> list[x509.GeneralName]:
    found: list[x509.GeneralName] = [x509.DNSName(common_name)] if _HOST_NAME.fullmatch(common_name) else []
    try:
        return [*found, x509.IPAddress(ipaddress.ip_address(common_name))]
    except ValueError:
        return found


def _network(value: str, text: str) -> Network:
    try:
        return ipaddress.ip_network(value)
    except ValueError as error:
        raise _refused(text, f"is no network ({error})") from error


def _refused(text: str, reason: str) -> CertificateError:
    return CertificateError(f"{text!r} cannot be a name constraint: it {reason}.", hint=_FORMS)
