# Copyright: Stack TLS contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is wrong with certificates themselves: their dates, their strength, their names and who issued them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache

from ...module_utils._errors import CertificateError
from ...module_utils._pki._certificates import is_issued_by
from ...module_utils._pki._dates import span_text
from ...module_utils._pki._sans import AlternativeName, read_alternative_name, uncovered
from ._evidence import (
    AUTHORITY,
    AUTHORITY_SERVICE,
    CHAIN,
    OUTSIDE_SERVICE,
    OWN,
    SHOWN,
    TRUSTED,
    Certificate,
    Evidence,
    Look,
    Sighting,
)
from ._finding import CRITICAL, NOTICE, WARNING, Finding, in_words

_RSA = re.compile(r"rsa-(\d+)")
_RSA_BITS = 2048
_WEAK_CURVES = re.compile(r"ec-(?:secp1[0-9]{2}|prime1|secp192|sect1|secp160)")
_WEAK_HASHES = ("md5", "sha1")
_ISSUE_AGAIN = "Have it issued again: the playbook renew does, if the authority is the one of the inventory."
_TRANSPORT = "xpack.security.transport.ssl"
_SERVER_GROUPS = re.compile(r"xpack\.security\.http\.ssl|xpack\.http\.ssl|server\.ssl")


def dates(evidence: Evidence) -> Iterator[Finding]:
    """Certificates that have expired, are due, or are not valid yet."""
    for seen in evidence.judged:
        certificate, now = seen.certificate, evidence.now
        end, start = in_words(certificate.not_after), in_words(certificate.not_before)
        if certificate.not_after <= now:
            words = f"holds {certificate.label}, which expired on {end}."
            level = WARNING if seen.use == TRUSTED else CRITICAL
            hint = "Take it out of what is trusted, if nobody needs it." if seen.use == TRUSTED else _ISSUE_AGAIN
            yield _about(seen, level, "expired", words, hint)
        elif certificate.not_before > now:
            words = f"holds {certificate.label}, which is not valid before {start}."
            hint = "Wait, or look at the clock of the machine that issued it."
            yield _about(seen, CRITICAL, "not_yet_valid", words, hint)
        elif seen.use in (OWN, SHOWN, AUTHORITY):
            yield from _due(seen, evidence)


def _due(seen: Sighting, evidence: Evidence) -> Iterator[Finding]:
    certificate = seen.certificate
    of_authority = seen.use == AUTHORITY
    margin = (evidence.authority_margin if of_authority else evidence.margin).of(certificate.lifetime)
    left = certificate.not_after - evidence.now
    if left > margin:
        return
    words = f"holds {certificate.label}, which expires in {span_text(left)}, on {in_words(certificate.not_after)}."
    hint = _ISSUE_AGAIN
    if of_authority:
        hint = "Replace the authority before that: certificates that it signs end with it. The playbook rotate_ca does."
    yield _about(seen, WARNING, "due", words, hint)


def strength(evidence: Evidence) -> Iterator[Finding]:
    """Keys and signatures that can be forged with what is known today.

    NIST SP 800-131A Rev. 2 disallows RSA keys of fewer than 2048 bits, curves of fewer than 224, and SHA-1 in
    signatures.
    """
    for seen in evidence.judged:
        certificate = seen.certificate
        size = _RSA.fullmatch(certificate.key_type)
        if (size and int(size[1]) < _RSA_BITS) or _WEAK_CURVES.match(certificate.key_type):
            words = f"holds {certificate.label}, whose key is {certificate.key_type}."
            yield _about(seen, WARNING, "weak", words, "Reissue it with a new key: ec-p256, or rsa-2048 and more.")
        # Nobody verifies the signature of a root: it is trusted because it is in the list.
        if certificate.signature_hash in _WEAK_HASHES and not certificate.self_signed:
            level = CRITICAL if certificate.signature_hash == "md5" else WARNING
            words = f"holds {certificate.label}, which is signed with {certificate.signature_hash.upper()}."
            yield _about(seen, level, "weak", words, "Reissue it; the authority has to sign with SHA-256 or better.")


def protocols(evidence: Evidence) -> Iterator[Finding]:
    """Endpoints that still speak versions of TLS that RFC 8996 has retired."""
    for host, service, endpoint in evidence.endpoints():
        old = [name for name, spoken in endpoint.protocols.items() if spoken and name in ("SSLv3", "TLSv1", "TLSv1.1")]
        if old:
            hint = "Leave only TLSv1.2 and TLSv1.3 in its setting ssl.supported_protocols."
            yield Finding(WARNING, "weak", host, service, endpoint.address, f"speaks {', '.join(old)}.", hint)


def names(evidence: Evidence) -> Iterator[Finding]:
    """Endpoints that are asked by a name which their certificate lacks, and certificates that lack a name."""
    for host, service, endpoint in evidence.endpoints():
        if endpoint.name_covered is False:
            present = ", ".join(endpoint.certificates[0].names) or "no name at all"
            words = f"shows a certificate that is not for this name, but for {present}."
            hint = "Reissue it with the name, or connect by one that it has."
            level = CRITICAL
            if endpoint.group == _TRANSPORT:
                level, hint = NOTICE, "Nodes that compare names (verification_mode full) would refuse it."
            yield Finding(level, "wrong_name", host, service, endpoint.address, words, hint)
    for look in evidence.looks:
        for named, leaf in look.identities():
            missing = _missing(look, leaf) if _SERVER_GROUPS.fullmatch(named.group) else []
            if missing:
                words = f"holds {leaf.label}, which is not for {', '.join(str(each) for each in missing)}."
                hint = "Reissue it with all names by which clients reach the service."
                yield Finding(WARNING, "wrong_name", look.host, look.service, named.path, words, hint)


def _missing(look: Look, leaf: Certificate) -> list[AlternativeName]:
    return list(dict.fromkeys(uncovered(_read(look.names), _read(leaf.names))))


def _read(texts: tuple[str, ...]) -> list[AlternativeName]:
    found = []
    for text in texts:
        try:
            found.append(read_alternative_name(text))
        except CertificateError:  # a certificate of somebody else may have names of any shape
            continue
    return found


def issuers(evidence: Evidence) -> Iterator[Finding]:
    """Certificates whose authority nobody in the inventory knows."""
    chains = [each for each in evidence.sightings if each.use == CHAIN]
    for seen in evidence.judged:
        # Whether an endpoint outside of the inventory is trusted, the authorities of the system have said.
        if seen.use not in (OWN, SHOWN) or seen.service == OUTSIDE_SERVICE:
            continue
        beside = [each.certificate for each in chains if (each.host, each.place) == (seen.host, seen.place)]
        if not _is_known(seen.certificate, evidence.known_authorities, beside):
            issuer = "itself" if seen.certificate.self_signed else seen.certificate.issuer
            words = f"holds {seen.certificate.label}, issued by {issuer}, which no service of the inventory trusts."
            hint = "Find out who put it there. Name an authority that you know in stacktls_issuer_certificates."
            yield _about(seen, WARNING, "unknown_issuer", words, hint)
    for endpoint in evidence.outside:
        if endpoint.verified is False and endpoint.name_covered and endpoint.certificates[0].not_after > evidence.now:
            words = f"is not trusted: {endpoint.verification_problem}"
            hint = "Name its authority in stacktls_audit_endpoints_ca_path, if it is yours."
            yield Finding(
                CRITICAL, "unknown_issuer", evidence.outside_host, OUTSIDE_SERVICE, endpoint.address, words, hint
            )


def _is_known(certificate: Certificate, known: tuple[Certificate, ...], chain: list[Certificate]) -> bool:
    """Whether it leads to one that is known; a description alone is believed in whom it names."""
    fingerprints = {each.fingerprint for each in known}
    below, seen = certificate, set[str]()
    while below.fingerprint not in fingerprints:
        seen.add(below.fingerprint)
        above = next((each for each in [*known, *chain] if issued(below, each) and each.fingerprint not in seen), None)
        if above is None:
            return False
        below = above
    return True


@cache
def issued(certificate: Certificate, issuer: Certificate) -> bool:
    """Whether the issuer made this certificate; by its signature, where both were handed on in full."""
    if certificate.issuer != issuer.subject:
        return False
    below, above = certificate.loaded, issuer.loaded
    return below is None or above is None or is_issued_by(below, above)


def ledger(evidence: Evidence) -> Iterator[Finding]:
    """Certificates that an authority of the inventory signed and that its ledger does not know."""
    for seen in evidence.sightings:
        for folder in evidence.authorities if seen.use == OWN else ():
            certificate, signers = seen.certificate, folder.certificates[:1]
            if folder.issued is None or certificate.fingerprint in folder.issued:
                continue
            if any(issued(certificate, each) for each in signers):
                words = f"holds {certificate.label}, which {signers[0].label} signed, and its ledger does not know it."
                hint = f"Somebody signed it without {folder.path}: by another program, or with a copy of the key."
                yield _about(seen, WARNING, "not_in_ledger", words, hint)


def former_authorities(evidence: Evidence) -> Iterator[Finding]:
    """Hosts that trust an authority which is not in force, beside one that is, or by the name of one."""
    ours = {each.fingerprint: each for folder in evidence.authorities for each in folder.certificates}
    subjects = {each.subject for each in ours.values()}
    in_force = {each.fingerprint for each in evidence.authorities_in_force}
    trusted = [each for each in evidence.sightings if each.use == TRUSTED]
    places = {(each.host, each.place) for each in trusted if each.certificate.fingerprint in ours}
    for seen in trusted:
        is_beside = (seen.host, seen.place) in places
        if seen.certificate.fingerprint not in in_force and (is_beside or seen.certificate.subject in subjects):
            words = f"still trusts {seen.certificate.label} (SHA-256 {seen.certificate.fingerprint[:16]}...)."
            hint = "Take it out when nothing has a certificate of it any more; rotate_ca does. If it is yours, name it "
            hint += "in stacktls_issuer_certificates."
            yield _about(seen, WARNING, "old_authority", words, hint)


def rotations(evidence: Evidence) -> Iterator[Finding]:
    """How far a rotation has come, so that nobody forgets its end."""
    for folder in evidence.authorities:
        if folder.rotation:
            words = f"is being replaced; the stage is {folder.rotation}."
            hint = "Go on with the playbook rotate_ca."
            yield Finding(NOTICE, "rotation", folder.host, AUTHORITY_SERVICE, folder.path, words, hint)


def _about(seen: Sighting, level: str, kind: str, words: str, hint: str) -> Finding:
    words = words.replace("holds ", "shows ", 1) if seen.use == SHOWN else words
    return Finding(level, kind, seen.host, seen.service, seen.place, words, hint)
