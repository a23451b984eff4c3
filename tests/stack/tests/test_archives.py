# Copyright: Stack TLS contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is taken from a carrier, and which Kibana is installed."""

from __future__ import annotations

import re
import tarfile
import zipfile
from pathlib import Path

import pytest
from stacklib import archives, catalog
from stacklib.shell import StackError


def test_only_what_linux_can_use_is_taken_from_a_carrier(tmp_path: Path) -> None:
    names = [
        "carrier-1/other/elasticsearch.txt",
        "carrier-1/elasticsearch/",
        "carrier-1/elasticsearch/bin/elasticsearch-env",
        "carrier-1/elasticsearch/bin/elasticsearch-env.bat",
        "carrier-1/elasticsearch/bin/elasticsearch-sql-cli-9.4.3.jar",
        "carrier-1/elasticsearch/lib/tools/server-launcher/server-launcher",
        "carrier-1/elasticsearch/lib/platform/darwin-x64/libzstd.dylib",
        "carrier-1/elasticsearch/config/elasticsearch.yml",
    ]
    with zipfile.ZipFile(tmp_path / "carrier.zip", "w") as carrier:
        for name in names:
            carrier.writestr(name, name)
    archives.repack(tmp_path / "carrier.zip", tmp_path / "made.tar")
    with tarfile.open(tmp_path / "made.tar") as made:
        modes = {member.name: (oct(member.mode), member.uid) for member in made}
        content = made.extractfile("config/elasticsearch.yml")
        assert content is not None
        assert content.read() == b"carrier-1/elasticsearch/config/elasticsearch.yml"
    assert modes == {
        "bin/elasticsearch-env": ("0o755", 0),
        "bin/elasticsearch-sql-cli-9.4.3.jar": ("0o644", 0),
        "config/elasticsearch.yml": ("0o644", 0),
    }


def test_a_carrier_without_elasticsearch_is_refused(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "carrier.zip", "w") as carrier:
        carrier.writestr("carrier-1/readme", "")
    with pytest.raises(StackError, match="holds no Elasticsearch"):
        archives.repack(tmp_path / "carrier.zip", tmp_path / "made.tar")


def test_a_given_kibana_replaces_the_stand_in_of_its_major_version(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("STACKTLS_CACHE", str(tmp_path / "cache"))
    given = tmp_path / "kibana-8.17.0-linux-x86_64.tar.gz"
    (tmp_path / "kibana.yml").write_text("# real")
    with tarfile.open(given, "w:gz") as archive:
        archive.add(tmp_path / "kibana.yml", arcname="kibana-8.17.0/config/kibana.yml")
    monkeypatch.setenv(archives.KIBANA_ARCHIVE_VARIABLE, str(given))
    with tarfile.open(archives.product(catalog.product("kibana", "8.16.6")).path()) as made:
        assert made.getnames() == ["config/kibana.yml"]
    assert archives.product(catalog.product("kibana", "9.4.3")).name == "kibana-9.4.3"


@pytest.mark.parametrize("name", ["kibana-8.17.0-linux-x86_64.tar.gz", "elasticsearch-8.17.0.tar.gz"])
def test_a_kibana_archive_that_is_none_is_refused(tmp_path: Path, name: str) -> None:
    if name.startswith("elastic"):
        (tmp_path / name).touch()
    with pytest.raises(StackError, match="must be a file kibana-VERSION"):
        archives.real_kibana_major(tmp_path / name)


def test_the_beats_are_those_of_the_catalog() -> None:
    requirements = (archives.BEATS_SOURCES / "go.mod").read_text()
    for version in catalog.VERSIONS[catalog.BEATS]:
        assert f"github.com/elastic/beats/v7 v{version}\n" in requirements


@pytest.mark.parametrize(
    ("file", "found"),
    [
        ("python/requirements.txt", r"^elasticsearch==(\d+\.\d+)\."),
        ("javascript/package.json", r'"@elastic/elasticsearch": "(\d+\.\d+)\.'),
        ("java/pom.xml", r"<artifactId>elasticsearch-java</artifactId>\s*<version>(\d+\.\d+)\."),
        ("go/go.mod", r"github.com/elastic/go-elasticsearch/v9 v(\d+\.\d+)\."),
    ],
)
def test_the_clients_are_those_of_the_catalog(file: str, found: str) -> None:
    text = (archives.CLIENT_SOURCES / file).read_text()
    assert tuple(re.findall(found, text, re.MULTILINE)) == catalog.VERSIONS[catalog.CLIENT]
