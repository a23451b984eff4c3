# Copyright: Stack TLS contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""An authority that is brought: PEM files, texts out of a vault, or the PKCS#12 file of elasticsearch-certutil."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from ._errors import CertificateError, FileError, located
from ._io import read_file, require_file
from ._pki._authorities import require_authorities
from ._pki._certificates import Identity, load_certificates
from ._pki._chains import chain_to_root
from ._pki._keys import load_private_key
from ._pki._pkcs12 import is_protected, load_container

if TYPE_CHECKING:
    from cryptography import x509

    from ._pki._keys import PrivateKey

_CERTIFICATE_OPTIONS = ("import_certificate", "import_certificate_content", "import_pkcs12")
_KEY_OPTIONS = ("import_private_key", "import_private_key_content", "import_pkcs12")


def is_import(params: dict[str, Any]) -> bool:
    """Whether an authority is brought.

    :raises CertificateError: where only a part of it is.
    """
    given = {name for name in (*_CERTIFICATE_OPTIONS, *_KEY_OPTIONS, "import_chain") if params[name]}
    for options in (_CERTIFICATE_OPTIONS, _KEY_OPTIONS):
        if given and given.isdisjoint(options):
            raise CertificateError(
                f"{', '.join(sorted(given))} alone is no authority.", hint=f"Give one of {', '.join(options)} as well."
            )
    return bool(given)


def imported_authority(params: dict[str, Any], now: datetime) -> Identity:
    """The authority that the import options name.

    :raises StackTlsError: where its parts are missing, damaged, not of one authority or not good for signing.
    """
    key = _imported_key(params)
    chain = imported_chain(params, key, now)
    if not chain:
        raise FileError("no such file.", path=params["import_certificate"])
    return Identity(key, chain[0], tuple(chain[1:]))


def imported_chain(params: dict[str, Any], key: PrivateKey, now: datetime) -> list[x509.Certificate]:
    """The imported certificates of this key; none where nothing is imported, or the file was taken away since.

    :raises StackTlsError: where they are damaged, of another key or not good for signing.
    """
    origin, pool = _imported_certificates(params)
    if not pool:
        return []
    with located(origin):
        own = [certificate for certificate in pool if Identity(key, certificate, ()).matches()]
        if not own:
            raise CertificateError(
                f"holds no certificate of the private key for {params['path']}.",
                hint="Give certificate and key of one authority. A present authority is not replaced by another one.",
            )
    if params["import_chain"]:
        with located(params["import_chain"]):
            pool = [*pool, *load_certificates(require_file(params["import_chain"]))]
    with located(origin):
        chain = chain_to_root(own[0], pool)
        require_authorities(chain, now)
    return chain


def _imported_key(params: dict[str, Any]) -> PrivateKey:
    if params["import_pkcs12"]:
        return _imported_container(params["import_pkcs12"], require_file(params["import_pkcs12"]), params).key
    origin, content = _file_or_text(params, "import_private_key")
    with located(origin):
        if content is None:
            raise FileError("no such file.")
        return load_private_key(content, params["import_passphrase"])


def _imported_certificates(params: dict[str, Any]) -> tuple[str, list[x509.Certificate]]:
    """Where they come from, for the words of an error, and the certificates."""
    if params["import_pkcs12"]:
        origin, content = params["import_pkcs12"], read_file(params["import_pkcs12"])
        found = None if content is None else _imported_container(origin, content, params)
        return origin, [found.certificate, *found.authorities] if found else []
    origin, content = _file_or_text(params, "import_certificate")
    with located(origin):
        return origin, [] if content is None else load_certificates(content)


def _imported_container(path: str, content: bytes, params: dict[str, Any]) -> Identity:
    """No passphrase and the empty one are the same here: elasticsearch-certutil asks for one, and takes none."""
    with located(path):
        password = params["import_passphrase"] or ("" if is_protected(content) else None)
        return load_container(content, password)[0]


def _file_or_text(params: dict[str, Any], option: str) -> tuple[str, bytes | None]:
    """Where the content comes from, for the words of an error, and the content; ``None`` for a missing file."""
    text, path = params[f"{option}_content"], params[option]
    if text:
        return f"{option}_content", text.encode()
    return path or option, read_file(path) if path else None
