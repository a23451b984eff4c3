# Copyright: Stack TLS contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which names a certificate lacks."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from ansible.errors import AnsibleFilterError

from ..module_utils._errors import StackTlsError
from ..module_utils._module import require_cryptography_here
from ..module_utils._pki._certificates import load_certificates, names_of
from ..module_utils._pki._sans import AlternativeName, read_alternative_name, uncovered

DOCUMENTATION = r"""
name: names_not_covered
short_description: Which names a certificate lacks
version_added: 0.1.0
author:
  - Stack TLS contributors (@stacktls)
description:
  - Compares host names and addresses with the subject alternative names of a certificate, as clients do (RFC 6125).
  - A wildcard stands for one label, the first one. It never covers an address, nor the domain itself.
options:
  _input:
    description: Host names and addresses by which a service is to be reached.
    type: list
    elements: str
    required: true
  _names:
    description:
      - The subject alternative names, as M(stacktls.elastic.certificate) takes or returns them.
      - Or the certificate itself in PEM form; of several the first one counts.
    type: raw
    required: true
"""

EXAMPLES = r"""
- name: Stop where the certificate lacks a name
  ansible.builtin.assert:
    that: missing | length == 0
    fail_msg: "The certificate lacks {{ missing | join(', ') }}."
  vars:
    missing: >-
      {{ ['es1.example.com', '192.0.2.11'] | stacktls.elastic.names_not_covered(['DNS:*.example.com']) }}
    # ['192.0.2.11']
"""

RETURN = r"""
_value:
  description: The names that are not covered, as they were given.
  type: list
  elements: str
"""


def names_not_covered(value: Any, names: Any) -> list[str]:
    """The wanted names that are missing."""
    wanted = _texts(value, "names")
    try:
        present = _present(names)
    except StackTlsError as error:
        raise AnsibleFilterError(f"names_not_covered: {error}") from error
    return [text for text in wanted if uncovered([read_alternative_name(text)], present)]


def _present(names: Any) -> list[AlternativeName]:
    if isinstance(names, str):
        require_cryptography_here()
        return list(names_of(load_certificates(names.encode())[0]))
    return [read_alternative_name(text) for text in _texts(names, "subject alternative names")]


def _texts(value: Any, what: str) -> list[str]:
    if isinstance(value, (str, Mapping)) or not isinstance(value, Iterable):
        raise AnsibleFilterError(f"names_not_covered needs a list of {what}, not {type(value).__name__}.")
    texts = list(value)
    if not all(isinstance(text, str) for text in texts):
        raise AnsibleFilterError(f"names_not_covered needs {what} that are text; put each in quotes.")
    return texts


class FilterModule:
    """The filter of this file."""

    def filters(self) -> dict[str, Callable[[Any, Any], list[str]]]:
        """Filters by name."""
        return {"names_not_covered": names_not_covered}
