# Copyright: Stack TLS contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A real browser without a window: Chromium, which trusts the authority that is named, or the public ones only.

Prints the page as the browser has it, as HTML. Where it shows an error of its own, that goes to standard error.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

# It runs as root, and looks for nothing in the Internet.
_OPTIONS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--hide-scrollbars",
    "--virtual-time-budget=5000",
]
_FAILED = "Page load failed: "


class PageError(Exception):
    """The browser shows an error in place of the page, such as ``net::ERR_CERT_AUTHORITY_INVALID``."""


class Browser:
    """Chromium for somebody who trusts one authority, or no other than the public ones.

    :param folder: its home.
    :param addresses: where the hosts of this name are.
    """

    def __init__(self, folder: Path, addresses: Mapping[str, str], ca_path: Path | None = None) -> None:
        self._folder = folder
        self._rules = ",".join(f"MAP {name} {address}" for name, address in addresses.items())
        store = folder / ".pki/nssdb"
        store.mkdir(parents=True)
        certutil = ("certutil", "-d", f"sql:{store}")
        subprocess.run([*certutil, "-N", "--empty-password"], check=True, capture_output=True)
        if ca_path is not None:
            add = ("-A", "-n", ca_path.name, "-t", "C,,", "-i", str(ca_path))
            subprocess.run([*certutil, *add], check=True, capture_output=True)

    def visit(
        self, url: str, screenshot: Path | None = None, *, size: tuple[int, int] = (900, 400), dark: bool = False
    ) -> str:
        """The page as the browser has it, as HTML; a picture of it goes into the file.

        :param size: width and height of its window, and so of the picture.
        :param dark: whether its user likes dark pages.

        :raises PageError: where it shows an error of its own.
        """
        profile = f"--user-data-dir={self._folder / 'profile'}"
        scheme = f"--blink-settings=preferredColorScheme={0 if dark else 1}"
        window = f"--window-size={size[0]},{size[1]}"
        command = ["chromium", *_OPTIONS, window, scheme, profile, f"--host-resolver-rules={self._rules}"]
        if screenshot is not None:
            screenshot.parent.mkdir(parents=True, exist_ok=True)
            self._run([*command, f"--screenshot={screenshot}", url])
        return self._run([*command, "--dump-dom", url])

    def _run(self, command: list[str]) -> str:
        environment = {**os.environ, "HOME": str(self._folder)}
        done = subprocess.run(
            command, check=False, env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=90
        )
        assert done.returncode == 0, done.stderr[-2000:]
        if _FAILED in done.stderr:
            raise PageError(done.stderr.partition(_FAILED)[2].splitlines()[0])
        return done.stdout


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--ca", type=Path, help="certificate of the authority, in PEM")
    parser.add_argument("--host", action="append", default=[], metavar="NAME=ADDRESS", help="where a host is")
    parser.add_argument("--screenshot", type=Path, help="file for a picture of the page")
    parser.add_argument("url")
    options = parser.parse_args()
    addresses = dict(each.split("=", 1) for each in options.host)
    with tempfile.TemporaryDirectory() as home:
        try:
            print(Browser(Path(home), addresses, options.ca).visit(options.url, options.screenshot))
        except PageError as error:
            sys.exit(str(error))


if __name__ == "__main__":
    main()
