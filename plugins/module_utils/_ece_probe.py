# Copyright: Stack TLS contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether an endpoint of Elastic Cloud Enterprise shows a certificate: looked at, nothing is sent but a handshake."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ._pki._certificates import fingerprint
from ._pki._names import print_name
from ._tls_address import parse_address
from ._tls_client import TlsOptions, make_context
from ._tls_probe import Target, shake_hands

with contextlib.suppress(ImportError):  # reported by _module.require_cryptography
    from cryptography import x509

if TYPE_CHECKING:
    from ._ece_chain import EceChain


@dataclass(frozen=True)
class Probe:
    """An address to look at, as it was given."""

    text: str
    target: Target

    def problem(self, wanted: EceChain) -> str:
        """Why it does not show the certificate of the chain; empty where it does."""
        # Which certificate it is decides; whether this host trusts its authority does not matter.
        try:
            found = shake_hands(self.target, make_context(TlsOptions(validate_certs=False)))
        except OSError as error:
            return f"it cannot be connected ({error})."
        if not found.certificates:
            return f"no TLS handshake could be made ({found.error})."
        try:
            shown = x509.load_der_x509_certificate(found.certificates[0])
        except ValueError:
            return "it shows a certificate that cannot be read."
        if fingerprint(shown) == fingerprint(wanted.certificates[0]):
            return ""
        return f"it shows {print_name(shown.subject)!r} with the SHA-256 fingerprint {fingerprint(shown)}."


def parse_probe(text: str, server_name: str | None, timeout: float) -> Probe:
    """What to look at for an address such as ``proxy1.example.com:9243``.

    :raises StackTlsError: where it is none.
    """
    host, port, name = parse_address(text, server_name)
    return Probe(text, Target(host, port, name, timeout))
