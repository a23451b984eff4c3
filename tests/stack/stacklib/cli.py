# Copyright: Stack TLS contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The command line."""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import replace
from pathlib import Path
from shlex import quote
from typing import TYPE_CHECKING

from stacklib import catalog, containers, images, inventory, lifecycle, machine
from stacklib.podman import environment, wrapper
from stacklib.shell import StackError, exit_status
from stacklib.topology import LICENSES, Topology, parse

if TYPE_CHECKING:
    from collections.abc import Sequence

_CONNECTION_PLUGINS = Path(__file__).resolve().parent.parent / "connection_plugins"


def main(arguments: Sequence[str]) -> int:
    """Run one command and return the exit status."""
    options = _parser().parse_args(arguments)
    return exit_status(lambda: options.command(options))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="stack", description="Real services for tests.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    def add(name: str, command: object, text: str) -> argparse.ArgumentParser:
        sub = commands.add_parser(name, help=text, description=text)
        sub.set_defaults(command=command)
        return sub

    add("setup", _setup, "install what is missing on this machine")
    add("env", _env, "print the shell exports with which podman works as the stack needs")
    build = add("build", _build, "make the images that are missing or old")
    build.add_argument("--image", action="append", metavar="KIND:VERSION", help="only this one (may be repeated)")
    file_help = "a JSON file, or - for standard input"
    up = add("up", _up, "start the hosts, reusing those that are ready")
    reset = add("reset", _reset, "start the hosts and put all of them back into their base state")
    listed = add("inventory", _inventory, "print the Ansible inventory")
    for each in (up, reset, listed):
        each.add_argument("topology", help=file_help)
        each.add_argument("--cluster", default="", help="only that one and the Kibanas that work with it")
    reset.add_argument("--license", choices=["", *LICENSES], default="", help="in place of the topology's")
    listed.add_argument("--pipelined", action="store_true", help="use the stack's own connection plugin (see 'env')")
    down = add("down", _down, "remove the containers")
    which = down.add_mutually_exclusive_group(required=True)
    which.add_argument("topology", nargs="?", help=file_help)
    which.add_argument("--all", action="store_true", help="those of all topologies")
    add("status", _status, "show the containers")
    return parser


def _topology(options: argparse.Namespace) -> Topology:
    try:
        topology = parse(sys.stdin.read() if options.topology == "-" else Path(options.topology).read_text())
    except OSError as error:
        raise StackError(f"{options.topology}: {error.strerror}") from error
    cluster = getattr(options, "cluster", "")
    if cluster and cluster not in topology.clusters():
        raise StackError(f"--cluster: {cluster} is none of {', '.join(topology.clusters())}")
    return topology


def _setup(_options: argparse.Namespace) -> None:
    machine.setup()


def _env(_options: argparse.Namespace) -> None:
    for name, value in {**environment(), "ANSIBLE_CONNECTION_PLUGINS": str(_CONNECTION_PLUGINS)}.items():
        print(f"export {name}={quote(value)}")


def _build(options: argparse.Namespace) -> None:
    known = {f"{product.kind}:{product.version}": product for product in catalog.PRODUCTS}
    unknown = set(options.image or ()) - known.keys()
    if unknown:
        raise StackError(f"--image: {', '.join(sorted(unknown))} is none of {', '.join(known)}")
    images.build(known[name] for name in options.image or known)


def _up(options: argparse.Namespace) -> None:
    lifecycle.up(_topology(options), reset=False, cluster=options.cluster)


def _reset(options: argparse.Namespace) -> None:
    topology = _topology(options)
    if options.license:
        topology = replace(topology, hosts=tuple(replace(host, license=options.license) for host in topology.hosts))
    lifecycle.up(topology, reset=True, cluster=options.cluster)


def _down(options: argparse.Namespace) -> None:
    lifecycle.down(None if options.all else _topology(options))


def _inventory(options: argparse.Namespace) -> None:
    connection = inventory.pipelined(containers.pid_files()) if options.pipelined else inventory.podman(str(wrapper()))
    print(json.dumps(inventory.inventory(_topology(options), connection, options.cluster), indent=2))


def _status(_options: argparse.Namespace) -> None:
    for row in lifecycle.status():
        print("  ".join(row))
