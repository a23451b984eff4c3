# Copyright: Stack TLS contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import multiprocessing
import sys

import pytest


@pytest.fixture
def side_by_side():
    """Runs a function in several processes at once and returns what each gave back; 1 where it failed."""

    def run(count, work):
        context = multiprocessing.get_context("fork")
        children = [context.Process(target=lambda: sys.exit(work())) for _child in range(count)]
        for child in children:
            child.start()
        for child in children:
            child.join(60)
            child.kill()
        return [child.exitcode for child in children]

    return run
