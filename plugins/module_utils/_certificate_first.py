# Copyright: Stack TLS contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Identities of which a host has no file yet: nothing is there to be inspected, so a key is all that it takes."""

from __future__ import annotations

import os
from typing import Any

from ._certificate_arguments import OUTPUTS, Options, about, identities_of
from ._certificate_folders import make_folders
from ._certificate_results import result_of, summary
from ._certificate_staging import StagedKey
from ._changes import journal_of, pending
from ._pki._requests import encode_request_text, make_request
from ._reason import missing

_READ = ("certificate_path", "combined_path", "pkcs12_path")


def first_requests(params: dict[str, Any], *, check_mode: bool) -> dict[str, Any] | None:
    """The module's result of an inspection that finds nothing; ``None`` where something has to be looked at.

    :raises StackTlsError: where a key cannot be staged; none is then.
    """
    identities = identities_of(params)
    if params["phase"] != "inspect" or check_mode or not all(map(_is_absent, identities)):
        return None
    staged = {options["name"]: StagedKey(options) for options in identities}
    try:
        results = [_ask(options, staged[options["name"]], list(staged)) for options in identities]
    except Exception:
        for key in staged.values():
            key.remove()
        raise
    return summary(results, restart_pending=any(pending(journal_of(options)) for options in identities))


def _is_absent(options: Options) -> bool:
    """Whether no file is there, and who signs is no reason to look closer.

    Others may have been asked before; and Kibana cannot read the certificates of every authority.
    """
    if options["signer"] != "authority" or options["consumer"] == "kibana" or options["force"]:
        return False
    return not any(os.path.lexists(options[name]) for name in OUTPUTS if options[name])


def _ask(options: Options, staged: StagedKey, names: list[str]) -> dict[str, Any]:
    with about(options["name"], names):
        make_folders(options)
        request = encode_request_text(make_request(staged.make()))
    reasons = [missing(options[name]) for name in _READ if options[name]]
    return {**result_of(options, reasons, {}), "request": request}
