# Copyright: Stack TLS contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import pytest
from ansible_collections.stacktls.elastic.plugins.module_utils._settings_file import seal
from ansible_collections.stacktls.elastic.plugins.plugin_utils._audit import told_by_settings

KEY = "k" * 64
FILES = [{"path": path} for path in ("/etc/x/a.crt", "/etc/x/b.crt", "/g")]


def told(text, config_path="/etc/x", container_config_path=""):
    settings = {"path": "/etc/x/x.yml", "state": "ok", "problem": "", "content": seal(text.encode(), KEY)}
    folders = {"config_path": config_path, "container_config_path": container_config_path}
    return told_by_settings({"settings": settings, **folders, "given": ["/g"], "files": FILES}, KEY)


def named(text, *folders):
    return [(each["group"], each["use"], each["path"]) for each in told(text, *folders)["references"]]


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("xpack.security.http.ssl.certificate: certs/http.crt", ("xpack.security.http.ssl", "certificate")),
        ("xpack:\n  security.http:\n    ssl: {key: 'certs/http.crt'}", ("xpack.security.http.ssl", "key")),
        ("xpack.security.http.ssl:\n  keystore.path: certs/http.crt", ("xpack.security.http.ssl", "keystore")),
        ("a.realms.pki.p1:\n  truststore.path: certs/http.crt", ("a.realms.pki.p1", "truststore")),
        ("server.ssl.certificateAuthorities:\n  - certs/http.crt", ("server.ssl", "authorities")),
        ("a.realms.pki.p1.certificate_authorities: [certs/http.crt]", ("a.realms.pki.p1", "authorities")),
        (
            "filebeat.inputs:\n  - type: tcp\n    ssl.certificate: certs/http.crt",
            ("filebeat.inputs.ssl", "certificate"),
        ),
    ],
)
def test_forms_of_settings(text, wanted):
    assert named(text) == [(*wanted, "/etc/x/certs/http.crt")]


def test_what_is_no_file():
    assert named('a.ssl.certificate: "${CERTIFICATE}"') == [("a.ssl", "certificate", "")]
    assert named("a.ssl.certificate: |\n  -----BEGIN CERTIFICATE-----\n  AA\n") == []
    assert named("a.some.key: x\na.certificate: y\nssl.key_passphrase: z\na.ssl.certificate: ''") == []


def test_folders_of_a_container():
    assert named("a.ssl.key: /c/certs/k", "/srv/x", "/c") == [("a.ssl", "key", "/srv/x/certs/k")]
    assert named("a.ssl.key: /cc/k", "/srv/x", "/c") == [("a.ssl", "key", "/cc/k")]
    assert named("a.ssl.key: ../k", "/srv/x") == [("a.ssl", "key", "/srv/k")]


def test_switches_and_verification():
    found = told("output.x.ssl.verification_mode: none\nb.ssl.verificationMode: full\nb.ssl.enabled: false\n")
    assert found["unverified"] == ["output.x.ssl.verification_mode"]
    assert found["switches"] == {"b.ssl.enabled": False}


def test_what_is_no_yaml_is_damaged_and_its_content_is_gone():
    found = told("a: [password")
    assert found["settings"]["state"] == "damaged" and "line 1" in found["settings"]["problem"]
    assert "content" not in found["settings"] and found["references"] == []


def test_a_service_without_settings():
    found = told_by_settings({"settings": None, "given": [], "files": []}, KEY)
    assert found == {"settings": None, "files": [], "references": [], "unverified": [], "switches": {}}


def test_files_that_only_a_comment_names_do_not_count():
    found = told("# a.ssl.certificate: a.crt\na.ssl.certificate: b.crt  # not /etc/x/a.crt\n")
    assert [each["path"] for each in found["files"]] == ["/etc/x/b.crt", "/g"]
