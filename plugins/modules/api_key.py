#!/usr/bin/python
# Copyright: Stack TLS contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: api_key
short_description: Give an application an API key of Elasticsearch, and renew it in time
version_added: 0.1.0
author: Stack TLS contributors (@stacktls)
description:
  - Makes an API key with just the privileges that are asked for and puts the secret where the application looks for it.
    The secret is shown to nobody.
  - Compares the key that is stored with what is wanted. Privileges and metadata are changed in place. Where the key is
    lost, invalidated, expired or due, a new one is made and stored, and only then the previous one ends, after
    O(overlap).
  - A key is known by its name, its owner (the user who is logged in), the host of the inventory that it is for and the
    destination there. The module keeps these two as C(stacktls_host) and C(stacktls_destination) in its metadata. So
    several hosts, and several destinations on one host, can have keys of the same name, and keys that others made are
    not touched.
  - The destination is O(path); O(beats_keystore_path) with O(beats_keystore_entry); the program of O(store_command)
    with a digest of all its words; or with O(return_secret) a variable. Where it is another one than before, it gets a
    key of its own. The previous key goes on, with a warning, because nobody can know whether it is still used there;
    O(state=absent) with the previous destination ends it.
  - A key without C(stacktls_destination) is adopted where it is found at the destination. Where nobody can look into
    that, the newest one of the host is.
  - This is an action plugin. Its parts on the hosts run as a module of the same name.
requirements:
  - cryptography >= 38.0 on the managed host with O(beats_keystore_path)
  - cryptography >= 38.0 on the controller, the managed host and O(api_host), where that is given
extends_documentation_fragment:
  - stacktls.elastic._attributes
  - stacktls.elastic._attributes.api
  - stacktls.elastic._api
  - stacktls.elastic._secret
  - stacktls.elastic._files
  - stacktls.elastic._files.folder
options:
  name:
    description: Name of the API key.
    type: str
    required: true
  state:
    description:
      - Whether there is such a key.
      - With V(absent), the keys for the destination on this host are invalidated, and what is stored in O(path) or
        O(beats_keystore_entry) is removed. Where no destination is given, all keys of this name that the user has are
        invalidated, those of every host.
    type: str
    choices: [present, absent]
    default: present
  role_descriptors:
    description:
      - What the key may do, in the form of the API, names and roles; never more than its owner may.
      - Strings are taken for lists of one, and the order of privileges and names is of no account.
    type: dict
  allow_full_privileges:
    description: Lets O(role_descriptors) be empty, so that the key may do all that its owner may.
    type: bool
    default: false
  expiration:
    description:
      - How long a new key is valid, such as V(90d). Without it a key does not expire.
      - A key that lasts longer than a new one would, or expires where it should not, is replaced.
    type: str
  renew_before:
    description:
      - How long before its end a key is replaced, as a span such as V(14d) or a share of its life such as V(33%).
    type: str
    default: 33%
  overlap:
    description:
      - How long the previous key goes on working after a new one was stored, such as V(1d) or V(12h), so that every
        instance of the application can take the new one. V(0) invalidates it at once.
      - Elasticsearch ends it by its own clock. Before version 8.13, and where the login is an API key, it cannot;
        the first run after that time invalidates it then, and the result says so.
    type: str
    default: 1d
  metadata:
    description: What else is to be kept with the key. What is there is kept where this is not given.
    type: dict
  force:
    description: Make a new key in any case.
    type: bool
    default: false
  format:
    description:
      - How O(path) is written, and what O(store_command) gets.
      - V(pair) is C(id:key), V(encoded) its base64, as the header C(Authorization) takes it;
        both without a line end. V(json) has C(id), C(api_key) and C(encoded).
      - A file in another of these forms is written anew, with the same key.
    type: str
    choices: [pair, encoded, json]
    default: pair
  beats_keystore_path:
    description:
      - Keystore of a Beat on the managed host, which gets C(id:key) as the entry O(beats_keystore_entry). It is made
        where it is missing; see M(stacktls.elastic.beats_keystore).
    type: path
  beats_keystore_entry:
    description: Name of the entry. Settings of the Beat refer to it as V(${ES_API_KEY}).
    type: str
    default: ES_API_KEY
seealso:
  - module: stacktls.elastic.beats_keystore
  - module: stacktls.elastic.service_token
  - module: stacktls.elastic.security_role
"""

EXAMPLES = r"""
- name: Give an application a key that may write its own index, asked for by the controller
  stacktls.elastic.api_key:
    name: shop
    role_descriptors:
      writer:
        indices:
          - names: [shop-*]
            privileges: [create_doc, auto_configure]
    expiration: 90d
    path: /etc/shop/elasticsearch-api-key
    owner: shop
    api_host: localhost
    url: [https://es1.example.com:9200, https://es2.example.com:9200]
    ca_path: "{{ inventory_dir }}/ca.crt"
    username: key-issuer
    password: "{{ vault_key_issuer_password }}"

- name: Give Filebeat its key
  stacktls.elastic.api_key:
    name: filebeat
    role_descriptors:
      writer:
        cluster: [monitor, read_ilm, read_pipeline]
        indices:
          - names: [filebeat-*]
            privileges: [create_doc, view_index_metadata, auto_configure]
    beats_keystore_path: /var/lib/filebeat/filebeat.keystore
    url: https://es1.example.com:9200
    ca_path: /etc/filebeat/certs/elasticsearch-ca.crt
    username: key-issuer
    password: "{{ vault_key_issuer_password }}"

- name: Put a key into the secret store of an application
  stacktls.elastic.api_key:
    name: reports
    role_descriptors:
      reader:
        indices:
          - names: [sales-*]
            privileges: [read]
    expiration: 30d
    overlap: 2d
    store_command: [/usr/local/bin/put-secret, reports/elasticsearch]
    url: https://es1.example.com:9200
    token: "{{ vault_service_token }}"

- name: Have a key for another task
  stacktls.elastic.api_key:
    name: snapshots
    role_descriptors:
      snapshots:
        cluster: [create_snapshot]
    return_secret: true
    url: https://es1.example.com:9200
    username: key-issuer
    password: "{{ vault_key_issuer_password }}"
  register: snapshots_key
  no_log: true

- name: Take the key of an application away
  stacktls.elastic.api_key:
    name: shop
    state: absent
    path: /etc/shop/elasticsearch-api-key
    url: https://es1.example.com:9200
    username: key-issuer
    password: "{{ vault_key_issuer_password }}"
"""

RETURN = r"""
api_key:
  description:
    - The key that is in force afterwards, without its secret; in check mode the present one where a new one is due.
    - Null where there is none.
  returned: success
  type: dict
  contains:
    id:
      description: Id of the key.
      type: str
      sample: VuaCfGcBCdbkQm-e5aOx
    name:
      description: Its name.
      type: str
      sample: shop
    creation:
      description: When it was made, in UTC.
      type: str
      sample: "2026-01-31T09:00:00Z"
    expiration:
      description: When it expires, in UTC; null where it does not.
      type: str
      sample: "2026-05-01T09:00:00Z"
    role_descriptors:
      description: What it may do, without what is so by default.
      type: dict
      sample:
        writer:
          indices:
            - names: [shop-*]
              privileges: [auto_configure, create_doc]
    metadata:
      description: What else is kept with it.
      type: dict
      sample:
        stacktls_host: shop1.example.com
        stacktls_destination: /etc/shop/elasticsearch-api-key
reasons:
  description: Why a key was made or changed, or in check mode would be; empty where it was not.
  returned: success
  type: list
  elements: dict
  contains:
    code:
      description: For programs. V(role_descriptors) and V(metadata) are changed in place; all others ask for a new key.
      type: str
      choices:
        - missing
        - damaged
        - unknown
        - destination
        - name
        - invalidated
        - expired
        - expiring
        - expiration
        - forced
        - role_descriptors
        - metadata
    text:
      description: For people.
      type: str
    found:
      description: What was there, where that can be told.
      type: raw
    wanted:
      description: What should be there, likewise.
      type: raw
  sample:
    - code: expiring
      text: the API key expires in 20 days, and is renewed at 29 days
      found: "2026-05-01T09:00:00Z"
      wanted: ""
replaced:
  description: Previous keys for this destination that were still valid, and until when they are now.
  returned: success
  type: list
  elements: dict
  contains:
    id:
      description: Id of the key.
      type: str
    valid_until:
      description: The moment, in UTC.
      type: str
    end:
      description:
        - V(invalidated) is over now, V(expires) ends by itself, and V(later_run) ends with the first run of the task
          after that moment.
      type: str
      choices: [invalidated, expires, later_run]
  sample:
    - id: VuaCfGcBCdbkQm-e5aOx
      valid_until: "2026-02-01T09:00:00Z"
      end: expires
secret:
  description: The secret of a new key as C(id:key).
  returned: with O(return_secret=true), in the run that made the key
  type: str
files:
  description: Files that were written, or whose owner or mode was changed.
  returned: success
  type: list
  elements: str
  sample: [/etc/shop/elasticsearch-api-key]
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
diff:
  description: Privileges and metadata before and after, the reasons, and the files that change. Never a secret.
  returned: success
  type: dict
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.stacktls.elastic.plugins.module_utils._api_key import MODULE_ARGUMENTS, ApiKeys
from ansible_collections.stacktls.elastic.plugins.module_utils._api_key_form import FORM
from ansible_collections.stacktls.elastic.plugins.module_utils._issued_secret import run_secret_module


def main() -> None:
    """Run the module."""
    module = AnsibleModule(**MODULE_ARGUMENTS, supports_check_mode=True)
    run_secret_module(module, "api_key", FORM, ApiKeys)


if __name__ == "__main__":
    main()
