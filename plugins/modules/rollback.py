#!/usr/bin/python
# Copyright: Stack TLS contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
module: rollback
short_description: Put back the files of a service that the last run replaced
version_added: 0.1.0
author:
  - Stack TLS contributors (@stacktls)
description:
  - Makes every file that the last run replaced for a service what it was before, with its owner and mode. Files that
    the run made are removed. Files that are as they were already are not touched.
  - What is there now goes into the journal first. M(stacktls.elastic.restart) brings the earlier files into force
    afterwards, and puts the present ones back where the service does not come up with them.
  - Changes that a run made and did not bring into force, because it was cut off, are the last run.
  - A second call changes nothing, because the files of the last run are back. To have the changes again, run what made
    them.
  - Only files are put back. What a run changed through an API, such as a role mapping or an API key, stays.
  - Where the run ended what its earlier files need, such as a login, M(stacktls.elastic.restart) was told so, and this
    module refuses to put them back.
extends_documentation_fragment:
  - stacktls.elastic._attributes
options:
  journal:
    description: Folder on the managed host that the other modules recorded their changes in.
    type: path
    required: true
  backup:
    description:
      - Name of a folder in the journal's folder C(backups) whose files are put back, in place of those of the last run.
      - Files that later runs replaced and this one did not stay as they are.
    type: str
    default: ""
  force:
    description: Put the files back also where RV(no_way_back) says that they are of no use any more.
    type: bool
    default: false
  _exchange:
    description: What the action plugin tells the managed host. Filled by the plugin itself; do not use it.
    type: dict
seealso:
  - module: stacktls.elastic.restart
"""

EXAMPLES = r"""
- name: Put back what the last run replaced in Kibana
  stacktls.elastic.rollback:
    journal: /var/lib/stacktls/kibana

- name: Bring it into force
  stacktls.elastic.restart:
    product: kibana
    journal: /var/lib/stacktls/kibana
    url: http://localhost:5601
"""

RETURN = r"""
state:
  description:
    - What the last run left. V(settled) are changes that are in force, V(pending) those that are not, because the run
      was cut off. V(none) means that there is nothing to put back.
  type: str
  returned: success
  choices: [settled, pending, none]
  sample: settled
backup:
  description: Name of the backup that holds the earlier files; empty where nothing is put back.
  type: str
  returned: success
  sample: 20261123T101500Z
run:
  description: Name of the run that replaced the files, as M(stacktls.elastic.restart) was told; empty where it had
    none.
  type: str
  returned: success
  sample: 20261123T101312Z
no_way_back:
  description: Why the earlier files are of no use any more; empty where they are.
  type: str
  returned: success
  sample: ""
paths:
  description: The files that are put back, the last change first.
  type: list
  elements: str
  returned: success
  sample: [/etc/kibana/kibana.yml]
kinds:
  description: What these files are to the service.
  type: list
  elements: str
  returned: success
  sample: [settings]
replaced:
  description:
    - Where the files are that pending changes replaced, by their paths. Until the service is restarted they are in
      force.
  type: dict
  returned: success
  sample: {/etc/kibana/kibana.yml: /var/lib/stacktls/kibana/pending/0000}
diff:
  description:
    - Of each file the digest, owner, group and mode as they are and as they were; of settings files the text, too, with
      the values of settings that may hold a secret hidden.
  returned: success, the texts in diff mode
  type: list
  elements: dict
restart_pending:
  description: Whether the journal holds changes that are not yet in force.
  type: bool
  returned: success
  sample: true
"""

from typing import Any

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.stacktls.elastic.plugins.module_utils._journal import Journal
from ansible_collections.stacktls.elastic.plugins.module_utils._module import run_module
from ansible_collections.stacktls.elastic.plugins.module_utils._rollback import (
    Plan,
    plan,
    put_back,
    replaced,
    require_way_back,
    sealed_settings,
)


def state_of(wanted: Plan) -> str:
    if wanted.source is None:
        return "none"
    return "pending" if wanted.pending else "settled"


def rollback(module: AnsibleModule) -> dict[str, Any]:
    journal = Journal(module.params["journal"])
    wanted = plan(journal, module.params["backup"])
    if not module.params["force"]:
        require_way_back(wanted)
    result = {
        "changed": bool(wanted.changes),
        "state": state_of(wanted),
        "backup": wanted.source.name if wanted.source else "",
        "run": wanted.source.run if wanted.source else "",
        "no_way_back": wanted.no_way_back,
        "paths": [change.entry.path for change in wanted.changes],
        "kinds": wanted.kinds,
        "diff": [
            {
                "before_header": change.entry.path,
                "after_header": change.entry.path,
                "before": change.before,
                "after": change.after,
            }
            for change in wanted.changes
        ],
    }
    key = (module.params["_exchange"] or {}).get("key")
    if key:  # of the action plugin, which shows them
        result["settings"] = sealed_settings(wanted, key)
    if not module.check_mode:
        put_back(journal, wanted)
    return {**result, "replaced": replaced(journal), "restart_pending": bool(journal.entries())}


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            "journal": {"type": "path", "required": True},
            "backup": {"type": "str", "default": ""},
            "force": {"type": "bool", "default": False},
            "_exchange": {"type": "dict", "no_log": True},
        },
        supports_check_mode=True,
    )
    run_module(module, lambda: rollback(module))


if __name__ == "__main__":
    main()
