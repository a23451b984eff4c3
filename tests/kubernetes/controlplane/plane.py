# Copyright: Stack TLS contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""One control plane: its files, its programs, and when it is ready."""

from __future__ import annotations

import json
import shutil
import socket
import time
from contextlib import closing
from dataclasses import asdict, astuple, dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from stacklib import cache
from stacklib.shell import StackError, say, timed

from controlplane import pki, processes, programs, settings
from controlplane.api import Api
from controlplane.programs import API_SERVER, CERT_MANAGER, CONTROLLERS, ETCD, OPERATOR
from controlplane.settings import Ports

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable

    from controlplane.processes import Process
    from controlplane.programs import Programs

_FIRST_PORT = 26443  # below those that the kernel gives to outgoing connections
_READY_SECONDS = 120
_LINES = 20


@dataclass(frozen=True)
class Plane:
    """A control plane by its name; several run side by side."""

    name: str

    @property
    def state(self) -> Path:
        """The folder with its keys, its data and its logs."""
        return cache.folder() / "kubernetes" / self.name

    @property
    def kubeconfig(self) -> Path:
        """How clients reach it, as its administrator."""
        return self.state / "kubeconfig"

    @property
    def logs(self) -> Path:
        """What the programs say, a file each."""
        return self.state / "logs"

    def api(self) -> Api:
        """Its API."""
        if not self.kubeconfig.exists():
            raise StackError(f"control plane {self.name} is not there; start it: control-plane --name {self.name} up")
        return Api(self.kubeconfig)

    def environment(self) -> dict[str, str]:
        """The variables by which clients find it."""
        self.api()
        return {"KUBECONFIG": str(self.kubeconfig)}

    def up(self, *, empty: bool = False) -> None:
        """Have it running and ready. What an earlier run stored is kept, unless it is to begin empty."""
        made = programs.build()
        with cache.locked(f"kubernetes-{self.name}"), timed(f"control plane {self.name} is ready"):
            if not empty and self._is_complete(made):
                return
            self._stop()
            if empty:
                self._forget()
            try:
                self._start(made, self._prepare())
            except BaseException:  # also when interrupted; the logs stay
                self._stop()
                raise

    def down(self) -> None:
        """Stop its programs and remove all but the logs."""
        with cache.locked(f"kubernetes-{self.name}"), timed(f"control plane {self.name} is gone"):
            self._stop()
            self._forget()

    def processes(self) -> list[Process]:
        """Its programs that run."""
        return [each for each in processes.running(cache.folder()) if each.mentions(self.state)]

    def status(self) -> list[tuple[str, ...]]:
        """Name, process, memory and log of each program."""
        there = {each.program.name: (str(each.pid), f"{each.megabytes} MB") for each in self.processes()}
        return [(name, *there.get(name, ("stopped",)), str(self.logs / f"{name}.log")) for name in programs.PACKAGES]

    def _stop(self) -> None:
        """Stop what uses others first: the API server waits long for an etcd that is gone."""
        for last in ((API_SERVER, ETCD), (ETCD,), ()):
            processes.stop(each for each in self.processes() if each.program.name not in last)

    def _is_complete(self, made: Programs) -> bool:
        """Whether all the programs run, none of them an older one, and the API answers."""
        wanted = sorted(made.program(name) for name in programs.PACKAGES)
        if sorted(each.program for each in self.processes()) != wanted or not self.kubeconfig.exists():
            return False
        return Api(self.kubeconfig).is_ready()

    def _forget(self) -> None:
        for path in self.state.glob("*"):
            if path.is_dir() and path != self.logs:
                shutil.rmtree(path)
            elif path.is_file():
                path.unlink()

    def _prepare(self) -> Ports:
        """Make the folders, the keys and the settings, and choose the ports."""
        self.state.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.logs.mkdir(exist_ok=True)
        keys = self.state / "pki"
        if not (keys / "complete").exists():
            keys.mkdir(mode=0o700, exist_ok=True)
            pki.make(keys)
            (keys / "complete").touch()
        with cache.locked("kubernetes-ports"):
            ports = _ports(self.state / "ports.json")
        cache.write(self.kubeconfig, settings.kubeconfig(keys, ports).encode(), 0o600)
        cache.write(self.state / "operator.yaml", settings.operator().encode())
        return ports

    def _start(self, made: Programs, ports: Ports) -> None:
        def run(program: str, arguments: Iterable[str], **environment: str) -> None:
            processes.start([str(made.program(program)), *arguments], self.logs / f"{program}.log", environment)

        api = Api(self.kubeconfig)
        for log in self.logs.glob("*.log"):
            log.unlink()
        run(ETCD, settings.etcd(self.state, ports))
        run(API_SERVER, settings.api_server(self.state, ports))
        self._wait("API", api.is_ready, (ETCD, API_SERVER))
        for definition in made.definitions():
            api.apply_definition(definition)
        for namespace in settings.NAMESPACES:
            api.apply_namespace(namespace)
        self._wait("custom resources", api.has_all_definitions, (ETCD, API_SERVER))
        run(CONTROLLERS, [str(self.kubeconfig)])
        run(CERT_MANAGER, [str(self.kubeconfig), settings.CERT_MANAGER_NAMESPACE])
        run(OPERATOR, ["manager", f"--config={self.state}/operator.yaml"], KUBECONFIG=str(self.kubeconfig))
        probe = api.begin_probe()
        self._wait("controllers, cert-manager, ECK", partial(api.probe_succeeds, probe), programs.PACKAGES)
        api.end_probe(probe)

    def _wait(self, what: str, ready: Callable[[], bool], needed: Collection[str]) -> None:
        begin = time.monotonic()
        while not ready():
            self._check(needed)
            if time.monotonic() > begin + _READY_SECONDS:
                raise StackError(f"not ready after {_READY_SECONDS} s: {what}. See {self.logs}")
            time.sleep(0.1)
        say(f"ready: {what} ({time.monotonic() - begin:.1f} s)")

    def _check(self, needed: Collection[str]) -> None:
        """Refuse to wait for a program that has ended."""
        there = {each.program.name for each in self.processes()}
        for program in needed:
            if program not in there:
                lines = (self.logs / f"{program}.log").read_text(errors="replace").splitlines()
                hint = f"if what was stored in it is broken: control-plane --name {self.name} reset"
                raise StackError("\n".join([f"{program} has ended; {hint}. The end of its log:", *lines[-_LINES:]]))


def _ports(path: Path) -> Ports:
    """The ports of before, if they are free, else some that no control plane has."""
    chosen = {each: Ports(**json.loads(each.read_text())) for each in path.parents[1].glob("*/ports.json")}
    if path in chosen and all(map(_is_free, astuple(chosen[path]))):
        return chosen[path]
    taken = {port for ports in chosen.values() for port in astuple(ports)}
    free = (port for port in range(_FIRST_PORT, _FIRST_PORT + 1000) if port not in taken and _is_free(port))
    ports = Ports(api=next(free), etcd=next(free), etcd_peers=next(free))
    cache.write(path, json.dumps(asdict(ports)).encode())
    return ports


def _is_free(port: int) -> bool:
    with closing(socket.socket()) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((pki.ADDRESS, port))
        except OSError:
            return False
    return True
