"""Go's printf, for the types that templates have. Pure. (https://pkg.go.dev/fmt)"""

import math
import re
from collections.abc import Sequence
from typing import Any

from alerts.rules.templating.values import Value, bounded, shown, type_name
from monitoring.metrics.formats.numbers import go_float
from monitoring.metrics.promql.quoting import go_quote

MOST_WIDTH = 1_000
_VERB = re.compile(r"%([-+# 0]*)(\d{1,6}|\*)?(?:\.(\d{1,6})?)?(.)", re.DOTALL)
_LONE = re.compile(r"%([-+# 0]*)(\d+)?(?:\.(\d+)?)?$")


def printf(layout: Any, *arguments: Any) -> str:
    if not isinstance(layout, str):
        raise TypeError
    used, parts, place = 0, [], 0
    for found in _VERB.finditer(layout):
        parts.append(layout[place : found.start()])
        place = found.end()
        flags, width, verb = found[1], found[2] or "", found[4]
        precision = int(found[3] or 0) if "." in found[0][:-1] else None
        if verb == "%":
            parts.append("%")
        elif used >= len(arguments):
            parts.append(f"%!{verb}(MISSING)")
        else:
            parts.append(_padded(flags, width, verb, _verb(flags, precision, verb, arguments[used])))
            used += 1
        bounded("".join(parts[-2:]))
    rest = layout[place:]
    parts.append("%!(NOVERB)" if rest.startswith("%") and _LONE.match(rest) else rest)
    if used < len(arguments):
        more = ", ".join(f"{type_name(one)}={shown(one)}" for one in arguments[used:])
        parts.append(f"%!(EXTRA {more})")
    return "".join(parts)


def _padded(flags: str, width: str, verb: str, text: str) -> str:
    size = min(int(width), MOST_WIDTH) if width.isdigit() else 0
    if len(text) >= size:
        return text
    if "-" in flags:
        return text.ljust(size)
    if "0" in flags and verb not in "sqv":
        sign = text[0] if text[0] in "+-" else ""
        return sign + text[len(sign) :].rjust(size - len(sign), "0")
    return text.rjust(size)


def _verb(flags: str, precision: int | None, verb: str, value: Value) -> str:
    if verb == "v":
        return _signed(flags, shown(value), value)
    if verb == "T":
        return type_name(value)
    formats = (
        _TEXTS if isinstance(value, str) else _TRUTHS if isinstance(value, bool) else _NUMBERS.get(type(value), {})
    )
    if verb not in formats:
        return f"%!{verb}({type_name(value)}={shown(value)})"
    return _signed(flags, formats[verb](value, precision), value)


def _signed(flags: str, text: str, value: Value) -> str:
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    if not is_number or text[0] in "+-" or text == "NaN":
        return text
    return f"+{text}" if "+" in flags else f" {text}" if " " in flags else text


def _cut(text: str, precision: int | None) -> str:
    return text if precision is None else text[:precision]


def _float(verb: str) -> Any:
    def write(value: float, precision: int | None) -> str:
        if not math.isfinite(value):
            return go_float(value)
        digits = min(6 if precision is None else precision, MOST_WIDTH)
        return f"{value:.{digits}{verb}}"

    return write


def _general(value: float, precision: int | None) -> str:
    if precision is None or not math.isfinite(value):
        return go_float(value)
    return f"{value:.{max(min(precision, MOST_WIDTH), 1)}g}"


def _character(code: int) -> str:
    is_one = 0 <= code < 0xD800 or 0xE000 <= code < 0x110000
    return chr(code) if is_one else "\N{REPLACEMENT CHARACTER}"


_TEXTS: dict[str, Any] = {
    "s": lambda value, precision: _cut(value, precision),
    "q": lambda value, precision: go_quote(_cut(value, precision)),
    "x": lambda value, precision: value.encode("utf-8", "replace").hex(),
    "X": lambda value, precision: value.encode("utf-8", "replace").hex().upper(),
}
_TRUTHS: dict[str, Any] = {"t": lambda value, precision: "true" if value else "false"}
_FLOATS: dict[str, Any] = {
    "f": _float("f"),
    "F": _float("f"),
    "e": _float("e"),
    "E": _float("E"),
    "g": _general,
    "G": lambda value, precision: _general(value, precision).upper(),
}
_INTEGERS: dict[str, Any] = {
    "d": lambda value, precision: str(value),
    "x": lambda value, precision: f"{value:x}",
    "X": lambda value, precision: f"{value:X}",
    "o": lambda value, precision: f"{value:o}",
    "b": lambda value, precision: f"{value:b}",
    "c": lambda value, precision: _character(value),
    "q": lambda value, precision: f"'{_character(value)}'",
}
_NUMBERS: dict[type, dict[str, Any]] = {float: _FLOATS, int: _INTEGERS}


def sprint(*arguments: Any) -> str:
    """Spaces between operands of which neither is text."""
    parts: list[str] = []
    for place, value in enumerate(arguments):
        if place and not isinstance(value, str) and not isinstance(arguments[place - 1], str):
            parts.append(" ")
        parts.append(shown(value))
    return "".join(parts)


def sprintln(*arguments: Sequence[Any]) -> str:
    return " ".join(shown(one) for one in arguments) + "\n"
