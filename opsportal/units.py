"""Numbers as people read them. `static/opsportal/format.js` says the same in the browser; a browser test holds the two together."""

from datetime import datetime, timedelta

BINARY = ("B", "KiB", "MiB", "GiB", "TiB", "PiB")
DECIMAL = ("", "k", "M", "G", "T", "P")
SPANS = ((86_400, "d", "h", 3600), (3600, "h", "min", 60), (60, "min", "s", 1))


def humanise(value: float | None, unit: str = "") -> str:
    """`value` in a base unit of `probes.base.Unit`, with a fitting prefix: humanise(0.0123, "s") is "12.3 ms"."""
    if value is None:
        return "—"
    match unit:
        case "s":
            return seconds(value)
        case "B":
            return binary(value)
        case "B/s":
            return f"{binary(value)}/s"
        case "ratio":
            return f"{_three(value * 100)} %"
        case "bool":
            return "yes" if value else "no"
        case "d":
            return f"{_three(value)} d"
        case "/s":
            return f"{decimal(value)}/s"
    return decimal(value)


def seconds(value: float) -> str:
    """A length of time: 0.4 ms, 12.3 ms, 1.5 s, 2 min 5 s, 3 h 20 min, 4 d 2 h."""
    size = abs(value)
    if size < 1:
        return f"{_three(value * 1000)} ms"
    if size < 60:
        return f"{_three(value)} s"
    return age(timedelta(seconds=value))


def age(span: timedelta) -> str:
    """The two largest parts of a span: "42 s", "2 min 5 s", "3 h 20 min", "4 d 2 h"."""
    total = max(0, int(span.total_seconds()))
    for size, word, smaller_word, smaller in SPANS:
        if total >= size:
            rest = total % size // smaller
            return f"{total // size} {word}" + (f" {rest} {smaller_word}" if rest else "")
    return f"{total} s"


def since(then: datetime | None, now: datetime) -> str:
    return "—" if then is None else age(now - then)


def binary(value: float) -> str:
    return _prefixed(value, 1024, BINARY)


def decimal(value: float) -> str:
    return _prefixed(value, 1000, DECIMAL)


def percent(ratio: float | None) -> str:
    """An uptime: more digits the closer to 100, never rounded up to it."""
    if ratio is None:
        return "—"
    if ratio == 1:
        return "100 %"
    digits = 3 if ratio > 0.999 else 2
    shown = min(ratio * 100, 100 - 10**-digits)
    return f"{shown:.{digits}f} %"


def _prefixed(value: float, base: int, prefixes: tuple[str, ...]) -> str:
    power = 0
    while abs(value) >= base and power < len(prefixes) - 1:
        value /= base
        power += 1
    return f"{_three(value)} {prefixes[power]}".rstrip()


def _three(value: float) -> str:
    """Three significant digits, no trailing zeros; whole numbers stay whole."""
    if value == int(value) or abs(value) >= 100:
        return f"{value:.0f}"
    digits = 1 if abs(value) >= 10 else 2 if abs(value) >= 0.1 else 3
    return f"{value:.{digits}f}".rstrip("0").rstrip(".")
