# Copyright: Stack TLS contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What follows from what an audit saw."""

from __future__ import annotations

import pytest
from ansible_collections.stacktls.elastic.plugins.plugin_utils._audit import CHECKS, KINDS, LEVELS
from auditing import (
    HTTP,
    authority,
    certificate,
    endpoint,
    evidence,
    file,
    folder,
    kinds,
    reference,
    report,
    service,
)

CRT, KEY, CA = (
    "/etc/elasticsearch/certs/http.crt",
    "/etc/elasticsearch/certs/http.key",
    "/etc/elasticsearch/certs/ca.crt",
)
NAMED = (reference(f"{HTTP}.certificate", CRT), reference(f"{HTTP}.certificate_authorities", CA))


def node(leaf=None, *trusted, **more):
    """A node with a certificate and what it trusts."""
    files = (file(CRT, leaf or certificate()), file(CA, *(trusted or [authority()])))
    return service(*files, references=NAMED, **more)


def loaded(path, *certificates):
    return [
        {"path": path, "subject_dn": each["subject"], "serial_number": each["serial_number"].lower()}
        for each in certificates
    ]


def test_nothing_is_found_without_cause():
    assert kinds(node(), authorities=[folder(authority())]) == []
    assert kinds() == []


@pytest.mark.parametrize(("days", "margin", "is_due"), [(30, "30d", True), (31, "30d", False), (132, "33%", True)])
def test_due_by_days_or_by_a_share_of_the_lifetime(days, margin, is_due):
    leaf = certificate(starts=days - 400, ends=days)
    assert (("warning", "due", CRT) in kinds(node(leaf), margin=margin)) == is_due


def test_an_authority_is_due_when_certificates_would_be_cut():
    almost = certificate("CN=CA", "CN=CA", starts=-3000, ends=300, ca=True)
    assert kinds(node(None, almost), authorities=[folder(almost)]) == [("warning", "due", "/ca/ca.crt")]


def test_an_authority_that_is_only_trusted_may_be_old():
    ended = certificate("CN=Old", "CN=Old", starts=-4000, ends=-1, ca=True)
    assert kinds(node(None, authority(), ended)) == [("warning", "expired", CA)]


def test_loaded_and_on_the_disk_are_the_same():
    both = [*loaded("certs/http.crt", certificate()), *loaded("certs/ca.crt", authority())]
    assert kinds(node(loaded=both)) == []


def test_a_file_that_was_replaced_is_not_loaded_and_its_former_content_not_on_the_disk():
    in_force = [*loaded("certs/http.crt", certificate(serial=255)), *loaded("certs/ca.crt", authority())]
    assert kinds(node(loaded=in_force)) == [("warning", "not_loaded", CRT), ("warning", "not_on_disk", CRT)]


def test_a_file_that_is_gone_is_still_loaded():
    files, in_force = (file(CRT, certificate()), file(CA, authority())), loaded("certs/gone.crt", certificate(serial=9))
    in_force += [*loaded("certs/http.crt", certificate()), *loaded("certs/ca.crt", authority())]
    looked = service(*files, references=NAMED, loaded=in_force)
    assert kinds(looked) == [("warning", "not_on_disk", "/etc/elasticsearch/certs/gone.crt")]


def test_a_file_of_a_setting_that_came_later_is_not_loaded():
    assert kinds(node(loaded=loaded("certs/http.crt", certificate()))) == [("warning", "not_loaded", CA)]
    off = node(loaded=loaded("certs/http.crt", certificate()), disk={"switches": {f"{HTTP}.enabled": False}})
    assert kinds(off) == []


def test_paths_in_a_container_are_those_of_the_host():
    disk = {"config_path": "/srv/es/config", "container_config_path": "/usr/share/elasticsearch/config"}
    crt = "/srv/es/config/certs/http.crt"
    in_force = loaded("/usr/share/elasticsearch/config/certs/http.crt", certificate())
    named = (reference(f"{HTTP}.certificate", crt),)
    looked = service(file(crt, certificate()), references=named, loaded=in_force, disk=disk)
    assert kinds(looked, given=[authority()]) == []


def test_who_shows_what_no_file_holds_is_told_of():
    shown = endpoint(certificate(serial=7))
    found = kinds(node(endpoints=[shown], groups=[HTTP]))
    assert found == [("warning", "not_loaded", CRT), ("warning", "not_on_disk", "es1:9200")]


def test_what_is_shown_and_on_the_disk_is_told_of_once():
    expired = certificate(starts=-400, ends=-1)
    found = kinds(node(expired, endpoints=[endpoint(expired)], groups=[HTTP]))
    assert found == [("critical", "expired", CRT)]


@pytest.mark.parametrize(
    ("state", "level", "kind"),
    [
        ("damaged", "critical", "unreadable"),
        ("unreadable", "warning", "unreadable"),
        ("locked", "warning", "unreadable"),
        ("java_keystore", "notice", "unreadable"),
        ("missing", "critical", "missing"),
    ],
)
def test_files_that_cannot_be_read(state, level, kind):
    broken = file(CRT, state=state, problem="is broken.")
    looked = service(broken, file(CA, authority()), references=NAMED)
    assert kinds(looked) == [(level, kind, CRT)]


def test_a_key_that_everybody_reads_and_that_is_of_another_certificate():
    key = {"private_key": {"key_type": "ec-p256", "public_key": "other"}, "kind": "private_key", "encrypted": False}
    named = (*NAMED, reference(f"{HTTP}.key", KEY))
    looked = service(file(CRT, certificate()), file(CA, authority()), file(KEY, **key), references=named)
    assert kinds(looked) == [("critical", "exposed_key", KEY), ("critical", "mismatched_pair", KEY)]
    encrypted = file(KEY, **{**key, "encrypted": True, "private_key": {"key_type": None, "public_key": None}})
    looked = service(file(CRT, certificate()), file(CA, authority()), encrypted, references=named)
    assert kinds(looked) == [("warning", "exposed_key", KEY)]


def test_what_does_not_fit_its_key_is_not_to_be_loaded():
    other = certificate("CN=other", serial=2)
    key = {"private_key": {"key_type": "ec-p256", "public_key": "other"}, "kind": "private_key", "encrypted": False}
    named = (*NAMED, reference(f"{HTTP}.key", KEY))
    files = (file(CRT, certificate()), file(CA, authority()), file(KEY, **key))
    in_force = loaded(CRT, other) + loaded(CA, authority())
    looked = service(*files, references=named, loaded=in_force, endpoints=[endpoint(other)], groups=[HTTP])
    hints = {each.hint for each in report(looked).findings if each.kind == "not_loaded"}
    assert len(hints) == 1
    assert "mend that first" in hints.pop()


def test_the_key_of_an_authority():
    key = {"path": "/ca/ca.key", "mode": "0644", "world_readable": True, "encrypted": False}
    found = kinds(authorities=[folder(authority(), private_key=key)])
    assert found == [("critical", "exposed_key", "/ca/ca.key"), ("warning", "unencrypted_key", "/ca/ca.key")]


def test_a_certificate_that_the_ledger_does_not_know():
    ours = folder(authority(), issued=[])
    assert kinds(node(), authorities=[ours]) == [("warning", "not_in_ledger", CRT)]
    known = folder(authority(), issued=[certificate()["fingerprint_sha256"]])
    assert kinds(node(), authorities=[known]) == []
    assert kinds(node(), authorities=[folder(authority(), issued=None)]) == []


def test_a_former_authority_is_no_longer_trusted():
    former = authority(serial=77)
    ours = folder(authority())
    assert kinds(node(None, authority(), former), authorities=[ours]) == [("warning", "old_authority", CA)]
    # During a rotation it may be; and one that the inventory names, always.
    assert kinds(node(None, authority(), former), authorities=[{**ours, "trusted": [former]}]) == []
    assert kinds(node(None, authority(), former), authorities=[ours], given=[former]) == []
    # Of somebody else, in a list of its own, nothing is said.
    assert kinds(node(certificate(issuer="CN=Else"), authority("CN=Else")), authorities=[ours]) == []


def test_a_rotation_that_is_under_way_is_told_of():
    assert kinds(authorities=[folder(authority(), rotation="trust")]) == [("notice", "rotation", "/ca")]


def test_an_intermediate_authority_leads_to_one_that_is_known():
    middle = certificate("CN=Middle", "CN=CA", ca=True, serial=5)
    leaf = certificate(issuer="CN=Middle")
    looked = service(file(CRT, leaf, middle), file(CA, authority()), references=NAMED)
    assert kinds(looked) == []
    assert kinds(service(file(CRT, leaf), file(CA, authority()), references=NAMED)) == [
        ("warning", "unknown_issuer", CRT)
    ]


def test_endpoints_outside_of_the_inventory():
    good = endpoint(certificate(issuer="CN=Public"), verified=True)
    assert kinds(outside=[good]) == []
    untrusted = {**good, "verified": False, "verification_problem": "its issuer is unknown."}
    assert kinds(outside=[untrusted]) == [("critical", "unknown_issuer", "es1:9200")]
    assert kinds(outside=[{**untrusted, "name_covered": False}]) == [("critical", "wrong_name", "es1:9200")]


@pytest.mark.parametrize("state", ["refused", "timeout", "unresolved", "unreachable", "silent", "closed", "other"])
def test_endpoints_without_an_answer(state):
    assert kinds(node(endpoints=[endpoint(state=state)])) == [("warning", "no_answer", "es1:9200")]


def test_hosts_of_which_nothing_is_known():
    lost = {"host": "es2", "service": "elasticsearch", "reached": False, "problem": "no route"}
    failed = {"host": "es3", "service": "elasticsearch", "problem": "no cryptography"}
    unasked = node(loaded_problem="401")
    assert kinds(lost, failed, unasked) == [
        ("critical", "unreachable", "the connection"),
        ("warning", "not_asked", "the host"),
        ("notice", "not_asked", "the API"),
    ]


@pytest.mark.parametrize(
    ("threshold", "fails"), [("critical", False), ("warning", True), ("notice", True), ("never", False)]
)
def test_the_threshold(threshold, fails):
    assert report(node(certificate(ends=10))).reaches(threshold) == fails


def test_the_worst_stands_first_and_nothing_twice():
    looks = [node(certificate(ends=-1)), node(certificate(ends=10)), node(certificate(ends=-1))]
    levels = [each.level for each in report(*looks).findings]
    assert levels == ["critical", "warning"]
    assert sorted(levels, key=LEVELS.index) == levels


def test_every_kind_has_a_title():
    seen = {finding.kind for check in CHECKS for finding in check(evidence(node(certificate(ends=-1))))}
    assert seen <= set(KINDS)


def test_the_data_name_issuer_and_places():
    data = report(node(), authorities=[folder(authority())]).as_data()
    leaf, ca = data["certificates"]
    assert leaf["issuer_fingerprint_sha256"] == ca["fingerprint_sha256"]
    assert leaf["seen"] == [{"host": "es1", "service": "elasticsearch", "place": CRT, "use": "own"}]
    assert {each["use"] for each in ca["seen"]} == {"trusted", "authority"}
    assert data["summary"] == {"critical": 0, "warning": 0, "notice": 0}


def test_an_application_that_has_not_got_its_files_yet():
    assert kinds(service(file("/etc/orders/ca.crt", state="missing"))) == [("warning", "missing", "/etc/orders/ca.crt")]


def test_several_pairs_by_one_name():
    leaves = [certificate(serial=number) for number in (1, 2)]
    files = [file(f"/{n}.crt", leaf) for n, leaf in enumerate(leaves)]
    for n, leaf in enumerate(leaves):
        key = {"key_type": "ec-p256", "public_key": leaf["public_key"]}
        files.append(file(f"/{n}.key", private_key=key, kind="private_key", world_readable=False))
    named = [
        reference(f"filebeat.inputs.ssl.{use}", f"/{n}.{end}")
        for use, end in (("certificate", "crt"), ("key", "key"))
        for n in (0, 1)
    ]
    assert kinds(service(*files, references=named), given=[authority()]) == []
    assert kinds(service(*files, references=named[:3]), given=[authority()]) == [
        ("critical", "mismatched_pair", "/0.key")
    ]
