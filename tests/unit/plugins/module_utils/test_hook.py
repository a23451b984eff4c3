# Copyright: Stack TLS contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import sys

import pytest
from ansible_collections.stacktls.elastic.plugins.module_utils._errors import HookError
from ansible_collections.stacktls.elastic.plugins.module_utils._hook import Hook


def hook(script, timeout=20, **environment):
    return Hook("store_command", [sys.executable, "-c", script], timeout, environment=environment)


def test_it_reads_and_prints():
    script = "import os, sys; print(sys.stdin.read() + os.environ['MORE'])"
    assert hook(script, MORE="!").run(b"given", []) == b"given!\n"


@pytest.mark.parametrize(
    ("script", "words"),
    [
        ("import sys; sys.exit('no: ' + sys.stdin.read())", "ended with status 1: no: ********"),
        ("raise SystemExit(3)", "ended with status 3: no words"),
        ("import time; time.sleep(9)", "did not end within 1 seconds"),
    ],
)
def test_it_fails_without_telling_the_secret(script, words):
    with pytest.raises(HookError) as caught:
        hook(script, 1).run(b"secret", ["secret", ""])
    assert words in str(caught.value)
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize("arguments", [[], ["/nowhere/put"]])
def test_a_program_that_is_not_there(arguments):
    with pytest.raises(HookError, match="cannot be run on this host: no such program"):
        Hook("store_command", arguments, 1).require_program()


def test_a_program_that_cannot_be_run():
    with pytest.raises(HookError, match="/nowhere/put cannot be run on this host: No such file or directory"):
        Hook("store_command", ["/nowhere/put"], 1).run(b"", [])
