# Copyright: Stack TLS contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""containers.podman.podman with pipelining: a task takes half the time and leaves no file on the controller."""

from __future__ import annotations

import shlex

from ansible.plugins.connection import ensure_connect
from ansible_collections.containers.podman.plugins.connection.podman import Connection as PodmanConnection

DOCUMENTATION = """
name: stack_podman
author: Stack TLS contributors
short_description: Enter the containers of the test stack
description:
  - Does what P(containers.podman.podman#connection) does, and can pipeline.
extends_documentation_fragment:
  - connection_pipelining
options:
  remote_addr:
    description: The name of the container.
    default: inventory_hostname
    vars:
      - name: ansible_host
      - name: inventory_hostname
  remote_user:
    description: The user that runs commands in the container.
    vars:
      - name: ansible_user
  podman_extra_args:
    description: Extra arguments of podman.
    default: ''
  podman_executable:
    description: The podman program.
    default: podman
    vars:
      - name: ansible_podman_executable
"""


class Connection(PodmanConnection):
    """Sends standard input to the program inside, which the parent does not."""

    transport = "stack_podman"
    has_pipelining = True

    @ensure_connect
    def exec_command(self, cmd: str, in_data: bytes | None = None, sudoable: bool = False) -> tuple[int, bytes, bytes]:
        """Run a command in the container."""
        user = ["--user", self.user] if self.user else []
        return self._podman(["exec", "--interactive", *user], shlex.split(cmd), in_data)
