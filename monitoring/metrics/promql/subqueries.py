"""The steps of an inner expression as windows of an outer one. Pure."""

import numpy as np

from monitoring.metrics.promql.vectors import Ints, Vector, Windows


def windows_of(vector: Vector | None, times: Ints, ends_ms: Ints, range_ms: int, eval_times_ms: Ints) -> Windows:
    """`vector` (n, len(times)) seen in the windows that end at `ends_ms`; None: no step lies in any."""
    steps = len(ends_ms)
    if vector is None or not vector.labels:
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
