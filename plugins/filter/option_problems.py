# Copyright: Stack TLS contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is wrong with options of a module, as far as that can be said without any host."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timezone
from typing import Any

from ansible.errors import AnsibleFilterError
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator

from ..module_utils import _api_key, _certificate_arguments, _truststore
from ..module_utils._certificate_options import lifetime_of, specification_of
from ..module_utils._errors import StackTlsError
from ..module_utils._module import require_cryptography_here

DOCUMENTATION = r"""
name: option_problems
short_description: What is wrong with options of a module
version_added: 0.1.0
author:
  - Stack TLS contributors (@stacktls)
description:
  - Checks options the way the module does, as far as no host and no Elasticsearch has to be asked, so a play can find
    out before it changes anything.
  - Options that are not given are not missed.
options:
  _input:
    description: Options and their values, as a task has them.
    type: dict
    required: true
  _module:
    description: The module.
    type: str
    choices: [api_key, certificate, truststore]
    required: true
"""

EXAMPLES = r"""
- name: Stop where no API key could be so
  ansible.builtin.assert:
    that: problems | length == 0
    fail_msg: "{{ problems | join(' ') }}"
  vars:
    problems: "{{ {'name': 'shop', 'expiration': '3 months'} | stacktls.elastic.option_problems('api_key') }}"
    # ["expiration: '3 months' is not a span of time. Write numbers with the units w, d, h, m or s, such as 30d ..."]
"""

RETURN = r"""
_value:
  description: A text for each problem that is found; no text where all is well.
  type: list
  elements: str
"""

Options = dict[str, Any]


def _check_certificate(options: Options) -> None:
    identity = _certificate_arguments.identities_of(options)[0]
    specification_of(identity)
    lifetime_of(identity, datetime.now(timezone.utc))


def _check_truststore(options: Options) -> None:
    # Files are on the host: those of the controller by the same names say nothing.
    _truststore.authorities_given({**options, "certificate_paths": [], "pkcs12_sources": []})


_CHECKS: dict[str, tuple[Options, Callable[[Options], object]]] = {
    "api_key": (_api_key.MODULE_ARGUMENTS["argument_spec"], _api_key.Wanted.from_params),
    "certificate": (_certificate_arguments.MODULE_ARGUMENTS["argument_spec"], _check_certificate),
    "truststore": (_truststore.ARGUMENTS, _check_truststore),
}
"""What each module accepts, and what it makes of that."""


def option_problems(value: Any, module: Any) -> list[str]:
    """What is wrong with the options, in the words of the module."""
    if not isinstance(value, Mapping):
        raise AnsibleFilterError(f"option_problems needs a dictionary of options, not {type(value).__name__}.")
    if module not in _CHECKS:
        raise AnsibleFilterError(f"option_problems knows {', '.join(_CHECKS)}, not {module!r}.")
    arguments, check = _CHECKS[module]
    specification = {name: {**option, "required": False} for name, option in arguments.items()}
    validated = ArgumentSpecValidator(specification).validate(dict(value))
    if validated.error_messages:
        return validated.error_messages
    try:
        require_cryptography_here()
        check(validated.validated_parameters)
    except StackTlsError as error:
        return [str(error)]
    return []


class FilterModule:
    """The filter of this file."""

    def filters(self) -> dict[str, Callable[[Any, Any], list[str]]]:
        """Filters by name."""
        return {"option_problems": option_problems}
