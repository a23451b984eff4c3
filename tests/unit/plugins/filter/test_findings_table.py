# Copyright: Stack TLS contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import pytest
from ansible.errors import AnsibleFilterError
from ansible_collections.stacktls.elastic.plugins.filter.findings_table import findings_table


def finding(level="error", host="es1", service="elasticsearch", subject="es2", found="is away.", hint=""):
    return {"level": level, "host": host, "service": service, "subject": subject, "found": found, "hint": hint}


def test_errors_come_first_and_columns_are_as_wide_as_they_have_to_be():
    assert findings_table([finding("warning", "a", "kibana"), finding(hint="Start it.")]) == [
        "error    es1  elasticsearch  es2: is away. Start it.",
        "warning  a    kibana         es2: is away.",
    ]


def test_a_long_text_goes_on_in_its_column_and_names_stay_whole():
    name = "/a" * 60
    lines = findings_table([finding(subject=name, found="word " * 30)])
    assert len(lines) == 3
    assert name in lines[0]
    assert all(line.startswith(" " * 22) for line in lines[1:])


def test_nothing_amiss_is_no_line():
    assert findings_table([]) == []


@pytest.mark.parametrize("wrong", ["text", None, {}, [1], [{"host": "es1"}]])
def test_anything_else_is_refused_in_words(wrong):
    with pytest.raises(AnsibleFilterError, match="needs a list of findings"):
        findings_table(wrong)
