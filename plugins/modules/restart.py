#!/usr/bin/python
# Copyright: Stack TLS contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
module: restart
short_description: Bring changed files of Elasticsearch or Kibana into force
version_added: 0.1.0
author:
  - Stack TLS contributors (@stacktls)
description:
  - Does what the pending changes in a journal need, and no more. A replaced certificate of Elasticsearch is reloaded by
    the node itself, which is proved by a handshake; everything else needs a restart.
  - Waits until the service answers as it should. Where it does not come back, the previous files are put back, the
    service is restarted with them, and the error carries what the service said.
  - Without pending changes nothing happens. A run that was interrupted between a change and its restart is resumed by
    the next one, because the journal is on the managed host.
extends_documentation_fragment:
  - stacktls.elastic._attributes
options:
  product:
    description: What the service is.
    type: str
    required: true
    choices: [elasticsearch, kibana]
  journal:
    description: Folder on the managed host that the other modules recorded their changes in.
    type: path
    required: true
  service:
    description: Name of the systemd unit. The name of the product where this is not given.
    type: str
  command:
    description: Argument list that restarts the service in place of systemd.
    type: list
    elements: str
    default: []
  kinds:
    description:
      - Kinds of change that earlier tasks reported. Read in check mode only, where the journal cannot know them.
    type: list
    elements: str
    choices: [settings, keystore, certificate, client_certificate, trust, realm_trust]
    default: []
  url:
    description:
      - Addresses of the service as seen from its own host, tried in this order.
      - No credentials are sent to them.
    type: list
    elements: str
    required: true
  ca_path:
    description: PEM file on the managed host that verifies the service's certificate.
    type: path
  certificate_path:
    description: PEM file on the managed host with the certificate that the service has to show.
    type: path
  log_path:
    description: Log file, or folder of log files, that is quoted where the service does not come back.
    type: path
  timeout:
    description: Seconds that the service has to come back.
    type: int
    default: 180
seealso:
  - module: stacktls.elastic.settings
  - module: stacktls.elastic.certificate
"""

EXAMPLES = r"""
- name: Restart Elasticsearch where something that it cannot reload has changed
  stacktls.elastic.restart:
    product: elasticsearch
    journal: /var/lib/stacktls/elasticsearch
    url: https://es1.example.com:9200
    ca_path: /etc/elasticsearch/certs/ca.crt
    certificate_path: /etc/elasticsearch/certs/http.crt
    log_path: /var/log/elasticsearch
  throttle: 1
"""

RETURN = r"""
action:
  description: What was done.
  type: str
  returned: success
  choices: [nothing, reload, restart]
  sample: restart
kinds:
  description: Kinds of change that are in force now.
  type: list
  elements: str
  returned: success
  sample: [certificate, settings]
backup:
  description: Folder on the managed host with the files as they were; empty where nothing was pending.
  type: str
  returned: success
  sample: /var/lib/stacktls/elasticsearch/backups/20261123T101500Z
seconds:
  description: How long it took until the service answered as it should.
  type: float
  returned: success
  sample: 21.4
"""

import os
from dataclasses import asdict
from typing import Any

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.stacktls.elastic.plugins.module_utils._effects import PRODUCTS, Effect, effect_of
from ansible_collections.stacktls.elastic.plugins.module_utils._journal import KINDS, Journal
from ansible_collections.stacktls.elastic.plugins.module_utils._module import run_module
from ansible_collections.stacktls.elastic.plugins.module_utils._readiness import Readiness
from ansible_collections.stacktls.elastic.plugins.module_utils._restart import Outcome, apply_changes
from ansible_collections.stacktls.elastic.plugins.module_utils._service import Service, runner


def log_files(path: str | None) -> list[str]:
    if not path or not os.path.isdir(path):
        return [path] if path else []
    return sorted(entry.path for entry in os.scandir(path) if entry.is_file() and entry.name.endswith(".log"))


def restart(module: AnsibleModule) -> dict[str, Any]:
    params = module.params
    journal = Journal(params["journal"])
    if module.check_mode:
        kinds = sorted({*journal.kinds(), *params["kinds"]})
        outcome = Outcome(effect_of(params["product"], kinds).name.lower(), kinds)
    else:
        readiness = Readiness(params["product"], params["url"], params["ca_path"], params["certificate_path"])
        service = Service(
            params["service"] or params["product"],
            runner(module.run_command),
            params["command"],
            log_files(params["log_path"]),
        )
        outcome = apply_changes(params["product"], journal, service, readiness.amiss, params["timeout"])
    return {"changed": outcome.action == Effect.RESTART.name.lower(), **asdict(outcome)}


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            "product": {"type": "str", "required": True, "choices": list(PRODUCTS)},
            "journal": {"type": "path", "required": True},
            "service": {"type": "str"},
            "command": {"type": "list", "elements": "str", "default": []},
            "kinds": {"type": "list", "elements": "str", "choices": list(KINDS), "default": []},
            "url": {"type": "list", "elements": "str", "required": True},
            "ca_path": {"type": "path"},
            "certificate_path": {"type": "path"},
            "log_path": {"type": "path"},
            "timeout": {"type": "int", "default": 180},
        },
        supports_check_mode=True,
    )
    run_module(module, lambda: restart(module))


if __name__ == "__main__":
    main()
