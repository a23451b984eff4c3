# Copyright: Stack TLS contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The action ``certificate``, with its module run in this process instead of on a host."""

from __future__ import annotations

import json
import os
from types import SimpleNamespace

from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from ansible.parsing.dataloader import DataLoader
from ansible_collections.stacktls.elastic.plugins.action import certificate as action
from ansible_collections.stacktls.elastic.plugins.module_utils._certificate_arguments import MODULE_ARGUMENTS
from ansible_collections.stacktls.elastic.plugins.module_utils._certificate_authority import (
    manage_certificate_authority,
)
from ansible_collections.stacktls.elastic.plugins.module_utils._certificates import manage_certificates
from ansible_collections.stacktls.elastic.plugins.module_utils._errors import StackTlsError
from ansible_collections.stacktls.elastic.plugins.modules import certificate_authority

MODULE = "stacktls.elastic.certificate"
TASK_VARS = {"inventory_hostname": "host-1"}


class InProcess(action.ActionModule):
    """The action, with its module run in this process instead of on a host."""

    def __init__(self, arguments, check_mode):
        task = SimpleNamespace(args=arguments, check_mode=check_mode, async_val=0, action=MODULE, get_search_path=list)
        connection = SimpleNamespace(_shell=SimpleNamespace(tmpdir=None), has_pipelining=True)
        super().__init__(task, connection, SimpleNamespace(check_mode=check_mode), DataLoader(), None, None)
        self.calls = []

    def _execute_module(self, module_name=None, module_args=None, task_vars=None, **_options):
        assert module_name == MODULE
        assert task_vars == TASK_VARS
        sent = json.loads(json.dumps(module_args))
        self.calls.append(sent)
        params = ArgumentSpecValidator(**MODULE_ARGUMENTS).validate(sent).validated_parameters
        try:
            return json.loads(json.dumps(manage_certificates(params, check_mode=self._task.check_mode)))
        except StackTlsError as error:
            return {"failed": True, "msg": str(error)}

    @property
    def phases(self):
        return [call["phase"] for call in self.calls]


class Site:
    def __init__(self, folder):
        self.folder = folder
        self.arguments = {
            "certificate_path": str(folder / "a.crt"),
            "private_key_path": str(folder / "a.key"),
            "common_name": "es1",
            "subject_alt_names": "es1.example.com,es1",
            "ca_path": str(folder / "ca"),
            "ca_passphrase": "authority-secret",
        }

    def make_authority(self):
        task = {"path": str(self.folder / "ca"), "passphrase": "authority-secret", "common_name": "Test CA"}
        params = ArgumentSpecValidator(**certificate_authority.MODULE_ARGUMENTS).validate(task).validated_parameters
        manage_certificate_authority(params, print, check_mode=False)

    def run(self, check_mode=False, **given):
        plugin = InProcess({**self.arguments, **given}, check_mode)
        result = plugin.run(task_vars=TASK_VARS)
        assert "authority-secret" not in repr(plugin.calls)
        assert "PRIVATE KEY" not in repr((plugin.calls, result))
        return plugin, result

    def content(self):
        return {entry.name: open(entry.path, "rb").read() for entry in os.scandir(self.folder) if entry.is_file()}
