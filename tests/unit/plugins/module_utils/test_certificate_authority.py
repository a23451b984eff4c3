# Copyright: Stack TLS contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import json
import os
import stat
import subprocess
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from ansible_collections.stacktls.elastic.plugins.module_utils._authority_store import AuthorityStore
from ansible_collections.stacktls.elastic.plugins.module_utils._certificate_authority import (
    manage_certificate_authority,
)
from ansible_collections.stacktls.elastic.plugins.module_utils._certificate_authority_options import MODULE_ARGUMENTS
from ansible_collections.stacktls.elastic.plugins.module_utils._errors import StackTlsError
from ansible_collections.stacktls.elastic.plugins.module_utils._pki._authorities import make_authority
from ansible_collections.stacktls.elastic.plugins.module_utils._pki._certificates import (
    Identity,
    Lifetime,
    encode_certificates,
    load_certificates,
)
from ansible_collections.stacktls.elastic.plugins.module_utils._pki._keys import (
    encode_private_key,
    generate_private_key,
    is_encrypted,
    load_private_key,
)
from ansible_collections.stacktls.elastic.plugins.module_utils._pki._names import parse_name
from ansible_collections.stacktls.elastic.plugins.module_utils._pki._pkcs12 import encode_container

NOW = datetime.now(timezone.utc)
PASSPHRASE = "authority-secret"


class Site:
    """A folder for authorities and what the module said about them."""

    def __init__(self, folder):
        self.folder = folder
        self.store = AuthorityStore(str(folder / "ca"))
        self.warnings = []

    def run(self, check_mode=False, **given):
        task = {"path": self.store.folder, "passphrase": PASSPHRASE, "common_name": "Test CA", **given}
        task = {name: value for name, value in task.items() if value is not None}
        validated = ArgumentSpecValidator(**MODULE_ARGUMENTS).validate(task)
        assert not validated.error_messages, validated.error_messages
        return manage_certificate_authority(validated.validated_parameters, self.warnings.append, check_mode=check_mode)

    def content(self):
        if not os.path.isdir(self.store.folder):
            return None
        return {entry.name: open(entry.path, "rb").read() for entry in os.scandir(self.store.folder)}

    def refused(self, **given):
        before = self.content()
        with pytest.raises(StackTlsError) as caught:
            self.run(**given)
        assert self.content() == before
        assert "secret" not in str(caught.value)
        return str(caught.value)

    def write(self, name, content):
        path = self.folder / name
        path.write_bytes(content)
        return str(path)

    def brought(self, key=None, days=3650, name="Brought CA"):
        """Options that import an authority of somebody else."""
        key = key or generate_private_key("rsa-2048")
        lifetime = Lifetime(NOW - timedelta(days=4000), NOW + timedelta(days=days))
        certificate = make_authority(parse_name(f"CN={name}"), key, lifetime)
        return {
            "import_certificate": self.write("brought.crt", encode_certificates([certificate])),
            "import_private_key": self.write("brought.key", encode_private_key(key, "brought-secret")),
            "import_passphrase": "brought-secret",
        }


@pytest.fixture
def site(tmp_path):
    return Site(tmp_path)


def mode(path):
    return stat.S_IMODE(os.stat(path).st_mode)


def test_a_new_authority_is_made_once(site):
    announced = site.run(check_mode=True)
    assert announced["changed"]
    assert announced["diff"]["after"] == {
        "subject": "CN=Test CA",
        "key_type": "ec-p256",
        "path_length": None,
        "name_constraints_permitted": [],
        "name_constraints_excluded": [],
        "key_usage": ["keyCertSign", "cRLSign"],
    }
    assert site.content() is None
    made = site.run()
    assert announced["diff"]["after"].items() <= made["diff"]["after"].items()
    assert made["changed"]
    assert sorted(site.content()) == ["ca.crt", "ca.key"]
    assert [mode(site.store.folder), mode(site.store.key_path), mode(site.store.certificate_path)] == [
        0o700,
        0o600,
        0o644,
    ]
    content = site.content()
    kept = [site.run(check_mode=True), site.run(key_type="ec-p256")]
    assert [each.pop("changed") for each in kept] == [False, False]
    assert [each["diff"]["before"] == each["diff"]["after"] for each in kept] == [True, True]
    assert kept[0]["certificate"] == made["certificate"] == content["ca.crt"].decode()
    assert site.content() == content
    assert site.warnings == []


def test_openssl_accepts_the_new_authority(site):
    site.run(subject="CN=Test CA,O=Example", common_name=None, key_type="rsa-2048", not_after="+100d")
    shown = subprocess.run(
        ["openssl", "x509", "-noout", "-text", "-in", site.store.certificate_path], capture_output=True, check=True
    ).stdout.decode()
    assert "CA:TRUE" in shown
    assert "Certificate Sign, CRL Sign" in shown
    verify = ["openssl", "verify", "-x509_strict", "-CAfile", site.store.certificate_path, site.store.certificate_path]
    subprocess.run(verify, check=True, capture_output=True)
    key = ["openssl", "pkey", "-in", site.store.key_path, "-passin", f"pass:{PASSPHRASE}", "-noout"]
    subprocess.run(key, check=True)


def test_the_result_describes_the_authority(site):
    result = site.run(not_after="+100d")
    assert result["days_left"] in (99, 100)
    assert (result["subject"], result["issuer"], result["key_type"]) == ("CN=Test CA", "CN=Test CA", "ec-p256")
    assert result["certificate_path"] == site.store.certificate_path
    assert PASSPHRASE not in repr(result)


def test_a_present_authority_that_is_not_as_wished_is_kept_with_a_warning(site):
    first = site.run(not_after="+60d")
    kept = site.run(common_name="Other CA", key_type="rsa-3072")
    assert (kept["changed"], kept["certificate"]) == (False, first["certificate"])
    assert site.warnings == [
        f"The certificate authority in {site.store.folder} is kept: its subject is CN=Test CA, not CN=Other CA.",
        f"The certificate authority in {site.store.folder} is kept: its key is ec-p256, not rsa-3072.",
        f"The certificate authority in {site.store.folder} expires in 59 days.",
    ]


def test_a_new_authority_is_restricted(site):
    wishes = {
        "path_length": 0,
        "name_constraints_permitted": ["DNS:example.com", "IP:10.0.0.0/8"],
        "name_constraints_excluded": ["DNS:bad.example.com"],
        "key_usage": ["digitalSignature", "cRLSign"],
    }
    made = site.run(**wishes)
    assert {name: made[name] for name in wishes} == {
        **wishes,
        "key_usage": ["keyCertSign", "cRLSign", "digitalSignature"],
    }
    assert not site.run(**{**wishes, "name_constraints_permitted": ["IP:10.0.0.0/8", "DNS:example.com"]})["changed"]
    assert site.warnings == []
    kept = site.run(path_length=1, name_constraints_permitted=[], name_constraints_excluded=["DNS:x"], key_usage=[])
    assert not kept["changed"]
    assert [warning.partition(" is kept: ")[2] for warning in site.warnings] == [
        "its path length is 0, not 1.",
        "its list of permitted names is DNS:example.com, IP:10.0.0.0/8, not empty.",
        "its list of excluded names is DNS:bad.example.com, not DNS:x.",
        "its key usage is keyCertSign, cRLSign, digitalSignature, not keyCertSign, cRLSign.",
    ]


def test_a_key_without_passphrase_must_be_allowed(site):
    assert "would have no passphrase. Set passphrase" in site.refused(passphrase=None)
    assert "would have no passphrase. Set passphrase" in site.refused(passphrase="")
    site.run(passphrase=None, allow_unencrypted_key=True)
    assert not is_encrypted(site.content()["ca.key"])
    assert not site.run(passphrase=None, allow_unencrypted_key=True)["changed"]
    assert "has no passphrase" in site.refused(passphrase=None)


def test_an_unencrypted_key_is_encrypted_when_a_passphrase_comes(site):
    site.run(passphrase=None, allow_unencrypted_key=True)
    before = site.content()
    assert site.run(check_mode=True)["changed"]
    assert site.content() == before
    assert site.run()["changed"]
    assert load_private_key(site.content()["ca.key"], PASSPHRASE)
    assert site.content()["ca.crt"] == before["ca.crt"]
    assert not site.run()["changed"]


def test_a_key_that_others_may_read_is_closed(site):
    site.run()
    os.chmod(site.store.key_path, 0o644)
    assert site.run(check_mode=True)["changed"]
    assert mode(site.store.key_path) == 0o644
    assert site.run()["changed"]
    assert mode(site.store.key_path) == 0o600


def test_a_wrong_passphrase(site):
    site.run()
    assert site.refused(passphrase="wrong").startswith(
        f"{site.store.key_path}: the private key cannot be opened with this passphrase."
    )
    assert "is encrypted and no passphrase is given" in site.refused(passphrase=None)


def test_half_an_authority(site):
    site.run()
    os.rename(site.store.key_path, site.folder / "elsewhere")
    assert f"{site.store.key_path}: this part of the certificate authority is missing" in site.refused()


def test_files_that_are_damaged(site):
    site.run()
    good = site.content()
    for name in ("ca.crt", "ca.key"):
        path = os.path.join(site.store.folder, name)
        with open(path, "wb") as stream:
            stream.write(b"damaged")
        assert site.refused().startswith(f"{path}: holds no")
        with open(path, "wb") as stream:
            stream.write(good[name])
    os.unlink(site.store.certificate_path)
    os.mkdir(site.store.certificate_path)
    with pytest.raises(StackTlsError, match="cannot be read: Is a directory"):
        site.run()


def test_the_key_of_another_authority(site):
    site.run()
    site.store.write_key(generate_private_key("ec-p256"), PASSPHRASE)
    assert f"{site.store.key_path}: is not the key of {site.store.certificate_path}" in site.refused()


def test_an_expired_authority_is_not_replaced(site):
    site.run()
    key = load_private_key(site.content()["ca.key"], PASSPHRASE)
    past = Lifetime(NOW - timedelta(days=20), NOW - timedelta(days=10))
    site.store.write_certificates([make_authority(parse_name("CN=Test CA"), key, past)])
    assert f"{site.store.certificate_path}: the certificate 'CN=Test CA' expired on" in site.refused()


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"common_name": None}, "no name for a new one is given"),
        ({"not_after": "-1d"}, "not_after is '-1d', which is not in the future"),
        ({"path_length": -1}, "path_length must be 0 or more, not -1"),
        ({"name_constraints_permitted": ["example.com"]}, "is neither DNS: nor IP:"),
        ({"issuer_path": "CA"}, "issuer_path and path are both"),
        ({"issuer_path": "/missing"}, "/missing: there is no certificate authority in this folder"),
        ({"common_name": None, "subject": "Test CA"}, "has no attribute such as CN="),
        ({"path": "relative/ca"}, "must be absolute"),
    ],
)
def test_wishes_that_make_no_authority(site, given, words):
    given = {name: site.store.folder if value == "CA" else value for name, value in given.items()}
    assert words in site.refused(**given)


def test_an_authority_is_brought(site):
    options = site.brought()
    assert site.run(check_mode=True, **options)["changed"]
    assert site.content() is None
    result = site.run(common_name=None, **options)
    assert (result["changed"], result["subject"], result["key_type"]) == (True, "CN=Brought CA", "rsa-2048")
    assert load_private_key(site.content()["ca.key"], PASSPHRASE)
    assert not site.run(common_name="Not This", key_type="ec-p256", **options)["changed"]
    for name in ("import_certificate", "import_private_key"):
        os.unlink(options[name])
    assert not site.run(common_name=None, **options)["changed"]
    assert site.warnings == []


def test_an_authority_that_was_certified_again_is_taken_over(site):
    key = generate_private_key("ec-p256")
    site.run(**site.brought(key, days=100))
    options = site.brought(key, days=200)
    assert site.run(check_mode=True, **options)["days_left"] in (199, 200)
    assert site.run(**options)["changed"]
    assert not site.run(**options)["changed"]


def test_another_authority_does_not_take_the_place_of_the_present_one(site):
    site.run()
    assert "A present authority is not replaced by another one" in site.refused(**site.brought())


def test_an_intermediate_is_brought_with_its_chain(site, tmp_path):
    make = [
        "openssl req -x509 -newkey rsa:2048 -nodes -keyout root.key -out root.crt -subj /CN=Root -days 90",
        "openssl req -newkey rsa:2048 -nodes -keyout middle.key -out middle.csr -subj /CN=Middle",
        "openssl x509 -req -in middle.csr -CA root.crt -CAkey root.key -out middle.crt -days 80 -extfile ca.ext",
    ]
    (tmp_path / "ca.ext").write_text("basicConstraints=critical,CA:true\nkeyUsage=critical,keyCertSign")
    for command in make:
        subprocess.run(command.split(), cwd=tmp_path, check=True, capture_output=True)
    options = {
        "import_certificate": str(tmp_path / "middle.crt"),
        "import_private_key": str(tmp_path / "middle.key"),
    }
    assert "the issuer of 'CN=Middle', 'CN=Root', is missing. Give the chain" in site.refused(**options)
    result = site.run(**options, import_chain=str(tmp_path / "root.crt"))
    assert (result["subject"], result["issuer"]) == ("CN=Middle", "CN=Root")
    stored = load_certificates(site.content()["ca.crt"])
    assert [each.subject.rfc4514_string() for each in stored] == ["CN=Middle", "CN=Root"]


def test_what_cannot_be_brought(site):
    options = site.brought()
    assert "brought.key: the private key cannot be opened" in site.refused(**{**options, "import_passphrase": "x"})
    other = site.write("other.key", encode_private_key(generate_private_key("ec-p256"), "brought-secret"))
    assert "brought.crt: holds no certificate of the private key" in site.refused(
        **{**options, "import_private_key": other}
    )
    assert "missing.crt: no such file" in site.refused(
        **{**options, "import_certificate": str(site.folder / "missing.crt")}
    )
    assert "brought.crt: the certificate 'CN=Brought CA' expired on" in site.refused(**site.brought(days=-1))


def test_a_certificate_of_a_server_is_no_authority(site, tmp_path):
    command = "openssl req -x509 -newkey rsa:2048 -nodes -keyout leaf.key -out leaf.crt -subj /CN=leaf"
    subprocess.run(
        [*command.split(), "-addext", "basicConstraints=critical,CA:false"],
        cwd=tmp_path,
        check=True,
        capture_output=True,
    )
    refused = site.refused(import_certificate=str(tmp_path / "leaf.crt"), import_private_key=str(tmp_path / "leaf.key"))
    assert "leaf.crt: the certificate 'CN=leaf' is not one of an authority" in refused


@pytest.fixture
def root(site, tmp_path):
    """The folder of a root whose key has its own passphrase."""
    above = Site(tmp_path / "above")
    above.folder.mkdir()
    above.run(passphrase="root-secret", common_name="Root", not_after="+2000d", path_length=1)
    return above


def below(root, **given):
    return {"issuer_path": root.store.folder, "issuer_passphrase": "root-secret", "common_name": "Middle", **given}


def ledger(store):
    if not os.path.exists(store.ledger_path):
        return []
    with open(store.ledger_path, encoding="utf-8") as stream:
        return [json.loads(line) for line in stream]


def test_an_intermediate_is_made_once(site, root):
    wishes = below(root, path_length=0, key_type="rsa-2048", not_after="+36500d")
    announced = site.run(check_mode=True, **wishes)
    assert (announced["changed"], announced["path_length"], site.content(), ledger(root.store)) == (True, 0, None, [])
    made = site.run(**wishes)
    assert (made["subject"], made["issuer"], made["path_length"]) == ("CN=Middle", "CN=Root", 0)
    assert made["not_after"] == root.run(passphrase="root-secret", common_name=None)["not_after"]
    assert made["certificate"].endswith(root.content()["ca.crt"].decode())
    recorded = [(entry["serial_number"], entry["host"]) for entry in ledger(root.store)]
    assert recorded == [(made["serial_number"], site.store.folder)]
    assert site.content().keys() == {"ca.crt", "ca.key"}
    # Nothing of the root is needed any more.
    for given in (wishes, below(root, issuer_passphrase=None), below(root, issuer_path="/gone"), {"common_name": None}):
        kept = site.run(**given)
        assert (kept["changed"], kept["certificate"]) == (False, made["certificate"])
    assert site.warnings == []
    verify = ["openssl", "verify", "-x509_strict", "-CAfile", root.store.certificate_path, site.store.certificate_path]
    subprocess.run(verify, check=True, capture_output=True)


def test_the_renewed_certificate_of_the_issuer_is_taken_over(site, root):
    site.run(**below(root))
    key = load_private_key(root.content()["ca.key"], "root-secret")
    lifetime = Lifetime(NOW - timedelta(days=1), NOW + timedelta(days=3000))
    renewed = make_authority(parse_name("CN=Root"), key, lifetime)
    root.store.write_certificates([renewed])
    assert site.run(check_mode=True, **below(root))["changed"]
    assert site.run(**below(root))["changed"]
    assert load_certificates(site.content()["ca.crt"])[1:] == [renewed]
    assert not site.run(**below(root))["changed"]


def test_a_present_authority_of_another_issuer_is_kept_with_a_warning(site, root):
    site.run()
    assert not site.run(**below(root, common_name=None))["changed"]
    assert site.warnings == [
        f"The certificate authority in {site.store.folder} is kept: "
        f"its issuer is CN=Test CA, not that in {root.store.folder}."
    ]


def test_an_issuer_that_an_earlier_task_would_make(site):
    assert site.run(check_mode=True, issuer_path=str(site.folder / "later"))["changed"]


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"issuer_passphrase": "wrong"}, "ca.key: the private key cannot be opened with this passphrase. Give the"),
        ({"path_length": 1}, "refuse this certificate: 'CN=Root' allows 1 authorities below it, not 2."),
    ],
)
@pytest.mark.parametrize("check_mode", [True, False])
def test_what_the_issuer_does_not_sign(site, root, given, words, check_mode):
    assert words in site.refused(check_mode=check_mode, **below(root, **given))
    assert ledger(root.store) == []


def test_an_intermediate_that_cannot_be_written_down_is_not_made(site, root):
    os.mkdir(root.store.ledger_path)
    with pytest.raises(StackTlsError, match=r"issued\.jsonl: cannot be written"):
        site.run(**below(root))
    assert site.content() == {}


def test_an_authority_comes_out_of_variables(site):
    files = site.brought()
    options = {
        "import_certificate_content": Path(files["import_certificate"]).read_text(),
        "import_private_key_content": Path(files["import_private_key"]).read_text(),
        "import_passphrase": "brought-secret",
    }
    assert "import_private_key_content: the private key cannot be opened" in site.refused(
        **{**options, "import_passphrase": "other-secret"}
    )
    assert "import_certificate_content: holds no certificate in PEM form" in site.refused(
        **{**options, "import_certificate_content": "text"}
    )
    mixed = {name: value for name, value in options.items() if name != "import_certificate_content"}
    result = site.run(**mixed, import_certificate=files["import_certificate"])
    assert (result["changed"], result["subject"]) == (True, "CN=Brought CA")
    assert load_private_key(site.content()["ca.key"], PASSPHRASE)
    assert not site.run(**options)["changed"]
    assert site.warnings == []


@pytest.mark.parametrize(
    ("left_out", "words"),
    [
        ("import_certificate", "import_private_key alone is no authority. Give one of import_certificate,"),
        ("import_private_key", "import_certificate alone is no authority. Give one of import_private_key,"),
    ],
)
def test_a_part_of_an_authority(site, left_out, words):
    options = {name: value for name, value in site.brought().items() if name != left_out}
    assert words in site.refused(**options)


@pytest.mark.parametrize(("password", "given"), [("p12-secret", "p12-secret"), ("", None), ("", ""), (None, None)])
def test_an_authority_is_brought_as_pkcs12(site, password, given):
    key = generate_private_key("ec-p256")
    certificate = make_authority(parse_name("CN=P12"), key, Lifetime(NOW - timedelta(days=1), NOW + timedelta(days=99)))
    path = site.write("ca.p12", encode_container(Identity(key, certificate, ()), password, "ca"))
    if password is not None:
        assert "ca.p12: the PKCS#12 file cannot be opened" in site.refused(
            import_pkcs12=path, import_passphrase="wrong-secret"
        )
    options = {"import_pkcs12": path, "import_passphrase": given}
    assert site.run(check_mode=True, **options)["changed"]
    assert site.run(**options)["subject"] == "CN=P12"
    assert load_private_key(site.content()["ca.key"], PASSPHRASE)
    assert not site.run(**options)["changed"]
    os.unlink(path)
    assert not site.run(**options)["changed"]


def test_what_is_no_pkcs12_file(site):
    assert "x.p12: the file is not PKCS#12, or damaged" in site.refused(import_pkcs12=site.write("x.p12", b"text"))
    assert "missing.p12: no such file" in site.refused(import_pkcs12=str(site.folder / "missing.p12"))


@pytest.mark.parametrize("cipher", ["aes256", "des3"])
@pytest.mark.parametrize("kind", ["rsa", "ec"])
def test_a_traditional_encrypted_key_is_brought(site, kind, cipher):
    key = generate_private_key("rsa-2048" if kind == "rsa" else "ec-p256")
    options = site.brought(key)
    command = [
        "openssl",
        kind,
        f"-{cipher}",
        "-passout",
        "pass:brought-secret",
        "-out",
        site.folder / "traditional.key",
    ]
    command += ["-traditional"] if kind == "rsa" else []
    subprocess.run(command, input=encode_private_key(key, None), check=True, capture_output=True)
    path = str(site.folder / "traditional.key")
    with open(path, encoding="ascii") as stream:
        assert "Proc-Type: 4,ENCRYPTED" in stream.read()
    refused = site.refused(**{**options, "import_private_key": path, "import_passphrase": "wrong-secret"})
    assert "traditional.key: the private key cannot be opened" in refused
    assert site.run(**{**options, "import_private_key": path})["subject"] == "CN=Brought CA"
    assert site.content()["ca.key"].startswith(b"-----BEGIN ENCRYPTED PRIVATE KEY-----")


def test_only_the_one_that_is_kept_is_in_the_ledger(site, root, side_by_side):
    changed = side_by_side(3, lambda: 3 if site.run(**below(root))["changed"] else 0)
    assert sorted(changed) == [0, 0, 3]
    assert [entry["host"] for entry in ledger(root.store)] == [site.store.folder]


def test_processes_side_by_side_make_one_authority(site, side_by_side):
    changed = side_by_side(4, lambda: 3 if site.run()["changed"] else 0)
    assert sorted(changed) == [0, 0, 0, 3]
    assert not site.run()["changed"]


def test_one_that_another_process_is_just_making_is_waited_for(site, monkeypatch):
    half_way, write = threading.Event(), AuthorityStore.write_certificates

    def write_slowly(store, certificates):
        half_way.set()
        time.sleep(0.2)
        write(store, certificates)

    monkeypatch.setattr(AuthorityStore, "write_certificates", write_slowly)
    with ThreadPoolExecutor(1) as pool:
        first = pool.submit(site.run)
        assert half_way.wait(30)
        assert not site.run()["changed"]
        assert first.result()["changed"]
