# Copyright: Stack TLS contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Subject alternative names as they stand in a certificate."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from ansible.errors import AnsibleFilterError

from ..module_utils._errors import StackTlsError
from ..module_utils._pki._sans import parse_alternative_names

DOCUMENTATION = r"""
name: subject_alt_names
short_description: Subject alternative names as they stand in a certificate
version_added: 0.1.0
author:
  - Stack TLS contributors (@stacktls)
description:
  - Checks host names and addresses the way M(stacktls.elastic.certificate) does, and brings them into the form in which
    they stand in a certificate. What cannot be a subject alternative name is an error that says why, so a play can find
    out before it changes anything.
options:
  _input:
    description: Host names and IP addresses, with or without C(DNS:) and C(IP:) before them.
    type: list
    elements: str
    required: true
"""

EXAMPLES = r"""
- name: Show how names stand in a certificate
  ansible.builtin.debug:
    msg: "{{ ['ES1.example.com', '192.0.2.11'] | stacktls.elastic.subject_alt_names }}"
    # ['DNS:es1.example.com', 'IP:192.0.2.11']
"""

RETURN = r"""
_value:
  description: The names, each once.
  type: list
  elements: str
"""


def subject_alt_names(value: Any) -> list[str]:
    """The names with their kind."""
    if isinstance(value, (str, Mapping)) or not isinstance(value, Iterable):
        raise AnsibleFilterError(f"subject_alt_names needs a list of names, not {type(value).__name__}.")
    names = list(value)
    if not all(isinstance(name, str) for name in names):
        raise AnsibleFilterError("subject_alt_names needs names that are text; put each in quotes.")
    try:
        return [str(name) for name in parse_alternative_names(names)]
    except StackTlsError as error:
        raise AnsibleFilterError(f"subject_alt_names: {error}") from error


class FilterModule:
    """The filter of this file."""

    def filters(self) -> dict[str, Callable[[Any], list[str]]]:
        """Filters by name."""
        return {"subject_alt_names": subject_alt_names}
