"""What a list of thresholds must look like before it is stored; pure.

Stored form: [{"value": "connect_seconds", "comparator": "gt", "degraded": 0.5, "down": 2.0}]; either bound may be None.
A value may name one series of a labelled value: `disk_used_ratio{mount="/"}`.
"""

import math
import re
from collections.abc import Mapping, Sequence
from typing import Any

from django.core.exceptions import ValidationError

from monitoring.checks.choices import Comparator
from monitoring.checks.probes.base import Probe, Threshold

VALUE_NAME = re.compile(r"[a-zA-Z_][a-zA-Z0-9_]*(\{[^\x00]{0,500}\})?")
KEYS = ("value", "comparator", "degraded", "down")
Row = dict[str, Any]
Errors = dict[str, list[str]]


def default_rows(probe: type[Probe]) -> list[Row]:
    """The thresholds a new check of this kind begins with."""
    return [_row(threshold) for threshold in probe.default_thresholds]


def clean_thresholds(probe: type[Probe], rows: Any) -> list[Row]:
    """The rows normalised. Raises ValidationError with keys such as `thresholds.0.down`."""
    if not isinstance(rows, Sequence) or isinstance(rows, str):
        raise ValidationError({"thresholds": 'Give a list of {"value", "comparator", "degraded", "down"}.'})
    errors: Errors = {}
    cleaned = [_clean_row(probe, row, f"thresholds.{index}", errors) for index, row in enumerate(rows)]
    if errors:
        raise ValidationError({name: list(words) for name, words in errors.items()})
    return cleaned


def has_dynamic_values(probe: type[Probe]) -> bool:
    """Whether the kind's values are named by its settings (columns of a query), so that any name may be graded."""
    return bool(getattr(probe, "dynamic_values", not probe.values))


def _row(threshold: Threshold) -> Row:
    return threshold._asdict() | {"comparator": str(threshold.comparator)}


def _clean_row(probe: type[Probe], row: Any, place: str, errors: Errors) -> Row:
    if not isinstance(row, Mapping):
        errors[place] = ['Give {"value", "comparator", "degraded", "down"}.']
        return {}
    for key in sorted(set(map(str, row)) - set(KEYS)):
        errors[f"{place}.{key}"] = [f"Not a part of a threshold; the parts are {', '.join(KEYS)}."]
    value, comparator = row.get("value"), row.get("comparator")
    if fault := _value_fault(probe, value):
        errors[f"{place}.value"] = [fault]
    if comparator not in Comparator.values:
        errors[f"{place}.comparator"] = [f"{comparator!r} is not one of {', '.join(Comparator.values)}."]
    bounds = {name: _bound(row.get(name), f"{place}.{name}", errors) for name in ("degraded", "down")}
    if not any(key.startswith(place) for key in errors):
        _check_order(str(comparator), bounds["degraded"], bounds["down"], place, errors)
    return {"value": value, "comparator": comparator and str(comparator), **bounds}


def _value_fault(probe: type[Probe], value: Any) -> str | None:
    if not isinstance(value, str) or not value:
        return "Name the value to grade."
    if not VALUE_NAME.fullmatch(value):
        return f'{value!r} is not the name of a value, such as wait_seconds or disk_used_ratio{{mount="/"}}.'
    if value.partition("{")[0] in probe.values or has_dynamic_values(probe):
        return None
    return f"{value!r} is not a value of this kind; its values are {', '.join(probe.values)}."


def _bound(raw: Any, place: str, errors: Errors) -> float | None:
    if raw is None or raw == "":
        return None
    if isinstance(raw, bool) or not isinstance(raw, int | float | str):
        errors[place] = ["Give a number, or nothing."]
        return None
    try:
        number = float(raw)
    except ValueError:
        number = math.nan
    if not math.isfinite(number):
        errors[place] = [f"{raw!r} is not a number."]
        return None
    return number


def _check_order(comparator: str, degraded: float | None, down: float | None, place: str, errors: Errors) -> None:
    if degraded is None and down is None:
        errors[place] = ["Give a bound for degraded, for down, or for both."]
    elif degraded is not None and down is not None:
        rising = comparator in (Comparator.ABOVE, Comparator.AT_LEAST)
        if (down < degraded) if rising else (down > degraded):
            words = "at least" if rising else "at most"
            errors[f"{place}.down"] = [
                f"{down:g} comes before degraded ({degraded:g}) is reached; it must be {words} {degraded:g}."
            ]
