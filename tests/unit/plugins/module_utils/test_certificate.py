# Copyright: Stack TLS contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import os
import stat
import subprocess
from datetime import datetime, timedelta, timezone

import pytest
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from ansible_collections.stacktls.elastic.plugins.module_utils import (
    _certificate_files,
    _certificate_record,
    _certificates,
)
from ansible_collections.stacktls.elastic.plugins.module_utils._certificate_arguments import MODULE_ARGUMENTS
from ansible_collections.stacktls.elastic.plugins.module_utils._certificate_first import first_requests
from ansible_collections.stacktls.elastic.plugins.module_utils._certificate_options import specification_of
from ansible_collections.stacktls.elastic.plugins.module_utils._certificates import manage_certificates
from ansible_collections.stacktls.elastic.plugins.module_utils._errors import CertificateError, FileError, StackTlsError
from ansible_collections.stacktls.elastic.plugins.module_utils._journal import Journal
from ansible_collections.stacktls.elastic.plugins.module_utils._pki._authorities import make_authority
from ansible_collections.stacktls.elastic.plugins.module_utils._pki._certificates import (
    Authority,
    Lifetime,
    encode_certificates,
    issue,
    load_certificates,
)
from ansible_collections.stacktls.elastic.plugins.module_utils._pki._keys import (
    encode_private_key,
    generate_private_key,
    load_private_key,
)
from ansible_collections.stacktls.elastic.plugins.module_utils._pki._names import parse_name
from ansible_collections.stacktls.elastic.plugins.module_utils._pki._pkcs12 import load_container
from ansible_collections.stacktls.elastic.plugins.module_utils._pki._requests import (
    decode_request_text,
    proven_public_key,
)

NOW = datetime.now(timezone.utc)
SECRETS = {"private_key_passphrase": "key-secret", "pkcs12_password": "container-secret"}


def new_authority(name="CN=Test CA", started_days_ago=1):
    key = generate_private_key("ec-p256")
    lifetime = Lifetime.starting(NOW, 3650, timedelta(days=started_days_ago))
    return Authority(make_authority(parse_name(name), key, lifetime), key)


def without_requests(result):
    """The result, but for keys that are made anew each time."""
    identities = [{**each, "request": bool(each.get("request"))} for each in result["identities"]]
    return {**result, "identities": identities}


class Host:
    """A host and the authority that signs for it; ``run`` is one task."""

    def __init__(self, folder):
        self.folder = folder
        self.authority = new_authority(started_days_ago=100)
        self.bundle = None
        self.round_trips = []
        self.lifetime = Lifetime.starting(NOW, 397, timedelta(hours=1))
        self.task = {
            "certificate_path": self.path("a.crt"),
            "private_key_path": self.path("a.key"),
            "ca_certificates_path": self.path("ca.crt"),
            "common_name": "es1",
            "subject_alt_names": ["es1.example.com", "10.0.0.1"],
            "ca_path": "/ca",
        }

    def path(self, name):
        return str(self.folder / name)

    def call(self, phase, check_mode=False, **given):
        self.round_trips.append(phase)
        task = {name: value for name, value in {**self.task, **given}.items() if value is not None}
        sent = {name: task.pop(name, "") for name in ("issuers", "trusted")} | {"certificate": task.pop("issued", "")}
        validated = ArgumentSpecValidator(**MODULE_ARGUMENTS).validate(
            {**task, "phase": phase, "exchange": {"a": sent}}
        )
        assert not validated.error_messages, validated.error_messages
        params = validated.validated_parameters
        self.recalled = _certificate_record.recall(params)
        self.first = first_requests(params, check_mode=check_mode)
        found = manage_certificates(params, check_mode=check_mode)
        # Whatever a test does: a record, and a look at nothing, say what an inspection finds.
        assert self.recalled in (None, found)
        assert self.first is None or without_requests(self.first) == without_requests(found)
        return found

    def sign(self, request, **given):
        task = {**MODULE_DEFAULTS, **self.task, **given}
        return issue(specification_of(task), proven_public_key(request.encode()), self.authority, self.lifetime)

    def run(self, check_mode=False, **given):
        self.round_trips = []
        bundle = self.bundle or [self.authority.certificate]
        given = {"issuers": encode_certificates(bundle).decode(), **given}
        inspection = self.call("inspect", check_mode, **given)
        request = inspection["identities"][0].get("request")
        if request is None:
            return inspection
        request = decode_request_text(request)
        issued = encode_certificates([self.sign(request, **given)]).decode()
        result = self.call("install", **given, issued=issued)
        return {**result, "reasons": inspection["reasons"]}

    def content(self):
        return {entry.name: open(entry.path, "rb").read() for entry in os.scandir(self.folder) if entry.is_file()}

    def codes(self, **given):
        """Codes of the reasons, which check mode and a real run agree on; the second real run has none."""
        before = self.content()
        announced = self.run(check_mode=True, **given)
        assert self.content() == before
        result = self.run(**given)
        assert announced["reasons"] == result["reasons"]
        assert announced["changed"] is result["changed"] is True
        assert announced["files"] == result["files"]
        assert announced["kinds"] == result["kinds"]
        again = self.run(**{name: value for name, value in given.items() if name != "force"})
        assert (again["changed"], again["reasons"]) == (False, [])
        assert self.round_trips == ["inspect"]
        assert self.recalled == again
        return [reason["code"] for reason in result["reasons"]]


MODULE_DEFAULTS = {name: option.get("default") for name, option in MODULE_ARGUMENTS["argument_spec"].items()}


@pytest.fixture
def host(tmp_path, tmp_path_factory, monkeypatch):
    monkeypatch.setattr(_certificate_record, "FOLDER", str(tmp_path_factory.mktemp("cache") / "records"))
    monkeypatch.setattr(_certificate_record, "code_identity", lambda: "the code of this test")
    return Host(tmp_path)


@pytest.fixture
def settled(host):
    """A host whose PEM files are in place."""
    host.run()
    return host


def mode(path):
    return stat.S_IMODE(os.stat(path).st_mode)


def test_nothing_is_opened_where_there_is_nothing(host):
    host.run()
    assert host.first is None  # of the installation
    host.call("inspect", True)
    assert host.first is None
    for name in host.content():
        os.unlink(host.path(name))
    assert host.call("inspect")["identities"][0]["request"]
    assert host.first is not None
    os.symlink("/nowhere", host.path("ca.crt"))
    host.call("inspect")
    assert host.first is None


def test_keys_of_a_first_request_go_where_another_one_cannot_be_made(host):
    both = {"identities": [{}, {"name": "b", "combined_path": "/nowhere/at/all/b.pem", "certificate_path": None}]}
    with pytest.raises(FileError, match="/nowhere/at does not exist"):
        host.call("inspect", **both)
    assert host.content() == {}


def test_the_first_certificate(host):
    assert host.codes() == ["missing"]
    assert sorted(host.content()) == ["a.crt", "a.key", "ca.crt"]
    assert [mode(host.path(name)) for name in ("a.key", "a.crt", "ca.crt")] == [0o640, 0o644, 0o644]
    verified = subprocess.run(
        ["openssl", "verify", "-x509_strict", "-CAfile", host.path("ca.crt"), host.path("a.crt")],
        capture_output=True,
        check=True,
    )
    assert b"OK" in verified.stdout


def test_the_result_describes_the_certificate(host):
    result = host.run()
    described = result["certificate"]
    assert described["subject_alt_names"] == ["DNS:es1.example.com", "IP:10.0.0.1"]
    assert (described["subject"], described["issuer"], described["profile"]) == ("CN=es1", "CN=Test CA", "server")
    assert result["files"] == [host.path(name) for name in ("a.key", "a.crt", "ca.crt")]
    assert result["kinds"] == ["certificate", "trust"]
    assert "PRIVATE KEY" not in repr(result)


def test_all_forms_together_with_secrets(host):
    given = {**SECRETS, "pkcs12_path": host.path("a.p12"), "pkcs12_friendly_name": "http"}
    assert host.codes(**given) == ["missing", "missing"]
    content = host.content()
    key = load_private_key(content["a.key"], "key-secret")
    identity, friendly_name = load_container(content["a.p12"], "container-secret")
    assert identity.matches()
    assert friendly_name == "http"
    assert identity.certificate == load_certificates(content["a.crt"])[0]
    assert identity.authorities == (host.authority.certificate,)
    assert key.public_key().public_numbers() == identity.key.public_key().public_numbers()


@pytest.mark.parametrize("password", [None, "", "container-secret"])
def test_pkcs12_alone_holds_the_only_key(host, password):
    given = {
        "certificate_path": None,
        "private_key_path": None,
        "pkcs12_path": host.path("a.p12"),
        "pkcs12_password": password,
    }
    assert host.codes(**given) == ["missing"]
    assert sorted(host.content()) == ["a.p12", "ca.crt"]
    assert load_container(host.content()["a.p12"], password)[0].matches()


def test_kibana_reads_no_pkcs12_of_an_authority_without_an_rsa_key(host):
    given = {"pkcs12_path": host.path("a.p12"), "pkcs12_password": "x", "key_type": "rsa-2048", "consumer": "kibana"}
    with pytest.raises(CertificateError, match="the authority 'CN=Test CA' with its key ec-p256 signed"):
        host.call("inspect", **given, issuers=ca_text(host))
    assert host.content() == {}


def test_the_staged_key_is_private_and_not_in_the_clear(host):
    given = {**SECRETS, "pkcs12_path": host.path("a.p12"), "issuers": ca_text(host)}
    host.call("inspect", **given)
    assert list(host.content()) == [".a.key.staged"]
    assert mode(host.path(".a.key.staged")) == 0o600
    assert load_private_key(host.content()[".a.key.staged"], "key-secret")
    assert host.call("discard", **given) == {"changed": True}
    assert host.content() == {}


def ca_text(host):
    return encode_certificates([host.authority.certificate]).decode()


def test_the_next_run_starts_clean_after_an_interruption(settled):
    before = settled.content()
    settled.call("inspect", issuers=ca_text(settled), force=True)
    assert sorted(settled.content()) == [".a.key.staged", "a.crt", "a.key", "ca.crt"]
    result = settled.run()
    assert not result["changed"]
    assert settled.content() == before


def damage(name):
    def change(host):
        with open(host.path(name), "wb") as stream:
            stream.write(b"damaged")

    return change


def remove(name):
    return lambda host: os.unlink(host.path(name))


def another_key(host):
    with open(host.path("a.key"), "wb") as stream:
        stream.write(encode_private_key(generate_private_key("ec-p256"), None))


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (remove("a.crt"), ["missing"]),
        (remove("a.key"), ["missing"]),
        (damage("a.crt"), ["damaged"]),
        (damage("a.key"), ["damaged"]),
        (another_key, ["key_mismatch"]),
        (lambda host: setattr(host, "authority", new_authority()), ["issuer"]),
        (lambda host: setattr(host, "authority", new_authority("CN=Other CA")), ["issuer"]),
    ],
)
def test_what_happened_to_the_files_is_put_right(settled, change, expected):
    change(settled)
    assert settled.codes() == expected


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({"common_name": "es2"}, ["subject"]),
        ({"subject_alt_names": ["es2.example.com", "10.0.0.1"]}, ["names", "names"]),
        ({"profile": "both"}, ["usages"]),
        ({"key_type": "ec-p384"}, ["key_type"]),
        ({"private_key_passphrase": "key-secret"}, ["passphrase"]),
        ({"force": True}, ["forced"]),
        ({"common_name": "es2", "profile": "client", "force": True}, ["subject", "usages", "forced"]),
    ],
)
def test_another_wish_is_fulfilled(settled, given, expected):
    assert settled.codes(**given) == expected


@pytest.mark.parametrize(
    ("first", "then"),
    [("one-secret", "two-secret"), ("one-secret", ""), ("", "two-secret"), ("", None), (None, ""), (None, "x-secret")],
)
def test_another_password_makes_another_key(host, first, then):
    given = {"certificate_path": None, "private_key_path": None, "pkcs12_path": host.path("a.p12")}
    host.run(**given, pkcs12_password=first)
    assert host.codes(**given, pkcs12_password=then) == ["passphrase"]


def test_pkcs12_with_another_certificate_than_pem(host):
    given = {"pkcs12_path": host.path("a.p12"), "pkcs12_password": ""}
    host.run(**given)
    container = host.content()["a.p12"]
    host.run(**given, force=True)
    with open(host.path("a.p12"), "wb") as stream:
        stream.write(container)
    assert host.codes(**given) == ["pkcs12_mismatch"]


def test_the_end_of_the_lifetime(host):
    host.lifetime = Lifetime(NOW - timedelta(days=70), NOW + timedelta(days=30))
    host.run()
    assert not host.run(renew_before="20d")["changed"]
    assert [reason["text"] for reason in host.run(check_mode=True)["reasons"]] == [
        "the certificate expires in 29 days, and is renewed at 33 days"
    ]
    host.lifetime = Lifetime.starting(NOW, 397, timedelta(hours=1))
    assert host.codes() == ["expiring"]


def test_force_is_never_answered_by_a_record(settled):
    for _time in range(2):
        assert settled.run(force=True)["changed"]


def test_an_expired_certificate(host, monkeypatch):
    host.run()
    host.lifetime = Lifetime.starting(NOW + timedelta(days=400), 397, timedelta(hours=1))

    class Later(datetime):
        @classmethod
        def now(cls, tz=None):
            return datetime.now(tz) + timedelta(days=400)

    monkeypatch.setattr(_certificates, "datetime", Later)
    monkeypatch.setattr(_certificate_record, "datetime", Later)
    assert host.codes() == ["expired"]


def test_dates_alone_change_nothing(settled):
    for given in ({"not_after": "+10d"}, {"not_before": "-10h"}, {"not_after": "2090-01-01"}):
        assert not settled.run(**given)["changed"]


def test_a_host_whose_clock_is_behind_is_told(settled):
    settled.lifetime = Lifetime.starting(NOW + timedelta(hours=2), 397, timedelta(hours=1))
    before = settled.content()
    with pytest.raises(StackTlsError, match=r"'CN=es1' starts on .* Set this machine's clock"):
        settled.run(force=True)
    assert {name: settled.content()[name] for name in before} == before


@pytest.mark.parametrize(
    ("forge", "words"),
    [
        (lambda host, request: host.authority.certificate, "is not one of the private key that was made for it"),
        (
            lambda host, request: issue(
                specification_of({**MODULE_DEFAULTS, **host.task}),
                proven_public_key(request.encode()),
                new_authority(),
                host.lifetime,
            ),
            "was issued by another authority of the name",
        ),
    ],
)
def test_a_certificate_that_does_not_fit_is_not_installed(settled, monkeypatch, forge, words):
    before = settled.content()
    monkeypatch.setattr(settled, "sign", lambda request, **_given: forge(settled, request))
    with pytest.raises(StackTlsError, match=words):
        settled.run(force=True)
    assert {name: settled.content()[name] for name in before} == before


def test_installation_without_inspection(settled):
    with pytest.raises(StackTlsError, match="the staged private key is gone"):
        settled.call("install", issuers=ca_text(settled), issued="")


def test_owner_and_mode_are_put_right_without_a_new_certificate(settled):
    before = settled.content()
    announced = settled.run(check_mode=True, mode="0600", certificate_mode="0640")
    assert (announced["changed"], announced["reasons"], announced["kinds"]) == (True, [], [])
    assert mode(settled.path("a.key")) == 0o640
    changed = settled.run(mode="0600", certificate_mode="0640", group="1")
    assert changed["files"] == [settled.path(name) for name in ("a.key", "a.crt", "ca.crt")]
    assert settled.round_trips == ["inspect"]
    assert [mode(settled.path(name)) for name in ("a.key", "a.crt", "ca.crt")] == [0o600, 0o640, 0o640]
    assert os.stat(settled.path("a.crt")).st_gid == 1
    assert settled.content() == before
    assert not settled.run(mode="0600")["changed"]


def test_another_bundle_of_authorities_is_written_without_a_new_certificate(host):
    given = {"pkcs12_path": host.path("a.p12"), "pkcs12_password": "container-secret"}
    host.run(**given)
    before = host.content()
    second = new_authority("CN=Second CA").certificate
    host.bundle = [host.authority.certificate, second]
    assert host.run(check_mode=True, **given)["files"] == [host.path("a.p12"), host.path("ca.crt")]
    assert host.content() == before
    result = host.run(**given)
    assert (result["changed"], result["reasons"], result["kinds"]) == (True, [], ["certificate", "trust"])
    assert load_certificates(host.content()["ca.crt"]) == host.bundle
    identity, _name = load_container(host.content()["a.p12"], "container-secret")
    assert set(identity.authorities) == set(host.bundle)
    assert {name: host.content()[name] for name in ("a.crt", "a.key")} == {
        name: before[name] for name in ("a.crt", "a.key")
    }
    assert not host.run(**given)["changed"]


def test_another_friendly_name_is_written_without_a_new_certificate(host):
    given = {"pkcs12_path": host.path("a.p12"), "pkcs12_password": ""}
    host.run(**given)
    result = host.run(**given, pkcs12_friendly_name="other")
    assert (result["reasons"], result["files"]) == ([], [host.path("a.p12")])
    assert load_container(host.content()["a.p12"], "")[1] == "other"


def test_kinds_are_those_of_new_content(settled):
    given = {"force": True, "certificate_mode": "0640"}
    announced = settled.run(check_mode=True, **given)
    done = settled.run(**given)
    assert announced["kinds"] == done["kinds"] == ["certificate"]
    assert announced["files"] == done["files"]
    assert settled.path("ca.crt") in done["files"]


def test_each_file_goes_into_the_journal_first(settled):
    journal = Journal(settled.path("journal"))
    before = settled.content()
    given = {"journal": journal.folder, "kind": "client_certificate", "ca_certificates_kind": "realm_trust"}
    result = settled.run(**given, force=True)
    assert result["kinds"] == ["client_certificate"]
    assert result["restart_pending"]
    assert settled.run(**given)["restart_pending"]
    assert journal.kinds() == ["client_certificate"]
    assert sorted(journal.roll_back()) == [settled.path("a.crt"), settled.path("a.key")]
    assert settled.content() == before
    assert not settled.run(**given)["restart_pending"]


def test_check_mode_leaves_the_journal_alone(host):
    announced = host.run(check_mode=True, journal=host.path("journal"))
    assert announced["kinds"] == ["certificate", "trust"]
    assert not announced["restart_pending"]
    assert os.listdir(host.folder) == []


def test_a_missing_folder_is_made_where_the_one_above_it_exists(host):
    paths = {"certificate_path": host.path("certs/a.crt"), "private_key_path": host.path("certs/a.key")}
    assert host.run(check_mode=True, **paths)["changed"]
    assert os.listdir(host.folder) == []
    assert host.run(**paths)["changed"]
    assert mode(host.path("certs")) == 0o750
    assert host.run(**paths, ca_certificates_path=host.path("trust/ca.crt"))["reasons"] == []
    assert os.path.exists(host.path("trust/ca.crt"))


def test_a_folder_of_a_product_that_is_not_installed(host):
    missing = {"ca_certificates_path": host.path("product/certs/ca.crt")}
    for check_mode in (True, False):
        with pytest.raises(StackTlsError, match=r"certs/ca\.crt: the folder .*product does not exist"):
            host.run(check_mode=check_mode, **missing)
    assert host.content() == {}


def test_an_unknown_owner(settled):
    before = settled.content()
    for given in ({"check_mode": True}, {"check_mode": True, "force": True}, {"force": True}):
        with pytest.raises(StackTlsError, match="user 'nobody-has-this-name' does not exist on this host"):
            settled.run(owner="nobody-has-this-name", **given)
    assert {name: settled.content()[name] for name in before} == before


def test_files_are_put_back_where_a_later_one_cannot_be_written(settled, monkeypatch):
    before = settled.content()
    os.chmod(settled.path("a.key"), 0o600)
    real = _certificate_files.Replacement.apply

    def full(replacement, journal):
        if replacement.path.endswith("a.crt"):
            raise FileError("cannot be written: No space left on device.", path=replacement.path)
        return real(replacement, journal)

    monkeypatch.setattr(_certificate_files.Replacement, "apply", full)
    with pytest.raises(StackTlsError, match="No space left"):
        settled.run(force=True)
    assert {name: settled.content()[name] for name in before} == before
    assert mode(settled.path("a.key")) == 0o600


def test_trust_stays_as_it_is_where_another_of_the_trusted_authorities_signs(host):
    """A PKI realm reads it at a start only, so a new order would cost a restart."""
    former, following = host.authority, new_authority("CN=Next CA")
    host.run(trusted=encode_certificates([following.certificate]).decode())
    before = host.content()
    host.authority = following
    trusted = encode_certificates([former.certificate]).decode()
    announced = host.run(check_mode=True, trusted=trusted)
    result = host.run(trusted=trusted)
    assert announced["kinds"] == result["kinds"]
    assert host.path("ca.crt") not in result["files"]
    after = host.content()
    assert [name for name in ("a.crt", "a.key", "ca.crt") if after[name] == before[name]] == ["ca.crt"]
    assert not host.run(trusted=trusted)["changed"]


def test_an_authority_that_does_not_exist_yet(host):
    announced = host.run(check_mode=True, issuers="")
    assert [reason["code"] for reason in announced["reasons"]] == ["missing"]
    assert announced["changed"]
    assert announced["certificate"] == {}


def test_the_difference_tells_what_changes_and_no_secret(settled):
    given = {"private_key_passphrase": "key-secret", "subject_alt_names": ["es2.example.com"]}
    difference = settled.run(check_mode=True, **given)["diff"][0]
    assert difference["before"]["subject_alt_names"] == ["DNS:es1.example.com", "IP:10.0.0.1"]
    assert difference["after"]["subject_alt_names"] == ["DNS:es2.example.com"]
    assert "secret" not in repr(difference)
    unchanged = settled.run()["diff"][0]
    assert unchanged["before"] == unchanged["after"]


def test_a_certificate_that_was_there_before_is_adopted(host):
    make = "openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -keyout a.key -subj /CN=es1"
    extensions = "subjectAltName=DNS:es1.example.com,IP:10.0.0.1\nextendedKeyUsage=serverAuth"
    (host.folder / "ext").write_text(extensions)
    (host.folder / "ca.key").write_bytes(encode_private_key(host.authority.key, None))
    (host.folder / "ca.crt").write_bytes(encode_certificates([host.authority.certificate]))
    sign = "openssl x509 -req -CA ca.crt -CAkey ca.key -days 90 -extfile ext -out a.crt"
    request = subprocess.run(make.split(), cwd=host.folder, capture_output=True, check=True)
    subprocess.run(sign.split(), cwd=host.folder, input=request.stdout, capture_output=True, check=True)
    before = host.content()
    assert host.run()["reasons"] == []
    assert host.content() == before
