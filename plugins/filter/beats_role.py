# Copyright: Stack TLS contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a Beat, or a person who works with it, may do in Elasticsearch."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from ansible.errors import AnsibleFilterError

from ..plugin_utils._beats_roles import GRANTS, descriptor

DOCUMENTATION = r"""
name: beats_role
short_description: The least privileges of a Beat
version_added: 0.1.0
author:
  - Stack TLS contributors (@stacktls)
description:
  - The privileges that Elastic's guide lists for a Beat of this name and version, in the form in which Elasticsearch
    takes roles, and API keys their role descriptors.
options:
  _input:
    description: Name of the Beat, such as V(filebeat).
    type: str
    required: true
  _role:
    description:
      - V(writer) may only add events, V(monitoring) only add what the Beat tells of itself. Neither can read or delete.
      - V(setup) is for administrators who load templates and dashboards, V(reader) for people who look at the data.
    type: str
    choices: [writer, monitoring, setup, reader]
    required: true
  version:
    description: Version of the Beat, such as V(8.17.3); only the first number counts.
    type: str
    default: '9'
  names:
    description: Names and patterns of its indices, where they are not those that the Beat uses by itself.
    type: list
    elements: str
    default: []
"""

EXAMPLES = r"""
- name: Show what Filebeat needs to publish events
  ansible.builtin.debug:
    msg: "{{ 'filebeat' | stacktls.elastic.beats_role('writer') }}"
    # {cluster: [monitor, read_ilm, read_pipeline],
    #  indices: [{names: [filebeat-*], privileges: [auto_configure, create_doc, view_index_metadata]}],
    #  applications: []}
"""

RETURN = r"""
_value:
  description: The role, with C(cluster), C(indices) and C(applications).
  type: dict
"""

_NAME = re.compile(r"[a-z0-9][a-z0-9_-]*")


def beats_role(value: Any, role: str, version: Any = "9", names: Any = ()) -> dict[str, Any]:
    """The role of the Beat."""
    if not isinstance(value, str) or not _NAME.fullmatch(value):
        raise AnsibleFilterError(f"beats_role needs the name of a Beat, such as 'filebeat', not {value!r}.")
    if role not in GRANTS:
        raise AnsibleFilterError(f"beats_role: {role!r} is none of {', '.join(GRANTS)}.")
    major = str(version).partition(".")[0]
    if not major.isdecimal():
        raise AnsibleFilterError(f"beats_role: {version!r} is no version such as '8.17.3'.")
    return descriptor(role, value, int(major), list(names))


class FilterModule:
    """The filter of this file."""

    def filters(self) -> dict[str, Callable[..., dict[str, Any]]]:
        """Filters by name."""
        return {"beats_role": beats_role}
