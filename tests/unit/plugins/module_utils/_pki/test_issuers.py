# Copyright: Stack TLS contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import pytest
from ansible_collections.stacktls.elastic.plugins.module_utils._errors import CertificateError
from ansible_collections.stacktls.elastic.plugins.module_utils._pki._issuers import Issuers


@pytest.fixture
def chain(pki):
    root = pki.root("CN=Root")
    issuing = pki.intermediate("CN=Issuing", root)
    return pki.certificate(authority=issuing), issuing.certificate, root.certificate


def test_our_own_authority_is_compared_exactly(pki, chain):
    certificate, issuing, root = chain
    ours = Issuers((issuing, root), exact=True)
    assert ours.chain_of(certificate, ()) == ours.kept_chain(certificate, ()) == (issuing, root)
    assert ours.objection_to(certificate, ()) == ""
    assert ours.objection_to(pki.certificate(), ()) != ""
    assert Issuers((), exact=True).are_missing


def test_the_chain_of_others_is_put_in_order(chain):
    certificate, issuing, root = chain
    assert Issuers((), exact=False).chain_of(certificate, [root, issuing]) == (issuing, root)
    assert Issuers((root,), exact=False).chain_of(certificate, [issuing]) == (issuing, root)


def test_a_new_certificate_needs_its_whole_chain_and_a_present_one_does_not(chain):
    certificate, issuing, _root = chain
    unknown = Issuers((), exact=False)
    with pytest.raises(CertificateError, match="the issuer of 'CN=Issuing', 'CN=Root', is missing"):
        unknown.chain_of(certificate, [issuing])
    assert unknown.objection_to(certificate, [issuing]) == ""
    assert unknown.kept_chain(certificate, [issuing, issuing]) == (issuing,)


def test_another_root_than_the_known_ones(pki, chain):
    certificate, issuing, root = chain
    strangers = Issuers((pki.root("CN=Stranger").certificate,), exact=False)
    text = "the certificate leads to the root 'CN=Root', which is not one of issuer_certificates"
    assert strangers.objection_to(certificate, [issuing, root]) == text
    with pytest.raises(CertificateError, match="leads to the root"):
        strangers.chain_of(certificate, [issuing, root])
