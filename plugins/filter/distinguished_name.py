# Copyright: Stack TLS contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Distinguished names as Elasticsearch prints them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ansible.errors import AnsibleFilterError

from ..module_utils._errors import StackTlsError
from ..module_utils._module import require_cryptography_here
from ..module_utils._pki._certificates import load_certificates
from ..module_utils._pki._names import parse_name, print_name

DOCUMENTATION = r"""
name: distinguished_name
short_description: A distinguished name as Elasticsearch prints it
version_added: 0.1.0
author:
  - Stack TLS contributors (@stacktls)
description:
  - Writes a distinguished name exactly as the PKI realm of Elasticsearch does, for the rules of role mappings and for
    comparisons with what Elasticsearch answers.
options:
  _input:
    description: The name as RFC 2253 or RFC 4514 text, or a certificate in PEM form, of which the subject is taken.
    type: str
    required: true
"""

EXAMPLES = r"""
- name: Show the name that a role mapping needs
  ansible.builtin.debug:
    msg: "{{ 'cn=kibana-client,ou=ops,o=Example' | stacktls.elastic.distinguished_name }}"
    # CN=kibana-client, OU=ops, O=Example

- name: Show the name in a certificate
  ansible.builtin.debug:
    msg: "{{ lookup('ansible.builtin.file', 'client.crt') | stacktls.elastic.distinguished_name }}"
"""

RETURN = r"""
_value:
  description: The name.
  type: str
"""


def distinguished_name(value: Any) -> str:
    """The name as Elasticsearch prints it."""
    if not isinstance(value, str):
        raise AnsibleFilterError(f"distinguished_name needs text, not {type(value).__name__}.")
    try:
        require_cryptography_here()
        if "-----BEGIN CERTIFICATE-----" in value:
            return print_name(load_certificates(value.encode())[0].subject)
        return print_name(parse_name(value))
    except StackTlsError as error:
        raise AnsibleFilterError(f"distinguished_name: {error}") from error


class FilterModule:
    """The filter of this file."""

    def filters(self) -> dict[str, Callable[[Any], str]]:
        """Filters by name."""
        return {"distinguished_name": distinguished_name}
