# Copyright: Stack TLS contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The playbooks against one real pair, as a person runs them: what they print, and what is on the hosts afterwards."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
TOPOLOGY = ROOT / "tests/stack/topologies/system.json"
STACK = str(ROOT / "tests/stack/stack")

CA_PASSPHRASE = "authority-secret-4711"
ELASTIC_PASSWORD = "elastic-test-password"
KIBANA_PASSPHRASE = "kibana-secret-4711"
KIBANA_CERTS = "/etc/kibana/certs"

FINGERPRINT = """
find /etc/elasticsearch /etc/kibana /var/lib/stacktls -printf '%p %u:%g %m %y %s %T@\\n' 2>/dev/null | sort
find /etc/elasticsearch /etc/kibana /var/lib/stacktls -type f -exec sha256sum {} + 2>/dev/null | sort
systemctl show --property MainPID elasticsearch kibana
"""

SHOWN_FINGERPRINT = (
    "openssl s_client -connect {}:9200 </dev/null 2>/dev/null | openssl x509 -noout -fingerprint -sha256"
)

# They leave the pair as they found it, so that the next ones need not bring it back to that.
FIRST = ("test_bad_input", "test_issued_secrets")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The others stay in their order."""
    items.sort(key=lambda item: item.path.stem not in FIRST)


def kibana_certificate(passphrase: str = KIBANA_PASSPHRASE, folder: str = KIBANA_CERTS) -> tuple[str, ...]:
    """What makes curl come with the client certificate of Kibana in PEM form."""
    return ("--cert", f"{folder}/kibana-client.crt", "--key", f"{folder}/kibana-client.key", "--pass", passphrase)


@dataclass
class Run:
    """An ansible-playbook that has ended."""

    status: int
    output: str

    def changed(self) -> int:
        """Changes on all hosts, out of the recap."""
        return sum(int(each.split("=")[1]) for each in self.output.split() if each.startswith("changed="))


class Controller:
    """A folder that playbooks run in, with the inventory hosts.json."""

    def __init__(self, folder: Path, variables: dict[str, object]) -> None:
        self.folder = folder
        self.environment = {**os.environ, **_stack_environment(), "ANSIBLE_NOCOLOR": "1"}
        self.environment["ANSIBLE_COLLECTIONS_PATH"] = str(ROOT / "build/collections")
        self.environment["ANSIBLE_LOCAL_TEMP"] = str(folder / "tmp")
        self.environment["TMPDIR"] = str(folder / "tmp")
        (folder / "tmp").mkdir(exist_ok=True)
        (folder / "variables.json").write_text(json.dumps({"all": {"vars": variables}}))

    def play(self, playbook: str = "mutual_tls", *options: str, **variables: object) -> Run:
        """Run a playbook of the collection, or of a file."""
        done = subprocess.run(
            self._command(playbook, options, variables),
            check=False,
            cwd=self.folder,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=900,
        )
        return Run(done.returncode, done.stdout)

    def play_until(self, task: str, playbook: str, after: str = "", **variables: object) -> str:
        """Run a playbook, and kill it (SIGKILL) when it comes to a task; returns what it printed before.

        :param after: only after this was printed.
        """
        with self._started(playbook, variables) as run:
            printed = ""
            for line in run.stdout or ():
                printed += line
                if line.startswith("TASK") and task in line and after in printed:
                    os.killpg(run.pid, signal.SIGKILL)
                    break
        time.sleep(2)  # what the killed run began on the host ends by itself
        assert run.returncode == -signal.SIGKILL, printed
        return printed

    def play_for(self, seconds: float, playbook: str, **variables: object) -> bool:
        """Run a playbook, and kill it after so many seconds; false where it came to its end before."""
        with self._started(playbook, variables, subprocess.DEVNULL) as run:
            try:
                return run.wait(seconds) != 0
            except subprocess.TimeoutExpired:
                os.killpg(run.pid, signal.SIGKILL)
        time.sleep(2)
        return True

    def _started(
        self, playbook: str, variables: dict[str, object], output: int = subprocess.PIPE
    ) -> subprocess.Popen[str]:
        return subprocess.Popen(
            self._command(playbook, (), variables),
            cwd=self.folder,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )

    def _command(self, playbook: str, options: Sequence[str], variables: dict[str, object]) -> list[str]:
        name = playbook if playbook.endswith(".yml") else f"stacktls.elastic.{playbook}"
        extra = self.folder / "extra.json"
        extra.write_text(json.dumps(variables))
        return ["ansible-playbook", "-i", "hosts.json", "-i", "variables.json", name, "-e", f"@{extra}", *options]


class Estate(Controller):
    """The hosts of a topology, and a folder on the controller.

    :param reset: begin with hosts as somebody else left them, not as another test did.
    """

    def __init__(self, folder: Path, topology: Path, variables: dict[str, object], *, reset: bool = False) -> None:
        super().__init__(folder, variables)
        self.topology = json.loads(topology.read_text())
        if reset:
            self.reset()
        else:
            subprocess.run([STACK, "up", str(topology)], check=True, stdin=subprocess.DEVNULL)
        hosts = subprocess.run(
            [STACK, "inventory", "--pipelined", str(topology)], check=True, capture_output=True, text=True
        )
        (folder / "hosts.json").write_text(hosts.stdout)

    def reset(self, licence: str = "trial") -> None:
        """Passwords over plain HTTP again, and no authority."""
        hosts = [
            {**host, "license": licence} if host["kind"] == "elasticsearch" else host for host in self.topology["hosts"]
        ]
        topology = json.dumps({**self.topology, "hosts": hosts})
        subprocess.run([STACK, "reset", "-"], check=True, input=topology, text=True)
        shutil.rmtree(self.folder / "stacktls-ca", ignore_errors=True)

    def execute(
        self, host: str, *command: str, check: bool = True, given: str = ""
    ) -> subprocess.CompletedProcess[str]:
        """Run a command on a host, not through Ansible, which may read the given text."""
        whole = ["podman", "exec", "--interactive", f"stacktls-{self.topology['name']}-{host}", *command]
        return subprocess.run(
            whole, check=check, env=self.environment, capture_output=True, text=True, timeout=120, input=given
        )

    def process(self, host: str, service: str = "elasticsearch") -> str:
        """The number of a service's main process, as systemd tells it."""
        return self.execute(host, "systemctl", "show", "--property", "MainPID", service).stdout

    def kibana_level(self) -> str:
        """What Kibana says of itself over HTTPS; empty where it has no status to tell, as while it starts."""
        ca = f"{KIBANA_CERTS}/kibana-server-ca.crt"
        url = "https://kb1:5601/api/status"
        said = self.execute("kb1", "curl", "--silent", "--max-time", "5", "--cacert", ca, url, check=False).stdout
        return json.loads(said)["status"]["overall"]["level"] if said.startswith("{") else ""

    def copy_to(self, host: str, source: Path, target: str) -> None:
        """Copy a file of the controller to a host, not through Ansible."""
        command = ["podman", "cp", str(source), f"stacktls-{self.topology['name']}-{host}:{target}"]
        subprocess.run(command, check=True, env=self.environment, capture_output=True, timeout=60)


class Pair(Estate):
    """One Elasticsearch and one Kibana host."""

    def __init__(self, folder: Path) -> None:
        variables = {
            "stacktls_ca_passphrase": CA_PASSPHRASE,
            "stacktls_elasticsearch_password": ELASTIC_PASSWORD,
            "kibana_mutual_tls_passphrase": KIBANA_PASSPHRASE,
        }
        super().__init__(folder, TOPOLOGY, variables, reset=True)

    def reset(self, licence: str = "trial") -> None:
        """As of any estate."""
        super().reset(licence)
        self._left = self.fingerprint() if licence == "trial" else {}

    def is_as_it_was_left(self) -> bool:
        """Whether nothing has changed on the hosts since :meth:`reset`, with the licence that this gives."""
        return bool(self._left) and self.fingerprint() == self._left

    def fingerprint(self) -> dict[str, str]:
        """Every file with owner, mode, time and content, and the processes, of each host; and the authority."""
        prints = {host: self.execute(host, "bash", "-c", FINGERPRINT).stdout for host in ("es1", "kb1")}
        authority = sorted(each for each in (self.folder / "stacktls-ca").rglob("*") if each.is_file())
        return {**prints, "localhost": "".join(f"{each.name} {each.read_bytes().hex()}" for each in authority)}

    def seen(self, *certificate: str) -> dict[str, object]:
        """Whom Elasticsearch sees when curl comes with these files of Kibana."""
        ca = "/etc/kibana/certs/elasticsearch-ca.crt"
        url = "https://es1:9200/_security/_authenticate"
        answer = self.execute("kb1", "curl", "--silent", "--show-error", "--cacert", ca, *certificate, url)
        return json.loads(answer.stdout)

    def ask(self, method: str, path: str, body: object = None, key: str = "") -> tuple[str, dict[str, object]]:
        """Ask Elasticsearch, not through the collection: the status, and what it says.

        :param key: an API key to log in with; otherwise it is the user elastic who asks.
        """
        login = f'header = "Authorization: ApiKey {key}"' if key else f'user = "elastic:{ELASTIC_PASSWORD}"'
        command = ["curl", "--silent", "--show-error", "--cacert", "/etc/elasticsearch/certs/ca.crt", "--config", "-"]
        command += ["--request", method, f"https://es1:9200{path}", "--header", "Content-Type: application/json"]
        command += ["--write-out", "\n%{http_code}", *(["--data", json.dumps(body)] if body else [])]
        said, status = self.execute("es1", *command, given=login).stdout.rsplit("\n", 1)
        return status, json.loads(said)

    def status(self) -> str:
        """What Kibana says of itself over plain HTTP."""
        answer = self.execute("kb1", "curl", "--silent", "--show-error", "http://kb1:5601/api/status")
        return json.loads(answer.stdout)["status"]["overall"]["level"]


def _stack_environment() -> dict[str, str]:
    exports = subprocess.run([STACK, "env"], check=True, capture_output=True, text=True).stdout
    shell = subprocess.run(["sh", "-c", f"{exports}\nenv -0"], check=True, capture_output=True, text=True).stdout
    return dict(line.split("=", 1) for line in shell.split("\0") if line)


@pytest.fixture(scope="session")
def services(tmp_path_factory):
    return Pair(tmp_path_factory.mktemp("controller"))


@pytest.fixture(scope="module")
def fresh(services):
    """The pair as somebody else left it."""
    if not services.is_as_it_was_left():
        services.reset()
    return services


@pytest.fixture(scope="module")
def site(services):
    """The pair as `site` leaves it, on top of what other tests left."""
    run = services.play("site")
    assert run.status == 0, run.output
    return services


@pytest.fixture(scope="module")
def converged(fresh):
    """The pair after a first run."""
    run = fresh.play()
    assert run.status == 0, run.output
    return fresh
