# Copyright: Stack TLS contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import base64
import subprocess

import pytest
from ansible_collections.stacktls.elastic.plugins.module_utils._errors import CertificateError
from ansible_collections.stacktls.elastic.plugins.module_utils._pki import _der
from ansible_collections.stacktls.elastic.plugins.module_utils._pki._names import (
    name_from_common_name,
    parse_name,
    print_name,
)
from cryptography import x509
from hypothesis import given
from hypothesis import strategies as st

JAVA = """
import java.io.*;
import java.util.*;
import javax.security.auth.x500.X500Principal;
public class Names {
    public static void main(String[] arguments) throws Exception {
        Base64.Decoder decoder = Base64.getDecoder();
        Base64.Encoder encoder = Base64.getEncoder();
        for (String line : new BufferedReader(new InputStreamReader(System.in)).lines().toList()) {
            String name = new X500Principal(decoder.decode(line)).toString();
            System.out.println(encoder.encodeToString(name.getBytes("UTF-8")));
        }
    }
}
"""

ODD_VALUES = [
    "plain",
    "two  blanks",
    " before",
    "after ",
    "a,b",
    "a+b",
    "a=b",
    "a<b>c",
    "#hash",
    "inner#hash",
    "semi;colon",
    "back\\slash",
    'a "quoted" word',
    '"quoted from end to end"',
    "new\nline",
    "tab\there",
    "caf\u00e9 \u20ac \U0001f600",
    "under_score@at*star",
    "it's (fine)/.:-?",
    "\u00a0no-break\u00a0",
]
OTHER_ATTRIBUTES = {
    "2.5.4.4": "Surname",
    "2.5.4.5": "Serial 1",
    "2.5.4.6": "DE",
    "2.5.4.7": "Locality",
    "2.5.4.8": "State",
    "2.5.4.9": "Street 1",
    "2.5.4.10": "Organization",
    "2.5.4.11": "Unit",
    "2.5.4.12": "Title",
    "2.5.4.17": "12345",
    "2.5.4.42": "Given",
    "2.5.4.43": "Initials",
    "2.5.4.44": "Generation",
    "2.5.4.46": "Qualifier",
    "2.5.4.97": "VATDE-123",
    "0.9.2342.19200300.100.1.1": "user",
    "0.9.2342.19200300.100.1.25": "example",
    "1.2.840.113549.1.9.1": "a@example.com",
    "1.3.6.1.4.1.311.60.2.1.2": "Bavaria",
}


def attribute(dotted, value):
    return x509.NameAttribute(x509.ObjectIdentifier(dotted), value)


def encoded_name(tag, content):
    """A name with one common name of any type, which ``cryptography`` would not make."""
    pair = _der.sequence(_der.object_identifier("2.5.4.3"), _der.encode(tag, content))
    return _der.sequence(_der.set_of(pair))


class Encoded:
    def __init__(self, content):
        self.content = content

    def public_bytes(self):
        return self.content


def test_names_are_printed_as_java_prints_them(tmp_path):
    names = [x509.Name([attribute("2.5.4.3", value)]) for value in ODD_VALUES]
    names += [x509.Name([attribute(dotted, value)]) for dotted, value in OTHER_ATTRIBUTES.items()]
    names.append(x509.Name([attribute(dotted, value) for dotted, value in OTHER_ATTRIBUTES.items()]))
    names.append(
        x509.Name(
            [
                x509.RelativeDistinguishedName([attribute("2.5.4.10", "b"), attribute("2.5.4.3", "a,")]),
                x509.RelativeDistinguishedName([attribute("2.5.4.11", "c")]),
            ]
        )
    )
    names += [
        Encoded(encoded_name(0x1E, "BMP \u00e9".encode("utf-16-be"))),
        Encoded(encoded_name(0x14, "T61 \u00e9".encode("latin-1"))),
        Encoded(encoded_name(0x16, b"IA5")),
        Encoded(encoded_name(0x04, b"octets")),
    ]
    (tmp_path / "Names.java").write_text(JAVA)
    lines = "".join(base64.b64encode(name.public_bytes()).decode() + "\n" for name in names)
    java = subprocess.run(
        ["java", "-XX:TieredStopAtLevel=1", str(tmp_path / "Names.java")],
        input=lines,
        capture_output=True,
        text=True,
        check=True,
    )
    printed = [base64.b64decode(line).decode() for line in java.stdout.splitlines()]
    assert [print_name(name) for name in names] == printed


@pytest.mark.parametrize(
    ("text", "printed"),
    [
        ("CN=kibana-client", "CN=kibana-client"),
        ("CN=kibana-client,OU=ops,O=Example", "CN=kibana-client, OU=ops, O=Example"),
        ("cn = kibana-client ; ou= ops , o=Example ", "CN=kibana-client, OU=ops, O=Example"),
        ("CN=a\\,b,O=c\\+d", 'CN="a,b", O="c+d"'),
        ('CN="a, \\"b\\" c",O=d', 'CN="a, \\"b\\" c", O=d'),
        ("CN=caf\\C3\\A9", "CN=caf\u00e9"),
        ("CN=\\ a\\ ,O=b", 'CN=" a ", O=b'),
        ("CN=a b  ,O=b", "CN=a b, O=b"),
        ("CN=#0c0161", "CN=a"),
        ("CN=a\\#b", 'CN="a#b"'),
        ("CN=x=y", 'CN="x=y"'),
        ("OID.2.5.4.3=a,2.5.4.11=b", "CN=a, OU=b"),
        ("1.3.6.1.4.1.42.2.11.2.1=a", "IP=a"),
        ("E=a@example.com,DC=example,DC=com", "EMAILADDRESS=a@example.com, DC=example, DC=com"),
        ("S=Bavaria,C=de", "ST=Bavaria, C=de"),
        ("CN=a\n", "CN=a"),
        ("UID=1+CN=a,O=b", "CN=a + UID=1, O=b"),
    ],
)
def test_what_people_write_is_understood(text, printed):
    assert print_name(parse_name(text)) == printed


def test_openssl_and_the_text_agree_on_the_order(pki):
    certificate = pki.certificate(pki.specification("CN=a,OU=b,O=c,C=DE"))
    from cryptography.hazmat.primitives.serialization import Encoding

    shown = subprocess.run(
        ["openssl", "x509", "-noout", "-subject", "-nameopt", "RFC2253"],
        input=certificate.public_bytes(Encoding.PEM),
        capture_output=True,
        check=True,
    )
    assert shown.stdout.decode().strip() == "subject=CN=a,OU=b,O=c,C=DE"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "has no attribute such as CN=... at position 1"),
        ("kibana", "has no attribute such as CN=... at position 1"),
        ("CN=a,", "has no attribute such as CN=... at position 6"),
        ("CN=a,,O=b", "has no attribute such as CN=... at position 6"),
        ("XY=a", "unknown attribute 'XY'"),
        ("CN=", "the attribute CN of a name is empty"),
        ('CN="a', "a value at position 4 that does not end where it should"),
        ('CN=a"b', "a value at position 4 that does not end where it should"),
        ("CN=a\\", "a value at position 4 that does not end where it should"),
        ("CN=\\FF", "escapes that are not UTF-8"),
        ("CN=#0401", "is cut off"),
        ("CN=#040161", "is not a DER string"),
        ("CN=a+CN=a", "one attribute twice"),
        ("CN=" + "x" * 65, "longer than 64 characters"),
        ("C=DEU", "may hold two letters"),
        ("E=\u00e9@example.com", "may hold ASCII"),
        ("SERIALNUMBER=a_b", "may hold letters, digits"),
        ("CN=a\\0Ab", "control character"),
        ("1.2.99999999999999999999999999999999999999999999999.x=a", "has no attribute"),
        ("9.9.9=a", "cannot be"),
    ],
)
def test_what_is_no_name_is_refused(text, words):
    with pytest.raises(CertificateError, match=words.replace(".", r"\.").replace("+", r"\+")):
        parse_name(text)


def test_a_common_name_is_taken_as_it_is():
    assert print_name(name_from_common_name("a, b=c")) == 'CN="a, b=c"'
    with pytest.raises(CertificateError, match="longer than 64"):
        name_from_common_name("x" * 65)


values = st.text(st.characters(blacklist_categories=("Cc", "Cs")), min_size=1, max_size=20).filter(
    # Java prints a value that begins and ends with quotes like the quoted value without them.
    lambda value: not (len(value) > 1 and value[0] == value[-1] == '"')
)
attributes = st.tuples(st.sampled_from(["2.5.4.3", "2.5.4.10", "2.5.4.11", "2.5.4.7", "1.2.3.4.5"]), values)
names = st.lists(st.lists(attributes, min_size=1, max_size=3, unique_by=lambda pair: pair[0]), min_size=1, max_size=4)


@given(names)
def test_what_is_printed_can_be_read_again(content):
    name = x509.Name(
        [x509.RelativeDistinguishedName([attribute(*pair) for pair in attributes]) for attributes in content]
    )
    assert parse_name(print_name(name)) == name
