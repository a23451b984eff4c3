#!/usr/bin/python
# Copyright: Stack TLS contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: beats_keystore
short_description: Set and remove entries of the keystore of a Beat
version_added: 0.1.0
author: Stack TLS contributors (@stacktls)
description:
  - Reads and writes the keystore of Filebeat, Metricbeat or any other Beat itself. It starts no Beat, and no secret is
    on a command line or in a temporary file.
  - Settings of the Beat refer to an entry by its name, such as V(${ES_API_KEY}).
  - The file is written only where an entry differs. What is damaged or not understood is refused and left as it is. A
    Beat's keystore has no password.
  - The mode of the file is V(0600), and a file that has another one is mended, because a Beat does not start with it.
  - A missing keystore is made where there are O(entries) to put in it.
  - A Beat reads its keystore at its start only.
requirements:
  - cryptography >= 38.0 on the managed host
extends_documentation_fragment:
  - stacktls.elastic._attributes
options:
  beat:
    description:
      - Name of the Beat, such as V(filebeat). Its keystore is then where the package keeps it,
        C(/var/lib/<beat>/<beat>.keystore).
      - Either this or O(path) is needed; O(path) wins.
    type: str
  path:
    description: The keystore on the managed host.
    type: path
  entries:
    description:
      - The entries that the keystore should have, as names and values. Names not given stay as they are.
      - A value is text, which may be empty. A number is taken for its digits, so quote those that begin with a zero.
      - In a setting, let the reference stand alone, such as V(${ES_API_KEY}). With other text around it a Beat does not
        start where the value is empty, and makes a list of a value with a comma.
      - A name cannot have white space or one of the characters V($), V({), V(}) and V(:) in it.
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
  owner:
    description:
      - User that owns the file; it must be the one that the Beat runs as, or root.
      - An existing file keeps its owner where this is not given; a new one gets that of its folder.
    type: str
  group:
    description:
      - Group of the file. An existing file keeps its group where this is not given; a new one gets that of its folder.
    type: str
  journal:
    description:
      - Folder on the managed host that remembers what was changed and is not yet in force.
      - The previous version of the file goes there before it changes.
    type: path
seealso:
  - module: stacktls.elastic.elasticsearch_keystore
  - module: stacktls.elastic.kibana_keystore
"""

EXAMPLES = r"""
- name: Give Filebeat its API key
  stacktls.elastic.beats_keystore:
    beat: filebeat
    entries:
      ES_API_KEY: "{{ filebeat_api_key }}"
    absent:
      - ES_PASSWORD

- name: Keep nothing but one entry in the keystore of a Metricbeat that was unpacked from its archive
  stacktls.elastic.beats_keystore:
    path: /opt/metricbeat/data/metricbeat.keystore
    owner: metricbeat
    entries:
      KEY_PASSPHRASE: "{{ metricbeat_key_passphrase }}"
    purge: true
"""

RETURN = r"""
path:
  description: The keystore.
  returned: success
  type: str
  sample: /var/lib/filebeat/filebeat.keystore
differences:
  description: What was changed or, in check mode, would be. Sorted by name; values are never shown.
  returned: success
  type: list
  elements: dict
  contains:
    name:
      description: Name of the entry.
      type: str
      sample: ES_API_KEY
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
  sample: [ES_API_KEY]
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
from ansible_collections.stacktls.elastic.plugins.module_utils._keystore._beats_keystore import (
    ARGUMENTS,
    manage_beats_keystore,
)
from ansible_collections.stacktls.elastic.plugins.module_utils._module import require_cryptography, run_module


def main() -> None:
    module = AnsibleModule(argument_spec=ARGUMENTS, supports_check_mode=True, required_one_of=[("beat", "path")])
    require_cryptography(module)
    run_module(module, lambda: manage_beats_keystore(module.params, check_mode=module.check_mode))


if __name__ == "__main__":
    main()
