"""Prometheus's humanize functions, which take a number or the text of one. Pure. (template/template.go)"""

import math
from datetime import UTC, datetime, timedelta
from typing import Any

from alerts.rules.templating.values import TemplateError

LARGE = ("k", "M", "G", "T", "P", "E", "Z", "Y")
SMALL = ("m", "u", "n", "p", "f", "a", "z", "y")
BINARY = ("ki", "Mi", "Gi", "Ti", "Pi", "Ei", "Zi", "Yi")
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def to_float(value: Any) -> float:
    if isinstance(value, bool):
        raise TemplateError(f"can't convert {value!r} to float")
    if isinstance(value, int | float):
        return float(value)
    if isinstance(value, str):
        try:
            if value.strip() != value or not value:
                raise ValueError
            return float(value.replace("_", "x"))
        except ValueError:
            raise TemplateError(f'strconv.ParseFloat: parsing "{value[:50]}": invalid syntax') from None
    raise TemplateError("can't convert this to float")


def four_digits(value: float) -> str:
    """%.4g as Go writes it."""
    if math.isnan(value):
        return "NaN"
    if math.isinf(value):
        return "+Inf" if value > 0 else "-Inf"
    return f"{value:.4g}"


def _plain(value: float) -> bool:
    return value == 0 or not math.isfinite(value)


def _smaller(value: float) -> str:
    prefix = ""
    for one in SMALL:
        if abs(value) >= 1:
            break
        prefix, value = one, value * 1000
    return four_digits(value) + prefix


def humanize(given: Any) -> str:
    value = to_float(given)
    if _plain(value):
        return four_digits(value)
    if abs(value) < 1:
        return _smaller(value)
    return _larger(value, LARGE, 1000)


def humanize1024(given: Any) -> str:
    value = to_float(given)
    if abs(value) <= 1 or not math.isfinite(value):
        return four_digits(value)
    return _larger(value, BINARY, 1024)


def _larger(value: float, prefixes: tuple[str, ...], base: int) -> str:
    prefix = ""
    for one in prefixes:
        if abs(value) < base:
            break
        prefix, value = one, value / base
    return four_digits(value) + prefix


def humanize_duration(given: Any) -> str:
    value = to_float(given)
    if not math.isfinite(value):
        return four_digits(value)
    if value == 0:
        return f"{four_digits(value)}s"
    if abs(value) < 1:
        return f"{_smaller(value)}s"
    sign, value = ("-" if value < 0 else ""), abs(value)
    minutes, seconds = divmod(int(value), 60)
    hours, minutes = divmod(minutes, 60)
    days, hours = divmod(hours, 24)
    if days:
        return f"{sign}{days}d {hours}h {minutes}m {seconds}s"
    if hours:
        return f"{sign}{hours}h {minutes}m {seconds}s"
    return f"{sign}{minutes}m {seconds}s" if minutes else f"{sign}{four_digits(value)}s"


def humanize_percentage(given: Any) -> str:
    return f"{four_digits(to_float(given) * 100)}%"


def to_time(given: Any) -> datetime:
    """Seconds since 1970, to the millisecond."""
    value = to_float(given)
    if not math.isfinite(value):
        raise TemplateError("this is not a time")
    try:
        nanoseconds = int(value * 1e9)  # as Go counts: what that rounds down shows in the last digit
        return EPOCH + timedelta(
            milliseconds=int(nanoseconds / 1_000_000) if nanoseconds < 0 else nanoseconds // 1_000_000
        )
    except OverflowError:
        raise TemplateError(f"{value:g} is not a time") from None


def humanize_timestamp(given: Any) -> Any:
    value = to_float(given)
    return four_digits(value) if not math.isfinite(value) else to_time(value)
