"""The values of a check over time, read through the metrics room's contract."""

from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

from django.core.exceptions import ValidationError

from monitoring.checks.models import Check
from monitoring.checks.probes.registry import probe_class
from monitoring.checks.value_names import DURATION_METRIC, STATUS_METRIC, metric_name, split_name
from monitoring.metrics.store import Selector, read
from opsportal.kinds import UnknownKindError

USUAL_POINTS = 300
MAX_POINTS = 5000
COMMON = {"duration_seconds": DURATION_METRIC, "status": STATUS_METRIC}


class Span(NamedTuple):
    start: datetime
    end: datetime
    step_s: int


def span_of(
    now: datetime, start: datetime | None = None, end: datetime | None = None, step_s: int | None = None
) -> Span:
    """The span asked for, with what was left out filled in. Raises ValidationError."""
    end = end or now
    try:
        start = start or end - timedelta(hours=1)
    except OverflowError:
        raise ValidationError({"end": "This time is too long ago."}) from None
    length_s = (end - start).total_seconds()
    if length_s <= 0:
        raise ValidationError({"start": "The start must come before the end."})
    step_s = step_s or max(1, round(length_s / USUAL_POINTS))
    if length_s / step_s > MAX_POINTS:
        raise ValidationError({"step_s": f"That is more than {MAX_POINTS} points; take a longer step."})
    return Span(start, end, step_s)


def value_names(check: Check) -> list[str]:
    """Names of the values that a check has or may have, without labels; `status` and `duration_seconds` are common to all."""
    try:
        known = list(probe_class(check.kind).values)
    except UnknownKindError:
        known = []
    seen = [split_name(name)[0] for name in check.state.last_values]
    return list(dict.fromkeys([*COMMON, *known, *seen]))


def check_series(check: Check, span: Span, value: str | None = None) -> list[dict[str, Any]]:
    """Series of one value, or of all. Raises ValidationError on `value` for a name the check does not have."""
    names = value_names(check)
    if value is not None and value not in names:
        raise ValidationError({"value": f"{value!r} is not one of {', '.join(names)}."})
    return [series for name in ([value] if value else names) for series in _read(check, span, name)]


def stamp(time: datetime) -> str:
    """ISO 8601 in UTC with a Z, as everywhere in the API; thousands of points are not worth a serializer."""
    return time.astimezone(UTC).isoformat().replace("+00:00", "Z")


def _read(check: Check, span: Span, name: str) -> list[dict[str, Any]]:
    metric = COMMON.get(name) or metric_name(check.kind, name)
    selector = Selector(metric, {"service": check.service.slug, "check": check.slug})
    return [
        {
            "value": name,
            "labels": {key: text for key, text in found.labels.items() if key not in ("service", "check")},
            "points": [{"time": stamp(time), "value": number} for time, number in found.points],
        }
        for found in read(selector, span.start, span.end, timedelta(seconds=span.step_s))
    ]
