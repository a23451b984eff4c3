# Copyright: Stack TLS contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""API keys and tokens that Elasticsearch makes: shown to nobody on their way, with one host and with two."""

from __future__ import annotations

import base64

import pytest
from conftest import ELASTIC_PASSWORD
from watching import Watch

pytestmark = pytest.mark.stack

PLAYBOOK = """
- hosts: kb1
  gather_facts: false
  module_defaults:
    group/stacktls.elastic.api:
      url: [http://es1:9200]
      username: elastic
      password: "{{ stacktls_elasticsearch_password }}"
  tasks:
    - name: A key that another host asks for
      stacktls.elastic.api_key: {name: apart, role_descriptors: &roles {a: {cluster: [monitor]}}, path: /root/apart,
                                 api_host: es1, force: "{{ force }}"}

    - name: A key that the host asks for itself
      stacktls.elastic.api_key: {name: alone, role_descriptors: *roles, path: /root/alone, force: "{{ force }}"}

    - name: A key for a secret store
      stacktls.elastic.api_key: {name: store, role_descriptors: *roles, api_host: es1, force: "{{ force }}",
                                 store_command: [sh, -c, umask 77; cat >/root/store]}

    - name: A token
      stacktls.elastic.service_token: {service: kibana, name: apart, path: /root/token, api_host: es1,
                                       force: "{{ force }}"}
"""


@pytest.fixture(scope="module")
def watched(fresh):
    """Keys and a token at the highest verbosity, what was seen beside it, and what must not have been."""
    playbook = fresh.folder / "secrets.yml"
    playbook.write_text(PLAYBOOK)
    watch = Watch(fresh.folder / "tmp")
    watch.start()
    run = fresh.play(str(playbook), "-vvvvv", "--diff", force=True)
    watch.done.set()
    watch.join()
    assert run.status == 0, run.output[-3000:]
    return run, watch, [*secrets_on(fresh)]


def secrets_on(pair):
    """Every secret in each of its forms."""
    for name in ("apart", "alone", "store"):
        stored = pair.execute("kb1", "cat", f"/root/{name}").stdout
        yield from (stored, stored.partition(":")[2], base64.b64encode(stored.encode()).decode())
    token = pair.execute("kb1", "cat", "/root/token").stdout
    yield from (token, base64.urlsafe_b64decode(token + "==").rpartition(b":")[2].decode())


def test_they_are_there(watched):
    _run, _watch, secrets = watched
    assert len({*secrets}) == 11
    assert all(len(secret) > 20 for secret in secrets)


def test_no_secret_in_the_output(watched):
    run, _watch, secrets = watched
    shown = [line for line in run.output.splitlines() for secret in [*secrets, ELASTIC_PASSWORD] if secret in line]
    assert shown == []


def test_no_secret_on_a_command_line_or_in_the_temporary_folder(watched):
    _run, watch, secrets = watched
    assert watch.looks > 50
    assert watch.found(secrets) == set()


def test_nobody_else_can_read_them(fresh, watched):
    files = ["/root/apart", "/root/alone", "/root/store", "/root/token"]
    modes = fresh.execute("kb1", "stat", "-c", "%U %a", *files).stdout.split("\n")
    assert {*modes} == {"root 600", ""}


def test_a_second_run_changes_nothing(fresh, watched):
    run = fresh.play(str(fresh.folder / "secrets.yml"), force=False)
    assert (run.status, run.changed()) == (0, 0), run.output[-3000:]
