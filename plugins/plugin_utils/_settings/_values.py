# Copyright: Stack TLS contributors
# GNU General Public License v3.0 or later (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a value reads, and how a value is written, so that Elasticsearch and Kibana agree about it.

Elasticsearch (Jackson on SnakeYAML) keeps the text of every scalar; ``true`` and ``"true"`` are one. Kibana (js-yaml)
makes booleans, numbers and dates out of plain text and refuses a number where it wants a string, but takes ``"true"``
for a boolean and ``"9200"`` for a number. So a boolean or number that is wanted may stand in quotes, while a string
that is wanted must stand in quotes wherever its text alone would be read as something else.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping as AbstractMapping
from decimal import Decimal
from typing import Any, Union

from ...module_utils._errors import SettingsError
from ._document import Node, Scalar, Sequence

ScalarValue = Union[str, bool, int, float]
Value = Union[ScalarValue, list[ScalarValue]]

_TYPED = re.compile(
    r"""
    | ~ | null | Null | NULL | << | =
    | (?i:true|false)
    | [-+]? 0b[01_]+ | [-+]? 0x[0-9a-fA-F_]+ | [-+]? 0o[0-7_]+
    | [-+]? [0-9][0-9_]* (?: :[0-5]?[0-9] )* (?: \.[0-9_]* )? (?: [eE][-+]?[0-9]+ )?
    | [-+]? \.[0-9_]+ (?: [eE][-+]?[0-9]+ )?
    | [-+]? \.(?i:inf) | \.(?i:nan)
    | [0-9]{4}-[0-9]{1,2}-[0-9]{1,2} .*
    """,
    re.VERBOSE | re.DOTALL,
)
"""Plain text (or none at all) that some reader takes for a null, a boolean, a number, a date or an instruction."""

_DECIMAL = re.compile(r"[-+]?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?")
_FORMER_BOOLEANS = frozenset(("yes", "no", "on", "off", "y", "n"))
_INDICATORS = frozenset("-?:,[]{}#&*!|>'\"%@`")
_FLOW_INDICATORS = frozenset(",[]{}:?")
_ESCAPES = {"\\": "\\\\", '"': '\\"', "\n": "\\n", "\r": "\\r", "\t": "\\t"}


def flatten(settings: AbstractMapping[str, Any]) -> dict[str, Value]:
    """The settings by their dotted names; nested maps become dots.

    :raises SettingsError: where a name or a value is none, or two names exclude each other. Values are never quoted.
    """
    flat: dict[str, Value] = {}
    _flatten_into(flat, "", settings)
    for name in flat:
        for above in prefixes(name):
            if above in flat:
                raise SettingsError(f"the settings {above} and {name} exclude each other.", hint="Ask for one of them.")
    return flat


def prefixes(name: str) -> list[str]:
    """The names above a dotted name, shortest first."""
    parts = name.split(".")
    return [".".join(parts[:count]) for count in range(1, len(parts))]


def require_name(name: object) -> str:
    """A dotted setting name.

    :raises SettingsError: where it cannot be one.
    """
    if not isinstance(name, str):
        raise SettingsError(f"the setting name {name!r} is not text.", hint="Write it in quotes.")
    if not name.isprintable() or any(not part or part != part.strip() for part in name.split(".")) or "*" in name:
        raise SettingsError(
            f"{name!r} is not the name of a setting.", hint="Names are words with dots between them: http.port."
        )
    return name


def is_same(node: Node, wanted: Value) -> bool:
    """Whether the file says what is wanted, for Elasticsearch and for Kibana."""
    if isinstance(wanted, list):
        return (
            isinstance(node, Sequence)
            and len(node.items) == len(wanted)
            and all(is_same(item, value) for item, value in zip(node.items, wanted))
        )
    if not isinstance(node, Scalar):
        return False
    if isinstance(wanted, bool):
        return node.text.lower() == str(wanted).lower()
    if isinstance(wanted, str):
        return node.text == wanted and not (node.plain and _TYPED.fullmatch(node.text))
    return bool(_DECIMAL.fullmatch(node.text)) and Decimal(node.text) == Decimal(str(wanted))


def render(value: Value, *, flow: bool = False) -> str:
    """The value in YAML on one line; ``flow`` where it stands between brackets or braces."""
    if isinstance(value, list):
        return "[" + ", ".join(render(item, flow=True) for item in value) + "]"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, (int, float)):
        return format(Decimal(str(value)), "f")
    return value if _may_be_plain(value, flow) else _quoted(value)


def _flatten_into(flat: dict[str, Value], above: str, settings: AbstractMapping[str, Any]) -> None:
    for key, value in settings.items():
        name = f"{above}.{require_name(key)}" if above else require_name(key)
        if isinstance(value, AbstractMapping) and value:
            _flatten_into(flat, name, value)
        elif name in flat:
            raise SettingsError(f"the setting {name} is asked for twice, dotted and nested.", hint="Keep one of them.")
        else:
            flat[name] = _require_value(name, value)


def _require_value(name: str, value: Any) -> Value:
    if isinstance(value, list):
        return [_require_scalar(name, item) for item in value]
    return _require_scalar(name, value)


def _require_scalar(name: str, value: Any) -> ScalarValue:
    if value is None:
        raise SettingsError(f"the setting {name} has no value.", hint="To remove a setting, name it in 'absent'.")
    if isinstance(value, float) and not math.isfinite(value):
        raise SettingsError(f"the setting {name} is not a finite number.")
    if isinstance(value, (str, bool, int, float)):
        return value
    raise SettingsError(
        f"the setting {name} is neither text nor a number, a boolean or a list of these.",
        hint="Write dates in quotes; name the settings below it for a map.",
    )


def _may_be_plain(text: str, flow: bool) -> bool:
    """Whether every reader of YAML 1.1 and 1.2 takes the bare text for just this text."""
    return not (
        _TYPED.fullmatch(text)
        or text.lower() in _FORMER_BOOLEANS
        or text[0] in _INDICATORS
        or text.startswith("...")
        or text != text.strip()
        or not text.isprintable()
        or ": " in text
        or " #" in text
        or text.endswith(":")
        or (flow and not _FLOW_INDICATORS.isdisjoint(text))
    )


def _quoted(text: str) -> str:
    return '"' + "".join(_ESCAPES.get(char) or _escaped(char) for char in text) + '"'


def _escaped(char: str) -> str:
    if char.isprintable():
        return char
    code = ord(char)
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"
