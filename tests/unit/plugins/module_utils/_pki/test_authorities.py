# Copyright: Stack TLS contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from datetime import timedelta

import pytest
from ansible_collections.stacktls.elastic.plugins.module_utils._errors import CertificateError
from ansible_collections.stacktls.elastic.plugins.module_utils._pki._authorities import (
    chain_to_root,
    intermediates_of,
    require_authority,
)
from ansible_collections.stacktls.elastic.plugins.module_utils._pki._certificates import key_usage
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from issuing import openssl_verify


def test_a_chain_with_an_intermediate(pki, tmp_path):
    middle = pki.intermediate("CN=Middle", pki.authority)
    leaf = pki.certificate(authority=middle)
    root = pki.authority.certificate
    stranger = pki.root("CN=Stranger").certificate
    assert chain_to_root(leaf, [stranger, root, middle.certificate]) == [leaf, middle.certificate, root]
    assert intermediates_of([middle.certificate, root]) == [middle.certificate]
    assert openssl_verify(tmp_path, leaf, root, intermediates=[middle.certificate]).returncode == 0


def test_a_chain_that_does_not_reach_a_root(pki):
    middle = pki.intermediate("CN=Middle", pki.authority).certificate
    with pytest.raises(CertificateError, match="the issuer of 'CN=Middle', 'CN=Test CA, O=Example', is missing"):
        chain_to_root(middle, [pki.root("CN=Stranger").certificate])


def test_authorities_are_told_from_others(pki):
    require_authority(pki.authority.certificate, pki.now)
    with pytest.raises(CertificateError, match="'CN=es1' is not one of an authority"):
        require_authority(pki.certificate(), pki.now)
    with pytest.raises(CertificateError, match="expired on"):
        require_authority(pki.authority.certificate, pki.now + timedelta(days=3651))
    with pytest.raises(CertificateError, match=r"starts on .*Set this machine's clock"):
        require_authority(pki.authority.certificate, pki.now - timedelta(days=1))


def test_an_authority_that_may_not_sign(pki):
    key = pki.key()
    certificate = (
        x509.CertificateBuilder()
        .subject_name(x509.Name([]))
        .issuer_name(x509.Name([]))
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(pki.now - timedelta(days=1))
        .not_valid_after(pki.now + timedelta(days=1))
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .add_extension(key_usage("digital_signature"), critical=True)
        .sign(key, hashes.SHA256())
    )
    with pytest.raises(CertificateError, match="no keyCertSign"):
        require_authority(certificate, pki.now)
