#!/usr/bin/python
# Copyright: Stack TLS contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: ece_director_script
short_description: Run a script of Elastic Cloud Enterprise that sets what its proxies speak
version_added: 0.1.0
author: Stack TLS contributors (@stacktls)
description:
  - Runs one of Elastic's scripts for the minimum TLS version or for certificates with SHA-1 beside the director of this
    host, as Elastic's documentation does it by hand.
  - The proxies take over the new setting when they are started again, which is not done here. The role C(ece_tls) does
    both.
  - Elastic documents no way to ask what is set. The module therefore remembers which script ran last on this host in
    O(record_path), and runs none twice in a row. What others ran is not known to it; see O(force).
  - The secret with which the script writes goes from the director to C(docker) through environments, and never into
    arguments, results or logs.
  - The module was written from Elastic's documentation and is tested with a stand-in of C(docker), not with an ECE.
extends_documentation_fragment:
  - stacktls.elastic._attributes
attributes:
  idempotent:
    support: partial
    details: With O(force=true) the script runs each time.
options:
  script:
    description:
      - V(setIntermediateTls.sc) goes back to TLS 1.0 as the oldest version, with older cipher suites, and
        V(resetToDefaultTls.sc) to TLS 1.2 (ECE 2.4.0 and newer).
      - V(allowX509Sha1Certs.sc) lets certificates be accepted that are signed with SHA-1, and V(rejectX509Sha1Certs.sc)
        ends that (ECE 3.5.0 and newer).
    type: str
    choices: [setIntermediateTls.sc, resetToDefaultTls.sc, allowX509Sha1Certs.sc, rejectX509Sha1Certs.sc]
    required: true
  force:
    description: Run the script although it is the one that ran last, for example where somebody ran another by hand.
    type: bool
    default: false
  container_command:
    description: Program for containers with its first arguments, such as V([podman]).
    type: list
    elements: str
    default: [docker]
  director_container:
    description: Name of the director's container.
    type: str
    default: frc-directors-director
  shell_folder:
    description: Folder of this host that the script's shell keeps its files in; by default as Elastic documents it.
    type: path
    default: ~/.found-shell
  record_path:
    description: Folder of this host that remembers which script ran last.
    type: path
    default: /var/lib/stacktls/ece
  timeout:
    description: Seconds that the script may take.
    type: int
    default: 300
seealso:
  - module: stacktls.elastic.ece_tls
  - name: Configure the TLS version
    description: Elastic's documentation of the scripts for the TLS version.
    link: https://www.elastic.co/docs/deploy-manage/security/secure-your-elastic-cloud-enterprise-installation/configure-tls-version
  - name: Allow x509 certificates signed with SHA-1
    description: Elastic's documentation of the scripts for SHA-1.
    link: https://www.elastic.co/docs/deploy-manage/security/secure-your-elastic-cloud-enterprise-installation/allow-x509-certificates-signed-with-sha-1
"""

EXAMPLES = r"""
- name: Accept certificates with SHA-1 for the time being
  stacktls.elastic.ece_director_script:
    script: allowX509Sha1Certs.sc
  register: setting

- name: Go back to TLS 1.2, whatever ran before, where ECE runs with podman
  stacktls.elastic.ece_director_script:
    script: resetToDefaultTls.sc
    container_command: [podman]
    force: true
"""

RETURN = r"""
script:
  description: The script that ran last, now or before.
  returned: success
  type: str
  sample: allowX509Sha1Certs.sc
run:
  description: A name of that run, by which a proxy can be told that was started before it; empty in check mode.
  returned: success
  type: str
  sample: 0b8f0d2c5d1e4c0f9a6b8d0c2b5a4f3e
previous_script:
  description: The script that ran before; empty where none is known.
  returned: success
  type: str
  sample: rejectX509Sha1Certs.sc
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.stacktls.elastic.plugins.module_utils._ece_director_script import (
    MODULE_ARGUMENTS,
    run_director_script,
)
from ansible_collections.stacktls.elastic.plugins.module_utils._module import run_module


def main() -> None:
    """Run the module."""
    module = AnsibleModule(**MODULE_ARGUMENTS, supports_check_mode=True)
    run_module(module, lambda: run_director_script(module.params, check_mode=module.check_mode))


if __name__ == "__main__":
    main()
