#!/usr/bin/python
# Copyright: Stack TLS contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
module: certificate_authority_rotation
short_description: Let one certificate authority take the place of another in stages
version_added: 0.1.0
author:
  - Stack TLS contributors (@stacktls)
description:
  - Changes the folder of an authority that M(stacktls.elastic.certificate_authority) keeps, one stage after the other.
    M(stacktls.elastic.certificate) follows on the hosts. The playbook C(stacktls.elastic.rotate_ca) does both,
    and proves each stage on every host before the next one.
  - At V(trust) the present authority goes on signing, and hosts trust the next one, too. At V(issue) the next one
    signs, so every certificate is due, and both are trusted. At V(drop) the former one is trusted no more.
  - How far it has come is kept in the folder, in C(rotation.json). A run that is cut off is completed by the next one.
  - An authority that is not used any more goes into the folder C(retired) below it. Who wants to be sure that it signs
    nothing more takes its private key away from there.
requirements:
  - cryptography >= 38.0
extends_documentation_fragment:
  - stacktls.elastic._attributes
  - stacktls.elastic._authority
options:
  name:
    description:
      - What the rotation is called, such as V(2026). A rotation of one name is done once. Needed for V(trust) and
        V(renew).
      - While one goes on, it is that one, whatever the name.
    type: str
    default: ""
  stage:
    description:
      - The stage to bring it to. A stage that it has passed already changes nothing.
      - V(trust) makes or brings the next authority as the options say, with the subject of the present one where they
        name none. V(issue) and V(drop) are refused before all O(expected_hosts) have followed to the stage before.
      - V(undo) goes one stage back, as long as the former authority is trusted. Where a host of O(expected_hosts)
        has not followed to the last stage back, it stays there.
      - V(renew) gives the present root a new certificate of the same key and name, which needs no stages; certificates
        that it signed stay as they are.
      - Without it, the files are brought to the stage that was written down, and nothing else.
    type: str
    choices: [trust, issue, drop, undo, renew]
  cross_sign:
    description:
      - Let the former authority sign the next one, too. Hosts then send this certificate with their own, so that
        clients outside of the inventory, which trust the former authority only, accept those of the next one until
        the stage V(drop).
    type: bool
    default: false
  expected_hosts:
    description: Hosts that have to follow to each stage.
    type: list
    elements: str
    default: []
  proved_hosts:
    description: Hosts that were seen to have followed to the present stage. They are written down.
    type: list
    elements: str
    default: []
seealso:
  - module: stacktls.elastic.certificate_authority
  - module: stacktls.elastic.certificate
"""

EXAMPLES = r"""
- name: Begin
  stacktls.elastic.certificate_authority_rotation:
    path: "{{ inventory_dir }}/stacktls-ca"
    passphrase: "{{ vault_ca_passphrase }}"
    name: "2026"
    stage: trust
    key_type: rsa-3072
  delegate_to: localhost
  run_once: true

- name: Write down who trusts both
  stacktls.elastic.certificate_authority_rotation:
    path: "{{ inventory_dir }}/stacktls-ca"
    passphrase: "{{ vault_ca_passphrase }}"
    proved_hosts: [es1, es2, kb1]
  delegate_to: localhost
  run_once: true

- name: Let the next authority sign
  stacktls.elastic.certificate_authority_rotation:
    path: "{{ inventory_dir }}/stacktls-ca"
    passphrase: "{{ vault_ca_passphrase }}"
    stage: issue
    expected_hosts: [es1, es2, kb1]
  delegate_to: localhost
  run_once: true
"""

RETURN = r"""
rotation:
  description: How far the rotation has come; empty where there was none.
  type: dict
  returned: success
  contains:
    name:
      description: What it is called.
      type: str
    stage:
      description: V(trust), V(issue), V(drop), V(undone) or V(renewed).
      type: str
    began:
      description: When it began, in UTC.
      type: str
    entered:
      description: When each stage was entered, in UTC.
      type: dict
    proved:
      description: Hosts that have followed to the stage.
      type: list
      elements: str
    undoing:
      description: Whether it is on its way back.
      type: bool
    finished:
      description: When it came to its end, in UTC; empty while it goes on.
      type: str
  sample:
    name: "2026"
    stage: trust
    began: "2026-01-31T09:00:00Z"
    entered: {trust: "2026-01-31T09:00:00Z"}
    proved: [es1]
    undoing: false
    finished: ""
missing_hosts:
  description: Those of O(expected_hosts) that have not followed to the stage.
  type: list
  elements: str
  returned: success
  sample: [es2]
done_stages:
  description: Stages that all O(expected_hosts) have followed to, in the rotation O(name) or the one that goes on.
  type: list
  elements: str
  returned: success
  sample: [trust]
steps_back:
  description: How often V(stage=undo) has to be done, until nobody trusts the next authority any more.
  type: int
  returned: success
  sample: 2
ca_certificates:
  description: The certificate of the authority that signs, and those above it, in PEM form.
  type: str
  returned: success
trusted_certificates:
  description: The authorities that hosts trust beside it, in PEM form.
  type: str
  returned: success
dropped_certificates:
  description: At the stage V(drop), before its end, the authority that hosts trust no more, in PEM form.
  type: str
  returned: success
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.stacktls.elastic.plugins.module_utils._authority_rotation import ARGUMENTS, rotate
from ansible_collections.stacktls.elastic.plugins.module_utils._module import require_cryptography, run_module


def main() -> None:
    module = AnsibleModule(**ARGUMENTS, supports_check_mode=True)
    require_cryptography(module)
    run_module(module, lambda: rotate(module.params, module.warn, check_mode=module.check_mode))


if __name__ == "__main__":
    main()
