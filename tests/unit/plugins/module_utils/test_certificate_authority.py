# Copyright: Stack TLS contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import os
import stat
import subprocess
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta, timezone

import pytest
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from ansible_collections.stacktls.elastic.plugins.module_utils._authority_store import AuthorityStore
from ansible_collections.stacktls.elastic.plugins.module_utils._certificate_authority import (
    manage_certificate_authority,
)
from ansible_collections.stacktls.elastic.plugins.module_utils._errors import StackTlsError
from ansible_collections.stacktls.elastic.plugins.module_utils._pki._authorities import make_authority
from ansible_collections.stacktls.elastic.plugins.module_utils._pki._certificates import (
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
from ansible_collections.stacktls.elastic.plugins.modules.certificate_authority import MODULE_ARGUMENTS

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
    assert announced["diff"]["after"] == {"subject": "CN=Test CA", "key_type": "ec-p256"}
    assert site.content() is None
    made = site.run()
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
    site.run(subject="CN=Test CA,O=Example", common_name=None, key_type="rsa-2048", validity_days=100)
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
    result = site.run(validity_days=100)
    assert result["days_left"] in (99, 100)
    assert (result["subject"], result["issuer"], result["key_type"]) == ("CN=Test CA", "CN=Test CA", "ec-p256")
    assert result["certificate_path"] == site.store.certificate_path
    assert PASSPHRASE not in repr(result)


def test_a_present_authority_that_is_not_as_wished_is_kept_with_a_warning(site):
    first = site.run(validity_days=60)
    kept = site.run(common_name="Other CA", key_type="rsa-3072")
    assert (kept["changed"], kept["certificate"]) == (False, first["certificate"])
    assert site.warnings == [
        f"The certificate authority in {site.store.folder} is kept: its subject is CN=Test CA, not CN=Other CA.",
        f"The certificate authority in {site.store.folder} is kept: its key is ec-p256, not rsa-3072.",
        f"The certificate authority in {site.store.folder} expires in 59 days.",
    ]


def test_a_key_without_passphrase_must_be_allowed(site):
    assert "has no passphrase. Set passphrase" in site.refused(passphrase=None)
    assert "has no passphrase. Set passphrase" in site.refused(passphrase="")
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
        ({"validity_days": 0}, "validity_days must be 1 to 36500"),
        ({"common_name": None, "subject": "Test CA"}, "has no attribute such as CN="),
        ({"path": "relative/ca"}, "must be absolute"),
    ],
)
def test_wishes_that_make_no_authority(site, given, words):
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
