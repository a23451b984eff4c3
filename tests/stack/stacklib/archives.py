# Copyright: Stack TLS contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The tar archives that images are made of, each made once and kept in the cache."""

from __future__ import annotations

import inspect
import json
import os
import re
import shutil
import sys
import tarfile
import zipfile
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Callable

from stacklib import cache, catalog
from stacklib.shell import StackError, run, say, timed

if TYPE_CHECKING:
    from stacklib.catalog import Product

KIBANA_SOURCES = Path(__file__).resolve().parent.parent / "kibana"
BEATS_SOURCES = KIBANA_SOURCES.parent / "beats"
CLIENT_SOURCES = KIBANA_SOURCES.with_name("clients")
#: What the role gives to applications in languages that are compiled.
CLIENT_FILES = CLIENT_SOURCES.parents[2] / "roles" / "client_tls" / "files"
KIBANA_ARCHIVE_VARIABLE = "STACKTLS_KIBANA_ARCHIVE"
_DOWNLOAD_SECONDS = 1800
_COMPILE_SECONDS = 1800

#: Parts of the carried distribution that a Linux machine of this processor cannot use.
_FOREIGN = re.compile(r"\.(bat|exe|dll|dylib)$|^lib/tools/server-launcher/server-launcher$")
#: Parts of the stand-in's folder that serve its development only.
_DEVELOPMENT = {"node_modules", "test", "jsconfig.json", "README.md", ".gitignore"}


@dataclass(frozen=True)
class Archive:
    """An archive that can be made: `inputs` says of what, `make` writes it to a path."""

    name: str
    inputs: str
    make: Callable[[Path], None]

    def path(self) -> Path:
        """Where the archive is, made now if it is not there yet; older ones of the same name go."""
        final = cache.folder() / f"{self.name}-{self.inputs}.tar"
        if not final.exists():
            with timed(f"archive {final.name}"):
                try:
                    self._make_at(final)
                except StackError as error:  # most of them are downloaded, and a registry may be away for a moment
                    say(f"once more after: {error}")
                    self._make_at(final)
            for older in final.parent.glob(f"{self.name}-{'?' * len(self.inputs)}.tar"):
                if older != final:
                    older.unlink()
        return final

    def _make_at(self, final: Path) -> None:
        with cache.scratch() as work:
            made = work / "made.tar"
            self.make(made)
            made.replace(final)


def base() -> Archive:
    """A small Debian with systemd, Python, Java and Node."""

    def make(target: Path) -> None:
        packages = ",".join(catalog.BASE_PACKAGES)
        command = ["mmdebstrap", "--variant=minbase", f"--include={packages}", catalog.SUITE, str(target)]
        run(command, timeout=_DOWNLOAD_SECONDS)

    return Archive("base", cache.digest([catalog.SUITE, *catalog.BASE_PACKAGES]), make)


def product(wanted: Product) -> Archive:
    """The files of a product as its makers ship them, without the layout of a package."""
    if wanted.kind == catalog.ELASTICSEARCH:
        return _elasticsearch(wanted.version)
    if wanted.kind == catalog.BEATS:
        return _beats(wanted.version)
    if wanted.kind == catalog.CLIENT:
        return _clients(wanted.version)
    given = os.environ.get(KIBANA_ARCHIVE_VARIABLE)
    if given and real_kibana_major(Path(given)) == wanted.major:
        return _real_kibana(Path(given))
    return _kibana_stand_in(wanted.version)


# ------------------------------------------------------------------------------------- Elasticsearch


def _elasticsearch(version: str) -> Archive:
    carrier = catalog.CARRIER.format(version=catalog.CARRIERS[version])

    def make(target: Path) -> None:
        repository = target.parent / "repository"
        run(
            ["mvn", "-q", "-B", "dependency:get", "-Dtransitive=false",
             f"-Dartifact={carrier}", f"-Dmaven.repo.local={repository}"],
            timeout=_DOWNLOAD_SECONDS,
        )  # fmt: skip
        carriers = list(repository.rglob("*.zip"))
        if len(carriers) != 1:
            raise StackError(f"{carrier}: one zip file was expected, found {len(carriers)}")
        repack(carriers[0], target)

    return Archive(f"elasticsearch-{version}", cache.digest([carrier, _FOREIGN.pattern]), make)


def repack(carrier: Path, target: Path) -> None:
    """Copy the Elasticsearch distribution inside a carrier zip into a tar, as files of root."""
    copied = 0
    with zipfile.ZipFile(carrier) as source, tarfile.open(target, "w") as result:
        for entry in source.infolist():
            _folder, found, name = entry.filename.partition("/elasticsearch/")
            if not found or not name or entry.is_dir() or _FOREIGN.search(name):
                continue
            member = tarfile.TarInfo(name)
            member.size = entry.file_size
            member.mode = 0o755 if name.startswith("bin/elasticsearch-") and "." not in name else 0o644
            with source.open(entry) as content:
                result.addfile(member, content)
            copied += 1
    if not copied:
        raise StackError(f"{carrier.name} holds no Elasticsearch distribution")


# -------------------------------------------------------------------------------------------- Kibana


def real_kibana_major(archive: Path) -> int:
    """The major version that a Kibana archive's name tells."""
    found = re.fullmatch(r"kibana-(\d+)\.\d+\.\d+.*\.tar\.gz", archive.name)
    if not found or not archive.is_file():
        raise StackError(f"{KIBANA_ARCHIVE_VARIABLE}={archive} must be a file kibana-VERSION-PLATFORM.tar.gz")
    return int(found.group(1))


def _real_kibana(archive: Path) -> Archive:
    status = archive.stat()

    def make(target: Path) -> None:
        with tarfile.open(archive, "r:gz") as source, tarfile.open(target, "w") as result:
            for member in source:
                member.name = member.name.partition("/")[2]
                if member.name:
                    result.addfile(member, source.extractfile(member) if member.isreg() else None)

    return Archive("kibana-given", cache.digest([archive.name, f"{status.st_size} {status.st_mtime_ns}"]), make)


def _kibana_stand_in(version: str) -> Archive:
    if not (KIBANA_SOURCES / "package.json").is_file():
        raise StackError(f"{KIBANA_SOURCES} holds no package.json, and {KIBANA_ARCHIVE_VARIABLE} is not set")

    def make(target: Path) -> None:
        tree = target.parent / "kibana"
        tree.mkdir()
        for source in _stand_in_sources():
            (shutil.copytree if source.is_dir() else shutil.copy2)(source, tree / source.name)
        run(
            ["npm", "ci", "--omit=dev", "--no-audit", "--no-fund", "--fetch-retries=5"],
            cwd=tree,
            timeout=_DOWNLOAD_SECONDS,
        )
        description = json.loads((tree / "package.json").read_text())
        (tree / "package.json").write_text(json.dumps({**description, "version": version}, indent=2) + "\n")
        with tarfile.open(target, "w") as result:
            result.add(tree, arcname=".", filter=_as_root)

    inputs = [part for source in _stand_in_sources() for part in (source.name, source)]
    return Archive(f"kibana-{version}", cache.digest([version, *inputs]), make)


def _stand_in_sources() -> list[Path]:
    return sorted(path for path in KIBANA_SOURCES.iterdir() if path.name not in _DEVELOPMENT)


# ------------------------------------------------------------------------------------------- clients


def _clients(version: str) -> Archive:
    builders = (_python, _javascript, _java, _go)

    def make(target: Path) -> None:
        tree = target.parent / "clients"
        shutil.copytree(CLIENT_SOURCES, tree)
        with ThreadPoolExecutor() as pool:
            for each in [pool.submit(build, tree / build.__name__[1:]) for build in builders]:
                each.result()
        with tarfile.open(target, "w") as result:
            result.add(tree, arcname=".", filter=_as_root)

    return Archive(
        f"client-{version}", cache.digest([*map(inspect.getsource, builders), CLIENT_SOURCES, CLIENT_FILES]), make
    )


def _python(folder: Path) -> None:
    """The packages in a folder of their own; none of them is compiled, so any Python can fetch them."""
    environment = folder.parent / "venv"
    run([sys.executable, "-m", "venv", str(environment)], timeout=_DOWNLOAD_SECONDS)
    pip = [str(environment / "bin/pip"), "install", "--quiet", "--no-deps", "--no-compile", "--only-binary=:all:"]
    run([*pip, "--target=packages", "--requirement=requirements.txt"], cwd=folder, timeout=_DOWNLOAD_SECONDS)
    shutil.rmtree(environment)


def _javascript(folder: Path) -> None:
    run(["npm", "ci", "--no-audit", "--no-fund", "--fetch-retries=5"], cwd=folder, timeout=_DOWNLOAD_SECONDS)


def _java(folder: Path) -> None:
    """The client's jars and the compiled application; the compiler is a jar, too, because a JDK may be missing."""
    repository = folder / "repository"
    fetch = ["mvn", "-q", "-B", f"-Dmaven.repo.local={repository}", "dependency:copy-dependencies"]
    for scope, jars in (("provided", "compiler"), ("runtime", "jars")):
        run([*fetch, f"-DincludeScope={scope}", f"-DoutputDirectory={jars}"], cwd=folder, timeout=_DOWNLOAD_SECONDS)
    shutil.copy2(CLIENT_FILES / "ElasticsearchConnection.java", folder)
    compiler = ["java", "-jar", *map(str, (folder / "compiler").glob("ecj-*.jar"))]
    path = os.pathsep.join(map(str, (folder / "jars").iterdir()))
    run([*compiler, "-17", "-cp", path, "-d", "classes", *map(str, folder.glob("*.java"))], cwd=folder)
    for done in (repository, folder / "compiler"):
        shutil.rmtree(done)


def _go(folder: Path) -> None:
    shutil.copy2(CLIENT_FILES / "elasticsearch.go", folder)
    build = ["go", "build", "-trimpath", "-ldflags=-s -w", "-o", "program", "."]
    run(build, cwd=folder, env={**os.environ, "CGO_ENABLED": "0"}, timeout=_DOWNLOAD_SECONDS)


def _as_root(member: tarfile.TarInfo) -> tarfile.TarInfo:
    member.uid = member.gid = 0
    member.uname = member.gname = "root"
    return member


# --------------------------------------------------------------------------------------------- Beats


def _beats(version: str) -> Archive:
    packages = [f"github.com/elastic/beats/v7/{program}" for program in catalog.PROGRAMS[catalog.BEATS]]

    def make(target: Path) -> None:
        programs = target.parent / "bin"
        say(f"compiling the Beats {version}, which takes some minutes")
        command = ["go", "build", "-mod=readonly", "-trimpath", "-ldflags=-s -w", f"-o={programs}/", *packages, "./..."]
        environment = {**os.environ, "CGO_ENABLED": "0"}
        run(command, cwd=BEATS_SOURCES, env=environment, timeout=_COMPILE_SECONDS)
        with tarfile.open(target, "w") as result:
            result.add(programs, arcname="bin", filter=_as_root)

    return Archive(f"beats-{version}", cache.digest([*packages, BEATS_SOURCES]), make)
