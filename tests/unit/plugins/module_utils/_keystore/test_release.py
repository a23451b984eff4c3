# Copyright: Stack TLS contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import pytest
from ansible_collections.stacktls.elastic.plugins.module_utils._errors import KeystoreError
from ansible_collections.stacktls.elastic.plugins.module_utils._keystore._release import (
    format_version,
    installed_release,
    release_source,
    version_after,
)


@pytest.fixture
def home(tmp_path):
    (tmp_path / "lib").mkdir()
    return tmp_path


def install(home, *names):
    for name in names:
        (home / "lib" / name).touch()


@pytest.mark.parametrize(
    ("release", "version"),
    [
        ((9, 4), 7),
        ((9, 0), 7),
        ((8, 19), 7),
        ((8, 18), 7),
        ((8, 17), 6),
        ((8, 14), 6),
        ((8, 13), 5),
        ((8, 0), 5),
        ((7, 17), 4),
        ((7, 1), 4),
    ],
)
def test_version_that_a_release_writes(release, version):
    assert format_version(release) == version


def test_a_release_that_is_too_old():
    with pytest.raises(KeystoreError, match=r"Elasticsearch 7\.0, because it is too old"):
        format_version((7, 0))


def test_the_release_is_in_the_name_of_the_server_archive(home):
    install(home, "elasticsearch-9.4.3.jar", "elasticsearch-core-9.4.2.jar", "lucene-core-10.3.2.jar")
    assert installed_release(str(home)) == (9, 4)


def test_a_snapshot_is_a_release_too(home):
    install(home, "elasticsearch-8.18.0-SNAPSHOT.jar")
    assert installed_release(str(home)) == (8, 18)


def test_the_older_of_two_releases_counts(home):
    install(home, "elasticsearch-9.4.3.jar", "elasticsearch-8.9.1.jar")
    assert installed_release(str(home)) == (8, 9)


def test_no_elasticsearch(home, tmp_path):
    for folder in (home, tmp_path / "missing"):
        with pytest.raises(KeystoreError, match="no Elasticsearch in"):
            installed_release(str(folder))


@pytest.mark.parametrize(("present", "after"), [(3, 6), (5, 6), (6, 6), (7, 7)])
def test_a_changed_keystore_is_of_the_installed_release_or_newer(home, present, after):
    install(home, "elasticsearch-8.16.6.jar")
    assert version_after(present, release_source("", str(home))) == after


@pytest.mark.parametrize("names", [[], ["elasticsearch-7.0.1.jar"]])
def test_a_changed_keystore_keeps_its_version_where_no_other_is_known(home, names):
    install(home, *names)
    assert version_after(5, release_source("", str(home))) == 5


@pytest.mark.parametrize("version", ["9.4.3", "9.4", "9.4.0-SNAPSHOT"])
def test_a_version_takes_the_place_of_an_installation(home, version):
    install(home, "elasticsearch-8.9.1.jar")
    assert release_source(version, str(home))() == (9, 4)


@pytest.mark.parametrize("version", ["9", "latest", "9.x", "v9.4.3"])
def test_a_text_that_is_no_version(home, version):
    with pytest.raises(KeystoreError, match="is no version of Elasticsearch"):
        release_source(version, str(home))
