# Copyright: Stack TLS contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Keys and certificates of the control plane itself: one authority, and what it signs."""

from __future__ import annotations

import datetime
import ipaddress
from typing import TYPE_CHECKING

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
from stacklib import cache

if TYPE_CHECKING:
    from pathlib import Path

ADDRESS = "127.0.0.1"
#: The addresses of services, and the first of them, by which programs inside the cluster know the API.
SERVICE_NETWORK = "10.96.0.0/16"
_SERVICE_ADDRESS = "10.96.0.1"
_SERVER_NAMES = ("localhost", "kubernetes", "kubernetes.default", "kubernetes.default.svc")
_LIFETIME = datetime.timedelta(days=3650)
_USAGES = (
    "digital_signature", "content_commitment", "key_encipherment", "data_encipherment", "key_agreement",
    "key_cert_sign", "crl_sign", "encipher_only", "decipher_only",
)  # fmt: skip


def make(folder: Path) -> None:
    """Fill a folder: `ca.crt`; `.crt` and `.key` of etcd, kube-apiserver, admin; `service-accounts.key` and `.pub`."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = _name("stacktls-control-plane")
    authority = _builder(name, key, name, key).add_extension(x509.BasicConstraints(True, 0), critical=True)
    authority = authority.add_extension(_usage("key_cert_sign", "crl_sign"), critical=True)
    cache.write(folder / "ca.crt", _pem(authority.sign(key, hashes.SHA256())))
    servers = [x509.IPAddress(ipaddress.ip_address(each)) for each in (ADDRESS, _SERVICE_ADDRESS)]
    names = x509.SubjectAlternativeName([*servers, *map(x509.DNSName, _SERVER_NAMES)])
    for leaf, organization in (("etcd", None), ("kube-apiserver", None), ("admin", "system:masters")):
        own = ec.generate_private_key(ec.SECP256R1())
        builder = _builder(_name(leaf, organization), own, name, key).add_extension(names, critical=False)
        builder = builder.add_extension(x509.BasicConstraints(False, None), critical=True)
        builder = builder.add_extension(_usage("digital_signature"), critical=True)
        purposes = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH])
        builder = builder.add_extension(purposes, critical=False)
        cache.write(folder / f"{leaf}.crt", _pem(builder.sign(key, hashes.SHA256())))
        cache.write(folder / f"{leaf}.key", _private(own), 0o600)
    accounts = ec.generate_private_key(ec.SECP256R1())
    public = accounts.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    cache.write(folder / "service-accounts.pub", public)
    cache.write(folder / "service-accounts.key", _private(accounts), 0o600)


def _builder(
    subject: x509.Name, key: ec.EllipticCurvePrivateKey, issuer: x509.Name, issuer_key: ec.EllipticCurvePrivateKey
) -> x509.CertificateBuilder:
    now = datetime.datetime.now(datetime.timezone.utc)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(minutes=5))
        .not_valid_after(now + _LIFETIME)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer_key.public_key()), critical=False)
    )


def _name(common: str, organization: str | None = None) -> x509.Name:
    parts = [x509.NameAttribute(NameOID.COMMON_NAME, common)]
    if organization:
        parts.append(x509.NameAttribute(NameOID.ORGANIZATION_NAME, organization))
    return x509.Name(parts)


def _usage(*wanted: str) -> x509.KeyUsage:
    return x509.KeyUsage(**{usage: usage in wanted for usage in _USAGES})


def _pem(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(Encoding.PEM)


def _private(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
