# Copyright: Stack TLS contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import subprocess

import pytest
from ansible.errors import AnsibleFilterError
from ansible_collections.stacktls.elastic.plugins.filter.certificate_info import FilterModule
from ansible_collections.stacktls.elastic.plugins.module_utils import _module

certificate_info = FilterModule().filters()["certificate_info"]


def made_by_openssl(folder, *options):
    command = ["openssl", "req", "-x509", "-nodes", "-keyout", "a.key", *options]
    return subprocess.run(command, cwd=folder, capture_output=True, check=True, text=True).stdout


def test_each_certificate_of_a_bundle_in_its_order(tmp_path):
    first = made_by_openssl(
        tmp_path, "-newkey", "rsa:2048", "-subj", "/O=Example/CN=first", "-addext", "subjectAltName=DNS:a"
    )
    second = made_by_openssl(
        tmp_path, "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-subj", "/CN=second"
    )
    found = certificate_info(first + second)
    assert [each["subject"] for each in found] == ["CN=first, O=Example", "CN=second"]
    assert [each["key_type"] for each in found] == ["rsa-2048", "ec-p256"]
    assert found[0]["subject_alt_names"] == ["DNS:a"]


@pytest.mark.parametrize("text", ["", " \n"])
def test_nothing_holds_no_certificate(text):
    assert certificate_info(text) == []


def test_other_text_is_refused():
    with pytest.raises(AnsibleFilterError, match="certificate_info: holds no certificate in PEM form"):
        certificate_info("hello")


def test_what_is_no_text_is_refused():
    with pytest.raises(AnsibleFilterError, match="certificate_info needs text, not list"):
        certificate_info([])


def test_a_controller_without_cryptography_is_told(monkeypatch):
    monkeypatch.setattr(_module, "CRYPTOGRAPHY_VERSION", (0,))
    with pytest.raises(AnsibleFilterError, match=r"certificate_info: the controller needs .* cryptography >= 38\.0"):
        certificate_info("-----BEGIN CERTIFICATE-----")
