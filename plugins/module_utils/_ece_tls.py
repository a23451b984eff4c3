# Copyright: Stack TLS contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The work of the module ``ece_tls``: the chain of the Cloud UI or of the proxies, compared, replaced and proved."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any

from ._certificate_sources import certificate_of
from ._ece_api import ECE_API_ARGUMENTS, EceClient, PublicChain, ece_endpoints
from ._ece_chain import DOMAIN_SUBDOMAINS, EceChain, build_chain, doubts, require_names, require_rsa, wildcards_of
from ._ece_probe import Probe, parse_probe
from ._endpoint import is_lasting
from ._errors import ApiError, CertificateError, StackTlsError, located
from ._io import require_file
from ._pki._bundle import comment
from ._pki._certificates import describe, encode_certificates, fingerprint, load_certificates
from ._pki._keys import PassphraseError, as_public_key, is_encrypted, load_private_key
from ._pki._names import print_name
from ._reason import Reason
from ._tls_client import VerificationError
from ._waiting import Clock, wait

if TYPE_CHECKING:
    from cryptography import x509

MODULE_ARGUMENTS: dict[str, Any] = {
    "argument_spec": {
        **ECE_API_ARGUMENTS,
        "further_ca_paths": {"type": "list", "elements": "path", "default": []},
        "service": {"type": "str", "choices": ["ui", "proxy"], "required": True},
        "private_key": {"type": "str", "no_log": True},
        "private_key_path": {"type": "path", "no_log": False},
        "private_key_passphrase": {"type": "str", "no_log": True},
        "certificate": {"type": "str"},
        "certificate_path": {"type": "path"},
        "chain": {"type": "str"},
        "chain_paths": {"type": "list", "elements": "path", "default": []},
        "domain": {"type": "str"},
        "subdomains": {"type": "list", "elements": "str", "default": list(DOMAIN_SUBDOMAINS)},
        "names": {"type": "list", "elements": "str", "default": []},
        "probe_addresses": {"type": "list", "elements": "str", "default": []},
        "probe_server_name": {"type": "str"},
        "wait_timeout": {"type": "int", "default": 300},
    },
    "mutually_exclusive": [
        ("api_key", "username"),
        ("private_key", "private_key_path"),
        ("certificate", "certificate_path"),
    ],
    "required_together": [("username", "password")],
    "required_one_of": [("api_key", "username"), ("certificate", "certificate_path")],
    "required_by": {"probe_server_name": ["probe_addresses"]},
}

Warn = Callable[[str], None]


def manage_ece_tls(
    params: dict[str, Any], warn: Warn, *, check_mode: bool, clock: Clock | None = None
) -> dict[str, Any]:
    """Let the service have the chain that the parameters ask for; returns the module's result.

    :raises StackTlsError: where the chain cannot be as asked for, the platform refuses it, or does not come to use it.
    """
    if params["wait_timeout"] < 0:
        raise StackTlsError(f"wait_timeout is {params['wait_timeout']}, it must not be a negative number of seconds.")
    now, clock = datetime.now(timezone.utc), clock or Clock()
    wanted = wanted_chain(params, [endpoint.host for endpoint in ece_endpoints(params["url"])], now)
    probes = [parse_probe(text, params["probe_server_name"], params["timeout"]) for text in params["probe_addresses"]]
    service = params["service"]
    client = EceClient(params, _further_authorities(params, wanted))
    present = client.chain_of(service)
    reasons = list(_reasons(present, wanted))
    for each in doubts(wanted) if reasons else ():
        warn(each)
    if reasons and not present.api_managed:
        raise ApiError(
            f"the chain of {service} is one that cannot be replaced through the API (api_managed is false).",
            hint="Replace it where it was configured.",
        )
    if reasons and not check_mode:
        client.replace_chain(service, wanted.encode())
        _await_chain(client, service, wanted, params["wait_timeout"], clock)
    timeout = 0 if check_mode else params["wait_timeout"]
    looks = [_look(probe, wanted, timeout, clock) for probe in probes]
    if not check_mode:
        _require_served(looks)
    return _result(present, wanted, reasons, looks, now)


def wanted_chain(params: dict[str, Any], hosts: Sequence[str], now: datetime) -> EceChain:
    """The chain out of the options, checked with everything that can be known before the platform is asked.

    :param hosts: by which the API is reached.
    :raises StackTlsError: where a file is missing or damaged, something does not belong together or is refused.
    """
    key_place, key_pem = _key_source(params)
    with located(key_place):
        key = require_rsa(_opened(key_pem, params["private_key_passphrase"]))
    place = params["certificate_path"] or "certificate"
    with located(place):
        pool = load_certificates(_content(params, "certificate"))
    pool += _further_certificates(params)
    with located(place):
        certificate = certificate_of(as_public_key(key.public_key()), pool)
        if certificate is None:
            raise CertificateError(
                f"holds no certificate of the private key in {key_place}.", hint="Bring a key and its certificate."
            )
        chain = build_chain(key, certificate, pool, now)
        _check_names(chain, params, hosts)
    return chain


def _further_authorities(params: dict[str, Any], wanted: EceChain) -> str:
    """Whom else to trust for the API, in PEM form: it may have its new certificate already, or get it just now."""
    found = [wanted.root] if params["service"] == "ui" else []
    for path in params["further_ca_paths"]:
        with located(path):
            found += load_certificates(require_file(path))
    return encode_certificates(found).decode()


def _key_source(params: dict[str, Any]) -> tuple[str, bytes]:
    """Where the private key is, and what is there: with the certificate where nothing else is said."""
    if params["private_key"] is not None:
        return "private_key", params["private_key"].encode()
    if params["private_key_path"] is not None:
        return params["private_key_path"], require_file(params["private_key_path"])
    return params["certificate_path"] or "certificate", _content(params, "certificate")


def _content(params: dict[str, Any], name: str) -> bytes:
    text: str | None = params[name]
    return require_file(params[f"{name}_path"]) if text is None else text.encode()


def _opened(pem: bytes, passphrase: str | None) -> Any:
    try:
        return load_private_key(pem, passphrase or None)
    except PassphraseError as error:
        error.hint = "Check private_key_passphrase." if passphrase else "Give private_key_passphrase."
        raise
    except CertificateError as error:
        if b"PRIVATE KEY" not in pem and not is_encrypted(pem):
            error.hint = "Give private_key_path or private_key."
        raise


def _further_certificates(params: dict[str, Any]) -> list[x509.Certificate]:
    found: list[x509.Certificate] = []
    if params["chain"] is not None:
        with located("chain"):
            found += load_certificates(params["chain"].encode())
    for path in params["chain_paths"]:
        with located(path):
            found += load_certificates(require_file(path))
    return found


def _check_names(chain: EceChain, params: dict[str, Any], hosts: Sequence[str]) -> None:
    """Names by which clients come: those of deployments for the proxies, those of the API for the Cloud UI."""
    require_names(chain, params["names"], "names asks for")
    if params["service"] == "ui":
        if params["validate_certs"]:
            require_names(chain, hosts, "url asks for: the Cloud UI serves the API with this certificate")
        return
    if params["domain"]:
        wanted = wildcards_of(params["domain"], params["subdomains"])
        require_names(chain, wanted, f"the deployments and services below {params['domain']} need")
    elif not params["names"]:
        raise CertificateError(
            "neither domain nor names says what the proxies' certificate is for.",
            hint="Give the domain of the deployments as domain, or their host names as names.",
        )


def _reasons(present: PublicChain, wanted: EceChain) -> Iterator[Reason]:
    """Why the chain would be replaced."""
    found, asked = present.certificates, wanted.certificates
    if not found:
        yield Reason("unreadable", "the present chain is empty or cannot be read")
        return
    if fingerprint(found[0]) != fingerprint(asked[0]):
        source = "somebody brought" if present.user_supplied else "the platform made itself"
        yield Reason("certificate", f"the certificate is {print_name(found[0].subject)!r}, which {source}")
    if _fingerprints(found[1:]) != _fingerprints(asked[1:]):
        yield Reason("authorities", "the authorities above the certificate are others, or in another order")


def _fingerprints(certificates: Sequence[x509.Certificate]) -> list[str]:
    return [fingerprint(each) for each in certificates]


def _await_chain(client: EceClient, service: str, wanted: EceChain, timeout: int, clock: Clock) -> None:
    def amiss() -> str:
        try:
            return " ".join(f"Still {reason.text}." for reason in _reasons(client.chain_of(service), wanted))
        except ApiError as error:
            # While the Cloud UI takes over its new chain, others may be seen for a moment.
            if is_lasting(error) and not isinstance(error, VerificationError):
                raise
            return str(error)

    problem = wait(amiss, timeout, clock)
    if problem:
        raise ApiError(
            f"Elastic Cloud Enterprise accepted the chain of {service}, and its API does not show it: {problem}",
            hint="Look at its logs; the next run compares again.",
        )


def _look(probe: Probe, wanted: EceChain, timeout: int, clock: Clock) -> dict[str, Any]:
    """What an address shows in the end; the platform spreads a new chain some time after it has taken it."""
    problem = wait(lambda: probe.problem(wanted), timeout, clock)
    return {"address": probe.text, "served": not problem, "problem": problem}


def _require_served(looks: Sequence[dict[str, Any]]) -> None:
    for look in looks:
        if not look["served"]:
            raise StackTlsError(
                f"{look['address']} does not show the certificate that the API has: {look['problem']}",
                hint="Is it an address of this service, and does nothing in between end TLS?",
            )


def _result(
    present: PublicChain, wanted: EceChain, reasons: Sequence[Reason], looks: Sequence[dict[str, Any]], now: datetime
) -> dict[str, Any]:
    return {
        "changed": bool(reasons),
        "reasons": [{"code": reason.code, "text": reason.text} for reason in reasons],
        "chain": [describe(each, now) for each in wanted.certificates],
        "replaced_chain": [describe(each, now) for each in present.certificates or ()] if reasons else [],
        "probes": list(looks),
        "diff": {
            "before": _shown(present.certificates or ()),
            "after": _shown(wanted.certificates),
            "before_header": "certificate chain",
            "after_header": "certificate chain",
        },
    }


def _shown(certificates: Sequence[x509.Certificate]) -> str:
    """The public part, a line for each certificate."""
    return "".join(f"{comment(each)}\n" for each in certificates)
