# Copyright: Stack TLS contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Sign on the controller, or let others sign, what the module of the same name asks for on the managed host."""

from __future__ import annotations

import stat
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from ansible_collections.stacktls.elastic.plugins.module_utils._certificate_arguments import (
    ISSUER_OPTIONS,
    MODULE_ARGUMENTS,
    Options,
    about,
    identities_of,
)
from ansible_collections.stacktls.elastic.plugins.module_utils._certificate_checks import check_identities
from ansible_collections.stacktls.elastic.plugins.module_utils._certificate_options import specification_of
from ansible_collections.stacktls.elastic.plugins.module_utils._certificate_results import completed, summary
from ansible_collections.stacktls.elastic.plugins.module_utils._certificate_sources import read_source
from ansible_collections.stacktls.elastic.plugins.module_utils._errors import StackTlsError, located
from ansible_collections.stacktls.elastic.plugins.module_utils._io import parse_mode
from ansible_collections.stacktls.elastic.plugins.module_utils._issuing_arguments import for_host
from ansible_collections.stacktls.elastic.plugins.module_utils._pki._certificates import Identity, load_certificates
from ansible_collections.stacktls.elastic.plugins.module_utils._pki._keys import encode_private_key
from ansible_collections.stacktls.elastic.plugins.module_utils._pki._requests import decode_request_text
from ansible_collections.stacktls.elastic.plugins.module_utils._signing import require_in_use
from ansible_collections.stacktls.elastic.plugins.plugin_utils._signers import (
    Request,
    RequestsFolder,
    Signer,
    known_issuers,
)
from ansible_collections.stacktls.elastic.plugins.plugin_utils._signing_action import SigningAction, pem_of

if TYPE_CHECKING:
    from cryptography import x509

_MODULE = "stacktls.elastic.certificate"
_OF_ANSIBLE = ("ansible_facts", "deprecations", "warnings")
"""What Ansible itself, or the module's host, has to say: the interpreter that was found, for example."""

Exchange = dict[str, dict[str, str]]


class ActionModule(SigningAction):
    """Two calls of the module where a certificate is due, one where none is."""

    arguments = MODULE_ARGUMENTS

    def _ensure(self, params: dict[str, Any]) -> dict[str, Any]:
        identities = identities_of(params)
        check_identities(identities, self._now)
        self._identities = {identity["name"]: identity for identity in identities}
        self._signers = self._signers_by_name()
        brought = {name: self._read(options) for name, options in self._identities.items() if _is_sent(options)}
        exchange = self._exchange(brought)
        inspection = self._on_host("inspect", self._identities, exchange)
        if inspection.get("failed"):
            return inspection
        findings = _by_name(self._identities, inspection)
        if self._task.check_mode:
            self._rehearse([name for name, finding in findings.items() if finding["reasons"]])
        requests = [self._request(finding) for finding in findings.values() if "request" in finding]
        issued = self._issued(requests)
        for name, chain in issued.items():
            exchange[name]["certificate"] = pem_of(chain)
        wanted = {name: brought[name] for name, finding in findings.items() if "key_wanted" in finding}
        due = [*issued, *wanted]
        if due and not self._task.check_mode:
            secrets = {
                name: {"private_key": encode_private_key(each.key, None).decode()} for name, each in wanted.items()
            }
            result = self._on_host("install", due, exchange, secrets)
            if result.get("failed"):
                self._discard(due)
                return result
            inspection["restart_pending"] = result["restart_pending"]
            installed = _by_name(due, result)
            findings.update({name: completed(each, findings[name]) for name, each in installed.items()})
        return self._result(findings, requests, issued, inspection)

    def _signers_by_name(self) -> dict[str, Signer]:
        """Who signs for each identity; those with the same options share one, and so one look at its private key."""
        known: list[tuple[list[Any], Signer]] = []
        signers = {}
        for name, options in self._identities.items():
            if options["signer"] == "brought":
                continue
            issuer = [options[option] for option in ISSUER_OPTIONS]
            with about(name, self._identities):
                found = next((signer for other, signer in known if other == issuer), None) or self._signer(options)
            known.append((issuer, found))
            signers[name] = found
        return signers

    def _read(self, options: Options) -> Identity:
        """The files on the controller that were brought; Ansible finds and, where needed, decrypts them."""
        with about(options["name"], self._identities):
            return read_source(options, self._content_of, known_issuers(options), self._now)

    def _exchange(self, brought: dict[str, Identity]) -> Exchange:
        """What the host needs to compare each identity."""
        seen: dict[int, dict[str, str]] = {}
        exchange: Exchange = {}
        for name, options in self._identities.items():
            signer = self._signers.get(name)
            with about(name, self._identities):
                if signer is None:
                    known = {"issuers": pem_of(known_issuers(options).certificates), "trusted": ""}
                else:
                    if id(signer) not in seen:
                        issuers = pem_of(signer.issuers(self._now).certificates)
                        seen[id(signer)] = {"issuers": issuers, "trusted": pem_of(signer.trusted())}
                    require_in_use(specification_of(options).subject, signer.retired())
                    known = seen[id(signer)]
                exchange[name] = {**known, "trusted": known["trusted"] + _also_trusted(options)}
        for name, found in brought.items():
            exchange[name]["certificate"] = pem_of([found.certificate, *found.authorities])
        return exchange

    def _request(self, finding: dict[str, Any]) -> Request:
        host = self._task_vars.get("inventory_hostname", "")
        return Request(self._identities[finding["name"]], decode_request_text(finding.get("request", "")), host)

    def _issued(self, requests: Sequence[Request]) -> dict[str, Sequence[x509.Certificate]]:
        """The new certificates with the authorities above them; who has to wait is not in it."""
        issued: dict[str, Sequence[x509.Certificate]] = {}
        by_signer: dict[int, list[Request]] = {}
        for request in requests:
            by_signer.setdefault(id(self._signers[request.name]), []).append(request)
        try:
            for group in by_signer.values():
                issued.update(self._signers[group[0].name].sign(group, self._now))
        except StackTlsError:
            self._discard([request.name for request in requests])
            raise
        return issued

    def _exposed(self) -> list[str]:
        """A word on private keys that the task lets everybody read."""
        return [
            f"The mode of the certificate {name!r} lets everybody on the host read its private key."
            for name, options in self._identities.items()
            if (parse_mode(options["mode"]) or 0) & stat.S_IROTH
        ]

    def _rehearse(self, names: Sequence[str]) -> None:
        """Let check mode fail where the run would."""
        for name in names:
            if name in self._signers:
                with about(name, self._identities):
                    self._signers[name].rehearse([self._identities[name]], self._now)

    def _discard(self, names: Iterable[str]) -> None:
        """Remove the staged keys of requests that got no answer; those that wait for a person stay."""
        given_up = [name for name in names if self._identities[name]["signer"] != "csr_only"]
        if given_up and not self._task.check_mode:
            self._on_host("discard", given_up, {})

    def _result(
        self,
        findings: dict[str, dict[str, Any]],
        requests: Sequence[Request],
        issued: Mapping[str, Any],
        inspection: dict[str, Any],
    ) -> dict[str, Any]:
        for finding in findings.values():
            for internal in ("request", "key_wanted"):
                finding.pop(internal, None)
        carried = {name: inspection[name] for name in _OF_ANSIBLE if name in inspection}
        warnings = [*carried.pop("warnings", []), *self._exposed()]
        asked = {request.name: request for request in requests}
        for name, folder in self._signers.items():
            if not isinstance(folder, RequestsFolder):
                continue
            if name in asked and name not in issued:
                findings[name] = folder.waiting(asked[name], findings[name])
                warnings.append(folder.notice(asked[name]))
            else:
                folder.forget(asked.get(name) or self._request(findings[name]))
        result = {**carried, **summary(findings.values(), restart_pending=inspection["restart_pending"])}
        return {**result, "warnings": warnings} if warnings else result

    def _on_host(
        self, phase: str, names: Iterable[str], exchange: Exchange, secrets: dict[str, Any] | None = None
    ) -> dict[str, Any]:
        sent = [for_host(self._identities[name]) for name in names]
        arguments = {
            "phase": phase,
            "identities": sent,
            "exchange": {name: exchange.get(name, {}) for name in names},
            **({"secrets": secrets} if secrets else {}),
        }
        result: dict[str, Any] = self._execute_module(
            module_name=_MODULE, module_args=arguments, task_vars=self._task_vars
        )
        return result


def _is_sent(options: Options) -> bool:
    """Whether the controller has the files of this identity."""
    return options["signer"] == "brought" and not options["remote_source"]


def _also_trusted(options: Options) -> str:
    """Further authorities that the host is to trust. They are read here, so that an error names the option."""
    given = options["trusted_certificates"]
    with located("trusted_certificates"):
        return pem_of(load_certificates(given.encode())) if given else ""


def _by_name(names: Iterable[str], result: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """The results of the identities, each with its difference.

    They are told by their order, because Ansible hides a name in which a secret occurs.
    """
    each = zip(names, result["identities"], result["diff"])
    return {name: {**found, "name": name, "diff": difference} for name, found, difference in each}
