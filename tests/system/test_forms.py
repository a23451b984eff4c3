# Copyright: Stack TLS contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A living pair changes form, passphrase and name of Kibana's certificate; each time the second run changes nothing."""

from __future__ import annotations

import pytest
from conftest import KIBANA_CERTS, KIBANA_PASSPHRASE, kibana_certificate

pytestmark = [pytest.mark.stack, pytest.mark.soak]  # the molecule scenario "default" has PEM and PKCS#12


def pkcs12(password):
    return ("--cert-type", "P12", "--cert", f"{KIBANA_CERTS}/kibana-client.p12:{password}")


FORMS = {
    "pem": ({}, kibana_certificate()),
    "passphrase of digits": ({"kibana_mutual_tls_passphrase": "20261231"}, kibana_certificate("20261231")),
    "pkcs12": ({"kibana_mutual_tls_format": "pkcs12"}, pkcs12(KIBANA_PASSPHRASE)),
    "pkcs12 with the empty password": (
        {
            "kibana_mutual_tls_format": "pkcs12",
            "kibana_mutual_tls_passphrase": "",
            "kibana_mutual_tls_allow_empty_passphrase": True,
        },
        pkcs12(""),
    ),
    "pem again, another name": (
        {"kibana_mutual_tls_subject": "CN=kibana-client,OU=ops,O=Example"},
        kibana_certificate(),
    ),
}


@pytest.mark.parametrize("form", FORMS)
def test_form(converged, form):
    variables, files = FORMS[form]
    run = converged.play(**variables)
    assert run.status == 0, run.output

    user = converged.seen(*files)
    assert user["authentication_realm"] == {"name": "realm1", "type": "pki"}
    assert user["roles"] == ["kibana_system"]
    subject = variables.get("kibana_mutual_tls_subject", "CN=kibana-client")
    assert user["metadata"]["pki_dn"] == subject.replace(",", ", ")
    assert converged.status() == "available"

    again = converged.play(**variables)
    assert (again.status, again.changed()) == (0, 0), again.output


def test_only_one_passphrase_is_left_in_the_keystore(converged):
    listed = converged.execute("kb1", "/usr/share/kibana/bin/kibana-keystore", "--allow-root", "list").stdout.split()
    assert listed == ["elasticsearch.ssl.keyPassphrase"]
