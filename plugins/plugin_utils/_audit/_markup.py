# Copyright: Stack TLS contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Elements of HTML and SVG. All text goes through here and is escaped when it is written."""

from __future__ import annotations

from typing import Union
from xml.etree import ElementTree

Element = ElementTree.Element
Child = Union[Element, str, None]

_REPLACEMENT = "\N{REPLACEMENT CHARACTER}"


def element(tag: str, *children: Child, **attributes: str | float) -> Element:
    """An element; ``class_`` and ``aria_label`` become ``class`` and ``aria-label``, and ``None`` is no child."""
    named = {name.rstrip("_").replace("_", "-"): _attribute(value) for name, value in attributes.items()}
    made = ElementTree.Element(tag, named)
    for child in children:
        append(made, child)
    return made


def append(parent: Element, child: Child) -> None:
    """Put text or an element at the end of another."""
    if isinstance(child, str):
        if len(parent):
            parent[-1].tail = (parent[-1].tail or "") + readable(child)
        else:
            parent.text = (parent.text or "") + readable(child)
    elif child is not None:
        parent.append(child)


def style_sheet(css: str) -> Element:
    """A style sheet of our own, which is written as it is."""
    made = ElementTree.Element("style")
    made.text = css
    return made


def document(root: Element) -> str:
    """The whole page."""
    return "<!DOCTYPE html>\n" + ElementTree.tostring(root, encoding="unicode", method="html") + "\n"


def readable(text: str) -> str:
    """The text without what nobody sees: control characters, and those that turn the direction of writing."""
    spaced = (" " if each in "\t\n\r" else each for each in text)
    return "".join(each if each.isprintable() else _REPLACEMENT for each in spaced)


def shortened(text: str, length: int) -> str:
    """The text, or its beginning and an ellipsis."""
    return text if len(text) <= length else text[: length - 1].rstrip() + "…"


def _attribute(value: str | float) -> str:
    return readable(value) if isinstance(value, str) else f"{value:.1f}".rstrip("0").rstrip(".")
