# Copyright: Stack TLS contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import json
import os
import subprocess

import pytest
from ansible_collections.stacktls.elastic.plugins.module_utils._audit_info import gather_audit_info, host_path
from ansible_collections.stacktls.elastic.plugins.module_utils._errors import SettingsError
from ansible_collections.stacktls.elastic.plugins.module_utils._keystore import _beats, _elasticsearch, _kibana
from ansible_collections.stacktls.elastic.plugins.module_utils._settings_file import unseal
from hypothesis import given
from hypothesis import strategies as st

SECRET = "correct-horse-battery"
KEY = "0" * 64


def openssl(folder, *arguments):
    subprocess.run(["openssl", *arguments], cwd=folder, check=True, capture_output=True)


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """A certificate, its key, the same in PKCS#12, and its key encrypted: all made by openssl."""
    folder = tmp_path_factory.mktemp("with a space")
    new = ("req", "-x509", "-nodes", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-subj", "/CN=es1")
    openssl(folder, *new, "-days", "30", "-keyout", "a.key", "-out", "a.crt")
    openssl(
        folder, "pkcs12", "-export", "-in", "a.crt", "-inkey", "a.key", "-passout", f"pass:{SECRET}", "-out", "a.p12"
    )
    openssl(folder, "pkcs8", "-topk8", "-in", "a.key", "-passout", f"pass:{SECRET}", "-out", "locked.key")
    (folder / "a.key").chmod(0o644)
    return folder


def looked_at(folder, text=None, **service):
    """What is told of a service with these settings."""
    told = {"name": "x", "product": "other", "settings_path": None, "config_path": str(folder), "files": []}
    told.update({"container_config_path": None, "keystore_path": None, "keystore_password": None, "passphrases": []})
    if text is not None:
        path = folder / "x.yml"
        path.write_text(text)
        told["settings_path"] = str(path)
    params = {"services": [{**told, **service}], "authorities": [], "_exchange": {"key": KEY}}
    return gather_audit_info(params)["services"][0]


def files(found):
    return {os.path.basename(each["path"]): each for each in found["files"]}


@pytest.mark.parametrize(
    "text",
    [
        "ssl.certificate: a.crt",
        "ssl: {certificate: a.crt, key: x}",
        'ssl.certificate: "a.crt"   # mine',
        "ssl.certificate_authorities:\n- 'a.crt'\n",
        "ssl.certificate_authorities: [b.crt,a.crt]",
        "ssl.certificate: {folder}/a.crt",
        "ssl.certificate_authorities:\n  - {folder}/a.crt",
        "ssl.certificate: '{folder}/a.crt'",
    ],
)
def test_files_that_words_of_the_settings_name(made, text):
    found = files(looked_at(made, text.replace("{folder}", str(made))))
    assert [each["subject"] for each in found["a.crt"]["certificates"]] == ["CN=es1"]
    assert found["a.crt"]["state"] == "ok"


def test_what_has_nothing_to_do_with_certificates_is_passed_over(made):
    (made / "log.txt").write_text("no certificate")
    found = looked_at(made, "paths: [log.txt, /etc/passwd, /dev/null, /proc/self/environ, /]\nname: es1")
    assert found["files"] == []


def test_settings_travel_sealed(made):
    found = looked_at(made, f"a.password: {SECRET}\n")
    assert SECRET not in json.dumps(found)
    assert unseal(found["settings"]["content"], KEY).decode() == f"a.password: {SECRET}\n"


@pytest.mark.parametrize(
    ("product", "content", "text"),
    [
        ("elasticsearch", {"xpack.security.http.ssl.keystore.secure_password": SECRET.encode()}, ""),
        ("kibana", {"server.ssl.keystore.password": SECRET}, ""),
        ("beats", {"KEY_PASS": SECRET.encode()}, ""),
        ("other", None, f"ssl.keystore.password: '{SECRET}'"),
        ("other", None, f"ssl.key_passphrase: {SECRET} # in the clear"),
    ],
)
def test_passwords_open_files_and_are_not_told(made, product, content, text):
    encoders = {
        "elasticsearch": lambda entries: _elasticsearch.encode(_elasticsearch.Store(7, entries), ""),
        "kibana": _kibana.encode,
        "beats": _beats.encode,
    }
    more = {}
    if content is not None:
        (made / "x.keystore").write_bytes(encoders[product](content))
        more = {"keystore_path": str(made / "x.keystore")}
    found = looked_at(made, f"keystore.path: a.p12\nkey: locked.key\n{text}", product=product, **more)
    assert [each["state"] for each in found["files"]] == ["ok", "ok"]
    container, key = files(found)["a.p12"], files(found)["locked.key"]
    assert container["private_key"] == key["private_key"]
    assert container["private_key"]["public_key"] == container["certificates"][0]["public_key"]
    assert SECRET not in json.dumps(found)
    if content is not None:
        assert found["keystore"]["entries"] == sorted(content)


def test_a_keystore_with_a_password(made):
    store = _elasticsearch.Store(7, {"a.secure_password": SECRET.encode()})
    (made / "locked.keystore").write_bytes(_elasticsearch.encode(store, "its own"))
    more = {"product": "elasticsearch", "keystore_path": str(made / "locked.keystore")}
    found = looked_at(made, "keystore.path: a.p12", **more)
    assert found["keystore"]["state"] == "locked" and files(found)["a.p12"]["state"] == "locked"
    found = looked_at(made, "keystore.path: a.p12", **more, keystore_password="its own")
    assert found["keystore"]["state"] == "ok" and files(found)["a.p12"]["state"] == "ok"


def test_states_and_modes(made):
    (made / "bad.crt").write_text("nothing")
    (made / "jks").write_bytes(bytes.fromhex("feedfeed00000002") + b"\0" * 40)
    gone, paths = str(made / "gone.crt"), [str(made / name) for name in ("a.key", "bad.crt", "jks")]
    found = looked_at(made, None, files=[*paths, gone])
    assert [each["state"] for each in found["files"]] == ["ok", "damaged", "java_keystore", "missing"]
    assert files(found)["a.key"]["world_readable"] and files(found)["a.key"]["mode"] == "0644"
    assert found["settings"] is None and found["keystore"] is None
    missing = looked_at(made, None, settings_path=gone)
    assert missing["settings"]["state"] == "missing"


def test_an_authority_in_its_folder(made, tmp_path):
    (tmp_path / "ca.crt").write_bytes((made / "a.crt").read_bytes())
    (tmp_path / "ca.key").write_bytes((made / "a.key").read_bytes())
    (tmp_path / "trusted.crt").write_bytes((made / "a.crt").read_bytes())
    (tmp_path / "issued.jsonl").write_text('{"fingerprint_sha256": "ab"}\n[1]\n{"fingerprint_sha256": 3}\n{"cut o')
    (tmp_path / "rotation.json").write_text('{"stage": "issue"}')
    params = {"services": [], "authorities": [str(tmp_path), str(tmp_path / "none")], "_exchange": {"key": KEY}}
    found, none = gather_audit_info(params)["authorities"]
    assert (found["state"], found["issued"], found["rotation"]) == ("ok", ["ab"], "issue")
    assert len(found["certificates"]) == len(found["trusted"]) == 1
    assert found["private_key"]["encrypted"] is False
    assert (none["state"], none["issued"], none["certificates"]) == ("missing", None, [])
    assert "PRIVATE KEY" not in json.dumps(found)


def test_it_needs_its_action_plugin():
    with pytest.raises(SettingsError, match="action plugin"):
        gather_audit_info({"services": [], "authorities": [], "_exchange": None})


@given(st.text(st.characters(codec="utf-8")))
def test_no_settings_file_is_a_failure(made, text):
    assert looked_at(made, text)["settings"]["state"] == "ok"


@pytest.mark.parametrize(
    ("named", "wanted"),
    [("a.crt", "/x/a.crt"), ("/y/a.crt", "/y/a.crt"), ("/in/a.crt", "/x/a.crt"), ("/inside/a.crt", "/inside/a.crt")],
)
def test_paths_of_the_host(named, wanted):
    assert host_path(named, "/x/", "/in") == wanted
