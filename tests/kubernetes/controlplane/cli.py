# Copyright: Stack TLS contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The command line."""

from __future__ import annotations

import argparse
import re
from shlex import quote
from typing import TYPE_CHECKING

from kubernetes.client.exceptions import ApiException
from stacklib.shell import StackError, exit_status
from urllib3.exceptions import HTTPError

from controlplane import programs
from controlplane.plane import Plane

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence


def main(arguments: Sequence[str]) -> int:
    """Run one command and return the exit status."""
    options = _parser().parse_args(arguments)
    return exit_status(lambda: _run(options))


def _run(options: argparse.Namespace) -> None:
    try:
        options.command(options)
    except ApiException as error:
        raise StackError(f"the API answered {error.status} {error.reason}: {error.body}") from error
    except HTTPError as error:
        hint = f"start it: control-plane --name {options.name} up"
        raise StackError(f"the API does not answer; {hint}. {error}") from error


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="control-plane", description="A Kubernetes control plane for tests.")
    parser.add_argument("--name", type=_name, default="default", help="which one; several run side by side")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    def add(name: str, command: Callable[[argparse.Namespace], None], text: str) -> argparse.ArgumentParser:
        sub = commands.add_parser(name, help=text, description=text)
        sub.set_defaults(command=command)
        return sub

    add("build", _build, "make the programs that are missing or old")
    add("up", _up, "start it, reusing what runs and what was stored in it")
    add("reset", _reset, "start it with nothing stored in it")
    add("down", _down, "stop it and remove what was stored in it; the logs stay")
    add("env", _env, "print the shell exports with which clients reach it")
    add("status", _status, "show its programs")
    balancer = add("load-balancer", _load_balancer, "give a service the addresses that a cloud would give it")
    balancer.add_argument("namespace")
    balancer.add_argument("service")
    balancer.add_argument("address", nargs="*", help="addresses and names; none takes them away")
    return parser


def _name(text: str) -> str:
    if not re.fullmatch(r"[a-z0-9][a-z0-9-]*", text):
        raise argparse.ArgumentTypeError(f"{text!r} is not made of lower case letters, digits and hyphens")
    return text


def _build(_options: argparse.Namespace) -> None:
    programs.build()


def _up(options: argparse.Namespace) -> None:
    Plane(options.name).up()


def _reset(options: argparse.Namespace) -> None:
    Plane(options.name).up(empty=True)


def _down(options: argparse.Namespace) -> None:
    Plane(options.name).down()


def _env(options: argparse.Namespace) -> None:
    for name, value in Plane(options.name).environment().items():
        print(f"export {name}={quote(value)}")


def _status(options: argparse.Namespace) -> None:
    for row in Plane(options.name).status():
        print("  ".join(row))


def _load_balancer(options: argparse.Namespace) -> None:
    Plane(options.name).api().set_load_balancer(options.namespace, options.service, options.address)
