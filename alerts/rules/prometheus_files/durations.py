"""Durations as Prometheus writes them (1h30m, 0). Pure."""

import re

_DURATION = re.compile(r"(?:(\d+)y)?(?:(\d+)w)?(?:(\d+)d)?(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s)?(?:(\d+)ms)?", re.ASCII)
_UNITS_MS = {
    "y": 365 * 86_400_000, "w": 7 * 86_400_000, "d": 86_400_000, "h": 3_600_000, "m": 60_000, "s": 1_000, "ms": 1,
}  # fmt: skip
_NOT_AFTER_OTHERS = ("y", "w")  # Prometheus writes weeks and years only where nothing is left over
_MOST_MS = (2**63 - 1) // 1_000_000


def duration_s(text: str) -> float | None:
    """Seconds of a text such as 1h30m; None where it is no duration."""
    if text == "0":
        return 0.0
    found = _DURATION.fullmatch(text) if text else None
    if found is None:
        return None
    total = sum(int(count) * unit for count, unit in zip(found.groups(), _UNITS_MS.values(), strict=True) if count)
    return total / 1000 if total <= _MOST_MS else None


def duration_text(seconds: float) -> str:
    """Of at least a millisecond, to the millisecond; `0s` of nothing."""
    left = round(seconds * 1000)
    if not left:
        return "0s"
    parts = ""
    for unit, length in _UNITS_MS.items():
        if unit in _NOT_AFTER_OTHERS and left % length:
            continue
        count, left = divmod(left, length)
        parts += f"{count}{unit}" if count else ""
    return parts


def go_duration(seconds: float) -> str:
    """As Go prints a duration of whole milliseconds: 5m0s, 1h0m0s, 1.5s, 200ms."""
    ms = round(seconds * 1000)
    if 0 < ms < 1000:
        return f"{ms}ms"
    hours, rest = divmod(ms, 3_600_000)
    minutes, rest = divmod(rest, 60_000)
    tail = f"{rest / 1000:.3f}".rstrip("0").rstrip(".") + "s"
    return (f"{hours}h" if hours else "") + (f"{minutes}m" if hours or minutes else "") + tail
