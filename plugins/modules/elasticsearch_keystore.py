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
  - The file is written only where an entry differs, in the version of the format that it has. A keystore of
    Elasticsearch 6.3 or newer can be read and one of 7.1 or newer changed. What is damaged or not understood is refused
    and left as it is.
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
    description: Folder that Elasticsearch is installed in. Read only to make a new keystore.
    type: path
    default: /usr/share/elasticsearch
  entries:
    description:
      - The entries that the keystore should have, as names and values. Names not given stay as they are.
      - A value is text, which may be empty. A number is taken for its digits, so quote those that begin with a zero.
    type: dict
    default: {}
  absent:
    description: Names of entries that the keystore should not have.
    type: list
    elements: str
    default: []
  purge:
    description:
      - Whether to remove every entry that is not in O(entries).
      - The entries C(keystore.seed) and C(bootstrap.password), which Elasticsearch needs itself, always stay.
    type: bool
    default: false
  password:
    description:
      - Password of the keystore, where it has one.
      - A new keystore gets it. That of an existing keystore is not changed; use C(elasticsearch-keystore passwd).
    type: str
  group:
    description:
      - Group of the file. An existing file keeps its group where this is not given; a new one gets that of its folder.
    type: str
seealso:
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
entries:
  description: Names of all entries of the keystore afterwards, sorted.
  returned: success
  type: list
  elements: str
  sample: [keystore.seed, xpack.security.http.ssl.secure_key_passphrase]
format_version:
  description: Version of the keystore's format; null where there is no keystore and none is to be made.
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
    - Where owner, group or mode differ, they are told in the first lines.
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
    run_module(module, lambda: manage_elasticsearch_keystore(module.params, check_mode=module.check_mode))


if __name__ == "__main__":
    main()
