#!/usr/bin/python
# Copyright: Stack TLS contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: elasticsearch_keystore
short_description: Set and remove entries of the Elasticsearch keystore
version_added: 0.1.0
author: Stack TLS contributors (@stacktls)
description:
  - Reads and writes C(elasticsearch.keystore) itself. It starts no Java, and no secret is on a command line or in a
    temporary file.
  - The file is written only where an entry or the password differs. A keystore of Elasticsearch 6.3 or newer can be
    read and one of 7.1 or newer changed. What is damaged or not understood is refused and left as it is.
  - A keystore that changes is written in the version that the Elasticsearch in O(home) writes, as its own tool does it,
    or in the version that it has, where that is newer or O(home) has no Elasticsearch.
  - A missing keystore is made where there are O(entries) to put in it, in the version that the Elasticsearch in O(home)
    writes, with a new C(keystore.seed) as Elasticsearch itself does.
  - Elasticsearch reads most entries at its start only, see M(stacktls.elastic.restart).
requirements:
  - cryptography >= 38.0 on the managed host
extends_documentation_fragment:
  - stacktls.elastic._attributes
  - stacktls.elastic._files
options:
  path:
    description: The keystore on the managed host.
    type: path
    default: /etc/elasticsearch/elasticsearch.keystore
  home:
    description: Folder that Elasticsearch is installed in. It tells the version of a keystore that is made or changed.
    type: path
    default: /usr/share/elasticsearch
  version:
    description:
      - Version of Elasticsearch, such as V(9.4.3), in place of what O(home) tells, where it is not installed on this
        host, as where it runs in a container.
    type: str
    default: ""
  entries:
    description:
      - The entries that the keystore should have, as names and values. Names not given stay as they are.
      - A value is text, which may be empty. A number is taken for its digits, so quote those that begin with a zero.
    type: dict
    default: {}
  file_entries:
    description:
      - Entries whose value is the content of a file, as C(elasticsearch-keystore add-file) makes them.
      - The content may be binary.
      - Names not given stay as they are.
    type: list
    elements: dict
    default: []
    suboptions:
      name:
        description: Name of the entry.
        type: str
        required: true
      path:
        description: A file on the managed host. Either this or O(file_entries[].content) is needed.
        type: path
      content:
        description: The content in base64, such as from the filter P(ansible.builtin.b64encode#filter).
        type: str
  absent:
    description: Names of entries that the keystore should not have.
    type: list
    elements: str
    default: []
  purge:
    description:
      - Whether to remove every entry that is neither in O(entries) nor in O(file_entries).
      - The entries C(keystore.seed) and C(bootstrap.password), which Elasticsearch needs itself, always stay.
    type: bool
    default: false
  password:
    description:
      - Password of the keystore, where it has one. A new keystore gets it, unless O(new_password) is given.
      - Elasticsearch must be given the password when it starts, in the service by the environment variable
        C(ES_KEYSTORE_PASSPHRASE_FILE).
    type: str
  new_password:
    description:
      - Password that the keystore should have. The empty text removes the password.
      - The keystore is opened with this password, or else with O(password), or without one where it has none. So the
        same task changes the password at its first run and nothing at the second.
      - It cannot have a line break, because Elasticsearch reads one line when it starts.
    type: str
  group:
    description:
      - Group of the file. An existing file keeps its group where this is not given; a new one gets that of its folder.
    type: str
seealso:
  - module: stacktls.elastic.beats_keystore
  - module: stacktls.elastic.kibana_keystore
  - module: stacktls.elastic.restart
  - module: stacktls.elastic.settings
"""

EXAMPLES = r"""
- name: Let Elasticsearch open its private key
  stacktls.elastic.elasticsearch_keystore:
    entries:
      xpack.security.http.ssl.secure_key_passphrase: "{{ http_key_passphrase }}"
    absent:
      - xpack.security.http.ssl.keystore.secure_password
    journal: /var/lib/stacktls/elasticsearch

- name: Keep nothing but one entry in a keystore that has a password
  stacktls.elastic.elasticsearch_keystore:
    path: /opt/elasticsearch/config/elasticsearch.keystore
    home: /opt/elasticsearch
    password: "{{ keystore_password }}"
    entries:
      xpack.security.http.ssl.keystore.secure_password: "{{ pkcs12_password }}"
    purge: true

- name: Set an entry of an Elasticsearch that runs in a container
  stacktls.elastic.elasticsearch_keystore:
    path: /srv/elasticsearch/config/elasticsearch.keystore
    version: 9.4.3
    entries:
      xpack.security.http.ssl.secure_key_passphrase: "{{ http_key_passphrase }}"

- name: Keep the credentials of a snapshot repository that are a file on the controller
  stacktls.elastic.elasticsearch_keystore:
    file_entries:
      - name: gcs.client.default.credentials_file
        content: "{{ lookup('ansible.builtin.file', 'gcs.json') | b64encode }}"

- name: Protect the keystore with a password, or replace the one it has
  stacktls.elastic.elasticsearch_keystore:
    password: "{{ old_keystore_password }}"
    new_password: "{{ keystore_password }}"
    journal: /var/lib/stacktls/elasticsearch
"""

RETURN = r"""
differences:
  description: What was changed or, in check mode, would be. Sorted by name; values are never shown.
  returned: success
  type: list
  elements: dict
  contains:
    name:
      description: Name of the entry.
      type: str
      sample: xpack.security.http.ssl.secure_key_passphrase
    change:
      description: Either V(added), V(changed) or V(removed).
      type: str
      sample: added
attributes:
  description: Which of V(owner), V(group) and V(mode) of the file were changed or, in check mode, would be.
  returned: success
  type: list
  elements: str
  sample: [mode]
entries:
  description: Names of all entries of the keystore afterwards, sorted.
  returned: success
  type: list
  elements: str
  sample: [keystore.seed, xpack.security.http.ssl.secure_key_passphrase]
password_changed:
  description: Whether the password of a present keystore was changed, set or removed or, in check mode, would be.
  returned: success
  type: bool
format_version:
  description: Version of the keystore's format afterwards; null where there is no keystore and none is to be made.
  returned: success
  type: int
  sample: 7
restart_pending:
  description: Whether O(journal) holds changes, of this run or an earlier one, that are not yet in force.
  returned: success
  type: bool
diff:
  description:
    - Names of the entries before and after, with a mark where the value changes.
    - Where owner, group, mode, format or password differ, the first lines tell it, but never a password.
  returned: success
  type: dict
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.stacktls.elastic.plugins.module_utils._keystore._elasticsearch_keystore import (
    ARGUMENTS,
    manage_elasticsearch_keystore,
)
from ansible_collections.stacktls.elastic.plugins.module_utils._module import require_cryptography, run_module


def main() -> None:
    module = AnsibleModule(argument_spec=ARGUMENTS, supports_check_mode=True)
    require_cryptography(module)
    run_module(module, lambda: manage_elasticsearch_keystore(module.params, module.warn, check_mode=module.check_mode))


if __name__ == "__main__":
    main()
