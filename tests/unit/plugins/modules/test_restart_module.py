# Copyright: Stack TLS contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The module as people run it: a real task on this machine, about a service that cannot be restarted."""

from __future__ import annotations

import json
import os
import subprocess
import sys

from ansible_collections.stacktls.elastic.plugins.module_utils._changes import Replacement
from ansible_collections.stacktls.elastic.plugins.module_utils._io import Attributes
from ansible_collections.stacktls.elastic.plugins.module_utils._journal import Journal
from running import COLLECTIONS, program

ANSIBLE = program("ansible")


def run_module(folder, **options):
    kept = {name: value for name, value in os.environ.items() if not name.startswith("ANSIBLE_")}
    settings = {
        "ANSIBLE_COLLECTIONS_PATH": COLLECTIONS,
        "ANSIBLE_LOAD_CALLBACK_PLUGINS": "true",
        "ANSIBLE_STDOUT_CALLBACK": "ansible.builtin.minimal",
        "ANSIBLE_HOME": str(folder / ".ansible"),
        "ANSIBLE_NOCOLOR": "true",
    }
    done = subprocess.run(
        [
            *(ANSIBLE, "localhost", "-c", "local", "-e", f"ansible_python_interpreter={sys.executable}"),
            *("-m", "stacktls.elastic.restart", "-a", json.dumps(options)),
        ],
        env={**kept, **settings},
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    return done.stdout


def test_a_product_with_an_address_needs_it_and_a_beat_needs_its_unit(tmp_path):
    assert "missing: url" in run_module(tmp_path, product="kibana", journal="/missing")
    assert "missing: service" in run_module(tmp_path, product="beats", journal="/missing")


def test_the_certificate_that_is_presented_is_pem_or_pkcs12(tmp_path):
    both = {"client_certificate_path": "/client.crt", "client_pkcs12_path": "/client.p12"}
    options = {"product": "kibana", "journal": "/missing", "url": ["https://localhost:1"]}
    assert "are mutually exclusive" in run_module(tmp_path, **options, **both)
    assert "missing parameter(s) required by 'client_pkcs12_password'" in run_module(
        tmp_path, **options, client_pkcs12_password="secret-4711"
    )


def test_files_are_put_back_where_the_program_that_restarts_is_missing(tmp_path):
    settings, journal = tmp_path / "settings.yml", Journal(str(tmp_path / "journal"))
    settings.write_bytes(b"before")
    Replacement(str(settings), b"after", Attributes(), "settings").apply(journal)
    output = run_module(
        tmp_path, product="kibana", journal=journal.folder, url=["http://localhost:1"], command=["/missing/program"]
    )
    assert "FAILED" in output
    assert "/missing/program: No such file or directory" in output
    assert settings.read_bytes() == b"before"
    assert journal.entries() == []
