"""The steps of an inner expression as windows of an outer one. Pure."""

from collections.abc import Iterator

import numpy as np

from monitoring.metrics.promql.selectors import cells_at_once
from monitoring.metrics.promql.vectors import Ints, Vector, Windows


def portions(vector: Vector, times: Ints, ends_ms: Ints, range_ms: int, eval_times_ms: Ints) -> Iterator[Windows]:
    """The same as of `windows_of`, some series at a time."""
    count = len(vector.labels)
    per_window = len(times) * range_ms // (int(ends_ms[-1] - ends_ms[0]) + range_ms)
    rows = max(1, cells_at_once(per_window) // max(len(ends_ms), len(times)))
    for first in range(0, max(count, 1), rows):
        some = slice(first, first + rows)
        part = Vector(vector.labels[some], vector.values[some], vector.present[some])
        yield windows_of(part, times, ends_ms, range_ms, eval_times_ms)


def windows_of(vector: Vector, times: Ints, ends_ms: Ints, range_ms: int, eval_times_ms: Ints) -> Windows:
    """`vector` (n, len(times)) seen in the windows that end at `ends_ms`."""
    steps = len(ends_ms)
    if not vector.labels:
        none = np.empty((0, steps), dtype=np.int64)
        return Windows([], np.empty(0, np.int64), np.empty(0), none, none, range_ms, ends_ms, eval_times_ms)
    present = vector.present
    rows = len(vector.labels)
    first, last = times.searchsorted(ends_ms - range_ms), times.searchsorted(ends_ms, "right")
    if present.all():
        shifts = (np.arange(rows) * len(times))[:, None]
        flat_times = np.broadcast_to(times, present.shape).ravel()
        return Windows(
            vector.labels,
            flat_times,
            vector.values.ravel(),
            first + shifts,
            last + shifts,
            range_ms,
            ends_ms,
            eval_times_ms,
        )
    before = np.zeros(present.size + 1, dtype=np.int64)
    np.cumsum(present.ravel(), out=before[1:])
    shifts = (np.arange(rows) * len(times))[:, None]
    return Windows(
        vector.labels,
        np.broadcast_to(times, present.shape)[present],
        vector.values[present],
        before[first + shifts],
        before[last + shifts],
        range_ms,
        ends_ms,
        eval_times_ms,
    )
