# Copyright: Stack TLS contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Files that are damaged in many ways: each has to be refused in words, or read as what it was.

``STACKTLS_DAMAGED_FILES`` says how many of each kind, ``STACKTLS_SEED`` repeats the damage of another run.
"""

from __future__ import annotations

import os
import random
import re
import secrets
from collections import Counter
from dataclasses import dataclass
from typing import Callable

from ansible_collections.stacktls.elastic.plugins.module_utils._errors import StackTlsError

COUNT = int(os.environ.get("STACKTLS_DAMAGED_FILES") or 500)
SEED = int(os.environ.get("STACKTLS_SEED") or secrets.randbits(32))

EDGES = (0, 1, 2, 3, 0x7F, 0x80, 0xFF, 0x7FFF, 0xFFFF, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF, 2**64 - 1)


@dataclass(frozen=True)
class Layer:
    """Bytes inside a file: damage done to them is behind every check that ``wrap`` makes right again.

    :param numbers: offset and size of versions, flags and lengths.
    :param blocks: parts that can change places.
    :param is_sealed: whether the file's own protection should tell each damage.
    """

    content: bytes
    wrap: Callable[[bytes], bytes] = bytes
    numbers: tuple[tuple[int, int], ...] = ()
    blocks: tuple[slice, ...] = ()
    is_sealed: bool = True


def _flip(layer: Layer, dice: random.Random) -> bytes:
    content = bytearray(layer.content)
    for _bit in range(dice.choice((1, 1, 1, 2, 8))):
        content[dice.randrange(len(content))] ^= 1 << dice.randrange(8)
    return bytes(content)


def _cut(layer: Layer, dice: random.Random) -> bytes:
    start, end = sorted(dice.randrange(len(layer.content) + 1) for _side in range(2))
    return dice.choice((layer.content[:start], layer.content[end:], layer.content[:start] + layer.content[end:]))


def _splice(layer: Layer, dice: random.Random) -> bytes:
    """Foreign bytes, or bytes of its own from elsewhere, pushed in or written over."""
    content, place, size = layer.content, dice.randrange(len(layer.content) + 1), dice.randrange(1, 40)
    source = dice.randrange(len(content))
    piece = dice.choice((dice.randbytes(size), b"\0" * size, b"\xff" * size, content[source : source + size]))
    return content[:place] + piece + content[place + dice.choice((0, len(piece))) :]


def _renumber(layer: Layer, dice: random.Random) -> bytes:
    content = layer.content
    if layer.numbers and dice.random() < 0.8:
        offset, size = dice.choice(layer.numbers)
    else:
        offset, size = dice.randrange(len(content)), dice.choice((1, 2, 4, 8))
    order = dice.choice(("big", "little"))
    found = int.from_bytes(content[offset : offset + size], order)
    number = dice.choice((*EDGES, found - 1, found + 1, dice.getrandbits(64))) % 256**size
    return content[:offset] + number.to_bytes(size, order) + content[offset + size :]


def _swap(layer: Layer, dice: random.Random) -> bytes:
    blocks = layer.blocks or tuple(slice(place, place + 8) for place in range(0, len(layer.content) - 8, 8))
    if len(blocks) < 2:
        return _splice(layer, dice)
    first, second = sorted(dice.sample(blocks, 2), key=lambda block: block.start)
    content = layer.content
    between = content[first.stop : second.start]
    return content[: first.start] + content[second] + between + content[first] + content[second.stop :]


KINDS = (_flip, _cut, _splice, _renumber, _swap)


def damaged(layers: tuple[Layer, ...], dice: random.Random) -> tuple[Layer, bytes]:
    """A damaged file and the layer that was damaged: the file itself in half of the cases."""
    layer = layers[0] if len(layers) == 1 or dice.random() < 0.5 else dice.choice(layers[1:])
    while True:
        content = dice.choice(KINDS)(layer, dice)
        if content != layer.content:
            return layer, layer.wrap(content)


def tried(name: str, layers: tuple[Layer, ...], use: Callable[[Layer, bytes], object], count: int = COUNT) -> Counter:
    """What became of so many damaged files: reasons of refusal, and how many were read all the same.

    :param use: reads a file that was damaged in this layer, and may refuse it with an error of the collection.
    """
    outcomes: Counter = Counter()
    for number in range(count):
        layer, content = damaged(layers, random.Random(f"{SEED}-{name}-{number}"))
        try:
            use(layer, content)
        except StackTlsError as error:
            outcomes[_reason(error)] += 1
        except BaseException as error:
            raise AssertionError(f"{name}: damaged file {number} of STACKTLS_SEED={SEED}: {error!r}") from error
        else:
            outcomes["read"] += 1
    _report(name, outcomes)
    return outcomes


def _reason(error: StackTlsError) -> str:
    """The error's words without what differs from case to case."""
    return re.sub(r"\b(v?)\d+\b", r"\1N", re.sub(r"'[^']*'|\(.*\)", "...", error.message))


def _report(name: str, outcomes: Counter) -> None:
    total, refused = sum(outcomes.values()), sum(outcomes.values()) - outcomes["read"]
    print(f"\n{name}: {total} damaged files tried, {refused} refused (STACKTLS_SEED={SEED})")
    for reason, count in outcomes.most_common():
        print(f"{count:8}  {reason}")
