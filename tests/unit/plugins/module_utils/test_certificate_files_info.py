# Copyright: Stack TLS contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import os
import subprocess

import pytest
from ansible_collections.stacktls.elastic.plugins.module_utils._certificate_info import (
    MODULE_ARGUMENTS,
    gather_certificate_info,
)
from ansible_collections.stacktls.elastic.plugins.module_utils._errors import CertificateError, FileError

SECRET = "correct-horse-battery"
CONFIG = """
[req]
distinguished_name = dn
[dn]
[ca]
basicConstraints = critical,CA:TRUE,pathlen:3
keyUsage = critical,keyCertSign,cRLSign
[leaf]
basicConstraints = critical,CA:FALSE
keyUsage = critical,digitalSignature,keyAgreement,encipherOnly
extendedKeyUsage = serverAuth,1.2.3.4
subjectAltName = DNS:es1.example.com,DNS:*.wild.example.com,IP:192.0.2.1
"""


def openssl(folder, *arguments):
    subprocess.run(["openssl", *arguments], cwd=folder, check=True, capture_output=True)


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """A root, a certificate of it and containers, all made by openssl."""
    folder = tmp_path_factory.mktemp("made")
    (folder / "openssl.cnf").write_text(CONFIG)
    new = ("req", "-config", "openssl.cnf", "-new", "-nodes", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256")
    openssl(folder, *new, "-x509", "-subj", "/CN=Root", "-extensions", "ca", "-keyout", "ca.key", "-out", "ca.crt")
    openssl(folder, *new, "-subj", "/O=Example/CN=es1", "-keyout", "a.key", "-out", "a.csr")
    signed = (
        "x509",
        "-req",
        "-in",
        "a.csr",
        "-CA",
        "ca.crt",
        "-CAkey",
        "ca.key",
        "-days",
        "30",
        "-set_serial",
        "0x0abc",
    )
    openssl(folder, *signed, "-extfile", "openssl.cnf", "-extensions", "leaf", "-out", "a.crt")
    openssl(folder, "x509", "-in", "a.crt", "-outform", "DER", "-out", "a.der")
    openssl(folder, "pkcs8", "-topk8", "-in", "a.key", "-passout", f"pass:{SECRET}", "-out", "locked.key")
    container = ("pkcs12", "-export", "-in", "a.crt", "-certfile", "ca.crt", "-name", "http")
    openssl(folder, *container, "-inkey", "a.key", "-passout", f"pass:{SECRET}", "-out", "a.p12")
    openssl(folder, *container, "-inkey", "a.key", "-passout", "pass:", "-out", "empty.p12")
    openssl(folder, *container, "-nokeys", "-passout", f"pass:{SECRET}", "-out", "trust.p12")
    texts = {name: (folder / name).read_text() for name in ("a.crt", "a.key", "ca.crt", "locked.key")}
    for name, parts in {
        "chain.crt": ("a.crt", "ca.crt"),
        "bundle.crt": ("ca.crt", "ca.crt"),
        "both.crt": ("a.crt", "a.crt"),
        "combined.pem": ("a.key", "a.crt"),
        "combined-locked.pem": ("a.crt", "locked.key"),
    }.items():
        (folder / name).write_text("".join(texts[part] for part in parts))
    (folder / "damaged.crt").write_text(texts["a.crt"].replace("\nMII", "\nMIX", 1))
    (folder / "damaged.p12").write_bytes((folder / "a.p12").read_bytes()[:-9])
    (folder / "garbage").write_text("hello")
    (folder / "nothing").write_text("")
    return folder


@pytest.fixture
def gather(made):
    def run(*names, **options):
        defaults = {name: spec.get("default") for name, spec in MODULE_ARGUMENTS["argument_spec"].items()}
        paths = [str(made / name) for name in names] or None
        return gather_certificate_info({**defaults, "paths": paths, **options})["files"]

    return run


def test_a_certificate_in_full(gather, made):
    ask = ["openssl", "x509", "-in", "a.crt", "-noout", "-fingerprint", "-sha1"]
    openssl_says = subprocess.run(ask, cwd=made, capture_output=True, text=True, check=True).stdout
    (found,) = gather("a.crt")
    (certificate,) = found["certificates"]
    assert (found["state"], found["format"], found["kind"], found["problem"]) == ("ok", "pem", "certificate", "")
    assert found["private_key"] is None
    assert certificate["subject"] == "CN=es1, O=Example"
    assert certificate["issuer"] == "CN=Root"
    assert certificate["serial_number"] == "0ABC"
    assert certificate["fingerprint_sha1"] == openssl_says.partition("=")[2].strip().replace(":", "").lower()
    assert certificate["days_left"] in (29, 30)
    assert certificate["subject_alt_names"] == ["DNS:es1.example.com", "DNS:*.wild.example.com", "IP:192.0.2.1"]
    assert (certificate["ca"], certificate["path_length"], certificate["self_signed"]) == (False, None, False)
    assert certificate["key_usages"] == ["digitalSignature", "keyAgreement", "encipherOnly"]
    assert certificate["extended_key_usages"] == ["serverAuth", "1.2.3.4"]
    assert (certificate["has_private_key"], certificate["chain_complete"]) == (False, False)


def test_a_root(gather):
    (certificate,) = gather("ca.crt")[0]["certificates"]
    assert (certificate["ca"], certificate["path_length"], certificate["self_signed"]) == (True, 3, True)
    assert certificate["key_usages"] == ["keyCertSign", "cRLSign"]
    assert certificate["chain_complete"]


@pytest.mark.parametrize(
    ("name", "form", "kind"),
    [
        ("a.der", "der", "certificate"),
        ("chain.crt", "pem", "chain"),
        ("bundle.crt", "pem", "authorities"),
        ("both.crt", "pem", "certificates"),
        ("a.key", "pem", "private_key"),
        ("combined.pem", "pem", "identity"),
        ("a.p12", "pkcs12", "identity"),
        ("empty.p12", "pkcs12", "identity"),
        ("trust.p12", "pkcs12", "chain"),
    ],
)
def test_kinds(gather, name, form, kind):
    (found,) = gather(name, passphrases=[SECRET])
    assert (found["state"], found["format"], found["kind"]) == ("ok", form, kind)


def test_the_chain_is_complete_with_the_file_or_with_the_authorities(gather, made):
    assert [each["chain_complete"] for each in gather("chain.crt")[0]["certificates"]] == [True, True]
    assert gather("a.crt", ca_path=str(made / "ca.crt"))[0]["certificates"][0]["chain_complete"]
    assert not gather("a.crt", "ca.crt")[0]["certificates"][0]["chain_complete"]


def test_certificate_and_key_may_stand_in_two_files(gather):
    certificate, key = gather("a.crt", "a.key")
    assert certificate["certificates"][0]["has_private_key"]
    assert key["private_key"] == {"key_type": "ec-p256", "encrypted": False, "matches": True}
    assert not gather("a.crt", "ca.key")[1]["private_key"]["matches"]


def test_every_passphrase_is_tried(gather):
    first, second = gather("locked.key", "a.p12", passphrases=["wrong", SECRET])
    assert first["private_key"] == {"key_type": "ec-p256", "encrypted": True, "matches": True}
    assert second["encrypted"]
    assert [each["friendly_name"] for each in second["certificates"]] == ["http", ""]
    assert [each["has_private_key"] for each in second["certificates"]] == [True, False]


@pytest.mark.parametrize("passphrases", [[], ["wrong"]])
def test_what_is_locked(gather, passphrases):
    container, key, combined = gather("a.p12", "locked.key", "combined-locked.pem", passphrases=passphrases)
    assert {container["state"], key["state"], combined["state"]} == {"locked"}
    assert container["problem"] == "it is protected, and none of the passphrases opens it."
    assert (container["certificates"], container["encrypted"]) == ([], True)
    assert (container["format"], container["kind"], container["protection"]) == ("pkcs12", None, "aes-256")
    assert key["private_key"] == {"key_type": None, "encrypted": True, "matches": None}
    assert [each["subject"] for each in combined["certificates"]] == ["CN=es1, O=Example"]


def test_a_passphrase_that_is_not_needed_does_no_harm(gather):
    assert [each["state"] for each in gather("a.key", "empty.p12", "a.crt", passphrases=[SECRET])] == ["ok"] * 3


@pytest.mark.parametrize(
    ("name", "state", "words"),
    [
        ("missing", "missing", "no such file"),
        (".", "unreadable", "cannot be read: Is a directory"),
        ("damaged.crt", "damaged", "holds a damaged certificate"),
        ("damaged.p12", "damaged", "holds neither PEM nor"),
        ("garbage", "damaged", "holds neither PEM nor a certificate nor PKCS#12"),
        ("nothing", "damaged", "holds neither PEM nor"),
    ],
)
def test_what_cannot_be_read(gather, made, name, state, words):
    (found,) = gather(name)
    assert (found["state"], found["kind"], found["certificates"]) == (state, None, [])
    assert words in found["problem"]
    assert gather(name, fail_on=[other for other in ("missing", "damaged", "locked") if other != state])
    with pytest.raises(CertificateError, match=words) as caught:
        gather(name, fail_on=[state])
    assert caught.value.path == str(made / name)


@pytest.mark.parametrize(("mode", "exposed"), [(0o644, True), (0o640, False), (0o604, True), (0o600, False)])
def test_a_key_that_everybody_may_read(gather, made, mode, exposed):
    os.chmod(made / "combined.pem", mode)
    (found,) = gather("combined.pem")
    assert (found["private_key_exposed"], found["mode"]) == (exposed, f"{mode:04o}")
    assert found["owner"] and found["group"]


def test_certificates_may_be_read_by_everybody(gather, made):
    os.chmod(made / "a.crt", 0o644)
    assert not gather("a.crt")[0]["private_key_exposed"]


def test_names(gather):
    (found,) = gather("a.crt", names=["es1.example.com", "x.wild.example.com", "wild.example.com", "192.0.2.2"])
    assert found["certificates"][0]["names_not_covered"] == ["wild.example.com", "192.0.2.2"]


def test_moments(gather):
    moments = {
        "now": "now",
        "soon": "+29d",
        "later": "+31d",
        "before": "-1h",
        "then": "2001-02-03",
        "when": 20010203040506,
    }
    (found,) = gather("a.crt", valid_at=moments)
    expected = {"now": True, "soon": True, "later": False, "before": False, "then": False, "when": False}
    assert found["certificates"][0]["valid_at"] == expected
    with pytest.raises(CertificateError, match="'soon' is not a date"):
        gather("a.crt", valid_at={"x": "soon"})


def test_text_in_place_of_files(gather, made):
    (found,) = gather(content=(made / "combined.pem").read_text())
    assert (found["path"], found["mode"], found["kind"], found["private_key_exposed"]) == (
        None,
        None,
        "identity",
        False,
    )
    with pytest.raises(CertificateError, match="content: holds neither"):
        gather(content="x", fail_on=["damaged"])


def test_nothing_that_is_returned_is_secret(gather):
    text = str(gather("combined.pem", "a.p12", passphrases=[SECRET]))
    assert SECRET not in text
    assert "PRIVATE" not in text


def test_authorities_must_be_there(gather):
    with pytest.raises(FileError, match="/missing: no such file"):
        gather("a.crt", ca_path="/missing")
