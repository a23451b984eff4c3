# Copyright: Stack TLS contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The files of one identity on this host: what they hold, and what they should hold."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, NamedTuple

from ._certificate_folders import require_folder_above
from ._changes import Replacement, attributes_of
from ._errors import CertificateError
from ._io import Attributes, parse_mode, read_file, remove_file, require_known, write_file
from ._journal import Journal
from ._pki._bundle import encode_bundle
from ._pki._certificates import Identity, encode_certificates, is_self_signed, load_certificates
from ._pki._comparison import Source, UnusableError, read_pem, read_pkcs12, require_same, same_certificates
from ._pki._keys import encode_private_key
from ._pki._pkcs12 import container_encryption, encode_container
from ._reason import Reason

if TYPE_CHECKING:
    from cryptography import x509

_KEY_MODE = 0o640
_CERTIFICATE_MODE = 0o644


class Container(NamedTuple):
    """What a PKCS#12 file holds, and how."""

    identity: Identity
    friendly_name: str
    encryption: str


@dataclass(frozen=True)
class Present:
    """What the files hold now, each where it is wanted and usable.

    :param authorities: of the file that holds only those.
    :param reasons: why the others are not usable.
    """

    pem: Identity | None
    combined: Identity | None
    container: Container | None
    authorities: tuple[x509.Certificate, ...]
    reasons: tuple[Reason, ...]

    @property
    def identity(self) -> Identity | None:
        """The one that is in force."""
        return self.pem or self.combined or (self.container.identity if self.container else None)

    @property
    def pool(self) -> tuple[x509.Certificate, ...]:
        """All authorities that lie in the files."""
        return (*(self.identity.authorities if self.identity else ()), *self.authorities)


class CertificateFiles:
    """The files that the options of an identity name.

    :param trusted: authorities that are trusted beside those above the certificate.
    """

    def __init__(self, options: dict[str, Any], trusted: Sequence[x509.Certificate] = ()) -> None:
        self._options = options
        self._trusted = tuple(trusted)
        self._passphrase = options["private_key_passphrase"] or None

    def read(self) -> Present:
        """What the files hold.

        :raises FileError: where one is there and cannot be read.
        """
        found: dict[str, Identity | Container] = {}
        reasons: list[Reason] = []
        for option, read in self._readers():
            try:
                found[option] = read()
                require_same(_whole(next(iter(found.values()))), _whole(found[option]), self._options[option])
            except UnusableError as error:
                reasons.append(error.reason)
        pem, combined = (found.get(option) for option in ("certificate_path", "combined_path"))
        container = found.get("pkcs12_path")
        return Present(
            pem if isinstance(pem, Identity) else None,
            combined if isinstance(combined, Identity) else None,
            container if isinstance(container, Container) else None,
            certificates_in(self._options["ca_certificates_path"]),
            tuple(reasons),
        )

    def _readers(self) -> Iterator[tuple[str, Callable[[], Identity | Container]]]:
        """How the files are read, in the order in which they are believed."""
        options = self._options
        if options["certificate_path"]:
            yield "certificate_path", lambda: self._read_pem(options["certificate_path"], options["private_key_path"])
        if options["combined_path"]:
            yield "combined_path", lambda: self._read_pem(options["combined_path"], options["combined_path"])
        if options["pkcs12_path"]:
            yield "pkcs12_path", self._read_container

    def _read_pem(self, certificate_path: str, key_path: str) -> Identity:
        return read_pem(_source(certificate_path), _source(key_path), self._passphrase)

    def _read_container(self) -> Container:
        source = _source(self._options["pkcs12_path"])
        identity, friendly_name = read_pkcs12(source, self._options["pkcs12_password"])
        return Container(identity, friendly_name, container_encryption(source.content or b""))

    def present_certificate(self) -> x509.Certificate | None:
        """The certificate that lies there, even where its key does not."""
        found = certificates_in(self._options["certificate_path"] or self._options["combined_path"])
        return found[0] if found else None

    def replacements(self, identity: Identity, present: Present | None) -> list[Replacement]:
        """The files that would change if the identity, with the authorities above it in order, were in all of them.

        :param present: what they hold; those that hold what they should get their owner and mode only. ``None`` writes
            them all.
        """
        contents = {
            "private_key_path": self._key_content,
            "certificate_path": self._certificate_content,
            "combined_path": self._combined_content,
            "pkcs12_path": self._container_content,
            "ca_certificates_path": self._authorities_content,
        }
        every = [replace(target, content=contents[name](identity, present)) for name, target in self.targets().items()]
        return [replacement for replacement in every if replacement.differs()]

    def announced(self, authorities: tuple[x509.Certificate, ...]) -> tuple[list[Replacement], set[str]]:
        """What a new certificate would replace, and the kinds of that: all but authorities that are there already."""
        targets = self.targets()
        trust = targets.get("ca_certificates_path")
        wanted = self._all_trusted(authorities)
        kept = trust if trust and authorities and same_certificates(certificates_in(trust.path), wanted) else None
        replaced = [target for target in targets.values() if target is not kept]
        due = [*replaced, kept] if kept is not None and kept.differs() else replaced
        return due, {target.kind for target in replaced}

    def targets(self) -> dict[str, Replacement]:
        """The files that are wanted, by option, as they are when only owner and mode are looked at."""
        options = self._options
        private = attributes_of(options)
        public = Attributes(options["owner"], options["group"], parse_mode(options["certificate_mode"]))
        kind, trust = options["kind"], options["ca_certificates_kind"]
        targets = {
            "private_key_path": (private, kind, _KEY_MODE),
            "certificate_path": (public, kind, _CERTIFICATE_MODE),
            "combined_path": (private, kind, _KEY_MODE),
            "pkcs12_path": (private, kind, _KEY_MODE),
            "ca_certificates_path": (public, trust, _CERTIFICATE_MODE),
        }
        return {name: Replacement(options[name], None, *rest) for name, rest in targets.items() if options[name]}

    def require_folders(self) -> None:
        """Check, without making them, that the folders can be made.

        :raises FileError: where one cannot, or owner or group is unknown.
        """
        for target in self.targets().values():
            require_known(target.attributes)
            if not self._options["folder_expected"]:
                require_folder_above(target.path)

    def _key_content(self, identity: Identity, present: Present | None) -> bytes | None:
        return None if present else encode_private_key(identity.key, self._passphrase)

    def _certificate_content(self, identity: Identity, present: Present | None) -> bytes | None:
        chain = sent_chain(identity)
        if present and present.pem and present.pem.authorities == chain:
            return None
        return encode_certificates([identity.certificate, *chain])

    def _combined_content(self, identity: Identity, present: Present | None) -> bytes | None:
        chain = sent_chain(identity)
        if present and present.combined and present.combined.authorities == chain:
            return None
        return encode_private_key(identity.key, self._passphrase) + encode_certificates([identity.certificate, *chain])

    def _container_content(self, identity: Identity, present: Present | None) -> bytes | None:
        password, friendly_name = self._options["pkcs12_password"], self._options["pkcs12_friendly_name"]
        encryption = self._options["pkcs12_encryption"] if password is not None else "none"
        if present and present.container:
            held, found_name, found_encryption = present.container
            same = same_certificates(held.authorities, identity.authorities)
            if same and (found_name, found_encryption) == (friendly_name, encryption):
                return None
        return encode_container(identity, password, friendly_name, self._options["pkcs12_encryption"])

    def _authorities_content(self, identity: Identity, present: Present | None) -> bytes | None:
        wanted = self._all_trusted(identity.authorities or (identity.certificate,))
        found = present.authorities if present else certificates_in(self._options["ca_certificates_path"])
        # Trust knows no order, and another one would have a PKI realm read its authorities again, at a restart.
        return None if same_certificates(found, wanted) else encode_bundle(wanted)

    def _all_trusted(self, authorities: Iterable[x509.Certificate]) -> tuple[x509.Certificate, ...]:
        return tuple(dict.fromkeys([*authorities, *self._trusted]))


def sent_chain(identity: Identity) -> tuple[x509.Certificate, ...]:
    """The authorities between the certificate and its root: what a peer must be sent."""
    return tuple(authority for authority in identity.authorities if not is_self_signed(authority))


def certificates_in(path: str | None) -> tuple[x509.Certificate, ...]:
    """The certificates of a PEM file, none where there are none to be had."""
    try:
        return tuple(load_certificates((read_file(path) or b"") if path else b""))
    except CertificateError:
        return ()


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


def replace_together(replacements: list[tuple[Replacement, Journal | None]]) -> None:
    """Put all files in place, or leave all as they were.

    :raises FileError: where one of them cannot be written.
    """
    touched: list[_Snapshot] = []
    try:
        for replacement, journal in replacements:
            touched.append(_Snapshot.take(replacement.path))
            replacement.apply(journal)
    except Exception:
        for snapshot in reversed(touched):
            snapshot.restore()
        raise


def _whole(held: Identity | Container) -> Identity:
    return held.identity if isinstance(held, Container) else held


def _source(path: str) -> Source:
    return Source(path, read_file(path))
