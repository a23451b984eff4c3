# Copyright: Stack TLS contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Options of the modules that have a secret made and put it in its place."""

from __future__ import annotations


class ModuleDocFragment:
    """Fragment ``_secret``. It goes before ``_files``, whose mode is another one."""

    DOCUMENTATION = r"""
options:
  api_host:
    description:
      - Host of the inventory that talks with Elasticsearch, with its files and its network. By default the managed host
        does so.
      - With it the login of the administrator does not go to the managed host, and the secret goes there through the
        memory of the controller and Ansible's connections, sealed on its way from Elasticsearch.
      - It is reached by its own connection variables (C(ansible_*)).
    type: str
  path:
    description:
      - File on the managed host that holds nothing but the secret. Its folder must exist.
      - Exactly one of O(path), the options of keystores, O(store_command) and O(return_secret) is needed with
        O(state=present).
    type: path
  mode:
    description:
      - Mode of O(path) as a quoted octal number. A file that has another one is mended.
      - Keystores have their own mode.
    type: raw
    default: "0600"
  store_command:
    description:
      - Command on the managed host that puts the secret where the application looks for it, as a list of arguments.
        It gets the secret on its standard input, without a line end; no shell is between.
      - Where it fails, the new secret is taken back. It cannot be asked what is there, so a secret that was lost behind
        it is replaced by O(force) only, and with O(state=absent) it is not run.
    type: list
    elements: str
  store_timeout:
    description: Seconds that O(store_command) may take.
    type: int
    default: 60
  return_secret:
    description:
      - Return the secret as RV(secret), in the run that makes it and never again.
      - Give the task C(no_log), and take care of the value. All other destinations show the secret to nobody.
    type: bool
    default: false
  phase:
    description: Internal. The action sets it; a value in a task is ignored.
    type: str
    choices: [all, inspect, store, remove, ensure, finish, abandon]
    default: all
  exchange:
    description: Internal, like O(phase). What the hosts tell each other.
    type: dict
    default: {}
  secrets:
    description: Internal, like O(phase). The key that seals the secret on its way.
    type: dict
    default: {}
"""
