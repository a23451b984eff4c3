# Copyright: Stack TLS contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The key of a certificate that is still to be signed; it lies beside the file that it will go into."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from ._certificate_arguments import Options
from ._errors import FileError
from ._io import SECRET_MODE, Attributes, read_file, remove_file, write_file
from ._pki._keys import (
    PassphraseError,
    as_public_key,
    encode_private_key,
    generate_private_key,
    key_type_of,
    load_private_key,
)

if TYPE_CHECKING:
    from ._pki._keys import PrivateKey


class StagedKey:
    """The staged key of an identity."""

    def __init__(self, options: Options) -> None:
        target = options["private_key_path"] or options["combined_path"] or options["pkcs12_path"]
        self.path = os.path.join(os.path.dirname(target), f".{os.path.basename(target)}.staged")
        self._key_type = options["key_type"]
        self._passphrase = options["private_key_passphrase"] or options["pkcs12_password"] or None

    def make(self) -> PrivateKey:
        """A new one, whose folder is there."""
        key = generate_private_key(self._key_type)
        write_file(self.path, encode_private_key(key, self._passphrase), Attributes(mode=SECRET_MODE))
        return key

    def reusable(self) -> PrivateKey | None:
        """The one that is there, if it is such as would be made today."""
        content = read_file(self.path)
        if content is None:
            return None
        try:
            key = load_private_key(content, self._passphrase)
        except PassphraseError:
            return None
        return key if key_type_of(as_public_key(key.public_key())) == self._key_type else None

    def require(self) -> PrivateKey:
        """The one that must be there.

        :raises FileError: where it is not.
        """
        content = read_file(self.path)
        if content is None:
            raise FileError("the staged private key is gone.", path=self.path, hint="Run the task again.")
        return load_private_key(content, self._passphrase, validate=False)  # the certificate is compared with it

    def remove(self) -> bool:
        """Remove it; true where there was one."""
        return remove_file(self.path)
