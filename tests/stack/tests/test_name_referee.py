# Copyright: Stack TLS contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Our way to print a distinguished name against Java's, which is what Elasticsearch's PKI realm uses."""

from __future__ import annotations

import base64
import ssl
import subprocess
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from ansible_collections.stacktls.elastic.plugins.module_utils._errors import CertificateError
from ansible_collections.stacktls.elastic.plugins.module_utils._pki import _der
from ansible_collections.stacktls.elastic.plugins.module_utils._pki._authorities import make_authority
from ansible_collections.stacktls.elastic.plugins.module_utils._pki._certificates import (
    Lifetime,
    encode_certificates,
    load_certificates,
)
from ansible_collections.stacktls.elastic.plugins.module_utils._pki._keys import generate_private_key
from ansible_collections.stacktls.elastic.plugins.module_utils._pki._names import (
    parse_name,
    print_encoded_name,
    print_name,
)
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

if TYPE_CHECKING:
    from collections.abc import Iterable

pytestmark = pytest.mark.stack

PROGRAM = Path(__file__).resolve().parent / "java" / "PrintNames.java"

ENCODINGS = {
    0x0C: "utf-8",
    0x13: "ascii",
    0x14: "latin-1",
    0x16: "ascii",
    0x1B: "ascii",
    0x1C: "utf-32-be",
    0x1E: "utf-16-be",
}
TYPES = {
    "CN": "2.5.4.3",
    "SURNAME": "2.5.4.4",
    "SERIALNUMBER": "2.5.4.5",
    "C": "2.5.4.6",
    "L": "2.5.4.7",
    "ST": "2.5.4.8",
    "STREET": "2.5.4.9",
    "O": "2.5.4.10",
    "OU": "2.5.4.11",
    "T": "2.5.4.12",
    "business category": "2.5.4.15",
    "postal code": "2.5.4.17",
    "name": "2.5.4.41",
    "GIVENNAME": "2.5.4.42",
    "INITIALS": "2.5.4.43",
    "GENERATION": "2.5.4.44",
    "unique identifier": "2.5.4.45",
    "DNQ": "2.5.4.46",
    "pseudonym": "2.5.4.65",
    "UID": "0.9.2342.19200300.100.1.1",
    "mail": "0.9.2342.19200300.100.1.3",
    "DC": "0.9.2342.19200300.100.1.25",
    "e-mail address": "1.2.840.113549.1.9.1",
    "unstructured name": "1.2.840.113549.1.9.2",
    "jurisdiction": "1.3.6.1.4.1.311.60.2.1.3",
    "nobody's": "1.2.3.4",
    "IP": "1.3.6.1.4.1.42.2.11.2.1",
}
TEXTS = [
    "kibana-client",
    "",
    " ",
    "  ",
    " leading",
    "trailing ",
    "two  blanks",
    "a\tb",
    "a\nb",
    "\n",
    "a\u0000b",
    "\u007f",
    "#hash",
    "a#b",
    '"',
    '""',
    '"quoted"',
    '"half',
    '" quoted, with comma "',
    '"with "inner" quotes"',
    "back\\slash",
    '\\"',
    "a,b",
    "a+b",
    "a=b",
    "a;b",
    "<a>",
    "a'b",
    "a/b",
    "a*b",
    "a@b",
    "a_b",
    "a&b!",
]
WIDE_TEXTS = ["Z\u00fcrich", "\u00fc \u00fc", "\u00a0blank", "\u2028", "\u65e5\u672c", "\u200b", "e\u0301", "\u00e9,"]
ASTRAL_TEXTS = ["\U0001f511", "a \U0001f511,b"]

Attribute = tuple[str, int, bytes]


def encode_name(names: Iterable[Iterable[Attribute]]) -> bytes:
    """A name of sets of attributes: type, tag and content of the value."""
    return _der.sequence(
        *(
            _der.set_of(
                *(_der.sequence(_der.object_identifier(kind), _der.encode(tag, content)) for kind, tag, content in each)
            )
            for each in names
        )
    )


def java_prints(encoded: list[bytes]) -> list[str | None]:
    lines = "".join(base64.b64encode(each).decode() + "\n" for each in encoded)
    command = ["java", "-XX:TieredStopAtLevel=1", str(PROGRAM)]
    result = subprocess.run(command, input=lines, capture_output=True, text=True, check=True)
    answers = result.stdout.splitlines()
    assert len(answers) == len(encoded)
    return [None if answer == "-" else base64.b64decode(answer[1:]).decode() for answer in answers]


def odd_names() -> list[bytes]:
    names = [[[(kind, 0x0C, b"value")]] for kind in TYPES.values()]
    names += [[[(kind, tag, text.encode(ENCODINGS[tag]))]] for kind, tag, text in _odd_values()]
    names += [
        [],
        [[("2.5.4.3", 0x0C, b"b"), ("2.5.4.11", 0x0C, b"a")]],
        [[("2.5.4.11", 0x13, b"b"), ("2.5.4.3", 0x0C, b"a, b")], [("2.5.4.10", 0x0C, b"x"), ("1.2.3", 0x0C, b"y")]],
        [[("2.5.4.3", 0x04, b"octets")]],
        [[("2.5.4.3", 0x02, b"\x05")]],
        [[("2.5.4.3", 0x30, b"")]],
        [[("2.5.4.3", 0x17, b"260101000000Z")]],
        [[("2.5.4.45", 0x03, b"\x00\xff")]],
        [[("2.5.4.3", 0x12, b"12345")]],
        [[("2.5.4.3", 0x1A, b"visible")]],
        [[("2.5.4.3", 0x0C, b"\xff\xfe")]],
        [[("2.5.4.3", 0x13, b"\xe9")]],
        [[("2.5.4.3", 0x14, b"\xe9, \xff")]],
        [[("2.5.4.3", 0x1E, b"\x00a\x00")]],
        [[("2.5.4.3", 0x1E, b"\xd8\x3d\xdd\x11")]],
    ]
    return [encode_name(name) for name in names]


def _odd_values() -> list[tuple[str, int, str]]:
    kinds = [TYPES[name] for name in ("CN", "DC", "e-mail address", "nobody's")]
    values = [(kind, tag, text) for kind in kinds for tag in ENCODINGS for text in TEXTS]
    values += [(kind, tag, text) for kind in kinds for tag in (0x0C, 0x1C, 0x1E) for text in WIDE_TEXTS]
    return values + [(kind, 0x0C, text) for kind in kinds for text in ASTRAL_TEXTS]


def differences(encoded: list[bytes]) -> list[tuple[str, str, str | None]]:
    pairs = zip(encoded, java_prints(encoded))
    return [
        (each.hex(), print_encoded_name(each), java)
        for each, java in pairs
        if java not in (None, print_encoded_name(each))
    ]


def test_odd_names() -> None:
    assert differences(odd_names()) == []


ATTRIBUTES = st.builds(
    lambda kind, tag, text: (kind, tag, text.encode(ENCODINGS[tag], "ignore")),
    st.sampled_from(sorted(TYPES.values())),
    st.sampled_from(sorted(ENCODINGS)),
    st.text(
        st.one_of(
            st.sampled_from(' "\\,+=<>#;\n\t-'), st.characters(max_codepoint=0x2FFF, blacklist_categories=("Cs",))
        ),
        max_size=12,
    ),
)
NAMES = st.lists(st.lists(ATTRIBUTES, min_size=1, max_size=3), max_size=4).map(encode_name)


@pytest.fixture(scope="module")
def generated() -> list[bytes]:
    """Some hundred names of any kind."""
    collected: list[bytes] = []

    @settings(max_examples=600, database=None, phases=[Phase.generate], suppress_health_check=list(HealthCheck))
    @given(NAMES)
    def collect(name: bytes) -> None:
        collected.append(name)

    collect()
    return collected


def test_generated_names(generated: list[bytes]) -> None:
    assert len(generated) > 300
    assert differences(generated) == []


def test_names_in_certificates() -> None:
    """``cryptography`` keeps the encoding of a name that it reads, and what it cannot read is an error in words."""
    unreadable = 0
    for encoded in odd_names():
        try:
            found = load_certificates(certificate_of(encoded))[0].subject
        except CertificateError:
            unreadable += 1
        else:
            assert print_name(found) == print_encoded_name(encoded)
    assert 0 < unreadable < len(odd_names()) / 3


def certificate_of(name: bytes) -> bytes:
    """A certificate with this subject, in PEM form; the signature does not belong to it."""
    key = generate_private_key("ec-p256")
    lifetime = Lifetime.starting(datetime.now(timezone.utc), 1, timedelta(0))
    made = encode_certificates([make_authority(parse_name("CN=x"), key, lifetime)])
    content, *signature = _der.elements(_der.single(ssl.PEM_cert_to_DER_cert(made.decode()), _der.SEQUENCE).content)
    fields = [field.encoded for field in _der.elements(content.content)]
    changed = _der.sequence(*fields[:5], name, *fields[6:])
    whole = _der.sequence(changed, *(each.encoded for each in signature))
    return ssl.DER_cert_to_PEM_cert(whole).encode()


def test_names_that_we_make() -> None:
    texts = ["cn=kibana-client,ou=ops,o=Example\\, Inc.", "CN=a+OU=b,DC=example,DC=com", "E=a@example.com,1.2.3=x"]
    texts += ["CN=\\ a\\ ,O=\\#1", 'CN="a \\"b\\"",C=CH', "CN=Z\u00fcrich \U0001f511", "UID=1,L=a  b"]
    encoded = [parse_name(text).public_bytes() for text in texts]
    assert None not in java_prints(encoded)
    assert differences(encoded) == []
