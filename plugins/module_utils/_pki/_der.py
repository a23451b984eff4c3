# Copyright: Stack TLS contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The few pieces of DER that ``cryptography`` does not offer: names as they are encoded, and PKCS#12 containers."""

from __future__ import annotations

from dataclasses import dataclass

from .._errors import CertificateError

INTEGER = 0x02
OCTET_STRING = 0x04
NULL = 0x05
OBJECT_IDENTIFIER = 0x06
SEQUENCE = 0x30
SET = 0x31


@dataclass(frozen=True)
class Element:
    """One encoded value.

    :param content: what it holds, without tag and length.
    :param encoded: all of it.
    """

    tag: int
    content: bytes
    encoded: bytes


def encode(tag: int, *parts: bytes) -> bytes:
    """A value of this tag that holds the parts, one after the other."""
    content = b"".join(parts)
    length = len(content)
    if length < 0x80:
        return bytes([tag, length]) + content
    size = length.to_bytes((length.bit_length() + 7) // 8, "big")
    return bytes([tag, 0x80 | len(size)]) + size + content


def sequence(*parts: bytes) -> bytes:
    """A SEQUENCE of the parts."""
    return encode(SEQUENCE, *parts)


def set_of(*parts: bytes) -> bytes:
    """A SET OF the parts, in the order that DER asks for."""
    return encode(SET, *sorted(parts))


def octets(content: bytes) -> bytes:
    """An OCTET STRING."""
    return encode(OCTET_STRING, content)


def integer(value: int) -> bytes:
    """An INTEGER that is not negative."""
    return encode(INTEGER, value.to_bytes(value.bit_length() // 8 + 1, "big"))


def integer_of(element: Element) -> int:
    """The number in an INTEGER."""
    return int.from_bytes(element.content, "big", signed=True)


def null() -> bytes:
    """A NULL."""
    return encode(NULL)


def explicit(number: int, *parts: bytes) -> bytes:
    """The parts under a constructed context tag."""
    return encode(0xA0 | number, *parts)


def object_identifier(dotted: str) -> bytes:
    """An OBJECT IDENTIFIER from its dotted form."""
    first, second, *others = (int(part) for part in dotted.split("."))
    return encode(OBJECT_IDENTIFIER, *(_base128(arc) for arc in (40 * first + second, *others)))


def dotted(content: bytes) -> str:
    """The dotted form of the content of an OBJECT IDENTIFIER.

    :raises CertificateError: where it is empty or cut off.
    """
    if not content or content[-1] & 0x80:
        raise CertificateError("the content is not the DER of an object identifier.")
    arcs: list[int] = []
    arc = 0
    for byte in content:
        arc = arc << 7 | byte & 0x7F
        if not byte & 0x80:
            arcs.append(arc)
            arc = 0
    first = min(arcs[0] // 40, 2)
    return ".".join(str(part) for part in (first, arcs[0] - 40 * first, *arcs[1:]))


def elements(content: bytes) -> list[Element]:
    """The values that stand one after the other.

    :raises CertificateError: where they are not well-formed.
    """
    found: list[Element] = []
    position = 0
    while position < len(content):
        found.append(_element_at(content, position))
        position += len(found[-1].encoded)
    return found


def structure(content: bytes, *tags: int) -> list[Element]:
    """The values that stand one after the other; the first ones have these tags, more may follow.

    :raises CertificateError: where they are something else.
    """
    found = elements(content)
    if tuple(element.tag for element in found[: len(tags)]) != tags:
        raise CertificateError("the content is not the DER structure that was expected.")
    return found


def single(data: bytes, tag: int) -> Element:
    """The one value of that tag.

    :raises CertificateError: where it is something else.
    """
    found = structure(data, tag)
    if len(found) != 1:
        raise CertificateError("something follows the DER structure that was expected.")
    return found[0]


def _element_at(data: bytes, position: int) -> Element:
    tag, start = data[position], position + 2
    length = data[position + 1] if start <= len(data) else 0x80
    if length == 0x80 or tag & 0x1F == 0x1F:
        raise CertificateError("the content is not DER.")
    if length & 0x80:
        start += length & 0x7F
        length = int.from_bytes(data[position + 2 : start], "big")
    end = start + length
    if end > len(data):
        raise CertificateError("the content is cut off.")
    return Element(tag, data[start:end], data[position:end])


def _base128(arc: int) -> bytes:
    groups = [arc & 0x7F]
    while arc > 0x7F:
        arc >>= 7
        groups.append(arc & 0x7F | 0x80)
    return bytes(reversed(groups))
