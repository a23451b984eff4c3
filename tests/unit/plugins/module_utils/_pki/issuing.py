# Copyright: Stack TLS contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import subprocess
from datetime import datetime, timedelta, timezone

from ansible_collections.stacktls.elastic.plugins.module_utils._pki._authorities import make_authority
from ansible_collections.stacktls.elastic.plugins.module_utils._pki._certificates import (
    Authority,
    Lifetime,
    Specification,
    encode_certificates,
    issue,
)
from ansible_collections.stacktls.elastic.plugins.module_utils._pki._keys import generate_private_key
from ansible_collections.stacktls.elastic.plugins.module_utils._pki._names import parse_name
from ansible_collections.stacktls.elastic.plugins.module_utils._pki._sans import parse_alternative_names
from cryptography import x509
from cryptography.hazmat.primitives import hashes

NOW = datetime.now(timezone.utc).replace(microsecond=0)
HOUR = timedelta(hours=1)
_MAY_SIGN = x509.KeyUsage(False, False, False, False, False, True, True, False, False)


class Pki:
    """An authority, keys that are made once, and certificates of any shape."""

    now = NOW

    def __init__(self):
        self._keys = {}
        self.authority = self.root("CN=Test CA,O=Example")

    def key(self, key_type="ec-p256", number=0):
        if (key_type, number) not in self._keys:
            self._keys[key_type, number] = generate_private_key(key_type)
        return self._keys[key_type, number]

    def root(self, subject, key=None, days=3650):
        key = key or generate_private_key("ec-p256")
        return Authority(make_authority(parse_name(subject), key, Lifetime.starting(NOW, days, HOUR)), key)

    def intermediate(self, subject, above, days=1000):
        key = generate_private_key("ec-p256")
        builder = (
            x509.CertificateBuilder()
            .subject_name(parse_name(subject))
            .issuer_name(above.certificate.subject)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(NOW - HOUR)
            .not_valid_after(NOW + timedelta(days=days))
            .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
            .add_extension(
                x509.AuthorityKeyIdentifier.from_issuer_public_key(above.certificate.public_key()), critical=False
            )
            .add_extension(_MAY_SIGN, critical=True)
        )
        return Authority(builder.sign(above.key, hashes.SHA256()), key)

    def specification(self, subject="CN=es1", names=("es1.example.com",), profile="server", key_type="ec-p256"):
        return Specification(parse_name(subject), parse_alternative_names(names), profile, key_type)

    def certificate(self, specification=None, authority=None, days=397, now=NOW):
        specification = specification or self.specification()
        key = self.key(specification.key_type)
        return issue(specification, key.public_key(), authority or self.authority, Lifetime.starting(now, days, HOUR))


def openssl_verify(folder, leaf, root, *options, intermediates=()):
    """What openssl says of the leaf."""
    for name, content in (("leaf", [leaf]), ("root", [root]), ("middle", intermediates)):
        (folder / f"{name}.pem").write_bytes(encode_certificates(content))
    untrusted = ["-untrusted", folder / "middle.pem"] if intermediates else []
    command = ["openssl", "verify", "-x509_strict", "-CAfile", folder / "root.pem", *untrusted, *options]
    return subprocess.run([*command, folder / "leaf.pem"], capture_output=True, text=True, check=False)
