# Copyright: Stack TLS contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What certificates in PEM form say."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timezone
from typing import Any

from ansible.errors import AnsibleFilterError

from ..module_utils._errors import StackTlsError
from ..module_utils._module import require_cryptography_here
from ..module_utils._pki._certificates import load_certificates
from ..module_utils._pki._description import describe_fully

DOCUMENTATION = r"""
name: certificate_info
short_description: What certificates in PEM form say
version_added: 0.1.0
author:
  - Stack TLS contributors (@stacktls)
description:
  - Reads every certificate of a PEM text, such as a chain or a bundle of authorities.
options:
  _input:
    description: Certificates in PEM form. The empty text holds none.
    type: str
    required: true
"""

EXAMPLES = r"""
- name: Show when the authority expires
  ansible.builtin.debug:
    msg: "{{ (lookup('ansible.builtin.file', 'ca.crt') | stacktls.elastic.certificate_info | first).not_after }}"
"""

RETURN = r"""
_value:
  description:
    - A dictionary for each certificate, in their order, with those keys of
      RV(stacktls.elastic.certificate_info#module:files[].certificates) that need nothing but the certificate,
      C(subject) to C(extended_key_usages).
  type: list
  elements: dict
"""


def certificate_info(value: Any) -> list[dict[str, Any]]:
    """The certificates in words."""
    if not isinstance(value, str):
        raise AnsibleFilterError(f"certificate_info needs text, not {type(value).__name__}.")
    if not value.strip():
        return []
    now = datetime.now(timezone.utc)
    try:
        require_cryptography_here()
        return [describe_fully(certificate, now) for certificate in load_certificates(value.encode())]
    except StackTlsError as error:
        raise AnsibleFilterError(f"certificate_info: {error}") from error


class FilterModule:
    """The filter of this file."""

    def filters(self) -> dict[str, Callable[[Any], list[dict[str, Any]]]]:
        """Filters by name."""
        return {"certificate_info": certificate_info}
