# Copyright: Stack TLS contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The codec of ``elasticsearch.keystore``.

A file in the frame of a Lucene codec (magic, name, version; CRC-32 at the end) around one encrypted block::

    header   u32 magic | vInt length + "elasticsearch.keystore" | u32 version
             u8   1 = has a password, 0 = has none (the password is then empty)
    block    u32 length of what follows
             u32 length + salt | u32 length + iv | u32 length + ciphertext with its tag
    footer   u32 magic | u32 zero | u64 CRC-32 of everything before it

Numbers of header, footer and plaintext are big-endian; those of the block are little-endian since version 5.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from .._errors import KeystoreError
from ._crypto import Cipher, Envelope, Key
from ._refusals import NOTHING_WRITTEN, damaged, not_a_keystore, too_new

_NAME = b"elasticsearch.keystore"
_HEADER = struct.pack(">IB", 0x3FD76C17, len(_NAME)) + _NAME
_FOOTER = struct.pack(">II", 0xC02893E8, 0)
_CHECKSUM_SIZE = 8


class WrongPasswordError(KeystoreError):
    """A keystore whose password is another one."""


@dataclass(frozen=True)
class Format:
    """In what a version of the format differs from the others.

    :param byte_order: of the numbers in the block, as :mod:`struct` writes it.
    :param has_types: whether each entry says if it is a string or a file; nothing has asked for that since.
    """

    byte_order: str
    cipher: Cipher
    has_types: bool = False


FORMATS: Mapping[int, Format] = MappingProxyType(
    {
        3: Format(">", Cipher(10_000, 16, salt_is_authenticated=True), has_types=True),
        4: Format(">", Cipher(10_000, 16, salt_is_authenticated=True)),
        5: Format("<", Cipher(10_000, 16, salt_is_authenticated=True)),
        6: Format("<", Cipher(210_000, 16, salt_is_authenticated=True)),
        7: Format("<", Cipher(210_000, 32, salt_is_authenticated=True)),
    }
)
"""The versions that can be read. All but version 3 can be written too."""


@dataclass(frozen=True)
class Store:
    """What is in a keystore.

    :param entries: names and values; the value of a string entry is its UTF-8, that of a file entry its content.
    :param key: what opened the store, and seals it again where the password stays.
    """

    version: int
    entries: Mapping[str, bytes] = field(repr=False)
    key: Key | None = field(default=None, repr=False, compare=False)


def is_protected(content: bytes, formats: Mapping[int, Format] = FORMATS) -> bool:
    """Whether the keystore in the content of a file has a password.

    :raises KeystoreError: where it is damaged or of an unknown version.
    """
    return _header(content, formats)[1]


def decode(content: bytes, password: str, formats: Mapping[int, Format] = FORMATS) -> Store:
    """The store in the content of a file.

    :param password: the empty text opens a store that has no password.
    :raises WrongPasswordError: where it has another password, or one and none is given.
    :raises KeystoreError: where it is damaged, of an unknown version, or has no password although one is given.
    """
    version, protected, block = _header(content, formats)
    _check_password(protected, password)
    form = formats[version]
    envelope = _envelope(block, form.byte_order)
    key = form.cipher.key(password, envelope.salt)
    plaintext = key.open(envelope)
    if plaintext is None:
        raise _not_opened(password)
    return Store(version, _entries(plaintext, form.has_types), key)


def encode(store: Store, password: str, formats: Mapping[int, Format] = FORMATS) -> bytes:
    """The content of a file with the store in it.

    :param password: the empty text makes a store without a password.
    :raises KeystoreError: where stores of this version are not written.
    """
    form = formats[store.version]
    if form.has_types:
        raise KeystoreError(
            f"keystores of version {store.version} can be read, but not be changed.",
            hint="Set 'home' to the folder of the Elasticsearch that reads it, so that it becomes one of its version.",
        )
    is_same = store.key is not None and (store.key.cipher, store.key.password) == (form.cipher, password)
    key = store.key if store.key is not None and is_same else form.cipher.new_key(password)
    envelope = key.seal(_plaintext(store.entries))
    order = form.byte_order
    block = b"".join(_sized(part, order) for part in (envelope.salt, envelope.iv, envelope.sealed))
    framed = _HEADER + struct.pack(">IB", store.version, bool(password)) + _sized(block, order) + _FOOTER
    return framed + _checksum(framed)


def encode_name(name: str) -> bytes:
    """The modified UTF-8 of Java's ``DataOutput.writeUTF``: two bytes for NUL, and each half of a pair on its own."""
    units = struct.iter_unpack(">H", name.encode("utf-16-be", "surrogatepass"))
    text = "".join(chr(unit) for (unit,) in units)
    return text.encode("utf-8", "surrogatepass").replace(b"\x00", b"\xc0\x80")


def decode_name(encoded: bytes) -> str:
    """The text of modified UTF-8.

    :raises UnicodeDecodeError: where it is not that.
    """
    text = encoded.replace(b"\xc0\x80", b"\x00").decode("utf-8", "surrogatepass")
    return text.encode("utf-16-be", "surrogatepass").decode("utf-16-be", "surrogatepass")


class _Reader:
    """Takes fields off the front of some bytes."""

    def __init__(self, content: bytes, byte_order: str) -> None:
        self._rest = content
        self._order = byte_order

    def take(self, size: int) -> bytes:
        if size > len(self._rest):
            raise damaged("it ends too early")
        taken, self._rest = self._rest[:size], self._rest[size:]
        return taken

    def number(self, code: str) -> int:
        number = struct.Struct(self._order + code)
        return int(number.unpack(self.take(number.size))[0])

    def sized(self, code: str = "I") -> bytes:
        return self.take(self.number(code))

    def rest(self) -> bytes:
        return self.take(len(self._rest))

    def end(self) -> None:
        if self._rest:
            raise damaged("there is more in it than it says")


def _sized(part: bytes, order: str) -> bytes:
    return struct.pack(f"{order}I", len(part)) + part


def _checksum(framed: bytes) -> bytes:
    return struct.pack(">Q", zlib.crc32(framed))


def _unframed(content: bytes) -> bytes:
    """What is between the codec's name and the footer, after a look at the checksum."""
    if not content.startswith(_HEADER):
        raise not_a_keystore("an Elasticsearch")
    framed, checksum = content[:-_CHECKSUM_SIZE], content[-_CHECKSUM_SIZE:]
    if not framed.endswith(_FOOTER):
        raise damaged("its end is missing")
    if checksum != _checksum(framed):
        raise damaged("its checksum is wrong")
    return framed[len(_HEADER) : -len(_FOOTER)]


def _header(content: bytes, formats: Mapping[int, Format]) -> tuple[int, bool, bytes]:
    """Version, whether there is a password, and the block behind."""
    reader = _Reader(_unframed(content), ">")
    version = reader.number("I")
    if version not in formats:
        raise _unknown_version(version, formats)
    flag = reader.number("B")
    if flag not in (0, 1):
        raise damaged("it does not say whether it has a password")
    return version, bool(flag), reader.rest()


def _check_password(protected: bool, password: str) -> None:
    """Whether a password is given where one is needed, and only there."""
    if protected and not password:
        raise WrongPasswordError("the keystore has a password and none was given.", hint="Give it as 'password'.")
    if password and not protected:
        raise KeystoreError(
            "a password was given, but the keystore has none.",
            hint="Leave 'password' out, or give it as 'new_password' to protect the keystore with it.",
        )


def _envelope(framed_block: bytes, byte_order: str) -> Envelope:
    outer = _Reader(framed_block, byte_order)
    block = _Reader(outer.sized(), byte_order)
    outer.end()
    envelope = Envelope(block.sized(), block.sized(), block.sized())
    block.end()
    return envelope


def _entries(plaintext: bytes, has_types: bool) -> dict[str, bytes]:
    reader = _Reader(plaintext, ">")
    entries = {}
    for _index in range(reader.number("I")):
        name = reader.sized("H")
        if has_types:
            reader.sized("H")
        try:
            entries[decode_name(name)] = reader.sized()
        except UnicodeDecodeError:
            raise damaged("the name of an entry is not text") from None
    reader.end()
    return entries


def _plaintext(entries: Mapping[str, bytes]) -> bytes:
    parts = [struct.pack(">I", len(entries))]
    for name, value in entries.items():
        encoded = encode_name(name)
        parts += [struct.pack(">H", len(encoded)), encoded, _sized(value, ">")]
    return b"".join(parts)


def _unknown_version(version: int, formats: Mapping[int, Format]) -> KeystoreError:
    if version < min(formats):
        return KeystoreError(
            f"the keystore is of version {version}, which was written before Elasticsearch 6.3 and cannot be read.",
            hint=f"Upgrade it with Elasticsearch 7, or remove it and set all its entries again. {NOTHING_WRITTEN}",
        )
    return too_new(str(version), f"versions up to {max(formats)} are", "Elasticsearch")


def _not_opened(password: str) -> KeystoreError:
    if password:
        return WrongPasswordError("the password does not open the keystore.", hint="Give the right one as 'password'.")
    return damaged("it cannot be decrypted although it has no password")
