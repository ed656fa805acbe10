"""`limit`: only so many series of an answer, and a warning that says so. Pure."""

from typing import TypeVar

import numpy as np

from monitoring.metrics.promql.vectors import Vector, Windows

WARNING = "results truncated due to limit"

Value = TypeVar("Value")


def truncated(value: Value, limit: int) -> tuple[Value | Vector | Windows, list[str]]:
    """The first `limit` series that are there (0: all), and the warning if any are left out."""
    if not limit or not isinstance(value, Vector | Windows) or len(value.labels) <= limit:
        return value, []
    filled = value.present if isinstance(value, Vector) else value.ends > value.starts
    rows = np.flatnonzero(filled.any(axis=1))
    if len(rows) <= limit:
        return value, []
    kept = rows[:limit]
    labels = [value.labels[row] for row in kept.tolist()]
    if isinstance(value, Vector):
        return Vector(labels, value.values[kept], value.present[kept]), [WARNING]
    return (
        Windows(
            labels,
            value.times,
            value.values,
            value.starts[kept],
            value.ends[kept],
            value.range_ms,
            value.window_ends,
            value.eval_times,
        ),
        [WARNING],
    )


def truncated_list(values: list[Value], limit: int) -> tuple[list[Value], list[str]]:
    """The same of a list; ask the store for one more than the limit."""
    return (values[:limit], [WARNING]) if limit and len(values) > limit else (values, [])
