"""What templates work on, and how Go prints it. Pure."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, NamedTuple

from monitoring.metrics.formats.numbers import go_float

MOST_OUTPUT = 64 * 1024
Value = Any
"""str, float, int, bool, None, dict of str, list, Sample or datetime."""


class TemplateError(ValueError):
    """A template that cannot be read or expanded, and why."""


class Sample(NamedTuple):
    """One series of a query's answer."""

    labels: Mapping[str, str]
    value: float


def bounded(text: str) -> str:
    """The same. TemplateError where it is longer than a template may make it."""
    if len(text) > MOST_OUTPUT:
        raise TemplateError(f"the text is longer than {MOST_OUTPUT} characters")
    return text


def is_true(value: Value) -> bool:
    """As `if` and `and` see it: not the zero of its type."""
    return value is not None and value not in (0, "", False) and not (isinstance(value, dict | list) and not value)


def shown(value: Value) -> str:
    """As Go's %v."""
    match value:
        case None:
            return "<no value>"
        case bool():
            return "true" if value else "false"
        case str():
            return value
        case float():
            return go_float(value)
        case Sample():
            return f"{{{shown(dict(value.labels))} {shown(value.value)}}}"
        case dict():
            return "map[" + " ".join(f"{name}:{shown(value[name])}" for name in sorted(value)) + "]"
        case list():
            return "[" + " ".join(shown(one) for one in value) + "]"
        case datetime():
            return time_text(value)
    return str(value)


def time_text(time: datetime) -> str:
    """Go's time.Time.String of a time in UTC."""
    fraction = f".{time.microsecond:06d}".rstrip("0").rstrip(".")
    return f"{time:%Y-%m-%d %H:%M:%S}{fraction} +0000 UTC"


def type_name(value: Value) -> str:
    """As Go names it."""
    match value:
        case bool():
            return "bool"
        case str():
            return "string"
        case float():
            return "float64"
        case int():
            return "int"
        case dict():
            return "map[string]string"
        case list():
            return "template.queryResult"
        case Sample():
            return "*template.sample"
        case datetime():
            return "time.Time"
    return "nil"
