# Copyright: Stack TLS contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import json
from datetime import datetime, timedelta, timezone

import pytest
from acting import Site
from ansible_collections.stacktls.elastic.plugins.module_utils import _module
from ansible_collections.stacktls.elastic.plugins.module_utils._certificate import HostCertificate
from ansible_collections.stacktls.elastic.plugins.module_utils._errors import StackTlsError
from ansible_collections.stacktls.elastic.plugins.module_utils._pki._authorities import make_authority
from ansible_collections.stacktls.elastic.plugins.module_utils._pki._certificates import (
    Lifetime,
    encode_certificates,
    load_certificates,
)
from ansible_collections.stacktls.elastic.plugins.module_utils._pki._keys import generate_private_key
from ansible_collections.stacktls.elastic.plugins.module_utils._pki._names import parse_name, print_name


@pytest.fixture
def site(tmp_path):
    made = Site(tmp_path)
    made.make_authority()
    return made


def test_a_certificate_is_issued_in_two_round_trips_and_kept_in_one(site):
    plugin, announced = site.run(check_mode=True)
    assert (plugin.phases, announced["changed"], site.content()) == (["inspect"], True, {})
    plugin, result = site.run()
    assert plugin.phases == ["inspect", "install"]
    assert result["changed"]
    assert result["reasons"] == announced["reasons"]
    assert sorted(site.content()) == ["a.crt", "a.key"]
    plugin, kept = site.run()
    assert plugin.phases == ["inspect"]
    assert (kept["changed"], kept["certificate"]) == (False, result["certificate"])


def test_the_difference_is_between_before_and_after(site):
    _plugin, first = site.run()
    _plugin, second = site.run(subject_alt_names=["es2"])
    assert first["diff"][0]["before"] == {}
    assert second["diff"][0]["before"]["subject_alt_names"] == ["DNS:es1.example.com", "DNS:es1"]
    assert second["diff"][0]["after"]["subject_alt_names"] == ["DNS:es2"]
    assert second["diff"][0]["after"]["reasons"] == [reason["text"] for reason in second["reasons"]]
    assert second["diff"][0]["after"]["fingerprint_sha256"] != first["diff"][0]["after"]["fingerprint_sha256"]


def test_the_key_of_the_authority_is_left_alone_where_nothing_is_due(site):
    site.run()
    (site.folder / "ca" / "ca.key").write_bytes(b"damaged")
    assert not site.run(ca_passphrase="other-secret")[1]["changed"]


@pytest.mark.parametrize(("mode", "warned"), [("0640", False), ("0644", True), (None, False)])
def test_a_key_that_everybody_may_read_is_worth_a_word(site, mode, warned):
    _plugin, result = site.run(mode=mode) if mode else site.run()
    assert ("lets everybody on the host read its private key" in "".join(result.get("warnings", []))) == warned


def test_a_mode_that_nobody_means_is_refused(site):
    _plugin, result = site.run(mode=600)
    assert "mode 600 is not an octal file mode" in result["msg"]


def test_the_ledger_knows_the_host(site):
    _plugin, result = site.run()
    entry = json.loads((site.folder / "ca" / "issued.jsonl").read_text())
    assert entry["host"] == "host-1"
    assert entry["serial_number"] == result["certificate"]["serial_number"]


def test_a_wrong_passphrase_of_the_authority_leaves_no_trace(site):
    site.run()
    before = site.content()
    plugin, result = site.run(ca_passphrase="wrong-secret", force=True)
    assert plugin.phases == ["inspect", "discard"]
    assert result["failed"]
    assert "ca.key: the private key cannot be opened with this passphrase." in result["msg"]
    assert "wrong-secret" not in repr(result)
    assert site.content() == before


def test_a_failed_installation_leaves_no_trace(site, monkeypatch):
    site.run()
    before = site.content()

    def fail(_self):
        raise StackTlsError("no space left")

    monkeypatch.setattr(HostCertificate, "install", fail)
    plugin, result = site.run(force=True)
    assert plugin.phases == ["inspect", "install", "discard"]
    assert (result["failed"], result["msg"]) == (True, "no space left")
    assert site.content() == before


def test_a_wrong_path_does_not_reach_the_host(site):
    plugin, result = site.run(certificate_path="relative.crt")
    assert plugin.phases == []
    assert "must be an absolute path" in result["msg"]


def test_an_authority_that_is_not_there_yet(tmp_path):
    site = Site(tmp_path)
    plugin, announced = site.run(check_mode=True)
    assert plugin.phases == ["inspect"]
    assert [reason["code"] for reason in announced["reasons"]] == ["missing"]
    assert announced["changed"]
    plugin, result = site.run()
    assert plugin.phases == []
    assert "there is no certificate authority in this folder" in result["msg"]


def test_bad_input_does_not_reach_the_host(site):
    plugin, result = site.run(subject_alt_names=["es_1"])
    assert (plugin.phases, result["failed"]) == ([], True)
    assert "'es_1' cannot be a name of a certificate" in result["msg"]


def test_internal_options_of_a_task_are_ignored(site):
    plugin, result = site.run(phase="discard", exchange={"x": {}}, secrets={"x": {}})
    assert plugin.phases == ["inspect", "install"]
    assert result["changed"]


def test_a_controller_without_the_library(site, monkeypatch):
    monkeypatch.setattr(_module, "CRYPTOGRAPHY_VERSION", (3, 4))
    plugin, result = site.run()
    assert plugin.phases == []
    assert result["msg"] == "the controller needs the Python library cryptography >= 38.0."


def test_who_is_trusted_beside_the_authority_is_in_its_file(site):
    wanted = {"ca_certificates_path": str(site.folder / "trust.crt")}
    site.run(**wanted)
    (site.folder / "ca" / "trusted.crt").write_text(other_authority())
    announced = site.run(check_mode=True, **wanted)[1]
    plugin, result = site.run(**wanted)
    assert announced["files"] == result["files"] == [wanted["ca_certificates_path"]]
    assert (plugin.phases, result["reasons"], result["kinds"]) == (["inspect"], [], ["trust"])
    held = load_certificates((site.folder / "trust.crt").read_bytes())
    assert [print_name(each.subject) for each in held] == ["CN=Test CA", "CN=Other CA"]
    assert not site.run(**wanted)[1]["changed"]

    (site.folder / "ca" / "trusted.crt").unlink()
    assert site.run(**wanted)[1]["changed"]
    assert len(load_certificates((site.folder / "trust.crt").read_bytes())) == 1


def test_who_else_is_to_be_trusted_can_be_given(site):
    wanted = {"ca_certificates_path": str(site.folder / "trust.crt")}
    site.run(**wanted)
    result = site.run(**wanted, trusted_certificates=other_authority())[1]
    assert (result["reasons"], result["files"], result["kinds"]) == ([], [wanted["ca_certificates_path"]], ["trust"])
    held = load_certificates((site.folder / "trust.crt").read_bytes())
    assert [print_name(each.subject) for each in held] == ["CN=Test CA", "CN=Other CA"]
    plugin, result = site.run(**wanted, trusted_certificates="a file name")
    assert (plugin.phases, result["msg"]) == ([], "trusted_certificates: holds no certificate in PEM form.")
    site.run(**wanted)
    assert len(load_certificates((site.folder / "trust.crt").read_bytes())) == 1


def test_a_name_that_was_retired_gets_nothing(site):
    site.run(common_name="orders")
    (site.folder / "ca" / "retired.json").write_text('{"CN=orders": "2026-01-31T09:00:00Z"}')
    before = site.content()
    for check_mode in (True, False):
        plugin, result = site.run(common_name="orders", check_mode=check_mode)
        assert "CN=orders was retired on 2026-01-31T09:00:00Z" in result["msg"]
        assert (plugin.phases, site.content()) == ([], before)
    assert site.run(common_name="orders-2")[1]["changed"]


def other_authority():
    key = generate_private_key("ec-p256")
    lifetime = Lifetime.starting(datetime.now(timezone.utc), 10, timedelta(hours=1))
    return encode_certificates([make_authority(parse_name("CN=Other CA"), key, lifetime)]).decode()
