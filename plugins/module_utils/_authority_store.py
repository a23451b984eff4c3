# Copyright: Stack TLS contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The folder of a certificate authority: read, written and signed with.

ca.crt          its certificate, then those above it up to the root
ca.key          its private key, PKCS#8, encrypted
issued.jsonl    one line for each certificate that it signed
trusted.crt     authorities that hosts trust beside it, while one takes the place of another
retired.json    distinguished names that it signs no more for, because a private key of one may be in other hands
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from ._errors import FileError, located
from ._io import SECRET_MODE, Attributes, read_file, require_file, write_file
from ._pki._certificates import Authority, Specification, describe, encode_certificates, load_certificates
from ._pki._dates import timestamp
from ._pki._keys import encode_private_key, is_encrypted
from ._signing import Order, good_chain, opened, rehearse, require_in_use, sign

if TYPE_CHECKING:
    from cryptography import x509

    from ._pki._keys import PrivateKey

KEY_ATTRIBUTES = Attributes(mode=SECRET_MODE)
_CERTIFICATE_MODE = 0o644


class AuthorityStore:
    """A certificate authority in a folder of this machine."""

    def __init__(self, folder: str) -> None:
        if not os.path.isabs(folder):
            raise FileError("the path of a certificate authority must be absolute.", path=folder)
        self.folder = folder
        self.certificate_path = os.path.join(folder, "ca.crt")
        self.key_path = os.path.join(folder, "ca.key")
        self.ledger_path = os.path.join(folder, "issued.jsonl")
        self.trusted_path = os.path.join(folder, "trusted.crt")
        self.retired_path = os.path.join(folder, "retired.json")

    def exists(self) -> bool:
        """Whether there is one. Who holds the lock asks for :meth:`missing_parts` instead.

        :raises FileError: where half of it is missing.
        """
        missing = self.missing_parts()
        if len(missing) == 1:
            with self.locked():  # another process may be about to write the other half
                missing = self.missing_parts()
        if len(missing) == 1:
            raise FileError(
                "this part of the certificate authority is missing.",
                path=missing[0],
                hint="Put it back from a backup. Where nothing was signed yet, remove the other part instead.",
            )
        return not missing

    def require(self) -> None:
        """Nothing, where there is an authority.

        :raises FileError: where there is none.
        """
        if not self.exists():
            raise self._absence()

    def _absence(self) -> FileError:
        return FileError(
            "there is no certificate authority in this folder.",
            path=self.folder,
            hint="Make or bring one with the module certificate_authority.",
        )

    def missing_parts(self) -> list[str]:
        """Which of certificate and private key are not there."""
        return [path for path in (self.certificate_path, self.key_path) if not os.path.exists(path)]

    def certificates(self, now: datetime) -> list[x509.Certificate]:
        """The certificate of the authority and those above it, all good for signing.

        :raises StackTlsError: where they are not.
        """
        if not os.path.exists(self.certificate_path):
            raise self._absence()
        with located(self.certificate_path):
            return good_chain(load_certificates(require_file(self.certificate_path)), now)

    def trusted(self) -> list[x509.Certificate]:
        """The authorities that hosts trust beside this one.

        :raises StackTlsError: where they cannot be read.
        """
        content = read_file(self.trusted_path)
        with located(self.trusted_path):
            return [] if content is None else load_certificates(content)

    def retired(self) -> dict[str, str]:
        """The distinguished names that nothing is signed for any more, and since when each.

        :raises FileError: where they cannot be read.
        """
        content = read_file(self.retired_path)
        try:
            found = {} if content is None else json.loads(content)
            return {str(name): str(since) for name, since in found.items()}
        except (ValueError, AttributeError) as error:
            raise FileError(
                "does not hold the names that are retired.", path=self.retired_path, hint="Put it back from a backup."
            ) from error

    def write_retired(self, names: dict[str, str]) -> None:
        """Sign no more for these names."""
        content = json.dumps(names, indent=2, sort_keys=True).encode() + b"\n"
        write_file(self.retired_path, content, Attributes(), default_mode=_CERTIFICATE_MODE)

    def ledger(self) -> list[dict[str, Any]]:
        """What it signed, the oldest first; a line that was cut off is left out."""
        lines = (read_file(self.ledger_path) or b"").splitlines()
        entries = []
        for line in lines:
            with contextlib.suppress(ValueError):
                entries.append(json.loads(line))
        return [entry for entry in entries if isinstance(entry, dict)]

    def has_encrypted_key(self) -> bool:
        """Whether the private key is encrypted."""
        return is_encrypted(require_file(self.key_path))

    def authority(self, certificate: x509.Certificate, passphrase: str | None) -> Authority:
        """The authority with its private key.

        :raises StackTlsError: where the passphrase does not open the key, or it is another certificate's.
        """
        with located(self.key_path):
            return opened(certificate, require_file(self.key_path), passphrase, self.certificate_path)

    def issue(self, orders: Sequence[Order], passphrase: str | None, now: datetime) -> list[x509.Certificate]:
        """Sign certificates and write them into the ledger.

        :raises StackTlsError: where a request, the authority or the ledger is in the way; nothing is issued then.
        """
        authorities, retired = self.certificates(now), self.retired()
        for order in orders:
            require_in_use(order.specification.subject, retired)
        issued = sign(orders, authorities, lambda certificate: self.authority(certificate, passphrase))
        self.record(zip(issued, (order.host for order in orders)), now)
        return issued

    def rehearse(self, specifications: Sequence[Specification], passphrase: str | None, now: datetime) -> None:
        """Find out, without signing, whether such certificates could be signed.

        :raises StackTlsError: where they could not.
        """
        rehearse(specifications, self.certificates(now), lambda certificate: self.authority(certificate, passphrase))

    @contextlib.contextmanager
    def locked(self) -> Iterator[None]:
        """Keep out other processes that would make the same authority."""
        descriptor = os.open(self.folder, os.O_RDONLY)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            yield
        finally:
            os.close(descriptor)

    def write_key(self, key: PrivateKey, passphrase: str | None) -> None:
        """Put the private key in place."""
        write_file(self.key_path, encode_private_key(key, passphrase), KEY_ATTRIBUTES)

    def write_certificates(self, certificates: list[x509.Certificate]) -> None:
        """Put the certificates in place."""
        content = encode_certificates(certificates)
        write_file(self.certificate_path, content, Attributes(), default_mode=_CERTIFICATE_MODE)

    def record(self, issued: Iterable[tuple[x509.Certificate, str]], now: datetime) -> None:
        """Write certificates that were signed into the ledger, each with for whom that was.

        :raises FileError: where that is not possible.
        """
        lines = b"".join(_ledger_line(certificate, holder, now) for certificate, holder in issued)
        try:
            descriptor = os.open(self.ledger_path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, SECRET_MODE)
            with os.fdopen(descriptor, "ab") as stream:
                fcntl.flock(stream, fcntl.LOCK_EX)
                stream.write(lines)
                stream.flush()
                os.fsync(stream.fileno())
        except OSError as error:
            raise FileError(f"cannot be written: {error.strerror}.", path=self.ledger_path) from error


def _ledger_line(certificate: x509.Certificate, holder: str, now: datetime) -> bytes:
    entry = {**describe(certificate, now), "host": holder, "issued_at": timestamp(now)}
    del entry["days_left"]
    return json.dumps(entry, sort_keys=True).encode() + b"\n"
