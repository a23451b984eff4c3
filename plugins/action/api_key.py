# Copyright: Stack TLS contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Have an API key made and stored; the module of the same name does it on the hosts."""

from __future__ import annotations

from ansible_collections.stacktls.elastic.plugins.module_utils._api_key import MODULE_ARGUMENTS
from ansible_collections.stacktls.elastic.plugins.plugin_utils._issued_secrets import SecretAction


class ActionModule(SecretAction):
    """The action ``api_key``."""

    name = "api_key"
    arguments = MODULE_ARGUMENTS
