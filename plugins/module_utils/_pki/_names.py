# Copyright: Stack TLS contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Distinguished names, as people write them and as Elasticsearch prints them.

The PKI realm calls a client by ``X500Principal.toString()`` of its certificate's subject: the last attribute of the
encoding first, a comma and a blank between them, Java's keywords, and quotes around values that need them. Role
mappings are compared with that text.
"""

from __future__ import annotations

import contextlib
import re
import unicodedata

from .._errors import CertificateError
from . import _der

with contextlib.suppress(ImportError):  # reported by _module.require_cryptography
    from cryptography import x509

_KEYWORDS = {
    "2.5.4.3": "CN",
    "2.5.4.4": "SURNAME",
    "2.5.4.5": "SERIALNUMBER",
    "2.5.4.6": "C",
    "2.5.4.7": "L",
    "2.5.4.8": "ST",
    "2.5.4.9": "STREET",
    "2.5.4.10": "O",
    "2.5.4.11": "OU",
    "2.5.4.12": "T",
    "2.5.4.42": "GIVENNAME",
    "2.5.4.43": "INITIALS",
    "2.5.4.44": "GENERATION",
    "2.5.4.46": "DNQ",
    "0.9.2342.19200300.100.1.1": "UID",
    "0.9.2342.19200300.100.1.25": "DC",
    "1.2.840.113549.1.9.1": "EMAILADDRESS",
    "1.3.6.1.4.1.42.2.11.2.1": "IP",
}
_IDENTIFIERS = {
    **{keyword: identifier for identifier, keyword in _KEYWORDS.items()},
    "DNQUALIFIER": "2.5.4.46",
    "E": "1.2.840.113549.1.9.1",
    "EMAIL": "1.2.840.113549.1.9.1",
    "GN": "2.5.4.42",
    "S": "2.5.4.8",
    "SN": "2.5.4.4",
    "TITLE": "2.5.4.12",
}

_LONGEST = {
    "2.5.4.3": 64,
    "2.5.4.5": 64,
    "2.5.4.7": 128,
    "2.5.4.8": 128,
    "2.5.4.10": 64,
    "2.5.4.11": 64,
    "2.5.4.12": 64,
    "1.2.840.113549.1.9.1": 255,
}
"""Upper bounds of RFC 5280, appendix A."""

_PRINTABLE = re.compile(r"[A-Za-z0-9 '()+,\-./:=?]*")
_VALUE_FORMS = {
    "2.5.4.6": (re.compile(r"[A-Za-z]{2}"), "two letters"),
    "2.5.4.5": (_PRINTABLE, "letters, digits, blanks and '()+,-./:=?"),
    "2.5.4.46": (_PRINTABLE, "letters, digits, blanks and '()+,-./:=?"),
    "0.9.2342.19200300.100.1.25": (re.compile(r"[\x00-\x7f]*"), "ASCII"),
    "1.2.840.113549.1.9.1": (re.compile(r"[\x00-\x7f]*"), "ASCII"),
}
"""Attributes that are not encoded as UTF8String, and what they may hold."""

_TEXT_ENCODINGS = {
    0x0C: "utf-8",
    0x13: "ascii",
    0x14: "latin-1",
    0x16: "ascii",
    0x1B: "ascii",
    0x1C: "utf-32-be",
    0x1E: "utf-16-be",
}

_NEED_QUOTES = frozenset(',+=\n<>#;\\"')
_TYPE = re.compile(r"\s*(?:(?:[Oo][Ii][Dd]\.)?([0-9]+(?:\.[0-9]+)+)|([A-Za-z][A-Za-z0-9-]*))\s*=\s*", re.ASCII)
_ESCAPE = r"\\(?:[0-9A-Fa-f]{2}|[^0-9A-Fa-f])"
_PLAIN = re.compile(rf'((?:{_ESCAPE}|[^,;+"\\\s]|\s+(?!\s*(?:[,;+]|\Z)))*)\s*', re.ASCII)
_QUOTED = re.compile(rf'"((?:{_ESCAPE}|[^"\\])*)"\s*', re.ASCII)
_HEXADECIMAL = re.compile(r"#((?:[0-9A-Fa-f]{2})+)\s*(?=[,;+]|\Z)", re.ASCII)
_UNIT = re.compile(r"\\([0-9A-Fa-f]{2})|\\?(.)", re.DOTALL)


def parse_name(text: str) -> x509.Name:
    """The name that RFC 2253 or RFC 4514 text stands for, the first attribute of the text last in the encoding.

    Understood too: quoted values, semicolons and blanks as separators, ``OID.`` before dotted types, Java's keywords.

    :raises CertificateError: where the text is no such name, or a certificate cannot hold it.
    """
    names: list[x509.RelativeDistinguishedName] = []
    position = 0
    while True:
        attributes, position = _parse_attributes(text, position)
        try:
            names.append(x509.RelativeDistinguishedName(attributes))
        except ValueError as error:
            raise CertificateError(f"the name '{text}' has one attribute twice between plus signs.") from error
        if position == len(text):
            return x509.Name(list(reversed(names)))
        position += 1


def name_from_common_name(common_name: str) -> x509.Name:
    """A name that holds this common name only.

    :raises CertificateError: where a certificate cannot hold it.
    """
    return x509.Name([_attribute("2.5.4.3", common_name)])


def print_name(name: x509.Name) -> str:
    """The name as Elasticsearch prints it, such as ``CN=kibana-client, OU=ops, O=Example``."""
    return print_encoded_name(name.public_bytes())


def print_encoded_name(der: bytes) -> str:
    """The same of a name in DER form.

    :raises CertificateError: where it is none.
    """
    encoded = _der.single(der, _der.SEQUENCE)
    names = [
        " + ".join(_print_attribute(attribute) for attribute in _der.elements(attributes.content))
        for attributes in _der.elements(encoded.content)
    ]
    return ", ".join(reversed(names))


def _print_attribute(attribute: _der.Element) -> str:
    identifier, value = _der.elements(attribute.content)
    dotted = _der.dotted(identifier.content)
    keyword = _KEYWORDS.get(dotted, f"OID.{dotted}")
    text = _decode(value)
    return f"{keyword}={'#' + value.encoded.hex() if text is None else _quote(text)}"


def _decode(value: _der.Element) -> str | None:
    """The text of a string type, nothing of any other type."""
    encoding = _TEXT_ENCODINGS.get(value.tag)
    return None if encoding is None else value.content.decode(encoding, "replace")


def _quote(text: str) -> str:
    """Java's rules, where it does not quote again what begins and ends with quotes."""
    if len(text) > 1 and text[0] == text[-1] == '"':
        return f'"{_escape(text[1:-1])}"'
    needed = not _NEED_QUOTES.isdisjoint(text) or text[:1] in (" ", "\n") or text[-1:] in (" ", "\n") or "  " in text
    return f'"{_escape(text)}"' if needed else text


def _escape(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"')


def _parse_attributes(text: str, position: int) -> tuple[list[x509.NameAttribute[str]], int]:
    """The attributes up to the next separator, and where that is."""
    attributes: list[x509.NameAttribute[str]] = []
    while True:
        identifier, position = _parse_type(text, position)
        value, position = _parse_value(text, position)
        attributes.append(_attribute(identifier, value))
        if text[position : position + 1] != "+":
            return attributes, position
        position += 1


def _parse_type(text: str, position: int) -> tuple[str, int]:
    found = _TYPE.match(text, position)
    if found is None:
        raise CertificateError(
            f"the name '{text}' has no attribute such as CN=... at position {position + 1}.",
            hint="Write it as CN=name,OU=unit,O=organization with \\, for a comma in a value.",
        )
    identifier = found.group(1) or _IDENTIFIERS.get(found.group(2).upper())
    if identifier is None:
        raise CertificateError(
            f"the name '{text}' has the unknown attribute {found.group(2)!r}.",
            hint=f"Known are {', '.join(sorted(_IDENTIFIERS))} and dotted object identifiers.",
        )
    return identifier, found.end()


def _parse_value(text: str, position: int) -> tuple[str, int]:
    for form, read in ((_HEXADECIMAL, _from_hexadecimal), (_QUOTED, _unescape), (_PLAIN, _unescape)):
        found = form.match(text, position)
        if found is not None and text[found.end() : found.end() + 1] in ("", ",", ";", "+"):
            return read(found.group(1)), found.end()
    raise CertificateError(
        f"the name '{text}' has a value at position {position + 1} that does not end where it should.",
        hint='Put a backslash before each of , ; + " \\ in a value.',
    )


def _from_hexadecimal(digits: str) -> str:
    value = _der.elements(bytes.fromhex(digits))
    text = _decode(value[0]) if len(value) == 1 else None
    if text is None:
        raise CertificateError(f"the value #{digits} in a name is not a DER string.")
    return text


def _unescape(text: str) -> str:
    content = b"".join(
        bytes.fromhex(unit.group(1)) if unit.group(1) else unit.group(2).encode() for unit in _UNIT.finditer(text)
    )
    try:
        return content.decode()
    except UnicodeDecodeError as error:
        raise CertificateError(f"the value '{text}' in a name has escapes that are not UTF-8.") from error


def _attribute(identifier: str, value: str) -> x509.NameAttribute[str]:
    keyword = _KEYWORDS.get(identifier, identifier)
    if not value:
        raise CertificateError(f"the attribute {keyword} of a name is empty.")
    if any(unicodedata.category(character) == "Cc" for character in value):
        raise CertificateError(f"the attribute {keyword} of a name has a control character in it: {value!r}.")
    longest = _LONGEST.get(identifier, 32768)
    if len(value) > longest:
        raise CertificateError(f"the attribute {keyword} of a name is longer than {longest} characters: {value!r}.")
    form, words = _VALUE_FORMS.get(identifier, (None, ""))
    if form is not None and not form.fullmatch(value):
        raise CertificateError(f"the attribute {keyword} of a name may hold {words}, not {value!r}.")
    try:
        return x509.NameAttribute(x509.ObjectIdentifier(identifier), value)
    except ValueError as error:
        raise CertificateError(f"the attribute {keyword} of a name cannot be {value!r}: {error}.") from error
