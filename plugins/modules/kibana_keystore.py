#!/usr/bin/python
# Copyright: Stack TLS contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: kibana_keystore
short_description: Set and remove entries of the Kibana keystore
version_added: 0.1.0
author: Stack TLS contributors (@stacktls)
description:
  - Reads and writes C(kibana.keystore) itself. It starts no Node.js, and no secret is on a command line or in a
    temporary file.
  - Values are stored as text, lists and mappings as JSON. Kibana's own tool makes a number of V(12345), and Kibana then
    does not start where it wants a password. What that tool stored stays as it is, unless an entry of that name is
    given.
  - The file is written only where an entry differs. What is damaged or not understood is refused and left as it is; so
    is a keystore that has a password.
  - A missing keystore is made where there are O(entries) to put in it.
  - An entry of the keystore wins over the same setting in C(kibana.yml).
  - Kibana reads most entries at its start only, see M(stacktls.elastic.restart).
requirements:
  - cryptography >= 38.0 on the managed host
extends_documentation_fragment:
  - stacktls.elastic._attributes
  - stacktls.elastic._files
options:
  path:
    description: The keystore on the managed host.
    type: path
    default: /etc/kibana/kibana.keystore
  entries:
    description:
      - The entries that the keystore should have, as names and values. Names not given stay as they are.
      - A value is text, which may be empty. A number is taken for its digits, so quote those that begin with a zero.
      - A list or a mapping is for settings that consist of several values, such as
        C(xpack.encryptedSavedObjects.keyRotation.decryptionOnlyKeys).
    type: dict
    default: {}
  absent:
    description: Names of entries that the keystore should not have.
    type: list
    elements: str
    default: []
  purge:
    description: Whether to remove every entry that is not in O(entries).
    type: bool
    default: false
  group:
    description:
      - Group of the file. An existing file keeps its group where this is not given; a new one gets that of its folder.
    type: str
seealso:
  - module: stacktls.elastic.beats_keystore
  - module: stacktls.elastic.elasticsearch_keystore
  - module: stacktls.elastic.restart
  - module: stacktls.elastic.settings
"""

EXAMPLES = r"""
- name: Let Kibana open its client certificate, and forget the password it used before
  stacktls.elastic.kibana_keystore:
    entries:
      elasticsearch.ssl.keystore.password: "{{ pkcs12_password }}"
    absent:
      - elasticsearch.username
      - elasticsearch.password
    journal: /var/lib/stacktls/kibana
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
      sample: elasticsearch.ssl.keystore.password
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
  sample: [elasticsearch.ssl.keystore.password]
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
from ansible_collections.stacktls.elastic.plugins.module_utils._keystore._kibana_keystore import (
    ARGUMENTS,
    manage_kibana_keystore,
)
from ansible_collections.stacktls.elastic.plugins.module_utils._module import require_cryptography, run_module


def main() -> None:
    module = AnsibleModule(argument_spec=ARGUMENTS, supports_check_mode=True)
    require_cryptography(module)
    run_module(module, lambda: manage_kibana_keystore(module.params, module.warn, check_mode=module.check_mode))


if __name__ == "__main__":
    main()
