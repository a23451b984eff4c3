# Copyright: Stack TLS contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Elasticsearch in a container, as its image is run: the managed host has the configuration folder and no installation.

The managed host is this machine. Paths of the settings are those inside of the container, all others those of the host.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path

import pytest
from conftest import CA_PASSPHRASE, ELASTIC_PASSWORD, Controller

pytestmark = [pytest.mark.stack, pytest.mark.soak]  # of layouts, "make test" has the molecule scenario "archive"

IMAGE = "localhost/stacktls/elasticsearch:9.4.3"
CONTAINER = "stacktls-container-layout"
ADDRESS = "127.0.1.95"
HOME = "/usr/share/elasticsearch"
SETTINGS = f"""\
# Kept by hand.
cluster.name: docker-cluster
node.name: es1
path.data: {HOME}/data
path.logs: {HOME}/data
network.host: {ADDRESS}
discovery.type: single-node
node.store.allow_mmap: false
xpack.security.enabled: true
xpack.security.autoconfiguration.enabled: false
xpack.license.self_generated.type: trial
"""


class ContainerHost(Controller):
    """A host on which somebody runs Elasticsearch in a container, with two folders of the host mounted."""

    def __init__(self, folder: Path) -> None:
        super().__init__(
            folder, {"stacktls_ca_passphrase": CA_PASSPHRASE, "stacktls_elasticsearch_password": ELASTIC_PASSWORD}
        )
        self.config = folder / "elasticsearch/config"
        host = {
            "ansible_connection": "local",
            "ansible_python_interpreter": sys.executable,
            "stacktls_host_name": ADDRESS,
            "elasticsearch_tls_config_path": str(self.config),
            "elasticsearch_tls_container_config_path": f"{HOME}/config",
            "elasticsearch_tls_journal_path": str(folder / "journal"),
            "elasticsearch_tls_home": str(folder / "nothing"),
            "elasticsearch_tls_log_path": str(folder / "nothing"),
            "elasticsearch_tls_version": "9.4.3",
            "elasticsearch_tls_key_passphrase": "key-secret-4711",
            "elasticsearch_tls_owner": 1000,
            "elasticsearch_tls_group": 0,
            "elasticsearch_tls_restart_command": ["podman", "restart", CONTAINER],
            "elasticsearch_tls_status_command": ["podman", "top", CONTAINER],
            "elasticsearch_tls_log_command": ["podman", "logs", "--tail", "60", CONTAINER],
        }
        (folder / "hosts.json").write_text(json.dumps({"elasticsearch": {"hosts": {"docker1": host}}}))

    def podman(self, *command: str, given: bytes = b"") -> bytes:
        """Run podman."""
        done = subprocess.run(
            ["podman", *command], check=True, env=self.environment, capture_output=True, timeout=60, input=given
        )
        return done.stdout

    def remove(self) -> None:
        """Remove the container, and one that an earlier run left."""
        self.podman("rm", "--force", "--ignore", "--time=0", CONTAINER)

    def start(self) -> None:
        """Passwords over plain HTTP, in the foreground of a container, as the user that the image of Elastic has."""
        self.remove()
        self._configure()
        inside = [
            "--user=1000:0",
            f"--env=ES_PATH_CONF={HOME}/config",
            f"--volume={self.config}:{HOME}/config",
            f"--volume={self.config.parent / 'data'}:{HOME}/data",
        ]
        keystore = ("elasticsearch-keystore", "add", "--stdin", "--force", "bootstrap.password")
        self.podman(
            *("run", "--rm", "--interactive", "--network=none", *inside, IMAGE, f"{HOME}/bin/{keystore[0]}"),
            *keystore[1:],
            given=ELASTIC_PASSWORD.encode(),
        )
        self.podman(
            *("run", "--detach", f"--name={CONTAINER}", "--network=host", *inside, IMAGE, f"{HOME}/bin/elasticsearch")
        )
        assert self.answers("http"), self.podman("logs", "--tail=40", CONTAINER).decode()

    def _configure(self) -> None:
        for folder in (self.config, self.config.parent / "data"):
            folder.mkdir(parents=True)
        as_installed = self.podman(
            *(
                "run",
                "--rm",
                "--network=none",
                IMAGE,
                "tar",
                "--create",
                "-C",
                "/usr/share/stack/elasticsearch/pristine",
            ),
            ".",
        )
        unpack = ["tar", "--extract", "--no-same-owner", "-C", str(self.config)]
        subprocess.run(unpack, check=True, input=as_installed)
        (self.config / "elasticsearch.yml").write_text(SETTINGS)
        options = self.config / "jvm.options"
        options.write_text(options.read_text().replace("/var/log/elasticsearch", f"{HOME}/data"))
        subprocess.run(["chown", "--recursive", "1000:0", str(self.config.parent)], check=True)

    def curl(self, url: str, *options: str) -> subprocess.CompletedProcess[str]:
        """Ask Elasticsearch as its superuser."""
        command = ["curl", "--silent", "--show-error", "--user", f"elastic:{ELASTIC_PASSWORD}", *options, url]
        return subprocess.run(command, check=False, capture_output=True, text=True, timeout=30)

    def answers(self, scheme: str, seconds: float = 240) -> bool:
        """Whether Elasticsearch answers within that time; the certificate is verified."""
        end = time.monotonic() + seconds
        verified = ("--cacert", str(self.config / "certs/ca.crt")) if scheme == "https" else ()
        while self.curl(f"{scheme}://{ADDRESS}:9200/_cluster/health", "--fail", *verified).returncode:
            if time.monotonic() > end:
                return False
            time.sleep(0.5)
        return True

    def seen(self, path: str) -> dict[str, object]:
        """What Elasticsearch answers over verified HTTPS."""
        answer = self.curl(f"https://{ADDRESS}:9200{path}", "--cacert", str(self.config / "certs/ca.crt"))
        assert answer.returncode == 0, answer.stderr
        return json.loads(answer.stdout)

    def started(self) -> str:
        """When the container was started, which changes with each restart."""
        return self.podman("container", "inspect", "--format={{.State.StartedAt}}", CONTAINER).decode()

    def files(self) -> str:
        """Every file of the configuration with owner, mode and content."""
        script = "find . -type f -exec stat -c '%n %u:%g %a' {} + -exec sha256sum {} + | sort"
        return subprocess.run(["sh", "-c", script], check=True, cwd=self.config, capture_output=True, text=True).stdout


@pytest.fixture(scope="module")
def host(tmp_path_factory):
    """The host as somebody else left it."""
    host = ContainerHost(tmp_path_factory.mktemp("container"))
    try:
        host.start()
        yield host
    finally:
        host.remove()


def test_a_node_that_stops_gets_its_files_back_and_says_why(host):
    before, started = host.files(), host.started()
    run = host.play("site", elasticsearch_tls_container_config_path=f"{HOME}/elsewhere")
    said = run.output.replace("\\n", "\n")
    assert run.status != 0
    assert "did not come back after the change: the service stopped" in said
    assert f"[{HOME}/elsewhere/certs/" in said  # the words of Elasticsearch, which are in no file of the host
    assert "The previous files were put back" in said
    assert "restarted with them" in said
    assert host.files() == before
    assert host.started() != started
    assert host.answers("http")


def test_a_folder_that_the_container_does_not_see_is_refused(host):
    before, started = host.files(), host.started()
    run = host.play("preflight", elasticsearch_tls_certificates_path=str(host.folder / "certs"))
    assert run.status != 0
    assert "which is not below" in run.output
    assert (host.files(), host.started()) == (before, started)


def test_a_container_gets_tls_where_it_sees_its_files(host):
    before, started = host.files(), host.started()
    check = host.play("site", "--check")
    assert (check.status, host.files(), host.started()) == (0, before, started), check.output

    run = host.play("site")
    assert (run.status, run.changed()) == (0, check.changed()), run.output
    certs = f"{HOME}/config/certs"
    settings = (host.config / "elasticsearch.yml").read_text()
    assert f"xpack.security.http.ssl.certificate: {certs}/http.crt" in settings
    assert str(host.folder) not in settings
    user = host.seen("/_security/_authenticate")
    assert (user["username"], user["authentication_realm"]["type"]) == ("elastic", "reserved")
    assert {f"{certs}/http.crt", f"{certs}/ca.crt"} <= {each["path"] for each in host.seen("/_ssl/certificates")}
    key = (host.config / "certs/http.key").stat()
    assert (key.st_uid, key.st_gid, key.st_mode & 0o777) == (1000, 0, 0o640)

    before, started = host.files(), host.started()
    again = host.play("site")
    assert (again.status, again.changed()) == (0, 0), again.output
    assert (host.files(), host.started()) == (before, started)


def test_a_container_goes_back_to_what_it_was(host):
    run = host.play("rollback")
    assert run.status == 0, run.output
    assert (host.config / "elasticsearch.yml").read_text() == SETTINGS
    assert host.answers("http")
