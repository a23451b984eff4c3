# Copyright: Stack TLS contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The playbook ``ece``: the platform's API and docker are stood in for; certificates, files and handshakes are real."""

from __future__ import annotations

import json
import re
import ssl
import subprocess
import sys
import threading
from pathlib import Path
from typing import ClassVar

import pytest
from playing import LOCAL, run_playbook

ROOT = next(path for path in Path(__file__).parents if (path / "galaxy.yml").exists())
TARGETS = ROOT / "tests/integration/targets"
DOCKER = TARGETS / "ece_director_script/files/docker_standin.py"
sys.path.insert(0, str(TARGETS / "ece_tls_module/files"))

from ece_standin import Listener, Nothing, Platform, start  # noqa: E402

PROXIES = ("proxy1", "proxy2")
CONTAINER = "frc-proxies-proxyv2"
API_KEY = "key-of-the-platform"
PASSPHRASE = "passphrase-of-the-authority"
MINIMUM = ("--tags", "ece_minimum_tls")
SHA1 = ("--tags", "ece_sha1")
CONFIRMED = {"ece_tls_confirm_proxy_restart": True}


class Proxy(Listener):
    """It speaks TLS 1.0 where it was started after the script that brings it back."""

    state: Path

    def finish_request(self, request, client_address):
        scripts = json.loads(self.state.read_text()).get("started_with", [])
        versions = [each for each in scripts if "Tls" in each]
        context = self.platform.services["proxy"].context
        if versions and versions[-1] == "FOUND_SCRIPT=setIntermediateTls.sc":
            context.set_ciphers("ALL:@SECLEVEL=0")
            context.minimum_version = ssl.TLSVersion.TLSv1
        else:
            context.minimum_version = ssl.TLSVersion.TLSv1_2
        super().finish_request(request, client_address)


class Estate:
    """A director and two proxies, all of them this machine."""

    def __init__(self, folder, installation):
        self.folder = folder
        (folder / "platform").write_text("")
        self.platform = Platform(API_KEY, "admin", "password-of-the-platform")
        for service in ("ui", "proxy"):
            self.platform.install(service, (installation / f"old-{service}.pem").read_text())
        self.listeners = {"ui": start(self.platform, "ui")}
        for name in PROXIES:
            listener = Proxy(("127.0.0.1", 0), Nothing)
            listener.platform, listener.service, listener.state = self.platform, "proxy", folder / name / "state.json"
            threading.Thread(target=listener.serve_forever, args=(0.02,), daemon=True).start()
            self.listeners[name] = listener
        for host in ("director1", *PROXIES):
            (folder / host).mkdir()
            proxies = {CONTAINER: "first"} if host in PROXIES else {}
            state = {"directors": ["frc-directors-director"], "proxies": proxies, "platform": str(folder / "platform")}
            (folder / host / "state.json").write_text(json.dumps(state))
        (folder / "old-root.crt").write_bytes((installation / "old-root.crt").read_bytes())

    def host(self, name):
        own = {
            **LOCAL,
            "stacktls_host_name": "localhost",
            "ece_tls_container_command": [sys.executable, str(DOCKER), str(self.folder / name)],
            "ece_tls_record_path": str(self.folder / name / "record"),
        }
        return {**own, "ece_tls_proxy_port": self.listeners[name].server_port} if name in PROXIES else own

    def run(self, *options, **variables):
        groups = {
            "ece_directors": {"director1": self.host("director1")},
            "ece_proxies": {name: self.host(name) for name in PROXIES},
        }
        return run_playbook(self.folder, "stacktls.elastic.ece", groups, *options, **{**self.shared(), **variables})

    def shared(self):
        """Variables of all hosts."""
        return {
            "stacktls_ca_path": str(self.folder / "authority"),
            "stacktls_ca_passphrase": PASSPHRASE,
            "stack_ca_key_type": "rsa-2048",
            "ece_tls_url": [f"https://localhost:{self.listeners['ui'].server_port}"],
            "ece_tls_ca_path": str(self.folder / "old-root.crt"),
            "ece_tls_api_key": API_KEY,
            "ece_tls_domain": "ece.example.com",
            "ece_tls_config_path": str(self.folder / "issued"),
            "ece_tls_key_type": "rsa-2048",
            "ece_tls_proxy_probe_addresses": [f"localhost:{self.listeners[name].server_port}" for name in PROXIES],
            "ece_tls_proxy_restart_timeout": 10,
        }

    def scripts(self):
        return [each.partition("=")[2] for each in (self.folder / "platform").read_text().splitlines()]

    def removed(self, host):
        calls = (self.folder / host / "calls.jsonl").read_text().splitlines()
        return sum(json.loads(call)["arguments"][0] == "rm" for call in calls)

    def calls(self, *hosts):
        """What was called for containers on these hosts, in the order of time."""
        logs = {host: (self.folder / host / "calls.jsonl").read_text().splitlines() for host in hosts}
        found = [
            (json.loads(call)["time"], host, json.loads(call)["arguments"][0]) for host in hosts for call in logs[host]
        ]
        return [(host, command) for _time, host, command in sorted(found)]

    def methods(self):
        return [request["method"] for request in self.platform.requests]


@pytest.fixture(scope="module")
def installation(tmp_path_factory):
    """What the installation made, and certificates to bring: by openssl."""
    folder = tmp_path_factory.mktemp("installation")
    script = TARGETS / "ece_tls_module/files/make_certificates.sh"
    subprocess.run(["sh", script, folder], check=True, capture_output=True, env={"PASSPHRASE": PASSPHRASE})
    return folder


@pytest.fixture
def estate(tmp_path, installation):
    made = Estate(tmp_path, installation)
    yield made
    for listener in made.listeners.values():
        listener.shutdown()
        listener.server_close()


def changed(done):
    """How many tasks changed something, on all hosts."""
    return sum(int(count) for count in re.findall(r"changed=(\d+)", done.stdout))


def succeeded(done):
    assert done.returncode == 0, done.stdout + done.stderr
    return done


def refused(done, words):
    assert done.returncode != 0, done.stdout
    assert words in " ".join(done.stdout.split()), done.stdout
    return done


class TestCertificates:
    def test_issued_by_our_authority(self, estate):
        checked = succeeded(estate.run("--check", "--diff"))
        assert changed(checked) > 0
        assert estate.methods() == []
        assert not (estate.folder / "issued").exists()
        ran = succeeded(estate.run("--diff", "-vvvvv"))
        assert estate.methods().count("POST") == 2
        key = (estate.folder / "issued/ui.key").read_text().splitlines()[5]
        assert not [each for each in (API_KEY, PASSPHRASE, key) if each in ran.stdout + ran.stderr]
        estate.platform.requests.clear()
        assert changed(succeeded(estate.run("--check"))) == 0
        assert changed(succeeded(estate.run())) == 0
        assert estate.methods() == ["GET"] * 4
        assert estate.scripts() == []
        for service, names in (("ui", "DNS:localhost"), ("proxy", "DNS:*.ece.example.com, DNS:*.apm.ece.example.com")):
            path = estate.folder / "issued" / f"{service}.crt"
            shown = subprocess.run(["openssl", "x509", "-noout", "-text", "-in", path], check=True, capture_output=True)
            assert names.encode() in shown.stdout
            assert estate.platform.services[service].certificates[0] == path.read_text()
        assert {path.stat().st_mode & 0o777 for path in (estate.folder / "issued").glob("*.key")} == {0o600}
        former = estate.folder / "former.crt"
        former.write_text((estate.folder / "issued/ui-ca.crt").read_text())
        other = {"stacktls_ca_path": str(estate.folder / "other-ca"), "ece_tls_further_ca_paths": [str(former)]}
        other["ece_tls_url"] = f"https://localhost:{estate.listeners['ui'].server_port}"  # no list
        estate.platform.requests.clear()
        assert changed(succeeded(estate.run(**other))) > 0
        assert estate.methods().count("POST") == 2
        assert changed(succeeded(estate.run(**other))) == 0

    @pytest.mark.soak
    def test_brought(self, estate, installation):
        brought = {
            "ece_tls_ui_certificate_path": str(installation / "ui.crt"),
            "ece_tls_ui_private_key_path": str(installation / "ui.key"),
            "ece_tls_ui_passphrase": PASSPHRASE,
            "ece_tls_ui_chain_paths": [str(installation / name) for name in ("root.crt", "middle.crt")],
            "ece_tls_proxy_certificate_path": str(installation / "proxy.pem"),
        }
        assert changed(succeeded(estate.run("--check", **brought))) == 1
        assert changed(succeeded(estate.run(**brought))) == 1
        assert changed(succeeded(estate.run(**brought))) == 0
        assert not (estate.folder / "issued").exists()
        assert not (estate.folder / "authority").exists()

    def test_variables_that_are_refused(self, estate):
        """Each on a host of its own, in one run of the role."""
        refusals = {
            "login": ({"ece_tls_api_key": ""}, "There is no login for Elastic Cloud Enterprise"),
            "domain": ({"ece_tls_domain": ""}, "ece_tls_domain is empty. Set it to the domain below which"),
            "services": ({"ece_tls_services": []}, "ece_tls_services is empty. Name ui, proxy or both"),
            "key_type": ({"ece_tls_key_type": "ec-p256"}, "value of ece_tls_key_type must be one of: rsa-2048"),
        }
        hosts = {
            name: {**estate.host("director1"), "stacktls_signer": "brought", **variables}
            for name, (variables, _words) in refusals.items()
        }
        play = [{"hosts": "ece_directors", "gather_facts": False, "roles": ["stacktls.elastic.ece_tls"]}]
        (estate.folder / "play.json").write_text(json.dumps(play))
        done = run_playbook(estate.folder, "play.json", {"ece_directors": hosts}, **estate.shared())
        assert done.returncode != 0
        told = {line.split("]", 1)[0]: line for line in done.stdout.splitlines() if line.startswith("fatal: [")}
        for name, (_variables, words) in refusals.items():
            assert words in told[f"fatal: [{name}"], name
        assert estate.methods() == []


class TestProxySettings:
    """What the proxies speak. Check mode needs no confirmation, because it starts no proxy again."""

    WANTED: ClassVar = {"ece_tls_minimum_version": "TLSv1.0", "ece_tls_sha1_certificates": "allow"}
    BACK: ClassVar = {"ece_tls_minimum_version": "TLSv1.2", "ece_tls_sha1_certificates": "reject"}
    BOTH = ("--tags", "ece_minimum_tls,ece_sha1")

    def test_there_and_back(self, estate):
        checked = succeeded(estate.run(*self.BOTH, "--check", **self.WANTED))
        assert changed(checked) > 1
        assert checked.stdout.count("To be started again, one after the other: proxy1, proxy2.") == 2
        assert estate.scripts() == []
        succeeded(estate.run(*MINIMUM, **self.WANTED, **CONFIRMED))
        assert estate.scripts() == ["setIntermediateTls.sc"]
        assert [estate.removed(name) for name in PROXIES] == [1, 1]
        before = len(estate.calls(*PROXIES))
        succeeded(estate.run(*SHA1, **self.WANTED, **CONFIRMED))
        assert estate.scripts() == ["setIntermediateTls.sc", "allowX509Sha1Certs.sc"]
        # One proxy goes when the other one is there again, whichever Ansible takes first.
        calls = estate.calls(*PROXIES)[before:]
        looks, restarts = calls[:2], calls[2:]
        assert sorted(looks) == [(name, "inspect") for name in PROXIES]
        order = sorted(PROXIES, key=lambda name: name != restarts[0][0])
        assert restarts == [(name, command) for name in order for command in ("rm", "inspect")]
        assert changed(succeeded(estate.run(*self.BOTH, **self.WANTED, **CONFIRMED))) == 0
        succeeded(estate.run(*self.BOTH, **self.BACK, **CONFIRMED))
        assert estate.scripts()[2:] == ["resetToDefaultTls.sc", "rejectX509Sha1Certs.sc"]
        assert [estate.removed(name) for name in PROXIES] == [4, 4]
        assert estate.methods() == []

    @pytest.mark.soak
    def test_what_the_proxies_speak_already(self, estate):
        assert changed(succeeded(estate.run(*MINIMUM, ece_tls_minimum_version="TLSv1.2", **CONFIRMED))) == 0
        assert estate.scripts() == []

    def test_a_proxy_that_does_not_answer(self, estate):
        estate.listeners["proxy2"].shutdown()
        estate.listeners["proxy2"].server_close()
        done = estate.run(*MINIMUM, ece_tls_minimum_version="TLSv1.0", **CONFIRMED)
        refused(done, "makes no TLS handshake: the connection was refused: nothing listens there. Nothing was changed.")
        assert estate.scripts() == []

    @pytest.mark.soak
    def test_a_run_that_was_cut_off_is_ended_by_the_next(self, estate):
        wanted = {"ece_tls_sha1_certificates": "allow", **CONFIRMED}
        succeeded(estate.run(*SHA1, "--limit", "localhost,director1,proxy1", **wanted))
        assert [estate.removed(name) for name in PROXIES[:1]] == [1]
        succeeded(estate.run(*SHA1, **wanted))
        assert [estate.removed(name) for name in PROXIES] == [1, 1]
        assert estate.scripts() == ["allowX509Sha1Certs.sc"]


class TestGuard:
    @pytest.mark.parametrize(
        ("tags", "variable"),
        [(MINIMUM, {"ece_tls_minimum_version": "TLSv1.0"}), (SHA1, {"ece_tls_sha1_certificates": "allow"})],
    )
    def test_nothing_is_done_without_a_confirmation(self, estate, tags, variable):
        done = estate.run(*tags, **variable)
        refused(done, "Where that is wanted, set ece_tls_confirm_proxy_restart to true. Nothing was changed.")
        assert estate.scripts() == []

    def test_nothing_is_done_where_there_is_no_proxy(self, estate):
        given = {**CONFIRMED, "ece_tls_minimum_version": "TLSv1.0", "ece_tls_proxy_group": "nobody"}
        refused(estate.run(*MINIMUM, **given), "None of the hosts of this run is in the group 'nobody'.")
        assert estate.scripts() == []

    def test_nothing_is_done_where_a_proxy_has_no_such_container(self, estate):
        given = {**CONFIRMED, "ece_tls_minimum_version": "TLSv1.0", "ece_tls_proxy_container": "frc-proxies"}
        refused(estate.run(*MINIMUM, **given), "has no container frc-proxies, so its proxy cannot be started again")
        assert estate.scripts() == []

    @pytest.mark.soak
    @pytest.mark.parametrize(
        ("tags", "name"), [(MINIMUM, "ece_tls_minimum_version"), (SHA1, "ece_tls_sha1_certificates")]
    )
    def test_nothing_is_done_without_a_wish(self, estate, tags, name):
        refused(estate.run(*tags, **CONFIRMED), f"{name} is ''. Set it to")
        assert estate.scripts() == []


def test_an_inventory_without_directors(tmp_path):
    done = run_playbook(tmp_path, "stacktls.elastic.ece", {"ece_proxies": ["proxy1"]}, "--limit", "localhost")
    refused(done, "The inventory has no host in the group 'ece_directors'.")
