# Copyright: Stack TLS contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import pytest
from ansible_collections.stacktls.elastic.plugins.module_utils._errors import FileError
from ansible_collections.stacktls.elastic.plugins.module_utils._product_version import told_version


@pytest.mark.parametrize(
    ("text", "version"),
    [
        ("# Welcome to Filebeat 7.17.29\n\nFilebeat sends\n", "7.17.29"),
        ("# Welcome to Elastic-Agent 9.4.3-SNAPSHOT\r\n", "9.4.3-SNAPSHOT"),
        ("# Welcome to our servers\n\n# Welcome to Filebeat 7.17.29\n", ""),
        ("Filebeat 7.17.29\n", ""),
        ("# Welcome to 10.0.0.1\n", ""),
        ("", ""),
    ],
)
def test_the_first_line_tells_it(tmp_path, text, version):
    (tmp_path / "README.md").write_text(text)
    assert told_version([str(tmp_path / "README.md")]) == version


def test_the_first_file_that_tells_one_is_believed(tmp_path):
    for name, text in {"a": "about", "b": "# Welcome to Filebeat 8.1.2", "c": "# Welcome to Filebeat 9.0.0"}.items():
        (tmp_path / name).write_text(text)
    assert told_version([str(tmp_path / name) for name in ("none", "a", "b", "c")]) == "8.1.2"
    assert told_version([]) == ""


@pytest.mark.parametrize(
    ("text", "version"),
    [
        ('{"name": "kibana", "version": "9.4.3", "branch": "9.4"}', "9.4.3"),
        ('{"name": "kibana"}', ""),
        ('{"version": 9}', ""),
        ('["version"]', ""),
        ('{"version": ', ""),
    ],
)
def test_a_package_json_tells_it(tmp_path, text, version):
    (tmp_path / "package.json").write_text(text)
    assert told_version([str(tmp_path / "package.json")]) == version


def test_what_cannot_be_read_is_told(tmp_path):
    with pytest.raises(FileError, match="cannot be read"):
        told_version([str(tmp_path)])
