#!/usr/bin/python
# Copyright: Stack TLS contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: settings
short_description: Set and remove settings in elasticsearch.yml and kibana.yml
version_added: 0.1.0
author: Stack TLS contributors (@stacktls)
description:
  - Merges settings into a YAML file that people edit by hand. Comments, order, line ends and foreign settings stay as
    they are; a file that says what is wanted is not touched.
  - A setting that already stands in the file, dotted, nested or mixed, is changed in place. New settings are added in
    dotted form at the end, below one comment line C(# Managed by stacktls.elastic).
  - Only the settings that have to change are edited, and the result is read again before it is put in place. What
    cannot be changed without loss is refused with the line, the column and the reason, and nothing is written. That is
    a file that is not valid YAML or not UTF-8, has more than one document or one setting twice (also once dotted and
    once nested), or has an anchor, an alias, a tag or a merge key where something must change.
  - Values are compared as Elasticsearch and Kibana read them. Where a boolean or a number is wanted, quotes around it
    make no difference. Where text is wanted, it must stand in quotes if it looks like a number, a boolean or a date,
    because Kibana refuses V(1234) where it wants V("1234"). A list and a text with commas are different values.
  - Runs as an action plugin. The file is merged on the controller, because managed hosts need not have PyYAML; it
    travels there sealed and is never logged or kept. An unchanged file costs one round trip to the host, a changed one
    two.
extends_documentation_fragment:
  - stacktls.elastic._attributes
  - stacktls.elastic._files
attributes:
  action:
    description: Has an action plugin of the same name and needs it.
    support: full
options:
  path:
    description: The settings file on the managed host.
    type: path
    required: true
  settings:
    description:
      - The settings that the file should have. Names are dotted or nested, as in the file.
      - A value is text, a number, a boolean or a list of these.
      - Secrets belong in the keystore of the product instead, see M(stacktls.elastic.elasticsearch_keystore) and
        M(stacktls.elastic.kibana_keystore).
    type: dict
    default: {}
  absent:
    description:
      - Names of settings that the file should not have.
      - A name that ends with V(.*) means everything below it, except what O(settings) asks for.
      - A map goes with the last setting in it. Comments stay.
    type: list
    elements: str
    default: []
  create:
    description: Whether to make the file where it is missing. Otherwise a missing file is an error.
    type: bool
    default: false
  report:
    description:
      - Names of settings whose values are returned, as they stand in the file afterwards as RV(reported), and as they
        stood before as RV(found).
      - Of a setting that may hold a secret only the name is told.
    type: list
    elements: str
    default: []
  version_files:
    description:
      - Text files on the managed host that may tell the version of the product, which is returned as RV(version). It
        costs no round trip of its own.
      - That is C(README.md) in the folder in which a Beat is installed, and C(package.json) in that of Kibana. The
        first file that tells a version is believed, one that is missing or tells none is passed over.
    type: list
    elements: path
    default: []
  _exchange:
    description: What the action plugin tells the managed host. Filled by the plugin itself; do not use it.
    type: dict
seealso:
  - module: stacktls.elastic.elasticsearch_keystore
  - module: stacktls.elastic.kibana_keystore
"""

EXAMPLES = r"""
- name: Let Elasticsearch ask clients for a certificate
  stacktls.elastic.settings:
    path: /etc/elasticsearch/elasticsearch.yml
    settings:
      xpack.security.http.ssl:
        enabled: true
        client_authentication: optional
        certificate_authorities: [/etc/elasticsearch/certs/http_ca.crt]
      xpack.security.authc.realms.pki.realm1.order: 1
    absent:
      - xpack.security.http.ssl.keystore.path
    journal: /var/lib/stacktls/elasticsearch

- name: Remove what Kibana does not need any more
  stacktls.elastic.settings:
    path: /etc/kibana/kibana.yml
    absent:
      - elasticsearch.username
      - elasticsearch.password
      - elasticsearch.serviceAccountToken
"""

RETURN = r"""
differences:
  description: What was changed or, in check mode, would be. Sorted by name.
  returned: success
  type: list
  elements: dict
  contains:
    name:
      description: The dotted name of the setting.
      type: str
      sample: xpack.security.http.ssl.enabled
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
version:
  description: The version that a file of O(version_files) tells; empty where none does.
  returned: when O(version_files) names files
  type: str
  sample: 9.4.3
reported:
  description:
    - The settings of O(report) that the file has afterwards, or in check mode would have. Each is a text or a list of
      texts; of one that may hold a secret V(********), and before it the name of a token of a service account.
    - A setting behind an alias or a merge key is left out.
  returned: when O(report) names settings
  type: dict
  sample: {http.publish_host: es1.example.com}
found:
  description: The same as the file had them before.
  returned: when O(report) names settings
  type: dict
  sample: {http.publish_host: es1.example.com}
restart_pending:
  description: Whether O(journal) holds changes, of this run or an earlier one, that are not yet in force.
  returned: success
  type: bool
diff:
  description:
    - The file before and after, with the values of settings that may hold a secret hidden. Where owner, group or mode
      differ, they are told in the first lines.
  returned: in diff mode, when something differs
  type: dict
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.stacktls.elastic.plugins.module_utils._module import run_module
from ansible_collections.stacktls.elastic.plugins.module_utils._settings_file import ARGUMENTS, run


def main() -> None:
    module = AnsibleModule(argument_spec=ARGUMENTS, supports_check_mode=True)
    run_module(module, lambda: run(module.params))


if __name__ == "__main__":
    main()
