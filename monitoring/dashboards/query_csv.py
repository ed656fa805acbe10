"""Answers to queries as rows of CSV: a column a series over the steps, or a row a series at one time. Pure.

A cell of text that a spreadsheet would take for a formula gets an apostrophe in front (OWASP, "CSV Injection"). Numbers stay numbers.
"""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime

import numpy as np

from monitoring.metrics.formats.numbers import api_float
from monitoring.metrics.promql.evaluate import Result
from monitoring.metrics.promql.quoting import go_quote
from monitoring.metrics.promql.storage import Labels
from monitoring.metrics.promql.vectors import Scalar, Text, Vector, Windows

FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")  # the last four are wide forms
METRIC = "__name__"

Row = list[str]


def safe(text: str) -> str:
    return f"'{text}" if text.startswith(FORMULA) else text


def name_of(labels: Labels) -> str:
    """`up{job="node"}`; "value" where there is no label at all."""
    own = dict(labels)
    metric = own.pop(METRIC, "")
    inside = ", ".join(f"{name}={go_quote(value)}" for name, value in own.items())
    return f"{metric}{{{inside}}}" if inside else metric or "value"


def letter(place: int) -> str:
    """Queries are A, B, C, … on the page."""
    return chr(ord("A") + place)


def over_time(results: Sequence[Result]) -> Iterator[Row]:
    """The same steps for all: a row each that has any value."""
    columns = [_matrix(one) for one in results]
    heads = [
        f"{letter(place)}: {name_of(labels)}" if len(results) > 1 else safe(name_of(labels))
        for place, vector in enumerate(columns)
        for labels in vector.labels
    ]
    yield ["time", *heads]
    values = np.vstack([vector.values for vector in columns])
    present = np.vstack([vector.present for vector in columns])
    for step, time_ms in enumerate(results[0].step_times_ms.tolist()):
        if present[:, step].any():
            yield [
                _time(time_ms),
                *(
                    api_float(value) if there else ""
                    for value, there in zip(values[:, step].tolist(), present[:, step].tolist(), strict=True)
                ),
            ]


def at_once(results: Sequence[Result]) -> Iterator[Row]:
    """A row a series, a column a label."""
    names = sorted({name for one in results for labels in _labels(one) for name, _ in labels})
    query = ["query"] if len(results) > 1 else []
    yield [*query, *(safe(name) for name in names), "time", "value"]
    for place, one in enumerate(results):
        for labels, time_ms, value in _samples(one):
            own = dict(labels)
            yield [
                *([letter(place)] if query else []),
                *(safe(own.get(name, "")) for name in names),
                _time(time_ms),
                value,
            ]


def _matrix(result: Result) -> Vector:
    """A number a step is a series without labels."""
    if isinstance(result.value, Scalar):
        values = result.value.values.reshape(1, -1)
        return Vector([()], values, np.ones(values.shape, dtype=np.bool_))
    if not isinstance(result.value, Vector):
        raise TypeError(f"{type(result.value).__name__} is not the value of a range query")
    kept = np.flatnonzero(result.value.present.any(axis=1))
    labels = [result.value.labels[row] for row in kept.tolist()]
    return Vector(labels, result.value.values[kept], result.value.present[kept])


def _labels(result: Result) -> Sequence[Labels]:
    return result.value.labels if isinstance(result.value, Vector | Windows) else [()]


def _samples(result: Result) -> Iterator[tuple[Labels, int, str]]:
    now_ms = int(result.step_times_ms[0])
    match result.value:
        case Scalar() as number:
            yield (), now_ms, api_float(float(number.values[0]))
        case Text() as text:
            yield (), now_ms, safe(text.value)
        case Vector() as vector:
            for row, labels in enumerate(vector.labels):
                if vector.present[row, 0]:
                    yield labels, now_ms, api_float(float(vector.values[row, 0]))
        case Windows() as windows:
            for row, labels in enumerate(windows.labels):
                for place in range(int(windows.starts[row, 0]), int(windows.ends[row, 0])):
                    yield labels, int(windows.times[place]), api_float(float(windows.values[place]))


def _time(time_ms: int) -> str:
    return datetime.fromtimestamp(time_ms / 1000, tz=UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
