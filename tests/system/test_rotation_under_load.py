# Copyright: Stack TLS contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Another authority takes the place of the present one under load: undisturbed, with faults, and with killed runs."""

from __future__ import annotations

import json
import random
import re
from pathlib import Path

import pytest
from filebeat import FILEBEAT, RESTORE
from rotating import TOPOLOGY, VARIABLES, Rotating, told

pytestmark = [pytest.mark.stack, pytest.mark.soak]

KILLS = {"trust": 4, "issue": 3, "drop": 3}


@pytest.fixture(scope="module")
def cluster(tmp_path_factory):
    folder = tmp_path_factory.mktemp("rotation")
    cluster = Rotating(folder, folder / "ca", TOPOLOGY, reset=True, **VARIABLES)
    cluster.shell(RESTORE, check=False, stdin=FILEBEAT)
    run = cluster.play("site")
    assert run.status == 0, run.output
    cluster.prepare_load()
    cluster.write(1)
    assert cluster.settled() == (1, 1)
    return cluster


def test_certificates_that_live_minutes_are_renewed_without_a_restart(cluster):
    running, shown = cluster.processes(), [cluster.fingerprints()]
    minutes = {
        "elasticsearch_tls_not_after": "+30m",
        "elasticsearch_tls_subject_alt_names": "{{ [inventory_hostname, 'localhost', 'search'] }}",
    }
    with cluster.watched("renewal") as words:
        for before in ("10m", "29m50s", "29m50s"):  # other names, then what is due, twice
            run = cluster.play("renew", elasticsearch_tls_renew_before=before, **minutes)
            assert run.status == 0, run.output
            shown.append(cluster.fingerprints())
    told(f"three renewals of certificates that live 30 minutes: {'; '.join(words)}")
    for name in cluster.nodes:
        assert len({each[name] for each in shown}) == len(shown)
    assert cluster.processes() == running
    again = cluster.play("renew", elasticsearch_tls_renew_before="10m", **minutes)
    assert (again.status, again.changed()) == (0, 0), again.output
    run = cluster.play("site")
    assert run.status == 0, run.output


def test_no_stage_fails_a_request_of_a_client_that_retries(cluster):
    for stage in ("trust", "issue", "drop"):
        before = cluster.processes()
        with cluster.watched(stage) as words:
            run = cluster.rotate("under load", stage)
            assert run.status == 0, run.output
        told(f"{stage}: {'; '.join(words)}")
        restarted = [name for name in cluster.nodes if cluster.processes()[name] != before[name]]
        assert restarted == ([] if stage == "issue" else list(cluster.nodes))
    assert cluster.stage()["finished"]
    again = cluster.play("rotate_ca", stack_ca_rotation_name="under load")
    assert (again.status, again.changed()) == (0, 0), again.output


CERTIFICATES = "/etc/elasticsearch/certs"
# What is done to a host, how it is undone, and what the run says then before it stops.
FAULTS = {
    "full disk": (
        "es2",
        f"""
        cp -a {CERTIFICATES} /root/kept
        mount -t tmpfs -o size=128k none {CERTIFICATES}
        cp -a /root/kept/. {CERTIFICATES}
        ! dd if=/dev/zero of={CERTIFICATES}/filler bs=1k  # it ends where there is no room left
        """,
        f"umount {CERTIFICATES}; rm -r /root/kept",
        "/etc/elasticsearch/certs: has 0 MB left, and 12 kB are wanted.",
    ),
    "unreadable file": (
        "es3",
        f"mount --bind /proc/1/mem {CERTIFICATES}/ca.crt",
        f"umount {CERTIFICATES}/ca.crt",
        "Input/output error",
    ),
    "unreachable node": ("es3", {"stack_pid_file": "/nowhere"}, {}, "unreachable"),
    "clock two hours behind": (
        "es2",
        {"ansible_python_interpreter": "/root/python-2h"},
        {},
        "s behind that of the controller. New certificates are not valid here",
    ),
}
# Certificates begin an hour before they are made. libfaketime lets a program see another clock.
TOLERATED = {"ansible_python_interpreter": "/root/python-1h"}
LIBRARY = "/root/libfaketime.so.1"
PYTHON_LATE = rf"""
for hours in 1 2; do
    late=/root/python-${{hours}}h
    printf '#!/bin/sh\nexec env LD_PRELOAD={LIBRARY} FAKETIME=-%dh /usr/bin/python3 "$@"\n' $hours >$late
    chmod +x $late
done
"""


def inject(cluster, host, what):
    """A script for the host, or variables of it."""
    if isinstance(what, str):
        cluster.execute(host, "bash", "-ec", what)
    else:
        cluster.give_variables({host: what})


def test_faults_are_told_and_survived(cluster):
    files = f"sha256sum {CERTIFICATES}/*"
    library = next(Path("/usr/lib").glob("*/faketime/libfaketime.so.1"))
    cluster.copy_to("es2", library, LIBRARY)
    cluster.execute("es2", "bash", "-ec", PYTHON_LATE)
    with cluster.watched("trust") as words:
        for name, (host, fault, mended, said) in FAULTS.items():
            before = cluster.execute(host, "bash", "-c", files).stdout
            inject(cluster, host, fault)
            run = cluster.rotate("faults", "trust")
            inject(cluster, host, mended)
            output = " ".join(run.output.split())
            (cluster.folder / f"{name}.txt").write_text(run.output)
            assert run.status != 0, name
            assert said in output, (name, run.output)
            assert cluster.execute(host, "bash", "-c", files).stdout == before, name
            told(f"{name} on {host}: the run stopped")
        inject(cluster, "es2", TOLERATED)
        run = cluster.rotate("faults", "trust")
        assert run.status == 0, run.output
        assert re.search(r"the clock: is 3\d{3} s behind that of the controller", " ".join(run.output.split()))
        inject(cluster, "es2", {})
    told(f"trust after these faults, with a clock an hour behind on es2: {'; '.join(words)}")


def test_a_rotation_is_undone_under_load(cluster):
    for stage in ("trust", "issue"):  # "faults" goes on
        run = cluster.rotate("faults", stage)
        assert run.status == 0, run.output
    first = (cluster.authority / "former/ca.crt").read_text()
    with cluster.watched("undo") as words:
        run = cluster.rotate("faults", "undo")
        assert run.status == 0, run.output
    told(f"undo after issue: {'; '.join(words)}")
    assert (cluster.authority / "ca.crt").read_text() == first
    again = cluster.play("site")
    assert (again.status, again.changed()) == (0, 0), again.output


def test_runs_that_are_killed_at_any_moment_come_to_the_same_end(cluster):
    seed = random.randrange(10**6)
    chance = random.Random(seed)
    told(f"killed runs, seed {seed}")
    for stage, kills in KILLS.items():
        with cluster.watched(stage) as words:
            for _number in range(kills):
                seconds = chance.uniform(5, 60)
                given = {"stack_ca_rotation_name": "killed", "stack_ca_rotation_stage": stage}
                was_killed = cluster.play_for(seconds, "rotate_ca", **given)
                told(f"{stage}: killed after {seconds:.0f} s" if was_killed else f"{stage}: came to its end before")
            run = cluster.rotate("killed", stage)
            assert run.status == 0, run.output
        told(f"{stage}: {'; '.join(words)}")
    assert cluster.stage()["finished"]
    assert cluster.allocation() is None
    again = cluster.play("site")
    assert (again.status, again.changed()) == (0, 0), again.output


def test_an_audit_of_all_these_hosts_finds_nothing(cluster):
    report = cluster.folder / "audit.json"
    run = cluster.play("audit", stacktls_audit_report=str(report))
    found = json.loads(report.read_text())
    assert (found["findings"], run.status, run.changed()) == ([], 0, 0), run.output
    uses = {seen["host"] for each in found["certificates"] for seen in each["seen"]}
    assert uses >= {"es1", "es2", "es3", "kb1"}
