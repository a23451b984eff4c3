#!/usr/bin/python
# Copyright: Stack TLS contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: service_token
short_description: Give a service of the Elastic Stack a token of its service account
version_added: 0.1.0
author: Stack TLS contributors (@stacktls)
description:
  - Makes a token for one of the service accounts of Elasticsearch, such as that of Kibana or of Fleet Server, and puts
    it where the service looks for it. The token is shown to nobody.
  - Such a token does not expire, and what it may do is fixed by Elasticsearch. For anything else, use
    M(stacktls.elastic.api_key).
  - A token is known by its account and its name, and Elasticsearch keeps nothing else with it. Two tasks of one name
    are about one token, whatever their hosts and destinations are. So give each host, and each destination of a host, a
    name of its own.
  - A token cannot be read again. One that is not stored any more is deleted and made anew under the same name, with a
    warning, because whoever has it elsewhere cannot log in any more.
  - What is stored is known by its name; whether somebody made the token anew behind its back cannot be seen.
  - This is an action plugin. Its parts on the hosts run as a module of the same name.
requirements:
  - cryptography >= 38.0 on the managed host with O(kibana_keystore_path)
  - cryptography >= 38.0 on the controller, the managed host and O(api_host), where that is given
extends_documentation_fragment:
  - stacktls.elastic._attributes
  - stacktls.elastic._attributes.api
  - stacktls.elastic._api
  - stacktls.elastic._secret
  - stacktls.elastic._files
  - stacktls.elastic._files.folder
options:
  namespace:
    description: First part of the name of the service account.
    type: str
    default: elastic
  service:
    description: Second part of it, such as V(kibana) or V(fleet-server).
    type: str
    required: true
  name:
    description: Name of the token, of letters, digits, V(-) and V(_).
    type: str
    required: true
  state:
    description:
      - Whether there is such a token.
      - With V(absent) it is deleted, and what is stored in O(path) or O(kibana_keystore_entry) is removed.
    type: str
    choices: [present, absent]
    default: present
  force:
    description: Make a new token in any case. The previous one ends before the new one is stored.
    type: bool
    default: false
  format:
    description:
      - How O(path) is written, and what O(store_command) gets.
      - V(token) is the token without a line end, V(json) has C(name) and C(value).
    type: str
    choices: [token, json]
    default: token
  kibana_keystore_path:
    description:
      - Keystore of Kibana on the managed host, which gets the token as the entry O(kibana_keystore_entry). It is made
        where it is missing; see M(stacktls.elastic.kibana_keystore).
    type: path
  kibana_keystore_entry:
    description: Name of the entry.
    type: str
    default: elasticsearch.serviceAccountToken
seealso:
  - module: stacktls.elastic.api_key
  - module: stacktls.elastic.kibana_keystore
"""

EXAMPLES = r"""
- name: Give Kibana its token
  stacktls.elastic.service_token:
    service: kibana
    name: "{{ inventory_hostname_short }}"
    kibana_keystore_path: /etc/kibana/kibana.keystore
    journal: /var/lib/stacktls/kibana
    api_host: localhost
    url: https://es1.example.com:9200
    ca_path: "{{ inventory_dir }}/ca.crt"
    username: elastic
    password: "{{ vault_elastic_password }}"

- name: Give Fleet Server its token
  stacktls.elastic.service_token:
    service: fleet-server
    name: fleet-1
    path: /etc/fleet-server/service-token
    owner: fleet
    url: https://es1.example.com:9200
    username: elastic
    password: "{{ vault_elastic_password }}"

- name: Take it away
  stacktls.elastic.service_token:
    service: fleet-server
    name: fleet-1
    state: absent
    path: /etc/fleet-server/service-token
    url: https://es1.example.com:9200
    username: elastic
    password: "{{ vault_elastic_password }}"
"""

RETURN = r"""
service_token:
  description: The token, without its secret; null where there is none.
  returned: success
  type: dict
  contains:
    account:
      description: The service account.
      type: str
      sample: elastic/kibana
    name:
      description: Name of the token.
      type: str
      sample: kb1
reasons:
  description: Why a token was made, or in check mode would be; empty where none was.
  returned: success
  type: list
  elements: dict
  contains:
    code:
      description: For programs.
      type: str
      choices: [missing, damaged, unknown, name, forced]
    text:
      description: For people.
      type: str
    found:
      description: What was there, where that can be told.
      type: raw
    wanted:
      description: What should be there, likewise.
      type: raw
replaced:
  description: The previous token of that name, where it was deleted.
  returned: success
  type: list
  elements: dict
  contains:
    id:
      description: Account and name.
      type: str
      sample: elastic/kibana/kb1
    valid_until:
      description: When it was deleted, in UTC.
      type: str
    end:
      description: Always V(deleted).
      type: str
secret:
  description: The new token.
  returned: with O(return_secret=true), in the run that made it
  type: str
files:
  description: Files that were written, or whose owner or mode was changed.
  returned: success
  type: list
  elements: str
  sample: [/etc/kibana/kibana.keystore]
kinds:
  description: V(keystore) where a file has new content; see O(journal) and M(stacktls.elastic.restart).
  returned: success
  type: list
  elements: str
  sample: [keystore]
restart_pending:
  description: Whether the journal holds changes, of this or an earlier run, that are not yet in force.
  returned: success
  type: bool
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.stacktls.elastic.plugins.module_utils._issued_secret import run_secret_module
from ansible_collections.stacktls.elastic.plugins.module_utils._service_token import MODULE_ARGUMENTS, ServiceTokens
from ansible_collections.stacktls.elastic.plugins.module_utils._service_token_form import FORM


def main() -> None:
    """Run the module."""
    module = AnsibleModule(**MODULE_ARGUMENTS, supports_check_mode=True)
    run_secret_module(module, "service_token", FORM, ServiceTokens)


if __name__ == "__main__":
    main()
