"""What a chart reads: the series of one value of one check over a range, in columns."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from monitoring.checks.models import Check, Machine
from monitoring.checks.probes.base import labelled
from monitoring.checks.value_names import DURATION_METRIC, metric_name
from monitoring.dashboards.timerange import TimeRange
from monitoring.dashboards.values import DURATION, ShownValue, described_values, shown_value
from monitoring.metrics.browsing import selector as promql
from monitoring.metrics.store import Selector, SeriesData, read

SERIES_LIMIT = 8
MACHINE_KIND = "system"  # an agent reports the values of this kind
OWN_LABELS = frozenset({"service", "check"})


@dataclass(frozen=True, slots=True)
class Chart:
    """`series` holds at most SERIES_LIMIT of the `found` series: those with the largest last values."""

    value: ShownValue
    range: TimeRange
    series: Sequence[SeriesData]
    found: int


def chart(check: Check, name: str, asked: TimeRange) -> Chart:
    """The points of the value `name` ("" is the duration of the run), at most timerange.POINTS a series."""
    selector = _selector(check, name)
    return _chart(described(check.kind, name), asked, read(selector, asked.start, asked.end, asked.step))


def machine_chart(machine: Machine, name: str, asked: TimeRange) -> Chart:
    """The points of a value that the agent of a machine reported."""
    selector = _machine_selector(machine, name)
    found = read(selector, asked.start, asked.end, asked.step)
    bare = [replace(one, labels={key: text for key, text in one.labels.items() if key != "machine"}) for one in found]
    return _chart(described(MACHINE_KIND, name), asked, bare)


def expression(check: Check, name: str) -> str:
    """What the chart of a check's value shows, in PromQL."""
    asked = _selector(check, name)
    return promql(asked.name, asked.labels)


def machine_expression(machine: Machine, name: str) -> str:
    asked = _machine_selector(machine, name)
    return promql(asked.name, asked.labels)


def _selector(check: Check, name: str) -> Selector:
    metric = metric_name(check.kind, name) if name else DURATION_METRIC
    return Selector(metric, {"service": check.service.slug, "check": check.slug})


def _machine_selector(machine: Machine, name: str) -> Selector:
    return Selector(metric_name(MACHINE_KIND, name), {"machine": machine.slug})


def _chart(value: ShownValue, asked: TimeRange, found: Sequence[SeriesData]) -> Chart:
    largest = sorted(found, key=lambda one: one.points[-1][1], reverse=True)[:SERIES_LIMIT]
    return Chart(value, asked, largest, len(found))


def described(kind: str, name: str) -> ShownValue:
    return shown_value(name, None, described_values(kind)) if name else DURATION


def payload(shown: Chart) -> dict[str, Any]:
    """JSON of a chart: times in ms since 1970; `key` is the value's name in live updates of the check."""
    return {
        "label": shown.value.label,
        "unit": shown.value.unit,
        "start": _ms(shown.range.start),
        "end": _ms(shown.range.end),
        "step_ms": int(shown.range.step.total_seconds() * 1000),
        "found": shown.found,
        "series": [
            {
                "key": key_of(shown.value.name, one.labels),
                "label": label_of(one.labels),
                "points": [[_ms(time), value] for time, value in one.points],
            }
            for one in shown.series
        ],
    }


def rows(shown: Chart) -> list[list[str]]:
    """The same as a table for CSV: a time column, then one column a series."""
    columns = [dict(one.points) for one in shown.series]
    heads = [
        "time",
        *(label_of(one.labels) or f"{shown.value.label} ({shown.value.unit or 'count'})" for one in shown.series),
    ]
    times = sorted({time for column in columns for time in column})
    return [heads, *([time.isoformat(), *(_cell(column.get(time)) for column in columns)] for time in times)]


def key_of(name: str, labels: Mapping[str, str]) -> str:
    own = {key: value for key, value in labels.items() if key not in OWN_LABELS}
    return labelled(name, **own) if own else name


def label_of(labels: Mapping[str, str]) -> str:
    return ", ".join(value for key, value in sorted(labels.items()) if key not in OWN_LABELS)


def _ms(time: datetime) -> int:
    return int(time.timestamp() * 1000)


def _cell(value: float | None) -> str:
    return "" if value is None else repr(value)
