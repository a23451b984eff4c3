# Copyright: Stack TLS contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import pytest
from ansible_collections.stacktls.elastic.plugins.module_utils._changes import Replacement
from ansible_collections.stacktls.elastic.plugins.module_utils._effects import EFFECTS, Effect, effect_of
from ansible_collections.stacktls.elastic.plugins.module_utils._errors import ServiceError
from ansible_collections.stacktls.elastic.plugins.module_utils._io import Attributes
from ansible_collections.stacktls.elastic.plugins.module_utils._journal import KINDS, Journal
from ansible_collections.stacktls.elastic.plugins.module_utils._restart import Clock, apply_changes
from ansible_collections.stacktls.elastic.plugins.module_utils._service import Service


class Host:
    """Commands that the service layer ran, with the answers of a systemd that works or does not."""

    def __init__(self, restart_code=0, failed=False, journal="all is well"):
        self.commands = []
        self.restart_code = restart_code
        self.failed = failed
        self.journal = journal

    def run(self, command):
        self.commands.append(list(command))
        if command[0] == "journalctl":
            return 0, self.journal, ""
        if command[1] == "is-failed":
            return (0 if self.failed else 1), "", ""
        return self.restart_code, "", "Job for it failed." if self.restart_code else ""

    def restarts(self):
        return sum(command[1] == "restart" for command in self.commands)


class Time:
    def __init__(self):
        self.seconds = 0.0

    def clock(self):
        return Clock(lambda: self.seconds, self.sleep)

    def sleep(self, seconds):
        self.seconds += seconds


@pytest.fixture
def journal(tmp_path):
    return Journal(str(tmp_path / "journal"))


@pytest.fixture
def settings(tmp_path):
    path = tmp_path / "settings.yml"
    path.write_bytes(b"before")
    return path


def change(path, journal, kind="settings"):
    Replacement(str(path), b"after", Attributes(), kind).apply(journal)


def apply(host, journal, probe, product="elasticsearch"):
    return apply_changes(product, journal, Service("it", host.run), probe, 60, Time().clock())


def test_every_kind_has_an_effect_for_every_product():
    for table in EFFECTS.values():
        assert set(table) == set(KINDS)


def test_largest_effect_wins():
    assert effect_of("elasticsearch", []) is Effect.NOTHING
    assert effect_of("elasticsearch", ["certificate", "trust"]) is Effect.RELOAD
    assert effect_of("elasticsearch", ["certificate", "settings"]) is Effect.RESTART
    assert effect_of("kibana", ["client_certificate"]) is Effect.RESTART


def test_nothing_pending_does_nothing(journal):
    host = Host()
    assert apply(host, journal, lambda: "never asked").action == "nothing"
    assert host.commands == []


def test_restart_settles_the_journal(journal, settings):
    change(settings, journal)
    answers = iter(["refused", "503", ""])
    outcome = apply(Host(), journal, lambda: next(answers))
    assert (outcome.action, outcome.kinds) == ("restart", ["settings"])
    assert outcome.backup
    assert journal.entries() == []


def test_certificate_of_elasticsearch_needs_no_restart(journal, settings):
    change(settings, journal, "certificate")
    host = Host()
    answers = iter(["the old certificate is shown", ""])
    assert apply(host, journal, lambda: next(answers)).action == "reload"
    assert host.restarts() == 0


def test_certificate_that_is_not_reloaded_leads_to_a_restart(journal, settings):
    change(settings, journal, "certificate")
    host = Host()
    assert apply(host, journal, lambda: "" if host.restarts() else "the old certificate").action == "restart"
    assert host.restarts() == 1


def test_service_that_does_not_start_gets_its_files_back(journal, settings):
    change(settings, journal)
    host = Host(restart_code=1, journal="noise\nERROR unknown setting [foo]\nnoise")
    with pytest.raises(ServiceError) as raised:
        apply(host, journal, lambda: "")
    text = str(raised.value)
    assert "it did not come back after the change: systemctl restart it failed: Job for it failed." in text
    assert "ERROR unknown setting [foo]" in text
    assert "noise" not in text
    assert "does not start with them either" in text
    assert settings.read_bytes() == b"before"
    assert host.restarts() == 2
    assert journal.entries() == []


def test_service_that_never_answers_gets_its_files_back(journal, settings):
    change(settings, journal)
    with pytest.raises(ServiceError, match=r"not ready after 60 s. HTTP 503"):
        apply(Host(), journal, lambda: "HTTP 503")
    assert settings.read_bytes() == b"before"


def test_service_that_stops_is_not_waited_for(journal, settings):
    change(settings, journal)
    looks = []

    def probe():
        looks.append(1)
        return "refused"

    with pytest.raises(ServiceError, match=r"the service stopped. refused"):
        apply(Host(failed=True), journal, probe)
    assert len(looks) == 1


def test_service_whose_files_cannot_be_put_back_is_told_with_its_words(journal, settings, tmp_path):
    change(settings, journal)
    (tmp_path / "journal" / "pending" / "0000").unlink()
    host = Host(restart_code=1, journal="ERROR unknown setting [foo]")
    with pytest.raises(ServiceError) as raised:
        apply(host, journal, lambda: "")
    text = str(raised.value)
    assert "ERROR unknown setting [foo]" in text
    assert "could not be put back" in text
    assert "the previous version 0000 is missing" in text
    assert host.restarts() == 1
    assert journal.entries() != []


def test_last_words_show_only_what_came_after_the_mark(tmp_path):
    log = tmp_path / "it.log"
    log.write_text("ERROR long ago\n")
    service = Service("it", Host(journal="").run, log_paths=[str(log)])
    mark = service.mark()
    with log.open("a") as stream:
        stream.write("INFO fine\nERROR just now\n")
    assert service.last_words(mark) == "ERROR just now"


def test_last_words_of_a_log_that_was_rotated_meanwhile(tmp_path):
    log = tmp_path / "it.log"
    log.write_text("ERROR long ago, and long\n")
    service = Service("it", Host(journal="").run, log_paths=[str(log), str(tmp_path / "missing.log")])
    mark = service.mark()
    log.write_text("ERROR just now\n")
    assert service.last_words(mark) == "ERROR just now"


def test_custom_command_takes_the_place_of_systemd():
    host = Host()
    service = Service("it", host.run, ["/opt/it", "restart"])
    service.restart()
    assert host.commands == [["/opt/it", "restart"]]
    assert not service.has_failed()
