# Copyright: Stack TLS contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What an endpoint says of itself in a TLS handshake, or why there is none."""

from __future__ import annotations

import contextlib
import ipaddress
import socket
import ssl
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import datetime, timezone
from typing import Any

from . import _tls_messages as messages
from ._endpoint import is_timeout, unreachable
from ._errors import CertificateError, StackTlsError
from ._pki._certificates import is_issued_by, names_of, require_readable
from ._pki._description import describe_fully
from ._pki._names import print_encoded_name
from ._pki._sans import read_alternative_name, uncovered
from ._tls_address import parse_address
from ._tls_client import TlsOptions, distrust, make_context
from ._tls_probe import CAN_LISTEN, Handshake, Target, first_bytes, first_record, shake_hands

with contextlib.suppress(ImportError):  # reported by _module.require_cryptography
    from cryptography import x509

MODULE_ARGUMENTS: dict[str, Any] = {
    "argument_spec": {
        "endpoints": {"type": "list", "elements": "str", "required": True},
        "server_name": {"type": "str"},
        "ca_path": {"type": "path"},
        "ca_certificates": {"type": "str"},
        "client_certificate_path": {"type": "path"},
        "client_key_path": {"type": "path", "no_log": False},
        "client_key_passphrase": {"type": "str", "no_log": True},
        "client_pkcs12_path": {"type": "path"},
        "client_pkcs12_password": {"type": "str", "no_log": True},
        "probe_protocols": {"type": "bool", "default": False},
        "timeout": {"type": "int", "default": 10},
    },
    "mutually_exclusive": [("ca_path", "ca_certificates"), ("client_certificate_path", "client_pkcs12_path")],
    "required_by": {
        "client_key_path": ["client_certificate_path"],
        "client_key_passphrase": ["client_certificate_path"],
        "client_pkcs12_password": ["client_pkcs12_path"],
    },
}

_PROTOCOLS_OFFERED = ["h2", "http/1.1"]
_HTTP = b"HTTP/"
_SIDE_BY_SIDE = 8


def gather_endpoint_info(params: dict[str, Any]) -> dict[str, Any]:
    """Look at all endpoints, several at a time; returns the module's result.

    :raises StackTlsError: where an option cannot be used. What is wrong with an endpoint is no error.
    """
    if params["timeout"] <= 0:
        raise StackTlsError(f"timeout is {params['timeout']}, it must be a positive number of seconds.")
    tls = TlsOptions.of(params)
    make_context(tls)  # complains of files before anything is connected
    targets = [_target(text, params["server_name"], params["timeout"]) for text in params["endpoints"]]
    with ThreadPoolExecutor(max_workers=_SIDE_BY_SIDE) as executor:
        looks = list(executor.map(lambda target: _Look(target, tls).result(params["probe_protocols"]), targets))
    found = [{"endpoint": text, **look} for text, look in zip(params["endpoints"], looks)]
    return {"changed": False, "endpoints": found}


def _target(text: str, server_name: str | None, timeout: int) -> Target:
    return Target(*parse_address(text, server_name), timeout)


@dataclass(frozen=True)
class Verdict:
    """Whether the certificate of an endpoint is trusted; ``None`` where none was seen."""

    verified: bool | None
    problem: str = ""


class _Look:
    """One endpoint, looked at with as few connections as tell the truth."""

    def __init__(self, target: Target, tls: TlsOptions) -> None:
        self._target = target
        self._tls = replace(tls, client_certificate_path=None, client_pkcs12_path=None)
        self._presenting = tls if tls.client_file else None

    def result(self, probe_protocols: bool) -> dict[str, Any]:
        """All that there is to tell."""
        target = self._target
        found = {"host": target.host, "port": target.port, "server_name": target.name}
        try:
            trusting = self._shake(make_context(self._tls))
            if messages.is_tls(trusting.received):
                return {**found, **self._tls_server(trusting, probe_protocols)}
            state, problem = self._other_protocol(trusting)
        except OSError as error:
            state, problem = _not_connected(error, target.timeout)
        return {**found, "state": state, "problem": problem, **_NOTHING}

    def _tls_server(self, trusting: Handshake, probe_protocols: bool) -> dict[str, Any]:
        # A server that is not trusted, or too old for us, tells more where nothing is asked of it.
        distrusted = isinstance(trusting.error, ssl.SSLCertVerificationError)
        seen = trusting if trusting.certificates and not distrusted else self._shake(_open_context())
        authentication = self._client_authentication(seen)
        failed = not seen.completed and authentication != "required"
        return {
            "state": "tls",
            "problem": f"the handshake failed: {_failure(seen)}." if failed else "",
            **self._server(seen, self._verdict(trusting)),
            "client_authentication": authentication,
            "client_certificate_authorities": [_printed(name) for name in seen.authorities],
            **self._presented(seen.asked),
            "protocols": self._protocols() if probe_protocols else None,
        }

    def _shake(self, context: ssl.SSLContext) -> Handshake:
        context.set_alpn_protocols(_PROTOCOLS_OFFERED)
        found = shake_hands(self._target, context)
        if found.cipher is None and found.suite is not None:
            ciphers = {cipher["id"] & 0xFFFF: str(cipher["name"]) for cipher in context.get_ciphers()}
            found.cipher = ciphers.get(found.suite)
        return found

    def _verdict(self, trusting: Handshake) -> Verdict:
        if not isinstance(trusting.error, ssl.SSLCertVerificationError):
            return Verdict(True if trusting.certificates else None)
        leaf = _loaded(trusting.certificates[:1])
        own = "ca_certificates" if self._tls.ca_certificates else self._tls.ca_path
        reason, _hint = distrust(trusting.error, own, self._target.name, leaf[0] if leaf else None)
        return Verdict(False, reason)

    def _server(self, seen: Handshake, verdict: Verdict) -> dict[str, Any]:
        chain, now = _loaded(seen.certificates), datetime.now(timezone.utc)
        return {
            "verified": verdict.verified,
            "verification_problem": verdict.problem,
            "name_covered": _covers(chain[0], self._target.name) if chain else None,
            "chain_in_order": all(is_issued_by(*pair) for pair in zip(chain, chain[1:])) if chain else None,
            "certificates": [describe_fully(certificate, now) for certificate in chain],
            "protocol": seen.version,
            "cipher": seen.cipher,
            "alpn": seen.alpn,
        }

    def _client_authentication(self, seen: Handshake) -> str:
        """Either ``none``, ``optional``, ``required``, ``asked`` (one of the two), or ``unknown``."""
        if seen.asked and not is_timeout(seen.error):
            confirmed = seen.confirmed if seen.completed else False
            if confirmed is None:
                confirmed = self._confirmed_by_older_version()
            return {True: "optional", False: "required", None: "asked"}[confirmed]
        return "none" if seen.completed and CAN_LISTEN and not seen.asked else "unknown"

    def _confirmed_by_older_version(self) -> bool | None:
        """TLS 1.2 decides within the handshake; ``None`` where the server does not speak it."""
        context = _open_context()
        context.maximum_version = ssl.TLSVersion.TLSv1_2
        with contextlib.suppress(OSError):
            found = self._shake(context)
            return found.completed and found.confirmed if found.asked else None
        return None

    def _presented(self, asked: bool) -> dict[str, Any]:
        """What became of our client certificate."""
        nothing = {"client_certificate_accepted": None, "client_certificate_problem": ""}
        if self._presenting is None:
            return nothing
        if not asked:
            return {**nothing, "client_certificate_problem": "the server did not ask for it."}
        try:
            found = self._shake(make_context(replace(self._presenting, validate_certs=False)))
        except OSError as error:
            return {**nothing, "client_certificate_problem": f"{error}."}
        accepted = found.confirmed if found.completed else False
        problem = f"the server refused it: {_failure(found)}." if accepted is False else ""
        return {"client_certificate_accepted": accepted, "client_certificate_problem": problem}

    def _protocols(self) -> dict[str, bool | None]:
        return {version: self._speaks(version) for version in messages.VERSIONS}

    def _speaks(self, version: str) -> bool | None:
        name = None if _is_address(self._target.name) else self._target.name
        try:
            record = first_record(self._target, messages.client_hello(version, name))
            return messages.chosen_version(record) == version if record else None
        except (OSError, StackTlsError):
            return None

    def _other_protocol(self, seen: Handshake) -> tuple[str, str]:
        """State and words where no TLS came back."""
        with contextlib.suppress(OSError):
            # Some wait for a line, or take a handshake for HTTP of the year 1991, which has no status line.
            answers = [seen.received] if seen.received.startswith(_HTTP) else [seen.received, first_bytes(self._target)]
            if answers[-1].startswith(_HTTP):
                return "plain_http", "it speaks plain HTTP, not TLS."
            if any(answers):
                return "other", f"it speaks neither TLS nor HTTP; it sent {(answers[0] or answers[1])[:40]!r}."
        if is_timeout(seen.error):
            return "silent", f"it accepts connections, and said nothing within {self._target.timeout:g} seconds."
        return "closed", "it accepts connections, and closes them without an answer."


_NOTHING: dict[str, Any] = {
    **dict.fromkeys(("verified", "name_covered", "chain_in_order", "protocol", "cipher", "alpn", "protocols")),
    **{"verification_problem": "", "certificates": [], "client_authentication": "unknown"},
    **{"client_certificate_authorities": [], "client_certificate_accepted": None, "client_certificate_problem": ""},
}
"""What is told of an endpoint that does not speak TLS."""


def _open_context() -> ssl.SSLContext:
    """For a look only: it trusts everybody and speaks what old servers speak. Nothing is sent with it."""
    context = make_context(TlsOptions(validate_certs=False))
    context.minimum_version = ssl.TLSVersion.MINIMUM_SUPPORTED
    context.set_ciphers("DEFAULT:@SECLEVEL=0")
    return context


def _not_connected(error: OSError, timeout: float) -> tuple[str, str]:
    """State and words where nothing could be connected."""
    explained = unreachable(error, timeout)
    words = explained.message if explained else f"it cannot be connected ({error})."
    if isinstance(error, socket.gaierror):
        return "unresolved", words
    if isinstance(error, ConnectionRefusedError):
        return "refused", words
    return ("timeout" if is_timeout(error) else "unreachable"), words


def _failure(found: Handshake) -> str:
    """Why a handshake did not come to its end, or the server hung up afterwards."""
    if found.alert:
        return f"the server's alert is {messages.alert_in_words(found.alert)}"
    if isinstance(found.error, ssl.SSLError) and found.error.reason:
        return found.error.reason.replace("_", " ").lower()
    return "no answer in time" if is_timeout(found.error) else "the server closed the connection"


def _loaded(encoded: Sequence[bytes]) -> list[x509.Certificate]:
    """The certificates, up to the first that cannot be read."""
    loaded: list[x509.Certificate] = []
    with contextlib.suppress(ValueError, CertificateError, x509.InvalidVersion):
        for each in encoded:
            certificate = x509.load_der_x509_certificate(each)
            require_readable(certificate)
            loaded.append(certificate)
    return loaded


def _covers(certificate: x509.Certificate, name: str) -> bool:
    return not uncovered([read_alternative_name(name)], names_of(certificate))


def _printed(name: bytes) -> str:
    try:
        return print_encoded_name(name)
    except (CertificateError, ValueError):
        return f"#{name.hex()}"


def _is_address(name: str) -> bool:
    with contextlib.suppress(ValueError):
        return bool(ipaddress.ip_address(name))
    return False
