"""OpenTelemetry's names and units as Prometheus writes them. Pure.

https://opentelemetry.io/docs/specs/otel/compatibility/prometheus_and_openmetrics/; units are UCUM's, https://ucum.org/ucum
"""

import re
from functools import lru_cache

WORD = re.compile(r"[a-zA-Z0-9:]+")
OUTSIDE_LABEL = re.compile(r"[^a-zA-Z0-9]+")
BRACES = re.compile(r"\{[^}]*\}")
UNITS = {
    "d": "days",
    "h": "hours",
    "min": "minutes",
    "s": "seconds",
    "ms": "milliseconds",
    "us": "microseconds",
    "ns": "nanoseconds",
    "By": "bytes",
    "KiBy": "kibibytes",
    "MiBy": "mebibytes",
    "GiBy": "gibibytes",
    "TiBy": "tibibytes",
    "KBy": "kilobytes",
    "kBy": "kilobytes",
    "MBy": "megabytes",
    "GBy": "gigabytes",
    "TBy": "terabytes",
    "m": "meters",
    "V": "volts",
    "A": "amperes",
    "J": "joules",
    "W": "watts",
    "g": "grams",
    "Cel": "celsius",
    "Hz": "hertz",
    "1": "",
    "%": "percent",
}
PER = {"s": "second", "m": "minute", "min": "minute", "h": "hour", "d": "day", "w": "week", "mo": "month", "y": "year"}
REMEMBERED = 10_000


@lru_cache(REMEMBERED)
def metric_name(name: str, unit: str, *, is_counter: bool = False, is_gauge: bool = False) -> str:
    """`http.server.duration` in `ms` is `http_server_duration_milliseconds`; "" for a name without a letter or digit."""
    words = WORD.findall(name)
    if not words:
        return ""
    main, per = unit_words(unit)
    if main and main not in words:
        words.append(main)
    if per and per not in words:
        words += ["per", per]
    for is_wanted, suffix in ((is_counter, "total"), (is_gauge and unit == "1", "ratio")):
        if is_wanted:
            words = [*(word for word in words if word != suffix), suffix]
    found = "_".join(words)
    return f"_{found}" if found[0].isdigit() else found


@lru_cache(REMEMBERED)
def unit_words(unit: str) -> tuple[str, str]:
    """`By/s` is ("bytes", "second"). What stands in braces says what is counted, and is no unit."""
    main, _, per = BRACES.sub("", unit).partition("/")
    main, per = main.strip(), per.strip()
    return _words(UNITS.get(main, main)), _words(PER.get(per, per))


def unit_name(unit: str) -> str:
    """For the metadata: `bytes_per_second`."""
    main, per = unit_words(unit)
    return "_per_".join(part for part in (main, per) if part) if main else ""


@lru_cache(REMEMBERED)
def label_name(key: str) -> str:
    """`http.status_code` is `http_status_code`. What Prometheus has no name for begins with `key`."""
    name = OUTSIDE_LABEL.sub("_", key)
    if name[:1].isdigit():
        return f"key_{name}"
    return f"key{name}" if name.startswith("_") else name or "key_"


def _words(text: str) -> str:
    return "_".join(WORD.findall(text))
