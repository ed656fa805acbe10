"""Numbers, durations and times in the text of an expression. Pure."""

import math
import re

from monitoring.metrics.promql.checking import MistakeError
from monitoring.metrics.promql.lexing import Token
from monitoring.metrics.promql.quoting import go_quote

_DURATION = re.compile(
    r"(?:([0-9]+)y)?(?:([0-9]+)w)?(?:([0-9]+)d)?(?:([0-9]+)h)?(?:([0-9]+)m)?(?:([0-9]+)s)?(?:([0-9]+)ms)?"
)
_FAILED = "error parsing number: strconv.ParseFloat: parsing"
_OCTAL = re.compile(r"0[0-7]+")
_UNITS_MS = (365 * 86_400_000, 7 * 86_400_000, 86_400_000, 3_600_000, 60_000, 1_000, 1)
_MOST_MS = (2**63 - 1) // 1_000_000  # Prometheus keeps nanoseconds in 64 bits


def number(token: Token) -> float:
    """A literal as Go reads it: decimal, hexadecimal, octal after a leading 0, Inf, NaN."""
    text = token.text
    low = text.lower()
    try:
        whole = int(text, 16) if low.startswith("0x") else int(text, 8) if _OCTAL.fullmatch(text) else None
        if whole is not None and whole < 2**63:
            return float(whole)
        value = float(text)
    except ValueError:
        raise MistakeError(f"{_FAILED} {go_quote(text)}: invalid syntax", token.position) from None
    if math.isinf(value) and "inf" not in low:
        raise MistakeError(f"{_FAILED} {go_quote(text)}: value out of range", token.position)
    return value


def duration_ms(token: Token) -> int:
    """A duration like `1h30m` in ms, more than nothing and less than 292 years."""
    found = _DURATION.fullmatch(token.text)
    if found is None:
        raise MistakeError(f"not a valid duration string: {go_quote(token.text)}", token.position)
    total = sum(int(count) * unit for count, unit in zip(found.groups(), _UNITS_MS, strict=True) if count)
    if total > _MOST_MS:
        raise MistakeError("duration out of range", token.position)
    if total == 0:
        raise MistakeError("duration must be greater than 0", token.position)
    return total


def timestamp_ms(seconds: float, position: int) -> int:
    """The time of an @ modifier. `position` is where its expression starts."""
    if not math.isfinite(seconds) or abs(seconds) >= 2.0**53:
        raise MistakeError(f"timestamp out of bounds for @ modifier: {_go_f(seconds)}", position)
    ms = seconds * 1000
    return int(math.copysign(math.floor(abs(ms) + 0.5), ms))


def _go_f(value: float) -> str:
    return f"{value:f}" if math.isfinite(value) else "NaN" if math.isnan(value) else "+Inf" if value > 0 else "-Inf"
