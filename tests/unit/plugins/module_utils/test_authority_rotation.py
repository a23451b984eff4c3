# Copyright: Stack TLS contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The folder of an authority on its way from one authority to another."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import pytest
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from ansible_collections.stacktls.elastic.plugins.module_utils import _authority_rotation, _io
from ansible_collections.stacktls.elastic.plugins.module_utils._authority_rotation import ARGUMENTS, rotate
from ansible_collections.stacktls.elastic.plugins.module_utils._authority_store import AuthorityStore
from ansible_collections.stacktls.elastic.plugins.module_utils._certificate_authority import (
    manage_certificate_authority,
)
from ansible_collections.stacktls.elastic.plugins.module_utils._certificate_authority_options import MODULE_ARGUMENTS
from ansible_collections.stacktls.elastic.plugins.module_utils._certificate_retirement import retire_name
from ansible_collections.stacktls.elastic.plugins.module_utils._errors import StackTlsError

PASSPHRASE = "authority-secret"
HOSTS = ["es1", "kb1"]


class Authority:
    """A folder with an authority, and the module on it."""

    def __init__(self, folder):
        self.folder = str(folder / "ca")
        given = {"path": self.folder, "passphrase": PASSPHRASE, "subject": "CN=Test CA", "key_type": "ec-p256"}
        manage_certificate_authority(
            ArgumentSpecValidator(**MODULE_ARGUMENTS).validate(given).validated_parameters,
            lambda _warning: None,
            check_mode=False,
        )
        self.first = self.signing()

    def run(self, stage=None, check_mode=False, **given):
        task = {"path": self.folder, "passphrase": PASSPHRASE, "expected_hosts": HOSTS, "key_type": "ec-p256", **given}
        if stage:
            task["stage"] = stage
        if stage in ("trust", "renew"):
            task = {"name": "2026", **task}
        validated = ArgumentSpecValidator(**ARGUMENTS).validate(task)
        assert not validated.error_messages, validated.error_messages
        return rotate(validated.validated_parameters, lambda _warning: None, check_mode=check_mode)

    def follow(self, *hosts):
        return self.run(proved_hosts=list(hosts or HOSTS))

    def signing(self):
        return self.text("ca.crt")

    def text(self, name):
        path = os.path.join(self.folder, name)
        return open(path).read() if os.path.exists(path) else ""

    def content(self):
        return {str(path): path.read_bytes() for path in Path(self.folder).rglob("*") if path.is_file()}

    def is_whole(self):
        """Whether openssl finds that certificate and key belong together."""
        parts = []
        for command in ("x509 -in ca.crt -noout -pubkey", "pkey -in ca.key -passin env:PASSPHRASE -pubout"):
            done = subprocess.run(
                ["openssl", *command.split()],
                cwd=self.folder,
                env={**os.environ, "PASSPHRASE": PASSPHRASE},
                check=True,
                capture_output=True,
            )
            parts.append(done.stdout)
        return parts[0] == parts[1]


@pytest.fixture
def authority(tmp_path):
    return Authority(tmp_path)


def test_the_three_stages(authority):
    begun = authority.run("trust")
    assert begun["changed"]
    assert begun["missing_hosts"] == HOSTS
    assert authority.signing() == authority.first
    second = authority.text("trusted.crt")
    assert second == authority.text("next/ca.crt") != authority.first

    authority.follow()
    authority.run("issue")
    assert authority.signing() == second
    assert authority.text("trusted.crt") == authority.first
    assert authority.is_whole()

    authority.follow()
    authority.run("drop")
    assert authority.signing() == second
    assert authority.text("trusted.crt") == ""

    ended = authority.follow()
    assert ended["rotation"]["finished"]
    assert authority.is_whole()
    assert not os.path.exists(os.path.join(authority.folder, "former"))
    assert not os.path.exists(os.path.join(authority.folder, "next"))
    (retired,) = os.listdir(os.path.join(authority.folder, "retired"))
    assert authority.text(f"retired/{retired}/ca.crt") == authority.first


@pytest.mark.parametrize("passed", range(4))
def test_each_stage_twice_changes_nothing_the_second_time(authority, passed):
    for stage in ("trust", "issue", "drop")[: passed + 1]:
        for check_mode in (True, False, True, False):
            before = authority.content()
            result = authority.run(stage, check_mode=check_mode)
            if check_mode:
                assert authority.content() == before
        assert not result["changed"]
        assert authority.content() == before
        authority.follow()
    assert not authority.follow()["changed"]


def test_check_mode_tells_what_comes(authority):
    result = authority.run("trust", check_mode=True)
    assert result["changed"]
    assert (result["diff"]["before"], result["diff"]["after"]["stage"]) == ({}, "trust")


def test_no_stage_begins_before_every_host_has_followed(authority):
    authority.run("trust")
    authority.follow("es1")
    with pytest.raises(StackTlsError, match="kb1 did not follow to the stage 'trust' yet"):
        authority.run("issue")
    assert authority.signing() == authority.first
    authority.follow("kb1")
    assert authority.run("issue")["rotation"]["stage"] == "issue"


def test_hosts_that_followed_are_not_asked_twice_by_another_run(authority):
    authority.run("trust")
    authority.follow("es1")
    assert authority.follow("kb1")["rotation"]["proved"] == HOSTS


@pytest.mark.parametrize("stage", ["issue", "drop"])
def test_nothing_begins_in_the_middle(authority, stage):
    with pytest.raises(StackTlsError, match="no rotation has begun"):
        authority.run(stage)


def test_no_stage_is_left_out(authority):
    authority.run("trust")
    authority.follow()
    with pytest.raises(StackTlsError, match="the stage after 'trust' is not 'drop'"):
        authority.run("drop")


def test_back_from_the_first_stage(authority):
    authority.run("trust")
    undone = authority.run("undo")
    assert undone["rotation"]["stage"] == "undone"
    assert undone["missing_hosts"] == ["es1", "kb1"]
    assert not authority.run("undo")["changed"]
    assert authority.signing() == authority.first
    assert authority.text("trusted.crt") == ""
    assert authority.is_whole()
    assert authority.run("trust")["rotation"]["stage"] == "trust"  # of the same name, too


def test_back_from_the_second_stage(authority):
    authority.run("trust")
    authority.follow()
    authority.run("issue")
    second = authority.signing()
    assert authority.run("undo")["rotation"]["stage"] == "trust"
    assert (authority.signing(), authority.text("trusted.crt")) == (authority.first, second)
    assert not authority.run("undo")["changed"]  # certificates of the next authority are still in use
    authority.follow()
    assert authority.run("undo")["rotation"]["stage"] == "undone"
    assert authority.is_whole()


def test_how_many_steps_it_is_back(authority):
    """A run that was cut off on the way back has as many left as hosts have not followed to."""
    steps = [authority.run("trust")["steps_back"]]
    authority.follow()
    steps.append(authority.run("issue")["steps_back"])
    steps.append(authority.run("undo")["steps_back"])
    steps.append(authority.follow()["steps_back"])
    steps.append(authority.run("undo")["steps_back"])
    steps.append(authority.follow()["steps_back"])
    assert steps == [1, 2, 2, 1, 1, 0]


def test_a_rotation_that_turned_round_may_go_on(authority):
    authority.run("trust")
    authority.follow()
    authority.run("issue")
    second = authority.signing()
    authority.run("undo")
    authority.follow()
    authority.run("issue")
    assert authority.signing() == second


def test_there_is_no_way_back_from_the_last(authority):
    for stage in ("trust", "issue", "drop"):
        authority.run(stage)
        if stage != "drop":
            authority.follow()
    with pytest.raises(StackTlsError, match="the former authority is not trusted any more"):
        authority.run("undo")


def test_a_rotation_of_another_name_is_another_one(authority):
    for stage in ("trust", "issue", "drop"):
        authority.run(stage)
        authority.follow()
    second = authority.signing()
    assert not authority.run("trust")["changed"]
    assert authority.run("trust", name="2027")["changed"]
    assert authority.text("former/ca.crt") == second
    assert not authority.run("trust", name="2028")["changed"]  # the one that goes on is meant


def test_a_cross_certificate_leads_from_the_next_to_the_former(authority, tmp_path):
    authority.run("trust", cross_sign=True)
    authority.follow()
    authority.run("issue")
    own, cross = authority.signing().split("-----END CERTIFICATE-----\n")[:2]
    (tmp_path / "cross.crt").write_text(cross + "-----END CERTIFICATE-----\n")
    (tmp_path / "former.crt").write_text(authority.first)
    subprocess.run(
        ["openssl", "verify", "-CAfile", "former.crt", "cross.crt"], cwd=tmp_path, check=True, capture_output=True
    )
    authority.follow()
    authority.run("drop")
    assert authority.signing() == f"{own}-----END CERTIFICATE-----\n"


def test_the_certificate_of_a_root_is_renewed_with_its_key(authority):
    result = authority.run("renew")
    assert result["rotation"]["stage"] == "renewed"
    renewed = authority.signing()
    assert renewed != authority.first
    assert authority.is_whole()
    assert not authority.run("renew")["changed"]
    authority.follow()
    assert authority.run("trust")["done_stages"] == ["trust", "issue", "drop"]  # another one needs another name
    assert authority.signing() == renewed  # that hosts have followed is written down, and nothing else
    assert not AuthorityStore(authority.folder).trusted()


def test_it_is_not_renewed_in_the_middle_of_a_rotation(authority):
    authority.run("trust")
    with pytest.raises(StackTlsError, match="the rotation '2026' is at its stage 'trust'"):
        authority.run("renew")


def test_certificates_of_an_authority_that_was_dropped_are_not_told_of_a_name(authority):
    entry = {"subject": "CN=a", "host": "es1", "not_after": "2999-01-01T00:00:00Z"}
    with open(os.path.join(authority.folder, "issued.jsonl"), "a") as stream:
        for serial, issued_at in (("01", "2020-01-01T00:00:00Z"), ("02", "2998-01-01T00:00:00Z")):
            stream.write(json.dumps({**entry, "serial_number": serial, "issued_at": issued_at}) + "\n")
    name = {"path": authority.folder, "dn": "CN=a"}
    told = []
    for stage in ("trust", "issue", "drop"):
        authority.run(stage)
        authority.follow()
        told.append([each["serial_number"] for each in retire_name(name, check_mode=True)["certificates"]])
    assert told == [["01", "02"], ["01", "02"], ["02"]]


def test_a_wrong_passphrase_begins_nothing(authority):
    before = authority.content()
    with pytest.raises(StackTlsError, match="Give the passphrase"):
        authority.run("trust", passphrase="another-secret")
    assert authority.content() == before


def test_a_wrong_passphrase_lets_nobody_else_sign(authority):
    authority.run("trust")
    authority.follow()
    before = authority.content()
    with pytest.raises(StackTlsError, match="passphrase"):
        authority.run("issue", passphrase="another-secret")
    assert authority.content() == before


def test_a_damaged_state_is_told(authority):
    with open(os.path.join(authority.folder, "rotation.json"), "w") as stream:
        stream.write("{}")
    with pytest.raises(StackTlsError, match=r"rotation\.json: does not hold the state of a rotation"):
        authority.run("trust")


class CutOffError(Exception):
    """The process ends here."""


@pytest.fixture
def cut_off(monkeypatch):
    """Lets a piece of work be cut off at its write or removal of this number; false where it has fewer of them."""

    def run(work, number):
        calls = []

        def counted(real):
            def call(*args, **kwargs):
                calls.append(real)
                if len(calls) >= number:
                    raise CutOffError
                return real(*args, **kwargs)

            return call

        with monkeypatch.context() as patch:
            for name in ("write_file", "remove_file"):
                patch.setattr(_authority_rotation, name, counted(getattr(_io, name)))
            for name in ("write_key", "write_certificates"):
                patch.setattr(AuthorityStore, name, counted(getattr(AuthorityStore, name)))
            try:
                work()
            except CutOffError:
                return True
        return False

    return run


def before(folder, stage):
    """An authority just before it comes to the stage."""
    folder.mkdir()
    authority = Authority(folder)
    way = {"trust": [], "issue": ["trust"], "drop": ["trust", "issue"], "undo": ["trust", "issue"]}
    for each in way.get(stage, ["trust", "issue", "drop"]):
        authority.run(each)
        if (stage, each) != ("finish", "drop"):
            authority.follow()
    return authority


def again(authority, stage):
    """What the next run does; a second "undo" would be one more stage back."""
    if stage == "finish":
        authority.follow()
    else:
        written = json.loads(authority.text("rotation.json") or '{"stage": ""}')["stage"]
        authority.run(None if (stage, written) == ("undo", "trust") else stage)


@pytest.mark.parametrize("stage", ["trust", "issue", "drop", "finish", "undo"])
def test_a_run_that_is_cut_off_anywhere_is_completed_by_the_next(tmp_path, cut_off, stage):
    """At each write and each removal in turn."""
    end = {"finish": "drop", "undo": "trust"}.get(stage, stage)
    for number in range(1, 50):
        authority = before(tmp_path / str(number), stage)
        was_cut_off = cut_off(lambda authority=authority: again(authority, stage), number)
        again(authority, stage)
        assert authority.is_whole()
        assert json.loads(authority.text("rotation.json"))["stage"] == end
        assert not authority.run()["changed"]
        if not was_cut_off:
            break
    assert 2 < number < 49
