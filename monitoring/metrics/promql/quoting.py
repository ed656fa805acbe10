"""Text as Go writes and reads it, for errors and values in Prometheus's words: quoted strings, label sets, floats. Pure."""

import math
import re
from decimal import Decimal

from monitoring.metrics.promql.storage import Labels

_PLAIN = {
    "\a": "\\a",
    "\b": "\\b",
    "\f": "\\f",
    "\n": "\\n",
    "\r": "\\r",
    "\t": "\\t",
    "\v": "\\v",
    "\\": "\\\\",
    '"': '\\"',
}
_ESCAPE = re.compile(
    r"\\(?:([abfnrtv\\\"'])|([0-7]{3})|x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|(.|$))", re.DOTALL
)
_SHORT = {"a": "\a", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v"}


def go_quote(text: str) -> str:
    """strconv.Quote."""
    if text.isascii() and text.isprintable() and '"' not in text and "\\" not in text:
        return f'"{text}"'
    return '"' + "".join(_quoted(character) for character in text) + '"'


def _quoted(character: str) -> str:
    if character in _PLAIN:
        return _PLAIN[character]
    if character.isprintable():
        return character
    code = ord(character)
    return f"\\x{code:02x}" if code < 0x80 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def unquote(literal: str) -> str:
    """The text of a quoted literal. ValueError where an escape is unknown."""
    quote, inner = literal[0], literal[1:-1]
    if quote == "`" or "\\" not in inner:
        return inner
    pieces, start, raw = [], 0, bytearray()

    def flush() -> None:
        if raw:
            pieces.append(raw.decode("utf-8", "replace"))
            raw.clear()

    for found in _ESCAPE.finditer(inner):
        if found.start() > start:
            flush()
            pieces.append(inner[start : found.start()])
        start = found.end()
        octal, byte = found.group(2), found.group(3)
        if octal or byte:  # bytes of a character, maybe in several escapes
            raw.append(int(octal, 8) & 0xFF if octal else int(byte, 16))
            continue
        flush()
        pieces.append(_unescaped(found, quote))
    flush()
    pieces.append(inner[start:])
    return "".join(pieces)


def _unescaped(found: re.Match[str], quote: str) -> str:
    short, code = found.group(1), found.group(4) or found.group(5)
    if code:
        return chr(int(code, 16))  # ValueError beyond Unicode
    if short in ("'", '"') and short != quote:
        short = None
    if not short:
        raise ValueError("invalid syntax")
    return _SHORT.get(short, short)


def labels_text(labels: Labels) -> str:
    """A label set as Prometheus 2 prints it in errors: `{a="b", c="d"}`."""
    return "{" + ", ".join(f"{name}={go_quote(value)}" for name, value in labels) + "}"


def float_text(value: float) -> str:
    """strconv.FormatFloat(value, 'f', -1, 64): shortest digits that read back alike, never an exponent."""
    if value != value:
        return "NaN"
    if math.isinf(value):
        return "+Inf" if value > 0 else "-Inf"
    if value == int(value) and abs(value) < 1e16:
        return "-0" if value == 0 and math.copysign(1, value) < 0 else str(int(value))
    text = repr(value)
    return format(Decimal(text), "f") if "e" in text else text
