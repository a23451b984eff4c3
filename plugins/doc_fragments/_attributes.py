# Copyright: Stack TLS contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What every module says of check mode, diff mode and idempotence."""

from __future__ import annotations


class ModuleDocFragment:
    """Fragments ``_attributes``, ``_attributes.info`` and ``_attributes.api``."""

    DOCUMENTATION = r"""
options: {}
attributes:
  check_mode:
    description: Can run in C(check_mode) and report what would change without changing it.
    support: full
  diff_mode:
    description: Says what changes in diff mode, and never shows a secret.
    support: full
  idempotent:
    description: A second run with the same options changes nothing.
    support: full
"""

    INFO = r"""
options: {}
attributes:
  check_mode:
    description: Can run in C(check_mode); reads only, so it does the same there.
    support: full
  diff_mode:
    description: Has no difference to show, because it changes nothing.
    support: N/A
  idempotent:
    description: Changes nothing.
    support: full
"""

    API = r"""
options: {}
attributes:
  action_group:
    description: Use C(group/stacktls.elastic.api) in C(module_defaults) to set the options of the connection once.
    support: full
    membership:
      - stacktls.elastic.api
"""
