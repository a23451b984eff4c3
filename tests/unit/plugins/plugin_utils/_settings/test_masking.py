# Copyright: Stack TLS contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import pytest
from ansible_collections.stacktls.elastic.plugins.plugin_utils._settings import masked, parse
from ansible_collections.stacktls.elastic.plugins.plugin_utils._settings._masking import MASK, is_secret


@pytest.mark.parametrize(
    "name",
    [
        *("elasticsearch.password", "elasticsearch.serviceAccountToken", "elasticsearch.ssl.keyPassphrase"),
        *("server.ssl.keystore.password", "xpack.security.encryptionKey", "xpack.security.http.ssl.key_passphrase"),
        *("xpack.encryptedSavedObjects.keyRotation.decryptionOnlyKeys", "bind_password", "a.client_secret"),
        *("xpack.security.http.ssl.keystore.secure_password", "xpack.actions.preconfigured.x.secrets.webhookUrl"),
        *(
            "elasticsearch.customHeaders.Authorization",
            "xpack.monitoring.exporters.a.headers.x",
            "a.apiKey",
            "a.api_key",
            "cloud.auth",
        ),
    ],
)
def test_secret_names(name):
    assert is_secret(name)


@pytest.mark.parametrize(
    "name",
    [
        *("elasticsearch.ssl.key", "server.ssl.certificate", "xpack.security.authc.token.enabled", "cluster.name"),
        *(
            "xpack.security.authc.api_key.enabled",
            "xpack.security.authc.password_hashing.algorithm",
            "server.ssl.keystore.path",
        ),
        *("elasticsearch.requestHeadersWhitelist", "xpack.security.authc.realms.pki.realm1.username_pattern"),
    ],
)
def test_other_names(name):
    assert not is_secret(name)


def test_no_secret_is_shown():
    text = """\
elasticsearch.password: "geheim1" # kept
elasticsearch:
  ssl: {key: /path, keyPassphrase: geheim2}
  customHeaders:
    authorization: geheim3
xpack.security.authc.token: {enabled: true}
xpack.encryptedSavedObjects.keyRotation.decryptionOnlyKeys:
  - geheim4 # geheim5
  - geheim6
server.ssl.keystore.password:
xpack.security.encryptionKey: |
  geheim7
  geheim8
list: [{password: geheim9}]
#elasticsearch.password: geheim10
# # elasticsearch.serviceAccountToken : 'geheim11' geheim12
#   keyPassphrase: geheim13
proxy: "https://user:geheim14@geheim@proxy:3128/"
a: 1 # old password: geheim16
#bind_password=geheim17
inline: |
  -----BEGIN RSA PRIVATE KEY-----
  geheim15
  -----END RSA PRIVATE KEY-----
end: here
"""
    shown = masked(parse(text))
    assert "geheim" not in shown
    assert shown.splitlines()[:4] == [
        f"elasticsearch.password: {MASK} # kept",
        "elasticsearch:",
        f"  ssl: {{key: /path, keyPassphrase: {MASK}}}",
        "  customHeaders:",
    ]
    assert "server.ssl.keystore.password:\n" in shown
    assert f"#elasticsearch.password: {MASK}\n" in shown
    assert shown.endswith("end: here\n")


def test_the_rest_is_shown_as_it_is():
    text = "# note: this key is public\na: 1\npath.data: /x # y: z\n#server.ssl.key: /path\n"
    assert masked(parse(text)) == text
