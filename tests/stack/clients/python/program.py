# Copyright: Stack TLS contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""An application in Python: program.py FOLDER whoami, or program.py FOLDER loop STOP_FILE. See ../README.md."""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

folder, command = sys.argv[1:3]
sys.path.insert(0, folder)
sys.dont_write_bytecode = True

from elasticsearch_client import connect  # noqa: E402  # the module that the role rendered


def _written() -> int:
    """When the secret was written."""
    return (Path(folder) / "api_key").stat().st_mtime_ns


def loop(stop: Path) -> dict[str, object]:
    """Ask again and again, until a file appears or five minutes are over; take a new secret over when there is one."""
    secret, client, keys = _written(), connect(), []
    done = {"requests": 0, "failed": 0, "error": "", "keys": keys}
    end = time.monotonic() + 300
    while time.monotonic() < end and not stop.exists():
        if _written() != secret:
            secret, client = _written(), connect()
        done["requests"] += 1
        try:
            key = client.security.authenticate()["api_key"]["id"]
            if key not in keys:
                keys.append(key)
                print(key, file=sys.stderr, flush=True)
        except Exception as error:
            done["failed"] += 1
            done["error"] = repr(error)
        time.sleep(0.05)
    return done


try:
    print(json.dumps(loop(Path(sys.argv[3])) if command == "loop" else dict(connect().security.authenticate())))
except Exception as error:
    sys.exit(f"{type(error).__name__}: {error}")
