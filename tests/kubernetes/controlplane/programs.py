# Copyright: Stack TLS contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The programs of the control plane and the custom resource definitions, made once and kept in the cache."""

from __future__ import annotations

import inspect
import json
import os
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from stacklib import cache
from stacklib.shell import StackError, run, say, timed

from controlplane import processes

FOLDER = Path(__file__).resolve().parent.parent / "programs"
ETCD = "etcd"
API_SERVER = "kube-apiserver"
CONTROLLERS = "controllers"
CERT_MANAGER = "cert-manager"
OPERATOR = "eck-operator"

_OPERATOR_MODULE = "github.com/elastic/cloud-on-k8s/v3"


@dataclass(frozen=True)
class Source:
    """What a program is made of: our package, or one that go.mod names as a tool.

    `variables` are set as in its maker's builds; "{version}" in them is that of `module`.
    """

    package: str
    module: str = ""
    variables: tuple[str, ...] = ()


SOURCES_OF = {
    ETCD: Source("go.etcd.io/etcd/server/v3"),
    API_SERVER: Source(
        "k8s.io/kubernetes/cmd/kube-apiserver",
        "k8s.io/kubernetes",
        ("k8s.io/component-base/version.gitVersion=v{version}",),
    ),
    CONTROLLERS: Source("./controllers"),
    CERT_MANAGER: Source("./cert-manager"),
    OPERATOR: Source(
        f"{_OPERATOR_MODULE}/cmd",
        _OPERATOR_MODULE,
        (f"{_OPERATOR_MODULE}/pkg/about.version={{version}}", f"{_OPERATOR_MODULE}/pkg/about.buildSnapshot=false"),
    ),
}
#: Module -> where it has its definitions, as its users install them.
DEFINITIONS = {
    _OPERATOR_MODULE: "config/crds/v1/all-crds.yaml",
    "github.com/cert-manager/cert-manager": "deploy/crds/*.yaml",
}
_COMPILE_SECONDS = 3600
_DIGITS = 24  # of the hash in an entry's name


@dataclass(frozen=True)
class Programs:
    """An entry of the cache: programs in `bin`, definitions in `crds`, a file each."""

    folder: Path

    def program(self, name: str) -> Path:
        """Where a program is."""
        return self.folder / "bin" / name

    def definitions(self) -> list[dict[str, Any]]:
        """The custom resource definitions."""
        return [json.loads(path.read_text()) for path in sorted((self.folder / "crds").iterdir())]


def build() -> Programs:
    """Make the programs, if they are not there or their sources changed; older ones go."""
    made = Programs(cache.folder() / f"kubernetes-{_inputs()}")
    with cache.locked("kubernetes-build"):
        if not made.folder.exists():
            # A name of its own, because whoever builds images removes unfinished folders of the usual name.
            unfinished = cache.folder() / "kubernetes-unfinished"
            shutil.rmtree(unfinished, ignore_errors=True)
            _compile_all(unfinished / "bin")
            _copy_definitions(unfinished / "crds")
            unfinished.replace(made.folder)
            _remove_older(made.folder)
    return made


def _remove_older(newest: Path) -> None:
    """Remove other entries, but none whose programs run: somebody works with it."""
    used = {folder for each in processes.running(cache.folder()) for folder in each.program.parents}
    for older in cache.folder().glob(newest.name[:-_DIGITS] + "?" * _DIGITS):
        if older != newest and older not in used:
            shutil.rmtree(older)


def _inputs() -> str:
    """What the programs are made of, in a hash."""
    texts = (repr(SOURCES_OF), repr(DEFINITIONS), inspect.getsource(_compile), inspect.getsource(_copy_definitions))
    return cache.digest([FOLDER, *texts])


def _compile_all(target: Path) -> None:
    say("compiling Kubernetes, ECK and cert-manager, which takes some minutes")
    with timed("modules"):
        try:
            _go("mod", "download")
        except StackError as error:  # a registry may be away for a moment
            say(f"once more after: {error}")
            _go("mod", "download")
    for name, source in SOURCES_OF.items():
        with timed(f"program {name}"):
            _compile(source, target / name)


def _compile(source: Source, target: Path) -> None:
    linker = "-s -w"
    if source.module:
        version = _module(source.module, "{{.Version}}").removeprefix("v")
        linker += "".join(f" -X {each.format(version=version)}" for each in source.variables)
    _go("build", "-mod=readonly", "-trimpath", f"-ldflags={linker}", "-o", str(target), source.package)


def _module(name: str, wanted: str) -> str:
    return _go("list", "-mod=readonly", "-m", "-f", wanted, name).strip()


def _go(*arguments: str) -> str:
    """Run go at low priority, because it keeps every core busy."""
    environment = {**os.environ, "CGO_ENABLED": "0"}
    return run(["nice", "go", *arguments], cwd=FOLDER, env=environment, timeout=_COMPILE_SECONDS)


def _copy_definitions(target: Path) -> None:
    target.mkdir()
    for module, pattern in DEFINITIONS.items():
        files = sorted(Path(_module(module, "{{.Dir}}")).glob(pattern))
        if not files:
            raise StackError(f"{module} has no {pattern}")
        for document in (each for path in files for each in yaml.safe_load_all(path.read_text())):
            (target / f"{document['metadata']['name']}.json").write_text(json.dumps(document))
