# Copyright: Stack TLS contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The command line."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from shlex import quote
from typing import TYPE_CHECKING

from stacklib import catalog, images, lifecycle, machine
from stacklib.inventory import inventory
from stacklib.podman import environment, wrapper
from stacklib.shell import StackError, say
from stacklib.topology import Topology, parse

if TYPE_CHECKING:
    from collections.abc import Sequence


def main(arguments: Sequence[str]) -> int:
    """Run one command and return the exit status."""
    options = _parser().parse_args(arguments)
    try:
        options.command(options)
    except StackError as error:
        say(f"ERROR: {error}")
        return 1
    except KeyboardInterrupt:
        say("interrupted; the same command goes on from here")
        return 130
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="stack", description="The real services that the collection is tested against.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    def add(name: str, command: object, text: str) -> argparse.ArgumentParser:
        sub = commands.add_parser(name, help=text, description=text)
        sub.set_defaults(command=command)
        return sub

    add("setup", _setup, "install what is missing on this machine")
    add("env", _env, "print the shell exports with which podman works as the stack needs")
    build = add("build", _build, "make the images that are missing or old")
    build.add_argument("--image", action="append", metavar="KIND:VERSION", help="only this one (may be repeated)")
    for name, command, text in (
        ("up", _up, "start the hosts, reusing those that are ready"),
        ("reset", _reset, "start the hosts and put all of them back into their base state"),
        ("inventory", _inventory, "print the Ansible inventory"),
    ):
        add(name, command, text).add_argument("topology", help="a JSON file, or - for standard input")
    down = add("down", _down, "remove the containers")
    which = down.add_mutually_exclusive_group(required=True)
    which.add_argument("topology", nargs="?", help="a JSON file, or - for standard input")
    which.add_argument("--all", action="store_true", help="those of all topologies")
    add("status", _status, "show the containers")
    return parser


def _topology(options: argparse.Namespace) -> Topology:
    try:
        return parse(sys.stdin.read() if options.topology == "-" else Path(options.topology).read_text())
    except OSError as error:
        raise StackError(f"{options.topology}: {error.strerror}") from error


def _setup(_: argparse.Namespace) -> None:
    machine.setup()


def _env(_: argparse.Namespace) -> None:
    for name, value in environment().items():
        print(f"export {name}={quote(value)}")


def _build(options: argparse.Namespace) -> None:
    try:
        wanted = [catalog.product(*image.split(":", 1)) for image in options.image] if options.image else catalog.PRODUCTS
    except (TypeError, ValueError) as error:
        raise StackError(f"--image: {error}") from error
    images.build(wanted)


def _up(options: argparse.Namespace) -> None:
    lifecycle.up(_topology(options), reset=False)


def _reset(options: argparse.Namespace) -> None:
    lifecycle.up(_topology(options), reset=True)


def _down(options: argparse.Namespace) -> None:
    lifecycle.down(None if options.all else _topology(options))


def _inventory(options: argparse.Namespace) -> None:
    print(json.dumps(inventory(_topology(options), str(wrapper())), indent=2))


def _status(_: argparse.Namespace) -> None:
    for row in lifecycle.status():
        print("  ".join(row))
