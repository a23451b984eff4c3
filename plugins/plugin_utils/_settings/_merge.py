# Copyright: Stack TLS contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Brings a settings file to what is wanted, and proves that nothing else changed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from collections.abc import Mapping as AbstractMapping
from dataclasses import dataclass

from ...module_utils._errors import SettingsError
from ._document import Alias, Document, Node, Scalar, Sequence, parse
from ._edits import Edit, apply, edits_for
from ._plan import Difference, Plan, plan_for
from ._values import Value, is_same


@dataclass(frozen=True)
class Merged:
    """The result of a merge.

    :param text: the whole new text.
    :param edits: what leads from the old text to the new one, ascending and apart from each other.
    """

    text: str
    edits: tuple[Edit, ...]
    differences: tuple[Difference, ...]


def merge(document: Document, wanted: AbstractMapping[str, Value], absent: Iterable[str] = ()) -> Merged:
    """Set what is wanted and remove what should be absent; everything else stays.

    :param wanted: values by dotted name, as :func:`._values.flatten` returns them.
    :param absent: dotted names; ``name.*`` is everything below the name that is not wanted.
    :raises SettingsError: where that is not possible without loss.
    """
    plan = plan_for(document, wanted, absent)
    if not plan.differences:
        return Merged(document.text, (), ())
    edits = edits_for(document, plan)
    text = apply(document.text, edits)
    _verify(document, text, plan)
    return Merged(text, edits, plan.differences)


def _verify(document: Document, text: str, plan: Plan) -> None:
    """The new text must say what was wanted, and all the rest as before."""
    try:
        after = parse(text)
    except SettingsError as error:
        raise _would_lose(f"the merged file would be wrong at {error.message}") from None
    names = {**document.settings, **after.settings}
    wrong = sorted(name for name in names if not _is_as_planned(name, document, after, plan))
    lost = Counter(comment.text for comment in document.comments) - Counter(comment.text for comment in after.comments)
    if wrong or lost:
        raise _would_lose(f"merging would also touch {', '.join(wrong) or 'comments'}")


def _is_as_planned(name: str, before: Document, after: Document, plan: Plan) -> bool:
    found = after.settings.get(name)
    if name in plan.removed:
        return found is None
    if found is None:
        return False
    if name in plan.wanted:
        return is_same(found.value, plan.wanted[name])
    return name in before.settings and _reading(found.value) == _reading(before.settings[name].value)


def _reading(node: Node) -> tuple[object, ...]:
    """What a value reads, whatever its place and style."""
    if isinstance(node, Scalar):
        return (node.text, node.plain)
    if isinstance(node, Alias):
        return ("alias", node.name)
    if isinstance(node, Sequence):
        return ("list", *(_reading(item) for item in node.items))
    return ("map", *((entry.key.text, _reading(entry.value)) for entry in node.entries))


def _would_lose(words: str) -> SettingsError:
    return SettingsError(f"{words}, so nothing was written.", hint="Make this change by hand.")
