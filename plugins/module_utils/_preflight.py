# Copyright: Stack TLS contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What of a host itself would keep a service from its TLS: clock, room, accounts, files, names.

Everything is looked at and everything that is amiss is told; nothing is changed.
"""

from __future__ import annotations

import grp
import os
import pwd
import shutil
import socket
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from ._service import Run

ERROR = "error"
WARNING = "warning"

_MB = 1024 * 1024
_ENOUGH = 100 * _MB
_ROUND_TRIP = 2.0
"""Seconds that may pass between the controller's look at its clock and this one."""


@dataclass(frozen=True)
class Finding:
    """Something that is amiss.

    :param level: :data:`ERROR` where the run would fail or do harm, :data:`WARNING` where it may.
    :param subject: the file, name or account.
    :param found: what is wrong, in words.
    :param hint: what to do.
    """

    level: str
    subject: str
    found: str
    hint: str


def clock(here: float, controller: float, back_dated: float, tolerated: float) -> Iterator[Finding]:
    """Whether a certificate that is made now is valid here now.

    :param here: seconds since the epoch by this host's clock, ``controller`` by the other.
    :param back_dated: seconds by which certificates begin before they are made.
    :param tolerated: seconds of difference that are not worth a word.
    """
    skew = here - controller
    if abs(skew) <= tolerated + _ROUND_TRIP:
        return
    told = f"is {abs(skew):.0f} s {'ahead of' if skew > 0 else 'behind'} that of the controller."
    hint = "Let both follow the same time servers (chrony, systemd-timesyncd)."
    if -skew > back_dated:
        yield Finding(ERROR, "the clock", f"{told} New certificates are not valid here yet.", hint)
    else:
        yield Finding(WARNING, "the clock", told, hint)


def room(folders: Sequence[str], least_mb: int | None) -> Iterator[Finding]:
    """Whether there is room where files are written: once for each file system.

    :param least_mb: megabytes that are wanted; where nobody says, 100, or a tenth of a file system that is small.
    """
    seen: set[int] = set()
    for folder in folders:
        present = _present_part(folder)
        device = os.stat(present).st_dev
        if device in seen:
            continue
        seen.add(device)
        usage = shutil.disk_usage(present)
        wanted = min(_ENOUGH, usage.total // 10) if least_mb is None else least_mb * _MB
        if usage.free < wanted:
            found = f"has {_size(usage.free)} left, and {_size(wanted)} are wanted."
            yield Finding(ERROR, folder, found, "Make room: a full disk ends the run halfway.")
        if os.statvfs(present).f_flag & os.ST_RDONLY:
            yield Finding(ERROR, folder, "is on a file system that is mounted read-only.", "Mount it for writing.")


def accounts(users: Sequence[str], groups: Sequence[str]) -> Iterator[Finding]:
    """Whether owners and groups of files exist."""
    hint = "Install the package first, or name the accounts of this installation."
    unknown = [f"user {name}" for name in users if not _known(pwd.getpwnam, name)]
    unknown += [f"group {name}" for name in groups if not _known(grp.getgrnam, name)]
    yield from (Finding(ERROR, subject, "does not exist.", hint) for subject in unknown)


def files(paths: Sequence[str]) -> Iterator[Finding]:
    """Whether files are there and can be read as files."""
    for path in paths:
        try:
            with open(path, "rb") as stream:
                stream.read(1)
        except OSError as error:
            hint = "Install the product first, or name the path of this installation."
            yield Finding(ERROR, path, f"cannot be read: {error.strerror}.", hint)


def names(hosts: Sequence[str], resolve: Callable[[str], object] | None = None) -> Iterator[Finding]:
    """Whether host names can be resolved here."""
    resolve = resolve or (lambda name: socket.getaddrinfo(name, None))
    for name in hosts:
        try:
            resolve(name)
        except OSError as error:
            hint = "Add it to the DNS or to /etc/hosts, or name the host otherwise in stacktls_host_name."
            yield Finding(ERROR, name, f"cannot be resolved on this host: {error.strerror or error}.", hint)


def _known(look_up: Callable[[str], object], name: str) -> bool:
    if name.isdigit():
        return True
    try:
        look_up(name)
    except KeyError:
        return False
    return True


def _size(octets: int) -> str:
    return f"{octets // _MB} MB" if octets == 0 or octets >= _MB else f"{octets // 1024} kB"


def _present_part(folder: str) -> str:
    """The folder, or the nearest one above it that is there."""
    while not os.path.isdir(folder):
        folder = os.path.dirname(folder) or "/"
    return folder


def running(states: Mapping[str, str]) -> Iterator[Finding]:
    """Whether services run that should.

    :param states: what :func:`services` returns.
    """
    for name, state in states.items():
        if state in ("inactive", "failed"):
            hint = "Where a run changes nothing it stays so. If somebody started it already, its log says why it ended."
            yield Finding(WARNING, f"service {name}", f"does not run ({state}).", hint)


def commands(wanted: Sequence[Sequence[str]]) -> Iterator[Finding]:
    """Whether the programs of commands are on this host.

    :param wanted: commands as lists of arguments, as ``run_command`` takes them.
    """
    for name in dict.fromkeys(command[0] for command in wanted if command):
        if shutil.which(os.path.expanduser(os.path.expandvars(name))) is None:
            yield Finding(ERROR, f"command {name}", "is no program on this host.", "Install it, or name another one.")


def services(names: Sequence[str], run: Run) -> dict[str, str]:
    """The state of each systemd unit by its name, as ``systemctl is-active`` tells it, if there is one."""
    states = {name: run(["systemctl", "is-active", name])[1].strip() for name in names}
    return {name: state for name, state in states.items() if state}
