#!/usr/bin/python
# Copyright: Stack TLS contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
module: restart
short_description: Bring changed files of Elasticsearch, Kibana or a Beat into force
version_added: 0.1.0
author:
  - Stack TLS contributors (@stacktls)
description:
  - Does what the pending changes in a journal need, and no more. A replaced certificate of Elasticsearch is reloaded by
    the node itself, which is proved by a handshake. A replaced server certificate of Kibana is reloaded at a SIGHUP
    where the version is known to do that, which is proved, too. Everything else needs a restart.
  - A signal would end a Kibana that is still starting. It is sent only where Kibana answers.
  - Waits until the service answers as it should. A Beat has no address to ask. Its process has to stay up for five
    seconds, which tells that it could use its settings, keystore and certificates, and not that its output works.
  - Where the service does not come back, the previous files are put back, the service is restarted with them, and the
    error carries what the service said.
  - Without pending changes nothing happens. A run that was interrupted between a change and its restart is resumed by
    the next one, because the journal is on the managed host.
extends_documentation_fragment:
  - stacktls.elastic._attributes
options:
  product:
    description: What the service is.
    type: str
    required: true
    choices: [elasticsearch, kibana, beats]
  journal:
    description: Folder on the managed host that the other modules recorded their changes in.
    type: path
    required: true
  service:
    description: Name of the systemd unit. The name of the product where this is not given; needed for V(beats).
    type: str
  command:
    description:
      - Argument list that restarts the service in place of systemd.
      - Of a Beat nothing more is known then than that this command succeeds.
    type: list
    elements: str
    default: []
  status_command:
    description:
      - Argument list that succeeds as long as what O(command) restarts runs, such as C(podman top NAME) for a
        container.
      - A service that stopped is not waited for then until O(timeout) has passed. Read with O(command) only.
    type: list
    elements: str
    default: []
  log_command:
    description:
      - Argument list that prints the end of the log, such as C(podman logs --tail 60 NAME), in place of the journal of
        systemd. It is quoted, besides O(log_path), where the service does not come back.
    type: list
    elements: str
    default: []
  run:
    description:
      - Name that the changes get as a backup, the same for all services of a run. See M(stacktls.elastic.rollback).
    type: str
    default: ""
  no_way_back:
    description:
      - Why the earlier files are of no use once the changes are in force, in a sentence for people, such as that the
        run ends the login that they have. M(stacktls.elastic.rollback) then refuses to put them back, and quotes it.
    type: str
    default: ""
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
      - Needed for V(elasticsearch) and V(kibana).
    type: list
    elements: str
  ca_path:
    description: PEM file on the managed host that verifies the service's certificate.
    type: path
  certificate_path:
    description: PEM file on the managed host with the certificate that the service has to show.
    type: path
  client_certificate_path:
    description:
      - PEM file on the managed host with the certificate that is presented to O(url) and O(cluster.url), as a service
        needs that requires one of its clients. Needs C(cryptography).
      - It may be the service's own. It is presented only where it is one for clients, too.
      - Mutually exclusive with O(client_pkcs12_path).
    type: path
  client_key_path:
    description: PEM file with its private key; O(client_certificate_path) where it is not given.
    type: path
  client_key_passphrase:
    description: Passphrase of that private key.
    type: str
  client_pkcs12_path:
    description:
      - PKCS#12 file on the managed host with certificate and private key, in place of PEM files. Needs C(cryptography).
      - It is presented as it is.
    type: path
  client_pkcs12_password:
    description: Password of that file, also the empty one.
    type: str
  transport:
    description:
      - How the transport layer of an Elasticsearch node is asked for its certificate, with which it has to be back.
      - The handshake is that of another node, with the same certificate. Names are not compared. Needs C(cryptography).
    type: dict
    suboptions:
      address:
        description:
          - Hosts and ports of the transport layer as seen from its own host, such as V(es1.example.com:9300), tried in
            this order.
        type: list
        elements: str
        required: true
      certificate_path:
        description: PEM file on the managed host with the certificate that it has to show.
        type: path
        required: true
      key_path:
        description: PEM file with its private key.
        type: path
        required: true
      key_passphrase:
        description: Passphrase of that private key.
        type: str
      ca_path:
        description: PEM file with the CA certificates that the nodes trust.
        type: path
        required: true
  fingerprint_sha256:
    description:
      - SHA-256 of the certificate that the service has to show, in hexadecimal, where it is in no PEM file.
    type: str
  version:
    description:
      - Version of the product. Not given or empty, everything is done that an old version needs.
    type: str
    default: ""
  log_path:
    description: Log file, or folder of log files, that is quoted where the service does not come back.
    type: path
  timeout:
    description: Seconds that the service has to come back.
    type: int
    default: 180
  cluster:
    description:
      - How the cluster of an Elasticsearch node is asked whether it can do without this node for a moment.
      - Where it is given, the cluster has to be healthy before the node restarts. Allocation is limited to primaries
        and indices are flushed, as Elastic's page on rolling restarts asks for. Then the node has to be back in the
        cluster, allocation is put back as it was, and the cluster has to be healthy again.
      - Where the cluster does not become healthy, the task fails and tells why. If the node was not restarted yet, what
        was changed waits in the journal for the next run.
      - A node that does not run at all is started without asking the others.
      - The login needs the cluster privilege C(manage).
    type: dict
    suboptions:
      url:
        description: Addresses of this node or others with the changes in force, tried in this order.
        type: list
        elements: str
        required: true
      ca_path:
        description: PEM file on the managed host with the CA certificates that are trusted for that.
        type: path
      current_url:
        description:
          - The same as long as the changes are not in force; O(cluster.url) where it is not given.
          - A node that gets TLS has both, first V(https://), because an earlier run may have been cut off.
        type: list
        elements: str
      current_ca_path:
        description:
          - PEM file on the managed host with CA certificates that are trusted, too, as long as the changes are not in
            force. Passed over where there is no such file.
          - So are those that O(cluster.ca_path) held before the changes in the journal.
        type: path
      username:
        description: User to log in as. Needs O(cluster.password).
        type: str
      password:
        description: Password of O(cluster.username).
        type: str
      api_key:
        description: API key to log in with in place of a user.
        type: str
      health:
        description:
          - The status that the cluster must have, without shards that are on their way.
          - With a single data node V(green) asks for no more than V(yellow), because replicas have no place to be.
          - V(any) asks for none. For clusters that are yellow for good.
        type: str
        choices: [green, yellow, any]
        default: green
      timeout:
        description: Seconds that the cluster may take to become so, before and after the restart.
        type: int
        default: 300
seealso:
  - module: stacktls.elastic.rollback
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
    cluster:
      url: https://es1.example.com:9200
      ca_path: /etc/elasticsearch/certs/ca.crt
      username: elastic
      password: "{{ elastic_password }}"
    transport:
      address: es1.example.com:9300
      certificate_path: /etc/elasticsearch/certs/transport.crt
      key_path: /etc/elasticsearch/certs/transport.key
      ca_path: /etc/elasticsearch/certs/transport-ca.crt
  throttle: 1

- name: Let Kibana take over its new server certificate
  stacktls.elastic.restart:
    product: kibana
    version: 9.4.3
    journal: /var/lib/stacktls/kibana
    url: https://kibana.example.com:5601
    ca_path: /etc/kibana/certs/kibana-server-ca.crt
    certificate_path: /etc/kibana/certs/kibana-server.crt
  throttle: 1

- name: Restart Elasticsearch that runs in a container
  stacktls.elastic.restart:
    product: elasticsearch
    command: [podman, restart, elasticsearch]
    status_command: [podman, top, elasticsearch]
    log_command: [podman, logs, --tail, "60", elasticsearch]
    journal: /var/lib/stacktls/elasticsearch
    url: https://es1.example.com:9200
    ca_path: /srv/elasticsearch/config/certs/ca.crt
    certificate_path: /srv/elasticsearch/config/certs/http.crt
  throttle: 1

- name: Restart Filebeat where something has changed
  stacktls.elastic.restart:
    product: beats
    service: filebeat
    journal: /var/lib/stacktls/filebeat
"""

RETURN = r"""
action:
  description: What was done.
  type: str
  returned: success
  choices: [nothing, reload, signal, restart]
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
from dataclasses import asdict, replace
from typing import Any

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.stacktls.elastic.plugins.module_utils._api import API_RULES
from ansible_collections.stacktls.elastic.plugins.module_utils._cluster import (
    CLUSTER_ARGUMENTS,
    IDENTITY_ARGUMENTS,
    cluster_of,
)
from ansible_collections.stacktls.elastic.plugins.module_utils._effects import PRODUCTS, Effect, effect_of
from ansible_collections.stacktls.elastic.plugins.module_utils._journal import KINDS, Journal
from ansible_collections.stacktls.elastic.plugins.module_utils._module import require_cryptography, run_module
from ansible_collections.stacktls.elastic.plugins.module_utils._readiness import (
    TRANSPORT_ARGUMENTS,
    Readiness,
    TransportReadiness,
)
from ansible_collections.stacktls.elastic.plugins.module_utils._restart import Outcome, apply_changes
from ansible_collections.stacktls.elastic.plugins.module_utils._service import Service, runner
from ansible_collections.stacktls.elastic.plugins.module_utils._steadiness import Steadiness
from ansible_collections.stacktls.elastic.plugins.module_utils._tls_client import TlsOptions
from ansible_collections.stacktls.elastic.plugins.module_utils._waiting import Probe

_CHANGES = (Effect.SIGNAL.name.lower(), Effect.RESTART.name.lower())


def log_files(path: str | None) -> list[str]:
    if not path or not os.path.isdir(path):
        return [path] if path else []
    endings = (".log", ".ndjson")
    return sorted(entry.path for entry in os.scandir(path) if entry.is_file() and entry.name.endswith(endings))


def probes_of(params: dict[str, Any], service: Service) -> tuple[Probe, Probe]:
    """Is it as it should be, and is it up at all?"""
    if params["product"] == "beats":
        steady = Steadiness(service).amiss
        return steady, steady
    is_up = Readiness(params["product"], params["url"], TlsOptions.of(params))
    shown = {"certificate_path": params["certificate_path"], "fingerprint": params["fingerprint_sha256"]}
    as_it_should_be = replace(is_up, **shown).amiss
    if params["transport"] is None:
        return as_it_should_be, is_up.amiss
    transport = TransportReadiness.of(params["transport"])
    return lambda: as_it_should_be() or transport.amiss(), is_up.amiss


def restart(module: AnsibleModule) -> dict[str, Any]:
    params = module.params
    journal = Journal(params["journal"], params["run"])
    if module.check_mode:
        kinds = sorted({*journal.kinds(), *params["kinds"]})
        outcome = Outcome(effect_of(params["product"], kinds, params["version"]).name.lower(), kinds)
    else:
        service = Service(
            params["service"] or params["product"],
            runner(module.run_command),
            params["command"],
            log_files(params["log_path"]),
            params["status_command"],
            params["log_command"],
        )
        note_path = os.path.join(params["journal"], "allocation.json")
        cluster = cluster_of(params["cluster"], note_path, TlsOptions.of(params), journal)
        probe, is_up = probes_of(params, service)
        outcome = apply_changes(
            params["product"],
            journal,
            service,
            probe,
            params["timeout"],
            cluster,
            version=params["version"],
            no_way_back=params["no_way_back"],
            is_up=is_up,
        )
    return {"changed": outcome.action in _CHANGES, **asdict(outcome)}


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            "product": {"type": "str", "required": True, "choices": list(PRODUCTS)},
            "journal": {"type": "path", "required": True},
            "service": {"type": "str"},
            "command": {"type": "list", "elements": "str", "default": []},
            "status_command": {"type": "list", "elements": "str", "default": []},
            "log_command": {"type": "list", "elements": "str", "default": []},
            "run": {"type": "str", "default": ""},
            "no_way_back": {"type": "str", "default": ""},
            "kinds": {"type": "list", "elements": "str", "choices": list(KINDS), "default": []},
            "url": {"type": "list", "elements": "str"},
            "ca_path": {"type": "path"},
            "certificate_path": {"type": "path"},
            **IDENTITY_ARGUMENTS,
            "transport": {"type": "dict", "options": TRANSPORT_ARGUMENTS},
            "fingerprint_sha256": {"type": "str"},
            "version": {"type": "str", "default": ""},
            "log_path": {"type": "path"},
            "timeout": {"type": "int", "default": 180},
            "cluster": {
                "type": "dict",
                "options": CLUSTER_ARGUMENTS,
                "required_together": [("username", "password")],
                "mutually_exclusive": [("username", "api_key")],
            },
        },
        mutually_exclusive=[("client_certificate_path", "client_pkcs12_path")],
        required_by=API_RULES["required_by"],
        required_if=[("product", each, ["service" if each == "beats" else "url"]) for each in PRODUCTS],
        supports_check_mode=True,
    )
    if any(module.params[name] for name in ("client_certificate_path", "client_pkcs12_path", "transport")):
        require_cryptography(module)
    run_module(module, lambda: restart(module))


if __name__ == "__main__":
    main()
