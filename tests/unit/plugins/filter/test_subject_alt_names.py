# Copyright: Stack TLS contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import pytest
from ansible.errors import AnsibleFilterError
from ansible_collections.stacktls.elastic.plugins.filter.subject_alt_names import FilterModule

subject_alt_names = FilterModule().filters()["subject_alt_names"]


def test_names_stand_as_in_a_certificate():
    names = ["ES1.example.com", "192.0.2.11", "DNS:es1.example.com", "IP:2001:db8::1"]
    assert subject_alt_names(names) == ["DNS:es1.example.com", "IP:192.0.2.11", "IP:2001:db8::1"]


@pytest.mark.parametrize("name", ["bad name", "es_1", "es1:9200", "", "a..b", "x" * 64])
def test_what_cannot_be_a_name_is_refused(name):
    with pytest.raises(AnsibleFilterError, match="subject_alt_names: "):
        subject_alt_names(["good", name])


@pytest.mark.parametrize("value", ["es1.example.com", {"es1": 1}, 5, None, [5]])
def test_what_is_no_list_of_names_is_refused(value):
    with pytest.raises(AnsibleFilterError, match="subject_alt_names needs "):
        subject_alt_names(value)
