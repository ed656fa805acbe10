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


def escape_problem(literal: str) -> str:
    """What is wrong with the escapes of a quoted literal, in the words of Prometheus's lexer; nothing if they are right."""
    quote = literal[0]
    if quote == "`" or "\\" not in literal:
        return ""
    for found in _ESCAPE.finditer(literal[1:-1]):
        short, octal, code, digits, wrong = found.group(1, 2, 4, 5, 6)
        if short in ("'", '"') and short != quote:
            wrong = short
        if wrong is not None:
            return _escape_told(wrong, literal, found.end() + 1)
        number = int(octal, 8) if octal else int(code or digits or "0", 16)
        if number > (255 if octal else 0x10FFFF) or 0xD800 <= number < 0xE000:
            return "escape sequence is an invalid Unicode code point"
    return ""


def _escape_told(wrong: str, literal: str, place: int) -> str:
    """`wrong` is the character after the backslash, its digits start at `place` of the literal."""
    if not wrong:
        return "escape sequence not terminated"
    sizes = {"x": (2, 16), "u": (4, 16), "U": (8, 16)}
    if wrong.isdigit() and wrong in "01234567":
        size, base, place = 3, 8, place - 1
    elif wrong in sizes:
        size, base = sizes[wrong]
    else:
        return f"unknown escape sequence {_go_rune(wrong)}"
    digits = "0123456789abcdef"[:base]
    bad = next((one for one in literal[place : place + size] if one.lower() not in digits), "")
    return f"illegal character {_go_rune(bad)} in escape sequence" if bad else "escape sequence not terminated"


def _go_rune(character: str) -> str:
    """Go's %#U."""
    return f"U+{ord(character):04X}" + (f" '{character}'" if character.isprintable() else "")


def unquote(literal: str) -> str:
    """The text of a quoted literal whose escapes are right."""
    quote, inner = literal[0], literal[1:-1]
    if quote == "`" or "\\" not in inner:
        return inner
    pieces: list[str] = []
    raw, start = bytearray(), 0

    def flush() -> None:
        if raw:
            pieces.append(raw.decode("utf-8", "replace"))
            raw.clear()

    for found in _ESCAPE.finditer(inner):
        short, octal, byte, code, digits = found.group(1, 2, 3, 4, 5)
        if found.start() > start:
            flush()
        pieces.append(inner[start : found.start()])
        start = found.end()
        if octal or byte:  # bytes of a character, maybe in several escapes
            raw.append(int(octal, 8) if octal else int(byte, 16))
            continue
        flush()
        pieces.append(_SHORT.get(short, short) if short else chr(int(code or digits, 16)))
    flush()
    pieces.append(inner[start:])
    return "".join(pieces)


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
