# Copyright: Stack TLS contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The work of the module ``ece_director_script``: a script of Elastic's run beside a director, and remembered.

The procedure is that of Elastic's "Configure the TLS version" and "Allow x509 Certificates Signed with SHA-1", without
a terminal, and with the director's secret in the environment of ``docker`` in place of its arguments.
"""

from __future__ import annotations

import json
import os
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from ._errors import FileError, HookError, located
from ._hook import Hook
from ._io import Attributes, make_folder, read_file, write_file

SCRIPTS = {
    "setIntermediateTls.sc": "tls_version",
    "resetToDefaultTls.sc": "tls_version",
    "allowX509Sha1Certs.sc": "sha1_certificates",
    "rejectX509Sha1Certs.sc": "sha1_certificates",
}
"""The scripts, and what each of them sets."""

MODULE_ARGUMENTS: dict[str, Any] = {
    "argument_spec": {
        "script": {"type": "str", "choices": list(SCRIPTS), "required": True},
        "force": {"type": "bool", "default": False},
        "container_command": {"type": "list", "elements": "str", "default": ["docker"]},
        "director_container": {"type": "str", "default": "frc-directors-director"},
        "shell_folder": {"type": "path", "default": "~/.found-shell"},
        "record_path": {"type": "path", "default": "/var/lib/stacktls/ece"},
        "timeout": {"type": "int", "default": 300},
    },
}

_SHELL = "/elastic_cloud_apps/shell"
_SECRET = "SHELL_ZK_AUTH"  # noqa: S105 (the name of a variable)
_FORMAT = '{"image": {{json .Config.Image}}, "hosts": {{json .HostConfig.ExtraHosts}}}'


@dataclass(frozen=True)
class Record:
    """Which script ran last, and a name of that run; both are empty where none is known."""

    script: str = ""
    run: str = ""


def run_director_script(params: dict[str, Any], *, check_mode: bool) -> dict[str, Any]:
    """Run the script where it was not the last one of its kind; returns the module's result.

    :raises HookError: where there is no director, or the script fails.
    :raises FileError: where the record cannot be read or written.
    """
    if params["timeout"] <= 0:
        raise HookError(f"timeout is {params['timeout']}, it must be a positive number of seconds.")
    script = params["script"]
    path = os.path.join(params["record_path"], f"{SCRIPTS[script]}.json")
    before = read_record(path)
    due = params["force"] or before.script != script
    after = before
    if due:
        director = _Director(params)
        director.require()
        if check_mode:
            after = Record(script)
        else:
            director.run(script)
            after = Record(script, uuid.uuid4().hex)
            _write_record(path, after)
    return {
        "changed": due,
        "script": after.script,
        "run": after.run,
        "previous_script": before.script,
        "diff": {
            "before": {"script": before.script or "unknown"},
            "after": {"script": after.script},
            "before_header": SCRIPTS[script],
            "after_header": SCRIPTS[script],
        },
    }


def read_record(path: str) -> Record:
    """What ran last.

    :raises FileError: where the file is not one of this module.
    """
    with located(path):
        content = read_file(path)
        if content is None:
            return Record()
        try:
            found = json.loads(content)
            return Record(str(found["script"]), str(found["run"]))
        except (ValueError, KeyError, TypeError) as error:
            raise FileError(
                "cannot be understood.", hint="Remove it: then the script runs again, which does no harm."
            ) from error


def _write_record(path: str, record: Record) -> None:
    make_folder(os.path.dirname(path), Attributes(None, None, None), default_mode=0o755)
    content = json.dumps({"script": record.script, "run": record.run}) + "\n"
    write_file(path, content.encode(), Attributes(None, None, None), default_mode=0o644)


class _Director:
    """The container of a director on this host, spoken to with ``docker`` or what is called like it."""

    def __init__(self, params: dict[str, Any]) -> None:
        self._params = params
        self._image = ""
        self._hosts: list[str] = []

    def require(self) -> None:
        """Find the container, its image and the hosts that it knows; changes nothing.

        :raises HookError: where there is none.
        """
        self._hook([]).require_program()
        name = self._params["director_container"]
        try:
            found = json.loads(self._hook(["inspect", "-f", _FORMAT, name]).run(b"", []))
            self._image, self._hosts = str(found["image"]), [str(each) for each in found["hosts"] or []]
        except HookError as error:
            error.hint = f"Is this a host with the role director, where the container {name} runs?"
            raise
        except (ValueError, KeyError, TypeError) as error:
            raise HookError(f"the description of the container {name} cannot be understood.") from error

    def run(self, script: str) -> None:
        """Run the script in a container of its own, with the director's right to write.

        :raises HookError: where it fails; the words are without the secret.
        """
        secret = self._secret()
        arguments = ["run", "-v", f"{os.path.expanduser(self._params['shell_folder'])}:{_SHELL}/.found-shell"]
        # Without a value it is taken from the environment, where other users of the host do not see it.
        arguments += ["--env", _SECRET]
        for host in self._hosts:
            arguments += ["--add-host", host]
        arguments += ["--env", f"FOUND_SCRIPT={script}", "--rm", self._image, f"{_SHELL}/run-shell.sh"]
        self._hook(arguments, {_SECRET: secret}).run(b"", [secret])

    def _secret(self) -> str:
        name = self._params["director_container"]
        found = self._hook(["exec", name, "bash", "-c", 'echo -n "$FOUND_ZK_READWRITE"']).run(b"", [])
        secret = found.decode("utf-8", "replace").strip()
        if not secret:
            raise HookError(f"the container {name} has no FOUND_ZK_READWRITE.", hint="Is it the one of a director?")
        return secret

    def _hook(self, arguments: Sequence[str], environment: dict[str, str] | None = None) -> Hook:
        command = [*self._params["container_command"], *arguments]
        return Hook("container_command", command, self._params["timeout"], environment=environment or {})
