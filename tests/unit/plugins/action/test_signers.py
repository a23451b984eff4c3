# Copyright: Stack TLS contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import os
import stat
import sys
from datetime import datetime, timedelta, timezone

import pytest
from acting import Site
from ansible_collections.stacktls.elastic.plugins.module_utils._pki._authorities import make_authority
from ansible_collections.stacktls.elastic.plugins.module_utils._pki._certificates import (
    Authority,
    Identity,
    Lifetime,
    Specification,
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
from ansible_collections.stacktls.elastic.plugins.module_utils._pki._pkcs12 import encode_container
from ansible_collections.stacktls.elastic.plugins.module_utils._pki._requests import proven_public_key
from ansible_collections.stacktls.elastic.plugins.module_utils._pki._sans import parse_alternative_names

NOW = datetime.now(timezone.utc)
NAMES = ("es1.example.com", "es1")


def lifetime(days=397, started_days_ago=1):
    return Lifetime.starting(NOW, days, timedelta(days=started_days_ago))


class Company:
    """An authority that others run, with an intermediate between its root and what it signs."""

    def __init__(self, name="Company", days=3650):
        root_key, key = generate_private_key("ec-p256"), generate_private_key("ec-p256")
        self.root = Authority(make_authority(parse_name(f"CN={name} Root"), root_key, lifetime(days)), root_key)
        self.intermediate = Authority(self._intermediate(f"CN={name} Issuing CA", key, days), key)

    def _intermediate(self, name, key, days):
        from cryptography import x509
        from cryptography.hazmat.primitives import hashes

        dates = lifetime(days)
        return (
            x509.CertificateBuilder()
            .subject_name(parse_name(name))
            .issuer_name(self.root.certificate.subject)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(dates.not_before)
            .not_valid_after(dates.not_after)
            .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
            .sign(self.root.key, hashes.SHA256())
        )

    @property
    def pem(self):
        return encode_certificates([self.root.certificate]).decode()

    def certificate(self, public_key, subject="CN=es1", names=NAMES, profile="both", days=397):
        specification = Specification(parse_name(subject), parse_alternative_names(names), profile, "")
        return issue(specification, public_key, self.intermediate, lifetime(days))

    def chain(self, certificate):
        return [certificate, self.intermediate.certificate, self.root.certificate]

    def answer(self, request, **given):
        certificate = self.certificate(proven_public_key(request.encode()), **given)
        return encode_certificates(reversed(self.chain(certificate)))

    def identity(self, **given):
        key = generate_private_key("ec-p256")
        certificate = self.certificate(key.public_key(), **given)
        return Identity(key, certificate, (self.intermediate.certificate, self.root.certificate))


@pytest.fixture(scope="module")
def company():
    return Company()


@pytest.fixture
def site(tmp_path):
    made = Site(tmp_path)
    made.arguments = {name: value for name, value in made.arguments.items() if not name.startswith("ca_")}
    return made


def certificates(site, name="a.crt"):
    return load_certificates(site.content()[name])


# Several identities


def two(site, **given):
    shared = {"ca_path": str(site.folder / "ca"), "ca_passphrase": "authority-secret", "common_name": "es1"}
    identities = [
        {
            "name": name,
            "certificate_path": str(site.folder / f"{name}.crt"),
            "private_key_path": str(site.folder / f"{name}.key"),
            "ca_certificates_path": str(site.folder / "ca.crt"),
            **more,
        }
        for name, more in (("http", {}), ("transport", {"profile": "both", "common_name": None, "subject": "CN=node"}))
    ]
    site.arguments = {"identities": identities, "subject_alt_names": list(NAMES), **shared, **given}
    return site


def test_several_identities_cost_as_many_round_trips_as_one(site):
    two(site).make_authority()
    plugin, announced = site.run(check_mode=True)
    assert (plugin.phases, announced["changed"]) == (["inspect"], True)
    plugin, result = site.run()
    assert plugin.phases == ["inspect", "install"]
    assert [(reason["identity"], reason["code"]) for reason in result["reasons"]] == [
        ("http", "missing"),
        ("transport", "missing"),
    ]
    assert [each["certificate"]["profile"] for each in result["identities"]] == ["server", "both"]
    assert result["identities"][1]["certificate"]["subject"] == "CN=node"
    assert result["files"].count(str(site.folder / "ca.crt")) == 1
    assert len(result["diff"]) == 2
    plugin, kept = site.run()
    assert (plugin.phases, kept["changed"]) == (["inspect"], False)


def test_only_the_identity_that_needs_it_is_issued(site):
    two(site).make_authority()
    site.run()
    before = site.content()
    os.unlink(site.folder / "transport.key")
    plugin, result = site.run()
    assert [identity["name"] for identity in plugin.calls[1]["identities"]] == ["transport"]
    assert [each["changed"] for each in result["identities"]] == [False, True]
    after = site.content()
    assert {name for name in after if after[name] != before[name]} == {"transport.crt", "transport.key"}


def test_errors_name_the_identity_where_there_are_several(site):
    two(site).make_authority()
    site.arguments["identities"][1]["subject_alt_names"] = ["a b"]
    _plugin, result = site.run()
    assert result["msg"].startswith("identity 'transport': 'a b' cannot be a name")


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"name": "http"}, "several identities have the name http"),
        ({"certificate_path": "http.crt"}, "http.crt: certificate_path must be an absolute path"),
        ({"ca_path": "/other"}, "ca_certificates_path of 'http' and ca_certificates_path of 'transport' name the same"),
    ],
)
def test_identities_that_get_in_each_others_way(site, given, words):
    two(site).make_authority()
    site.arguments["identities"][1].update(given)
    plugin, result = site.run()
    assert words in result["msg"]
    assert plugin.phases == []


def test_a_failure_of_one_leaves_all_as_they_were(site):
    two(site).make_authority()
    site.run()
    before = site.content()
    site.arguments["identities"][1]["certificate_path"] = str(site.folder / "a.dir")
    os.mkdir(site.folder / "a.dir")
    _plugin, result = site.run(force=True)
    assert result["failed"]
    assert site.content() == before


# The key of the authority in a variable


def given_authority(passphrase=None):
    company = Company()
    chain = [company.intermediate.certificate, company.root.certificate]
    return {
        "issuer_certificates": encode_certificates(chain).decode(),
        "ca_private_key": encode_private_key(company.intermediate.key, passphrase).decode(),
        "ca_passphrase": passphrase,
    }


@pytest.mark.parametrize("passphrase", [None, "variable-secret"])
def test_an_authority_out_of_variables(site, passphrase):
    given = given_authority(passphrase)
    plugin, result = site.run(**given)
    assert plugin.phases == ["inspect", "install"]
    assert result["certificate"]["issuer"] == "CN=Company Issuing CA"
    assert len(certificates(site)) == 2
    assert "variable-secret" not in repr(plugin.calls)
    assert not site.run(**given)[1]["changed"]


def test_an_authority_out_of_variables_that_do_not_belong_together(site):
    given = {**given_authority(), "ca_private_key": given_authority()["ca_private_key"]}
    plugin, result = site.run(**given)
    assert "ca_private_key: is not the key of issuer_certificates" in result["msg"]
    assert plugin.phases == ["inspect", "discard"]
    assert site.content() == {}


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"ca_path": "", "ca_passphrase": "wrong-secret"}, "cannot be opened with this passphrase"),
        ({"signer": "command", "signer_command": ["/nowhere/sign"]}, "no such program"),
        (given_authority() | {"ca_passphrase": "wrong-secret"}, "the private key is not encrypted"),
    ],
)
def test_check_mode_fails_where_the_run_would(site, given, words):
    site.make_authority()
    if "ca_path" in given:
        given = {**given, "ca_path": str(site.folder / "ca")}
    plugin, result = site.run(check_mode=True, **given)
    assert words in result["msg"]
    assert plugin.phases == ["inspect"]


# An external command


def command(site, company, script):
    """A signer that does what a script says with the request; the company's certificates lie beside it."""
    path = site.folder / "signer"
    path.mkdir(exist_ok=True)
    (path / "sign.py").write_text(script)
    return {
        "signer": "command",
        "signer_command": [sys.executable, str(path / "sign.py")],
        "issuer_certificates": company.pem,
    }


def openssl_signer(site, company):
    folder = site.folder / "signer"
    folder.mkdir(exist_ok=True)
    (folder / "ca.crt").write_bytes(encode_certificates([company.intermediate.certificate]))
    (folder / "ca.key").write_bytes(encode_private_key(company.intermediate.key, None))
    return command(
        site,
        company,
        f"""
import os, subprocess, sys
names = os.environ["STACKTLS_SUBJECT_ALT_NAMES"]
purposes = {{"server": "serverAuth", "client": "clientAuth"}}[os.environ["STACKTLS_PROFILE"]]
open({str(folder / "ext")!r}, "w").write(f"subjectAltName={{names}}\\nextendedKeyUsage={{purposes}}\\n")
open({str(folder / "env")!r}, "w").write(os.environ["STACKTLS_HOST"] + os.environ.get("TOKEN", ""))
sign = "openssl x509 -req -CA {folder}/ca.crt -CAkey {folder}/ca.key -days 90 -extfile {folder}/ext"
signed = subprocess.run(sign.split(), input=sys.stdin.buffer.read(), stdout=subprocess.PIPE, check=True).stdout
sys.stdout.buffer.write(open({str(folder / "ca.crt")!r}, "rb").read() + signed)
""",
    )


def test_a_command_signs(site, company):
    given = {**openssl_signer(site, company), "signer_environment": {"TOKEN": "token-secret"}}
    plugin, announced = site.run(check_mode=True, **given)
    assert (plugin.phases, announced["changed"]) == (["inspect"], True)
    plugin, result = site.run(**given)
    assert plugin.phases == ["inspect", "install"]
    assert "token-secret" not in repr((plugin.calls, result))
    assert (site.folder / "signer" / "env").read_text() == "host-1token-secret"
    assert [each.subject.rfc4514_string() for each in certificates(site)] == ["CN=es1", "CN=Company Issuing CA"]
    plugin, kept = site.run(**given)
    assert (plugin.phases, kept["changed"]) == (["inspect"], False)


@pytest.mark.parametrize(
    ("script", "words"),
    [
        ("import sys; sys.exit('no token')", "ended with status 1: no token"),
        ("raise SystemExit(3)", "ended with status 3: no words"),
        ("import os, sys; sys.exit('token ' + os.environ['TOKEN'])", "ended with status 1: token ********"),
        ("print('hello')", "holds no certificate in PEM form"),
        ("import time; time.sleep(9)", "did not end within 1 seconds"),
    ],
)
def test_a_command_that_does_not_sign(site, company, script, words):
    given = {"signer_timeout": 1, "signer_environment": {"TOKEN": "token-secret"}}
    plugin, result = site.run(**command(site, company, script), **given)
    assert words in result["msg"]
    assert plugin.phases == ["inspect", "discard"]
    assert site.content() == {}


def test_a_command_that_does_not_exist(site, company):
    _plugin, result = site.run(signer="command", signer_command=["/nowhere/sign"], issuer_certificates=company.pem)
    assert "/nowhere/sign cannot be run on the controller: No such file or directory" in result["msg"]


def answering(site, company, answer):
    (site.folder / "answer.pem").write_bytes(answer)
    return command(site, company, f"print(open({str(site.folder / 'answer.pem')!r}).read())")


def test_a_command_that_answers_for_another_key(site, company):
    given = answering(site, company, encode_certificates([company.identity().certificate]))
    assert "printed no certificate for the key of the request" in site.run(**given)[1]["msg"]


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"subject_alt_names": [*NAMES, "IP:10.0.0.9"]}, "lacks the names IP:10.0.0.9"),
        ({"renew_before": "95d"}, "the certificate expires in 89 days, and is renewed at 95 days"),
        ({"issuer_certificates": Company("Other").pem}, "the issuer of 'CN=Company Issuing CA', 'CN=Company Root', is"),
    ],
)
def test_an_answer_that_would_be_replaced_again_is_refused(site, company, given, words):
    signed = openssl_signer(site, company)
    script = site.folder / "signer" / "sign.py"
    script.write_text(script.read_text().replace("{names}", ",".join(f"DNS:{name}" for name in NAMES)))
    result = site.run(**{**signed, **given})[1]
    assert words in result["msg"]
    assert "is not as asked for" in result["msg"]


# A person


def by_hand(site, **given):
    return {"signer": "csr_only", "requests_path": str(site.folder / "requests"), **given}


def answer_file(site):
    return site.folder / "requests" / "host-1-a.crt"


def test_a_request_waits_for_its_answer(site, company):
    given = by_hand(site)
    plugin, announced = site.run(check_mode=True, **given)
    assert (announced["changed"], announced["waiting"], announced["files"]) == (True, True, [])
    assert not (site.folder / "requests").exists()
    plugin, asked = site.run(**given)
    assert (plugin.phases, asked["changed"], asked["waiting"]) == (["inspect"], True, True)
    assert "waits for an answer to" in asked["warnings"][0]
    request = (site.folder / "requests" / "host-1-a.csr").read_text()
    assert asked["identities"][0]["answer_path"] == str(answer_file(site))
    for check_mode in (True, False, False):
        _plugin, still = site.run(check_mode=check_mode, **given)
        assert (still["changed"], still["waiting"]) == (False, True)
    assert (site.folder / "requests" / "host-1-a.csr").read_text() == request
    assert stat.S_IMODE(os.stat(site.folder / ".a.key.staged").st_mode) == 0o600

    answer_file(site).write_bytes(company.answer(request))
    _plugin, announced = site.run(check_mode=True, **given)
    assert (announced["changed"], announced["waiting"]) == (True, False)
    plugin, result = site.run(**given)
    assert plugin.phases == ["inspect", "install"]
    assert (result["changed"], result["waiting"], result.get("warnings")) == (True, False, None)
    assert sorted(site.content()) == ["a.crt", "a.key"]
    assert not (site.folder / "requests" / "host-1-a.csr").exists()
    _plugin, kept = site.run(**given)
    assert (kept["changed"], kept["waiting"]) == (False, False)


def test_each_identity_has_its_own_folder_of_requests(site):
    given = by_hand(site)
    identities = [
        {
            "certificate_path": str(site.folder / f"{name}.crt"),
            "private_key_path": str(site.folder / f"{name}.key"),
            "requests_path": str(site.folder / name),
        }
        for name in ("http", "transport")
    ]
    site.arguments = {"identities": identities, "common_name": "es1", "subject_alt_names": list(NAMES), **given}
    assert site.run()[1]["waiting"]
    assert [os.listdir(site.folder / name) for name in ("http", "transport")] == [
        ["host-1-http.csr"],
        ["host-1-transport.csr"],
    ]


def settled_by_hand(site, company, **given):
    site.run(**by_hand(site, **given))
    answer_file(site).write_bytes(company.answer((site.folder / "requests" / "host-1-a.csr").read_text()))
    assert site.run(**by_hand(site, **given))[1]["changed"]


def test_the_present_certificate_stays_in_force_and_the_old_answer_is_of_no_use(site, company):
    settled_by_hand(site, company)
    before = site.content()
    changed = by_hand(site, subject_alt_names=["new.example.com"])
    _plugin, result = site.run(**changed)
    assert (result["changed"], result["waiting"]) == (True, True)
    assert {name: site.content()[name] for name in before} == before
    assert not site.run(**changed)[1]["changed"]


def test_a_request_that_is_no_longer_wanted_is_forgotten(site, company):
    settled_by_hand(site, company)
    site.run(**by_hand(site, subject_alt_names=["new.example.com"]))
    assert (site.folder / ".a.key.staged").exists()
    assert (site.folder / "requests" / "host-1-a.csr").exists()
    assert not site.run(**by_hand(site))[1]["waiting"]
    assert not (site.folder / ".a.key.staged").exists()
    assert not (site.folder / "requests" / "host-1-a.csr").exists()


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        (lambda company, request: b"hello", "host-1-a.crt: holds no certificate in PEM form"),
        (lambda company, request: company.answer(request, names=["other"]), "lacks the names DNS:es1.example.com"),
        (lambda company, request: company.answer(request, profile="client"), "should be for server"),
        (
            lambda company, request: encode_certificates(load_certificates(company.answer(request))[2:]),
            "the issuer of 'CN=es1', 'CN=Company Issuing CA', is missing",
        ),
    ],
)
def test_an_answer_that_is_of_no_use(site, company, wrong, words):
    site.run(**by_hand(site))
    request = (site.folder / "requests" / "host-1-a.csr").read_text()
    answer_file(site).write_bytes(wrong(company, request))
    _plugin, result = site.run(**by_hand(site))
    assert words in result["msg"]
    assert str(answer_file(site)) in result["msg"]
    assert sorted(site.content()) == [".a.key.staged"]


# Brought files


def brought(site, identity, passphrase=None, **given):
    folder = site.folder / "brought"
    folder.mkdir(exist_ok=True)
    (folder / "x.crt").write_bytes(encode_certificates([identity.authorities[1], identity.certificate]))
    (folder / "chain.crt").write_bytes(encode_certificates([identity.authorities[0]]))
    (folder / "x.key").write_bytes(encode_private_key(identity.key, passphrase))
    return {
        "signer": "brought",
        "source_certificate_path": str(folder / "x.crt"),
        "source_chain_path": str(folder / "chain.crt"),
        "source_private_key_path": str(folder / "x.key"),
        "source_passphrase": passphrase,
        "common_name": None,
        **given,
    }


class Bringing(Site):
    """A site whose private keys pass through the controller, as its user asked for."""

    def run(self, check_mode=False, **given):
        from acting import InProcess

        arguments = {name: value for name, value in {**self.arguments, **given}.items() if value is not None}
        plugin = InProcess(arguments, check_mode)
        result = plugin.run(task_vars={"inventory_hostname": "host-1"})
        assert "PRIVATE KEY" not in repr(result)
        return plugin, result


@pytest.fixture
def bringing(tmp_path):
    made = Bringing(tmp_path)
    made.arguments = {name: value for name, value in made.arguments.items() if not name.startswith("ca_")}
    return made


@pytest.mark.parametrize("remote", [False, True])
@pytest.mark.parametrize("passphrase", [None, "brought-secret"])
def test_files_that_are_brought(bringing, company, passphrase, remote):
    identity = company.identity()
    given = brought(bringing, identity, passphrase, remote_source=remote, private_key_passphrase="host-secret")
    plugin, announced = bringing.run(check_mode=True, **given)
    assert (plugin.phases, announced["changed"]) == (["inspect"], True)
    plugin, result = bringing.run(**given)
    assert plugin.phases == (["inspect"] if remote else ["inspect", "install"])
    assert [reason["code"] for reason in result["reasons"]] == ["missing"]
    assert remote or "brought-secret" not in repr(plugin.calls)
    assert certificates(bringing) == [identity.certificate, identity.authorities[0]]
    key = load_private_key(bringing.content()["a.key"], "host-secret")
    assert key.private_numbers() == identity.key.private_numbers()
    plugin, kept = bringing.run(**given)
    assert (plugin.phases, kept["changed"]) == (["inspect"], False)
    _plugin, replaced = bringing.run(
        **brought(bringing, company.identity(), passphrase, remote_source=remote, private_key_passphrase="host-secret")
    )
    assert [reason["code"] for reason in replaced["reasons"]] == ["brought"]


def test_a_container_that_is_brought(bringing, company):
    identity = company.identity()
    (bringing.folder / "x.p12").write_bytes(encode_container(identity, "brought-secret", "x"))
    (bringing.folder / "x.p12").rename(bringing.folder / "ca.p12")
    given = {
        "signer": "brought",
        "source_pkcs12_path": str(bringing.folder / "ca.p12"),
        "source_passphrase": "brought-secret",
    }
    assert bringing.run(**given)[1]["changed"]
    assert certificates(bringing)[0] == identity.certificate
    assert not bringing.run(**given)[1]["changed"]


def test_text_that_is_brought(bringing, company):
    identity = company.identity()
    given = {
        "signer": "brought",
        "source_certificate": encode_certificates([identity.certificate, *identity.authorities]).decode(),
        "source_private_key": encode_private_key(identity.key, None).decode(),
    }
    plugin, result = bringing.run(**given)
    assert result["changed"]
    assert "PRIVATE KEY" not in repr([call["identities"] for call in plugin.calls])
    assert not bringing.run(**given)[1]["changed"]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"source_passphrase": "x"}, "x.key: the private key is not encrypted although a passphrase is given"),
        ({"source_private_key_path": "nowhere.key"}, "nowhere.key: there is no such file on the controller"),
        (
            {"subject_alt_names": ["kibana"]},
            "the certificate 'CN=es1' is not as asked for: the certificate lacks",
        ),
        ({"subject": "CN=es2"}, "the subject is 'CN=es1' and should be 'CN=es2'"),
        ({"source_chain_path": None}, "the issuer of 'CN=es1', 'CN=Company Issuing CA', is missing"),
        ({"issuer_certificates": Company("Other").pem}, "leads to the root 'CN=Company Root', which is not one of"),
    ],
)
def test_brought_files_that_cannot_be_used(bringing, company, change, words):
    plugin, result = bringing.run(**{**brought(bringing, company.identity()), **change})
    assert words in result["msg"]
    assert plugin.phases == []


def test_brought_files_that_do_not_belong_together(bringing, company):
    given = brought(bringing, company.identity())
    (bringing.folder / "brought" / "x.key").write_bytes(encode_private_key(generate_private_key("ec-p256"), None))
    assert "holds no certificate of the private key in" in bringing.run(**given)[1]["msg"]


def test_a_brought_certificate_that_expired(bringing):
    old = Company(days=3650)
    identity = old.identity(days=1)
    expired = issue(
        Specification(parse_name("CN=es1"), parse_alternative_names(NAMES), "server", ""),
        identity.key.public_key(),
        old.intermediate,
        Lifetime(NOW - timedelta(hours=20), NOW - timedelta(hours=10)),
    )
    given = brought(bringing, Identity(identity.key, expired, identity.authorities))
    assert "the certificate 'CN=es1' expired on" in bringing.run(**given)[1]["msg"]
