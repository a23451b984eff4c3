# Copyright: Stack TLS contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A certificate on the host that uses it, in two phases around the signature of the authority.

``inspect`` compares the files with what is wanted. Where nothing has to be issued it brings chain, container, owner
and mode up to date and is done; otherwise it stages a new key and returns a signing request. ``install`` puts key,
certificate, authorities and container in place together. ``discard`` removes the staged key where no signature came.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any

from ._certificate_options import OUTPUTS, check_authorities, check_paths, specification_of
from ._changes import Replacement, attributes_of, journal_of, pending
from ._errors import CertificateError, FileError
from ._io import (
    SECRET_MODE,
    Attributes,
    make_folder,
    parse_mode,
    read_file,
    remove_file,
    require_known,
    write_file,
)
from ._journal import Journal
from ._pki._authorities import intermediates_of
from ._pki._certificates import (
    Identity,
    describe,
    encode_certificates,
    is_issued_by,
    load_certificates,
    require_valid,
)
from ._pki._comparison import (
    Reason,
    Source,
    UnusableError,
    read_pem,
    read_pkcs12,
    reasons_to_reissue,
    require_same,
    same_certificates,
)
from ._pki._keys import encode_private_key, generate_private_key, load_private_key
from ._pki._names import print_name
from ._pki._pkcs12 import encode_container
from ._pki._requests import make_request

if TYPE_CHECKING:
    from cryptography import x509

_KEY_MODE = 0o640
_CERTIFICATE_MODE = 0o644
_FOLDER_MODE = 0o750


@dataclass(frozen=True)
class Present:
    """What the files of a certificate hold now.

    :param pem: from the PEM files, where they are wanted and usable.
    :param container: from the PKCS#12 file, likewise, with its friendly name.
    :param reasons: why they are not usable.
    """

    pem: Identity | None
    container: tuple[Identity, str] | None
    reasons: tuple[Reason, ...]

    @property
    def identity(self) -> Identity | None:
        """The one that is in force."""
        return self.pem or (self.container[0] if self.container else None)


class HostCertificate:
    """The files of one certificate on this host."""

    def __init__(self, params: dict[str, Any], *, check_mode: bool) -> None:
        check_paths(params)
        self._params = params
        self._check_mode = check_mode
        self._specification = specification_of(params)
        self._journal = journal_of(params)
        self._now = datetime.now(timezone.utc)
        given = params["ca_certificates"].encode()
        self._authorities = tuple(load_certificates(given)) if given else ()
        check_authorities(params, self._authorities)
        target = params["private_key_path"] or params["pkcs12_path"]
        self._staged_path = os.path.join(os.path.dirname(target), f".{os.path.basename(target)}.staged")
        self._staged_passphrase = params["private_key_passphrase"] or params["pkcs12_password"]

    def run(self, phase: str) -> dict[str, Any]:
        """One of the phases; returns the module's result.

        :raises StackTlsError: where it cannot be done; no file has changed then.
        """
        return {"inspect": self.inspect, "install": self.install, "discard": self.discard}[phase]()

    def inspect(self) -> dict[str, Any]:
        """Bring up to date what needs no signature; where one is needed, stage a key and ask for it."""
        if not self._check_mode:
            remove_file(self._staged_path)
        present = self._present()
        reasons = self._reasons(present)
        if present.identity is not None and not reasons:
            return self._reconcile(present.identity, present)
        before = self._describe(present)
        if self._check_mode:
            return self._announcement(before, reasons)
        return {
            "changed": False,
            "reasons": [asdict(reason) for reason in reasons],
            "request": self._stage().decode(),
            "before": before,
        }

    def install(self) -> dict[str, Any]:
        """Put the new certificate, and all that goes with it, in place."""
        staged = read_file(self._staged_path)
        if staged is None:
            raise FileError("the staged private key is gone.", path=self._staged_path, hint="Run the task again.")
        key = load_private_key(staged, self._staged_passphrase)
        certificate = load_certificates((self._params["issued_certificate"] or "").encode())[0]
        identity = Identity(key, certificate, tuple(intermediates_of(self._authorities)))
        self._require_sound(identity)
        result = self._reconcile(identity, None)
        remove_file(self._staged_path)
        return result

    def discard(self) -> dict[str, Any]:
        """Remove the staged key; nothing else was touched yet."""
        return {"changed": remove_file(self._staged_path)}

    def _present(self) -> Present:
        params, reasons = self._params, []
        pem, container = None, None
        if params["certificate_path"]:
            try:
                passphrase = params["private_key_passphrase"] or None
                pem = read_pem(_source(params["certificate_path"]), _source(params["private_key_path"]), passphrase)
            except UnusableError as error:
                reasons.append(error.reason)
        if params["pkcs12_path"]:
            try:
                container = read_pkcs12(_source(params["pkcs12_path"]), params["pkcs12_password"])
                if pem is not None:
                    require_same(pem, container[0], params["pkcs12_path"])
            except UnusableError as error:
                reasons.append(error.reason)
        return Present(pem, container, tuple(reasons))

    def _reasons(self, present: Present) -> list[Reason]:
        if not self._authorities:
            return [Reason("authority_missing", "the certificate authority does not exist yet")]
        reasons = list(present.reasons)
        if present.identity is not None:
            certificate, renew_at = present.identity.certificate, self._params["renew_at_days_left"]
            reasons += reasons_to_reissue(certificate, self._specification, self._authorities[0], self._now, renew_at)
        if self._params["force"]:
            reasons.append(Reason("forced", "a new certificate was asked for"))
        return reasons

    def _describe(self, present: Present) -> dict[str, Any]:
        if present.identity is not None:
            return describe(present.identity.certificate, self._now)
        found = _certificates_in(self._params["certificate_path"])
        return describe(found[0], self._now) if found else {}

    def _stage(self) -> bytes:
        """A new key beside its target, and the request for its certificate."""
        self._make_folders()
        key = generate_private_key(self._specification.key_type)
        write_file(self._staged_path, encode_private_key(key, self._staged_passphrase), Attributes(mode=SECRET_MODE))
        return make_request(key, self._specification)

    def _make_folders(self) -> None:
        attributes = Attributes(self._params["owner"], self._params["group"], _FOLDER_MODE)
        for name in OUTPUTS:
            if self._params[name]:
                make_own_folder(self._params[name], attributes)

    def _require_sound(self, identity: Identity) -> None:
        """Check the new certificate before any file is touched."""
        if not identity.matches():
            raise CertificateError("the issued certificate is not one of the staged private key.")
        if not is_issued_by(identity.certificate, self._authorities[0]):
            raise CertificateError("the issued certificate was not signed by the certificate authority.")
        require_valid(identity.certificate, self._now)

    def _reconcile(self, identity: Identity, present: Present | None) -> dict[str, Any]:
        """Write the files that differ from what the identity asks for.

        :param present: what the files hold; ``None`` writes them all.
        """
        due = [replacement for replacement in self._replacements(identity, present) if replacement.differs()]
        if due and not self._check_mode:
            self._make_folders()
            replace_together(due, self._journal)
        described = describe(identity.certificate, self._now)
        kinds = {replacement.kind for replacement in due if replacement.content is not None}
        return self._result([], described, due, kinds, before=described, after=described)

    def _announcement(self, before: dict[str, Any], reasons: list[Reason]) -> dict[str, Any]:
        """The result of check mode where a certificate would be issued."""
        self._require_folders()
        wanted = self._specification
        after = {
            "subject": print_name(wanted.subject),
            "subject_alt_names": [str(name) for name in wanted.names],
            "key_type": wanted.key_type,
            "profile": wanted.profile,
        }
        return self._result(reasons, before, *self._announced(), before=before, after=after)

    def _require_folders(self) -> None:
        """Check, without making them, that the folders can be made."""
        for target in self._targets().values():
            require_known(target.attributes)
            require_folder_above(target.path)

    def _announced(self) -> tuple[list[Replacement], set[str]]:
        """What a new certificate would replace, and the kinds of that: all but authorities that are there already."""
        targets = self._targets()
        trust = targets.get("ca_certificates_path")
        kept = trust if self._has_authorities() else None
        replaced = [target for target in targets.values() if target is not kept]
        due = [*replaced, kept] if kept is not None and kept.differs() else replaced
        return due, {target.kind for target in replaced}

    def _result(
        self,
        reasons: list[Reason],
        certificate: dict[str, Any],
        due: list[Replacement],
        kinds: set[str],
        *,
        before: dict[str, Any],
        after: dict[str, Any],
    ) -> dict[str, Any]:
        files = [replacement.path for replacement in due]
        header = self._params["certificate_path"] or self._params["pkcs12_path"]
        return {
            "changed": bool(due),
            "reasons": [asdict(reason) for reason in reasons],
            "certificate": certificate,
            "files": files,
            "kinds": sorted(kinds),
            "restart_pending": pending(self._journal),
            "diff": {
                "before": _shown(before),
                "after": {**_shown(after), **({"updated_files": files} if files else {})},
                "before_header": header,
                "after_header": header,
            },
        }

    def _replacements(self, identity: Identity, present: Present | None) -> Iterator[Replacement]:
        """Every file of the certificate; those that hold what they should get their owner and mode only."""
        contents = {
            "private_key_path": self._key_content,
            "certificate_path": self._certificate_content,
            "pkcs12_path": self._container_content,
            "ca_certificates_path": self._authorities_content,
        }
        for name, target in self._targets().items():
            yield replace(target, content=contents[name](identity, present))

    def _targets(self) -> dict[str, Replacement]:
        """The files that are wanted, by option, as they are when only owner and mode are looked at."""
        params = self._params
        private = attributes_of(params)
        public = Attributes(params["owner"], params["group"], parse_mode(params["certificate_mode"]))
        kind, trust = params["kind"], params["ca_certificates_kind"]
        targets = {
            "private_key_path": (private, kind, _KEY_MODE),
            "certificate_path": (public, kind, _CERTIFICATE_MODE),
            "pkcs12_path": (private, kind, _KEY_MODE),
            "ca_certificates_path": (public, trust, _CERTIFICATE_MODE),
        }
        return {name: Replacement(params[name], None, *rest) for name, rest in targets.items() if params[name]}

    def _key_content(self, identity: Identity, present: Present | None) -> bytes | None:
        return None if present else encode_private_key(identity.key, self._params["private_key_passphrase"])

    def _certificate_content(self, identity: Identity, present: Present | None) -> bytes | None:
        chain = tuple(intermediates_of(self._authorities))
        if present and present.pem and present.pem.authorities == chain:
            return None
        return encode_certificates([identity.certificate, *chain])

    def _container_content(self, identity: Identity, present: Present | None) -> bytes | None:
        password, friendly_name = self._params["pkcs12_password"], self._params["pkcs12_friendly_name"]
        if present and present.container:
            found, found_name = present.container
            if same_certificates(found.authorities, self._authorities) and found_name == friendly_name:
                return None
        whole = Identity(identity.key, identity.certificate, self._authorities)
        return encode_container(whole, password, friendly_name)

    def _authorities_content(self, _identity: Identity, _present: Present | None) -> bytes | None:
        return None if self._has_authorities() else encode_certificates(self._authorities)

    def _has_authorities(self) -> bool:
        """Whether the file for the authorities holds them already."""
        return bool(self._authorities) and _certificates_in(self._params["ca_certificates_path"]) == self._authorities


def make_own_folder(path: str, attributes: Attributes) -> None:
    """Make the folder of a file; the one above it comes with the product, so it has to be there.

    :raises FileError: where it is not.
    """
    require_folder_above(path)
    make_folder(os.path.dirname(path), attributes)


def require_folder_above(path: str) -> None:
    """Check that the folder of a file could be made where it is missing.

    :raises FileError: where it could not.
    """
    above = os.path.dirname(os.path.dirname(path))
    if not os.path.isdir(above):
        raise FileError(f"the folder {above} does not exist.", path=path, hint="Is the product installed?")


@dataclass(frozen=True)
class _Snapshot:
    """A file as it was."""

    path: str
    content: bytes | None
    attributes: Attributes

    @classmethod
    def take(cls, path: str) -> _Snapshot:
        content = read_file(path)
        if content is None:
            return cls(path, None, Attributes())
        found = os.stat(path)
        return cls(path, content, Attributes(str(found.st_uid), str(found.st_gid), stat.S_IMODE(found.st_mode)))

    def restore(self) -> None:
        if self.content is None:
            remove_file(self.path)
        else:
            write_file(self.path, self.content, self.attributes)


def replace_together(replacements: list[Replacement], journal: Journal | None) -> None:
    """Put all files in place, or leave all as they were.

    :raises FileError: where one of them cannot be written.
    """
    touched: list[_Snapshot] = []
    try:
        for replacement in replacements:
            touched.append(_Snapshot.take(replacement.path))
            replacement.apply(journal)
    except Exception:
        for snapshot in reversed(touched):
            snapshot.restore()
        raise


def _source(path: str) -> Source:
    return Source(path, read_file(path))


def _certificates_in(path: str | None) -> tuple[x509.Certificate, ...]:
    """The certificates of a PEM file, none where there are none to be had."""
    try:
        return tuple(load_certificates((read_file(path) or b"") if path else b""))
    except CertificateError:
        return ()


def _shown(description: dict[str, Any]) -> dict[str, Any]:
    """The description for a difference: without what changes every day."""
    return {name: value for name, value in description.items() if name != "days_left"}
