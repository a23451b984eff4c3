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
from ansible_collections.stacktls.elastic.plugins.module_utils._restart import apply_changes
from ansible_collections.stacktls.elastic.plugins.module_utils._service import Service
from ansible_collections.stacktls.elastic.plugins.module_utils._steadiness import Steadiness
from ansible_collections.stacktls.elastic.plugins.module_utils._waiting import Clock


class Host:
    """Commands that the service layer ran, with the answers of a systemd that works or does not."""

    def __init__(self, restart_code=0, failed=False, journal="all is well", processes=()):
        self.commands = []
        self.restart_code = restart_code
        self.failed = failed
        self.journal = journal
        self.processes = iter(processes)

    def run(self, command):
        self.commands.append(list(command))
        if command[0] == "journalctl":
            return 0, self.journal, ""
        if command[1] == "is-failed":
            return (0 if self.failed else 1), "", ""
        if command[1] == "show":
            process = next(self.processes)
            return 0, f"MainPID={process}\nActiveState={'active' if process else 'activating'}\n", ""
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


def apply(host, journal, probe, product="elasticsearch", cluster=None):
    return apply_changes(product, journal, Service("it", host.run), probe, 60, cluster, Time().clock())


class Others:
    """The cluster around the node; ``missing`` is answered in turn."""

    def __init__(self, *missing, sick=False):
        self.answers = iter(missing)
        self.sick = sick
        self.turns = []

    def prepare(self, service):
        self.turns.append("prepare")
        if self.sick:
            raise ServiceError("the cluster is not healthy")

    def missing(self):
        return next(self.answers, "")

    def restore(self):
        self.turns.append("restore")

    def restored_after_roll_back(self):
        self.turns.append("roll back")
        return " Allocation is limited."

    def wait_until_healthy(self):
        self.turns.append("wait")


def test_every_kind_has_an_effect_for_every_product():
    for table in EFFECTS.values():
        assert set(table) == set(KINDS)


def test_largest_effect_wins():
    assert effect_of("elasticsearch", []) is Effect.NOTHING
    assert effect_of("elasticsearch", ["certificate", "trust"]) is Effect.RELOAD
    assert effect_of("elasticsearch", ["certificate", "settings"]) is Effect.RESTART
    assert effect_of("kibana", ["client_certificate"]) is Effect.RESTART


@pytest.mark.parametrize(
    ("version", "effect"),
    [
        ("", Effect.RESTART),
        ("8.11.1", Effect.RESTART),
        ("8.11.2", Effect.SIGNAL),
        ("8.12.0-SNAPSHOT", Effect.SIGNAL),
        ("9", Effect.SIGNAL),
        ("unknown", Effect.RESTART),
    ],
)
def test_kibana_takes_over_a_server_certificate_at_a_signal_since_a_version(version, effect):
    assert effect_of("kibana", ["certificate"], version) is effect
    assert effect_of("kibana", ["certificate", "trust"], version) is Effect.RESTART
    assert effect_of("beats", ["certificate"], version) is Effect.RESTART


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


def test_the_cluster_is_prepared_and_waited_for(journal, settings):
    change(settings, journal)
    others = Others("2 of 3 nodes", "")
    apply(Host(), journal, lambda: "", cluster=others)
    assert others.turns == ["prepare", "restore", "wait"]
    assert journal.entries() == []


def test_a_node_of_a_sick_cluster_is_not_restarted_and_its_change_waits(journal, settings):
    change(settings, journal)
    host = Host()
    with pytest.raises(ServiceError, match="not healthy"):
        apply(host, journal, lambda: "", cluster=Others(sick=True))
    assert host.restarts() == 0
    assert settings.read_bytes() == b"after"
    assert journal.entries()


def test_a_node_that_does_not_join_the_cluster_is_rolled_back(journal, settings):
    change(settings, journal)
    others = Others(*["2 of 3 nodes"] * 100)
    with pytest.raises(ServiceError, match=r"(?s)2 of 3 nodes.*restarted with them\. Allocation is limited\."):
        apply(Host(), journal, lambda: "", cluster=others)
    assert others.turns == ["prepare", "roll back"]
    assert settings.read_bytes() == b"before"


def test_a_reload_does_not_concern_the_cluster(journal, settings):
    change(settings, journal, "certificate")
    others = Others(sick=True)
    assert apply(Host(), journal, lambda: "", cluster=others).action == "reload"
    assert others.turns == []


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


def signal(host, journal, probe, is_up=lambda: "", command=()):
    service = Service("it", host.run, command)
    return apply_changes("kibana", journal, service, probe, 60, clock=Time().clock(), version="9.4.3", is_up=is_up)


def test_kibana_gets_a_signal_for_its_server_certificate(journal, settings):
    change(settings, journal, "certificate")
    host = Host()
    answers = iter(["the old certificate is shown", ""])
    assert signal(host, journal, lambda: next(answers)).action == "signal"
    assert host.commands == [["systemctl", "kill", "--signal=HUP", "--kill-who=main", "it"]]
    assert journal.entries() == []


def test_kibana_that_does_not_answer_is_restarted_and_not_killed_by_a_signal(journal, settings):
    change(settings, journal, "certificate")
    host = Host()
    assert signal(host, journal, lambda: "", lambda: "refused").action == "restart"
    assert not any("kill" in command for command in host.commands)


def test_kibana_that_does_not_take_over_its_certificate_is_restarted(journal, settings):
    change(settings, journal, "certificate")
    host = Host()
    assert signal(host, journal, lambda: "" if host.restarts() else "the old certificate").action == "restart"


def test_signal_that_cannot_be_sent_leads_to_a_restart(journal, settings):
    change(settings, journal, "certificate")
    host = Host()
    assert signal(host, journal, lambda: "", command=["/opt/it", "restart"]).action == "restart"
    assert host.commands == [["/opt/it", "restart"]]


def test_why_a_signal_cannot_be_sent():
    assert Service("it", Host(restart_code=1).run).signal() == "Job for it failed."


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


def restart_beat(host, journal):
    beat, watch = Service("filebeat", host.run), Time()
    probe = Steadiness(beat, lambda: watch.seconds).amiss
    return apply_changes("beats", journal, beat, probe, 20, clock=watch.clock())


def test_beat_is_back_when_one_process_stays(journal, settings):
    change(settings, journal)
    outcome = restart_beat(Host(processes=[0, 7, 0, 8, 8, 8, 8, 8, 8]), journal)
    assert (outcome.action, outcome.seconds) == ("restart", 8.0)


def test_beat_that_starts_again_and_again_gets_its_files_back(journal, settings):
    change(settings, journal)
    host = Host(journal="noise\nExiting: open /missing.crt: no such file or directory", processes=range(1, 100))
    with pytest.raises(ServiceError) as raised:
        restart_beat(host, journal)
    text = str(raised.value)
    assert "not ready after 20 s. filebeat does not stay active for 5 s." in text
    assert "Exiting: open /missing.crt" in text
    assert settings.read_bytes() == b"before"


def test_beat_that_systemd_gave_up_is_not_waited_for(journal, settings):
    change(settings, journal)
    with pytest.raises(ServiceError, match=r"the service stopped. filebeat is not active."):
        restart_beat(Host(failed=True, processes=[0]), journal)


def test_beat_of_a_custom_command_is_not_looked_at():
    host = Host()
    assert Steadiness(Service("filebeat", host.run, ["/opt/filebeat", "restart"])).amiss() == ""
    assert host.commands == []


def test_last_words_show_only_what_came_after_the_mark(tmp_path):
    log = tmp_path / "it.log"
    log.write_text("ERROR long ago\n")
    service = Service("it", Host(journal="").run, log_paths=[str(log)])
    mark = service.mark()
    with log.open("a") as stream:
        stream.write("INFO fine\nERROR just now\n")
    assert service.last_words(mark) == "ERROR just now"


def test_last_words_of_the_journal_are_asked_from_the_mark_on():
    host = Host(journal="ERROR just now")
    service = Service("it", host.run)
    mark = service.mark()
    assert service.last_words(mark) == "ERROR just now"
    assert f"--since=@{mark.seconds:.6f}" in host.commands[-1]


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
    assert not service.is_stopped()


class ContainerEngine:
    """Commands as podman answers them; a container that stops does so after it was restarted."""

    def __init__(self, status_code=0):
        self.commands = []
        self.status_code = status_code

    def run(self, command):
        self.commands.append(list(command))
        if command[1] == "logs":
            return 0, "noise\nERROR on its output\n", "Exiting: on its error output\n"
        return (self.status_code if command[1] == "top" else 0), "", ""

    def service(self, **options):
        commands = {"restart_command": ["podman", "restart", "it"], "status_command": ["podman", "top", "it"]}
        return Service("it", self.run, **{**commands, **options})


@pytest.mark.parametrize(("code", "stopped"), [(0, False), (125, True), (127, False)])
def test_the_state_of_a_container_is_what_its_command_tells(code, stopped):
    service = ContainerEngine(code).service()
    assert (service.has_failed(), service.is_stopped()) == (stopped, stopped)


def test_the_state_of_a_container_is_unknown_without_a_command():
    service = ContainerEngine(125).service(status_command=())
    assert (service.has_failed(), service.is_stopped()) == (False, False)


def test_container_that_stops_is_not_waited_for_and_quoted(journal, settings):
    change(settings, journal)
    engine, looks = ContainerEngine(125), []
    service = engine.service(log_command=["podman", "logs", "it"])
    with pytest.raises(ServiceError) as raised:
        apply_changes("elasticsearch", journal, service, lambda: looks.append(1) or "refused", 60, clock=Time().clock())
    text = str(raised.value)
    assert "the service stopped. refused" in text
    assert "ERROR on its output\nExiting: on its error output" in text
    assert "noise" not in text
    assert "does not stay up with them either" in text
    assert settings.read_bytes() == b"before"
    assert len(looks) == 1


def test_log_command_takes_the_place_of_the_journal_of_a_unit():
    engine = ContainerEngine()
    service = Service("it", engine.run, log_command=["podman", "logs", "it"])
    assert service.last_words(service.mark()) == "ERROR on its output\nExiting: on its error output"
    assert engine.commands == [["podman", "logs", "it"]]
