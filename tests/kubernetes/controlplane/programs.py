# Copyright: Stack TLS contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The programs of the control plane and the custom resource definitions, made once and kept in the cache."""

from __future__ import annotations

import inspect
import json
import os
import shutil
import tempfile
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

_KUBERNETES_MODULE = "k8s.io/kubernetes"
_OPERATOR_MODULE = "github.com/elastic/cloud-on-k8s/v3"

#: Program -> the package it is made of (ours, or one that go.mod names as a tool), and how go names what it builds.
PACKAGES = {
    ETCD: ("go.etcd.io/etcd/server/v3", "server"),
    API_SERVER: (f"{_KUBERNETES_MODULE}/cmd/kube-apiserver", "kube-apiserver"),
    CONTROLLERS: ("./controllers", "controllers"),
    CERT_MANAGER: ("./cert-manager", "cert-manager"),
    OPERATOR: (f"{_OPERATOR_MODULE}/cmd", "cmd"),
}
#: Variable that makers set when they build -> a module, and the value, in which {} is the version of the module.
VARIABLES = {
    "k8s.io/component-base/version.gitVersion": (_KUBERNETES_MODULE, "v{}"),
    f"{_OPERATOR_MODULE}/pkg/about.version": (_OPERATOR_MODULE, "{}"),
    f"{_OPERATOR_MODULE}/pkg/about.buildSnapshot": (_OPERATOR_MODULE, "false"),
}
#: Module -> where it has its definitions, as its users install them.
DEFINITIONS = {
    _OPERATOR_MODULE: "config/crds/v1/all-crds.yaml",
    "github.com/cert-manager/cert-manager": "deploy/crds/*.yaml",
}
_COMPILE_SECONDS = 3600
_UNFINISHED = "kubernetes-unfinished-"
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
            _make(made.folder)
            _remove_older(made.folder)
    return made


def _make(target: Path) -> None:
    """Make an entry, which is there as a whole or not at all."""
    # Not cache.scratch(): who builds images removes its folders, and knows only of the lock for images.
    for left in cache.folder().glob(f"{_UNFINISHED}*"):  # by a killed one; the lock is ours
        shutil.rmtree(left, ignore_errors=True)
    work = Path(tempfile.mkdtemp(prefix=_UNFINISHED, dir=cache.folder()))
    try:
        say("compiling Kubernetes, ECK and cert-manager, which takes some minutes")
        with timed("their modules"):
            _download()
        with timed("their programs"):
            _compile(work / "bin")
        with timed("their custom resource definitions"):
            _copy_definitions(work / "crds")
        work.replace(target)
    finally:
        shutil.rmtree(work, ignore_errors=True)


def _remove_older(newest: Path) -> None:
    """Remove other entries, but none whose programs run: somebody works with it."""
    used = {each.program.parents[1] for each in processes.running(cache.folder())}
    for older in cache.folder().glob(newest.name[:-_DIGITS] + "?" * _DIGITS):
        if older != newest and older not in used:
            shutil.rmtree(older)


def _inputs() -> str:
    """What the programs are made of, in a hash."""
    texts = (repr(PACKAGES), repr(VARIABLES), repr(DEFINITIONS))
    return cache.digest([FOLDER, *texts, *(inspect.getsource(each) for each in (_compile, _copy_definitions))])


def _download() -> None:
    try:
        _go("mod", "download")
    except StackError as error:  # a registry may be away for a moment
        say(f"once more after: {error}")
        _go("mod", "download")


def _compile(target: Path) -> None:
    """Build all at once: while one core has the largest packages, the other goes on with those of other programs."""
    target.mkdir()
    linker = ["-s", "-w"]
    for variable, (module, value) in VARIABLES.items():
        linker += ["-X", f"{variable}={value.format(_module(module, '{{.Version}}').removeprefix('v'))}"]
    packages = [package for package, _built in PACKAGES.values()]
    _go("build", "-mod=readonly", "-trimpath", f"-ldflags={' '.join(linker)}", f"-o={target}/", *packages)
    for name, (_package, built) in PACKAGES.items():
        (target / built).rename(target / name)


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
